"""Parses ``since``: a moment in the past, as RFC 3339 or as a duration before now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from sse_gateway.errors import BadParameter
from tfdrift.envelope import parse_rfc3339

_DURATION: Final = re.compile(r"([0-9]{1,9})([smhdw])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_ALLOWED: Final = ("an RFC 3339 time such as 2025-01-15T10:00:00Z", "a duration such as 30s, 15m, 2h, 7d or 1w")

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_since(text: str, now: datetime) -> datetime:
    """Returns the moment that ``text`` means at ``now`` (aware); a duration that reaches before 1970 means 1970.

    Raises:
        BadParameter: it is neither form.
    """
    try:
        duration = parse_duration(text)
        if duration is not None:
            return max(_BEGINNING, now - duration)
    except OverflowError:
        return _BEGINNING
    try:
        # In a query string "+" means a space, so an offset such as +09:00 arrives with one.
        return parse_rfc3339(text.replace(" ", "+")) if "T" in text.upper() else _refuse(text)
    except ValueError:
        return _refuse(text)


def parse_duration(text: str) -> timedelta | None:
    """Returns the duration that ``text`` spells, such as ``15m``; None for any other text.

    Raises:
        OverflowError: it is longer than a `timedelta` may be.
    """
    match = _DURATION.fullmatch(text)
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]]) if match else None


def _refuse(text: str) -> datetime:
    raise BadParameter("since", f"since {text!r} is neither a time with an offset nor a duration", _ALLOWED)
