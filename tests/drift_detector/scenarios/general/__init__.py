"""Scenarios of no single service: values, tags, callers, accounts and lifecycles."""
