"""Whether a record agrees with what an operation claims, for tests of both halves of that question."""

from __future__ import annotations

from drift_detector.catalog.resource_types import PLAIN, Comparison
from drift_detector.compare.apply_operation import apply
from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.call import Operation
from drift_detector.facts.no_value import Absent
from tfdrift.events import Json


def agreement(operation: Operation, recorded: Json | Absent, comparison: Comparison = PLAIN) -> Verdict:
    """Compares the value after the operation with the recorded one."""
    return same(apply(operation, recorded, comparison), recorded, comparison)
