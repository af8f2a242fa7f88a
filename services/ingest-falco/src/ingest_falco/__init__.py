"""Falco alerts in, normalised events on the ledger out."""
