"""Scenarios of keys, secrets, firewalls and threat detection."""
