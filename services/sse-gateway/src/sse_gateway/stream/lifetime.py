"""When a stream is ended, whatever its client does: with its token, or at the end of its longest time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Final

# Streams that began together, as after a deploy, are not to end together.
_SHORTEST: Final = 0.75


class Ending(StrEnum):
    """Why a stream is ended in order."""

    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a reason
    TOKEN_WITHDRAWN = "token_withdrawn"  # noqa: S105
    MAX_AGE = "max_age"


@dataclass(frozen=True, slots=True)
class End:
    """A stream's end: how many seconds from now, and why."""

    after_seconds: float
    reason: Ending


def end_of(expires: datetime | None, now: datetime, max_seconds: float, random: Random) -> End | None:
    """When a stream that begins now ends; None is never.

    Args:
        expires: the end of its token.
        max_seconds: the longest time of any stream, of which it gets three quarters to all; 0 is unbounded.
    """
    ends: list[End] = []
    if expires is not None:
        ends.append(End(max(0.0, (expires - now).total_seconds()), Ending.TOKEN_EXPIRED))
    if max_seconds > 0:
        ends.append(End(max_seconds * random.uniform(_SHORTEST, 1.0), Ending.MAX_AGE))
    return min(ends, key=lambda end: end.after_seconds, default=None)
