"""Which service a Terraform type belongs to, and the nouns by which its API names it.

In: the provider's schema. Out: types by service. Uses `sources`.
"""
