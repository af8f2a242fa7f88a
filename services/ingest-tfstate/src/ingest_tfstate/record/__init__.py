"""Turns a state into records and events, and stores them.

In: a `State` and the stored records. Out: writes to buckets and `state_change` events.
Uses `state` and `resource`.
"""
