"""Reads the audit events of a Kubernetes API server."""
