"""Writes each event of the ledger to every client whose filter it matches.

In: frames and clients with filters. Out: chunks of bytes in client transports.
Uses `access`.
"""
