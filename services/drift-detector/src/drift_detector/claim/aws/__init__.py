"""Reads the calls that CloudTrail logs."""
