"""Reads the entries of a Google Cloud audit log."""
