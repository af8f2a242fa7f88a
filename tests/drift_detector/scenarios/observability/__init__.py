"""Scenarios of trails, logs, alarms and configuration recorders."""
