"""The drifts as clients ask for them: in order, filtered and in pages, and what a dismissal makes of one.

In: stored records of drifts, and queries. Out: rows for the REST API, and the next version of a record.
Uses `fanout` and `access`.
"""
