"""Keeps alerts on disk while the ledger cannot take them, and forwards them in order.

In: messages. Out: the same messages on the ledger.
Uses `alert`.
"""
