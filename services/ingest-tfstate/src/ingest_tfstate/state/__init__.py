"""Parses state files of version 4 and version 3.

In: bytes. Out: a `State`, or an error that names the condition.
Uses `resource`.
"""
