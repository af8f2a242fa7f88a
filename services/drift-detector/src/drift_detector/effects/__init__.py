"""The detector's shell towards NATS: stores drifts, publishes them, deletes expired calls.

In: subjects to reconcile. Out: writes to buckets and messages on the ledger.
Uses `correlate` and the rooms below it.
"""
