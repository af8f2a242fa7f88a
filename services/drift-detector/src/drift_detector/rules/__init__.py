"""The operator's rules: the severity of drifts, which drifts are ignored, and whose calls are sanctioned.

In: a YAML file, and an event or a disagreement. Out: the rules' verdict on it.
Uses `catalog` and `facts`.
"""
