"""Decides who sends a request and what they may see.

In: a request's token and address. Out: a `Grant` with its scope, or a refusal.
Uses no other room.
"""
