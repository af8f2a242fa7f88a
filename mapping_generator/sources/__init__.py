"""What is read: AWS's API models, the provider's schema, and how both spell a name.

In: botocore's files and the schema's snapshot. Out: services with operations, types with attributes. Uses no room.
"""
