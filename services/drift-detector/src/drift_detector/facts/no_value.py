"""Marks that stand where there is no JSON value: nothing is said, or the value cannot be known."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Absent(Enum):
    """The type of `MISSING`: nothing is said, which is not the same as null."""

    MISSING = "missing"


class Unknown(Enum):
    """The type of `UNKNOWN`: there is a value, but the cloud's log hides it or it cannot be worked out."""

    UNKNOWN = "unknown"


MISSING: Final = Absent.MISSING
UNKNOWN: Final = Unknown.UNKNOWN
