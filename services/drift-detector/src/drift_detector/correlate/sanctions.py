"""Which calls the operator's rules sanction."""

from __future__ import annotations

from drift_detector.claim.sanction import Sanctions
from drift_detector.facts.call import Sanction
from drift_detector.rules.evaluate import is_sanctioned
from drift_detector.rules.format import Rules


def sanctions(rules: Rules) -> Sanctions:
    """Returns the function that says whether a call's caller is a principal that the rules sanction."""
    return lambda event: Sanction.PRINCIPAL if is_sanctioned(rules, event) else None
