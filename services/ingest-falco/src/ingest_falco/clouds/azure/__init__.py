"""Azure: entries of the Activity Log.

In: an alert's output fields. Out: a `Call`.
`entry` parses the fields once; `operation` reads the record.
"""
