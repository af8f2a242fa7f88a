"""The vocabulary of the detector: calls and what they claim, paths, values, names, policies, time lines.

In: events and records of `tfdrift`. Out: frozen data and pure functions over it.
Uses no other room.
"""
