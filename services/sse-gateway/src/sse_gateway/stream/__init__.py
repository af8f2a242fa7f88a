"""Serves each client's event stream from its request to its end.

In: a request with a grant. Out: the bytes of Server-Sent Events.
Uses `ledger`, `fanout` and `access`.
"""
