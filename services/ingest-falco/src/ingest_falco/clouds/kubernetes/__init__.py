"""Kubernetes: audit events of API servers, as Falco's k8saudit plugins give them.

In: an alert's output fields. Out: a `Call`.
`event` parses the fields once; `request` reads the record, with secrets hidden by `secrets`.
"""
