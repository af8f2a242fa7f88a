"""Decides whether two values of an attribute are equal, and applies additions and removals.

In: a claimed value, a recorded one and a `Comparison`. Out: a `Verdict` or the new value.
Uses `catalog` and `facts`.
"""
