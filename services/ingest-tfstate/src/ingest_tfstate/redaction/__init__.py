"""Replaces secret values by keyed hashes.

In: an instance's attributes. Out: the same attributes without secrets.
Uses `resource`.
"""
