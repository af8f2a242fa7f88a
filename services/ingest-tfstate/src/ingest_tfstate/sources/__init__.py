"""Watches state sources: local files and object stores.

In: source URIs. Out: contents for the recorder, conditions for the operator.
Uses every other room.
"""
