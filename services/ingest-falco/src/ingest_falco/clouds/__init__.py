"""Reads each cloud's audit entry: the call and the person behind it.

In: an alert's fields. Out: a `CloudCall` and a `UserIdentity`.
Uses no other room.
"""
