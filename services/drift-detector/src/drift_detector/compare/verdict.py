"""The three answers of a comparison."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Says whether two values are the same thing."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


SAME, DIFFERENT, UNKNOWN = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNKNOWN


def verdict_of(is_same: bool) -> Verdict:
    """Returns the verdict of a test that is always sure."""
    return SAME if is_same else DIFFERENT
