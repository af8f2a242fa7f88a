"""Reads what each cloud's audit log says of one call: the call itself and who made it.

In: an alert's output fields. Out: a `Call`, with its `CloudCall` and `UserIdentity`.
Uses no other room. In each cloud's package: fields → typed record → identity and `Call`.
"""
