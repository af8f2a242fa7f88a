"""Generates the lists by which `tfdrift.redaction` knows a secret.

In: API models, provider schemas, detect-secrets' plugins. Out: its data files. Uses `sources`.
"""
