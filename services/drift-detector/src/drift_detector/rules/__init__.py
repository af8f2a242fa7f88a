"""The operator's rules: severity, what is ignored, whose calls are sanctioned.

In: a YAML file and an event. Out: a verdict on the event or the drift.
Uses `catalog` and `facts`.
"""
