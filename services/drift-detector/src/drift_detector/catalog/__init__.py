"""The mapping: which event changes which attribute of which Terraform type, and how its values are compared.

In: the files of `mapping/`. Out: one `Catalog`.
Uses `facts`.
"""
