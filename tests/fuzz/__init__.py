"""Feeds mutated scenarios to the services' pure cores and encoders, and mutated alerts to a real ingest-falco.

``python -m tests.fuzz --worlds 10000`` plays worlds, ``--alerts 200000`` posts alerts. Both print the seed of what
failed; ``--worlds 1 --seed S`` plays one world again.
"""
