"""Scenarios of databases, caches, streams and analytics."""
