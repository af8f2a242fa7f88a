"""Derives the drifts of one subject from all that is known about it.

In: the facts of a `FactStore`, the rules and the time. Out: `Derived` drifts and their payloads.
Uses `resolve` and the rooms below it.
"""
