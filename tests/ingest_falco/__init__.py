"""Tests of ingest-falco."""
