"""Whole numbers in the values of calls and states, which may be any JSON."""

from __future__ import annotations

import re
from typing import Final

from tfdrift.events import Json

_WHOLE: Final = re.compile(r"-?[0-9]{1,19}")
# Encoders refuse other integers.
_LOWEST: Final = -(2**63)
_HIGHEST: Final = 2**63 - 1


def whole_number(value: Json) -> int | None:
    """Returns the whole number that a value or its text is; None for any other value, or beyond 64 bits."""
    number: int | None = None
    if isinstance(value, str):
        number = int(value) if _WHOLE.fullmatch(value) else None
    elif isinstance(value, float):
        number = int(value) if value.is_integer() else None
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    return number if number is not None and _LOWEST <= number <= _HIGHEST else None
