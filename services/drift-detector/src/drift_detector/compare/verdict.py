"""The answers of a comparison."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Whether two values are the same thing."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


SAME, DIFFERENT, UNKNOWN = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNKNOWN


def verdict_of(is_same: bool) -> Verdict:
    return SAME if is_same else DIFFERENT
