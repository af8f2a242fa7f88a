"""Terraform states in, their changes on the ledger out."""
