"""Reads CloudTrail calls by the catalog's event rules.

In: a `falco` event. Out: groups of targets with operations.
Uses `compare`, `catalog` and `facts`.
"""
