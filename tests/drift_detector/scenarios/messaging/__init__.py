"""Scenarios of queues, topics and events."""
