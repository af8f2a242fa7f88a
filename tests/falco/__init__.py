"""Alerts as the real programs send them: Falco 0.44 with its plugins, falcosidekick, and senders without Falco."""
