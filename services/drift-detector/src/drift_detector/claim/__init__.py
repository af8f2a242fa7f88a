"""Turns a cloud call of any provider into the attribute values that it claims.

In: a `falco` event with its call. Out: a `Call`, or None if the call claims nothing.
Uses `compare`, `catalog` and `facts`.
"""
