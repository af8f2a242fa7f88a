"""The public port: accepts alerts and answers after they are stored.

In: HTTP requests. Out: acknowledged messages.
Uses `spool` and `alert`.
"""
