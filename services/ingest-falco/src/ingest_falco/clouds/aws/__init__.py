"""Amazon Web Services: the fields of Falco's cloudtrail plugin.

In: an alert's output fields. Out: a `Call`.
`fields` parses them once; `via`, `identity` and `cloudtrail` read the record, each only those before it.
"""
