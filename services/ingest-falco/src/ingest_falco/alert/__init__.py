"""Turns a Falco alert into one normalised event for the ledger.

In: the alert's bytes. Out: a `LedgerMessage`.
Uses `clouds`.
"""
