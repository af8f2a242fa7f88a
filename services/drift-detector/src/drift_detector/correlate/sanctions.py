"""Which calls the operator's rules sanction."""

from __future__ import annotations

from drift_detector.claim.calls import Sanctions
from drift_detector.facts.calls import Sanction
from drift_detector.rules.rules import Rules, is_sanctioned


def sanctions(rules: Rules) -> Sanctions:
    """Returns the function that says whether a call's caller is a principal that the rules sanction."""
    return lambda event: Sanction.PRINCIPAL if is_sanctioned(rules, event) else None
