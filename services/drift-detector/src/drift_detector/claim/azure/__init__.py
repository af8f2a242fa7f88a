"""Reads the entries of Azure's Activity Log."""
