"""Finds the managed resources that a call names.

In: calls and state records. Out: `ResolvedTarget`s.
Uses `claim`, `compare`, `catalog` and `facts`.
"""
