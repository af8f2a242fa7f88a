"""Reads the ledger: one live subscription, and pages of its past.

In: JetStream. Out: frames for the hub, pages for replays.
Uses `fanout` and `access`.
"""
