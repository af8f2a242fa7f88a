"""When the gateway ends a stream by itself: when its token ends, or after the longest time of a stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

# Streams that began together, as after a deployment, do not end together.
_SHORTEST: Final = 0.75


class Ending(StrEnum):
    """Why the gateway ended a stream."""

    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a reason
    TOKEN_WITHDRAWN = "token_withdrawn"  # noqa: S105
    MAX_AGE = "max_age"


@dataclass(frozen=True, slots=True)
class End:
    """A stream's end: how many seconds from now, and why."""

    after_seconds: float
    reason: Ending


def end_of(expires: datetime | None, now: datetime, max_seconds: float, chance: float) -> End | None:
    """Returns when a stream that begins now ends; None is never.

    Args:
        expires: the end of its token.
        max_seconds: the longest time of any stream, of which it gets three quarters to all; 0 is unbounded.
        chance: from 0 to 1, decides how much of that it gets.
    """
    ends: list[End] = []
    if expires is not None:
        ends.append(End(max(0.0, (expires - now).total_seconds()), Ending.TOKEN_EXPIRED))
    if max_seconds > 0:
        ends.append(End(max_seconds * (_SHORTEST + chance * (1.0 - _SHORTEST)), Ending.MAX_AGE))
    return min(ends, key=lambda end: end.after_seconds, default=None)
