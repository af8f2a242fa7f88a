"""Streams the ledger to clients over Server-Sent Events."""
