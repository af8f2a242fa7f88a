"""What an operation does to which Terraform type, and which of its members name it and set its attributes.

In: a service's operations and its types. Out: targets with identities and attributes. Uses `types` and `sources`.
"""
