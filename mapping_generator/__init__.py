"""Generates the drift detector's ``mapping/auto.json`` from AWS's API models and Terraform's schema.

Run it with ``make mapping``. It reads two sources and writes one file, the same bytes for the same sources:

- botocore's service models, of the installed version: every operation with its request and response;
- the AWS provider's schema: every resource type with its attributes, from the snapshot ``provider_schema.json.gz`` in
  `sources`. ``make mapping PROVIDER=21.22.1`` makes a new snapshot of npm's ``@cdktf/provider-aws`` (``latest``
  is a version too).

It then prints what changed, how much is covered, and how far the generated mapping agrees with the curated one for the
events that both have: the measure of its precision.

How an operation becomes an event's mapping: its service and noun name a type (`types.nouns`), its verb the act, the
members of the type's delete operation the identity (`match.identity`), and members of a type's very names its
attributes (`match.attributes`). If any of these is less than sure, the event is ``auto-weak``: it names type and
identity and claims nothing. Names that cannot be guessed are listed in `sources.service_names` and
`types.resource_names`, types that need special treatment in `types.special_types`: these are the files to edit.

The other clouds' mappings are written by hand; `cloud_schemas` fetches the schemas with which tests check them.

The generator is no part of any service: it is not installed, and nothing imports it but its tests.
"""
