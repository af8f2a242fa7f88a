"""Finds the managed resources that a call names, and the calls that name a resource.

In: calls and state records. Out: `ResolvedTarget`s.
Uses `claim`, `compare`, `catalog` and `facts`.
"""
