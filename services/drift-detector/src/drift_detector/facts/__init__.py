"""The detector's vocabulary: calls and what they claim, attribute paths, names, policies, time lines.

In: events and records of `tfdrift`. Out: frozen data, and pure functions of it.
Uses no other room.
"""
