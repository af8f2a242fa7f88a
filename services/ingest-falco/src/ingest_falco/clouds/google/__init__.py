"""Google Cloud: entries of Cloud Audit Logs, as Falco's gcpaudit plugin gives them.

In: an alert's output fields. Out: a `Call`, or the Kubernetes request that an entry of a cluster is.
`entry` parses the fields once; `gcp` and `gke` read the record.
"""
