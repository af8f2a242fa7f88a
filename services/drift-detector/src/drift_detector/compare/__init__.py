"""Decides whether a claimed and a recorded value are the same thing, and what an operation makes of a value.

In: two values, or an operation and a value. Out: a `Verdict`, or a value.
Uses `rules`, `catalog` and `facts`.
"""
