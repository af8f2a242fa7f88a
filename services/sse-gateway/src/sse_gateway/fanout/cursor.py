"""Where a client stands in the ledger: ``<epoch>-<sequence>``, and how to go on from there.

The epoch names one making of the stream, since a stream that is made anew counts from 1 again.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

# A sequence is an unsigned 64-bit number in NATS, so 20 digits at most.
_CURSOR: Final = re.compile(r"([0-9a-z]{1,16})-([0-9]{1,20})")


class ResetReason(StrEnum):
    """Why a client cannot go on from its id."""

    EXPIRED = "expired"
    EPOCH = "epoch"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in one making of the ledger: the event with this sequence has been seen."""

    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.sequence}"


@dataclass(frozen=True, slots=True)
class Span:
    """What the ledger holds at a moment: an empty one has ``oldest == last + 1``."""

    epoch: str
    oldest: int
    last: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after sequence ``after``; ``reset`` says that something of what the client asks for is gone."""

    after: int
    reset: ResetReason | None = None


def epoch_token(created: datetime) -> str:
    """The epoch of a stream made at ``created``: its Unix time in milliseconds, in base 36."""
    number, digits = round(created.timestamp() * 1000), ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def parse_cursor(text: str) -> Cursor | None:
    """The cursor that an event's id spells, or None for anything else."""
    match = _CURSOR.fullmatch(text.strip())
    return Cursor(match[1], int(match[2])) if match else None


def resume(cursor: Cursor | None, span: Span) -> Resume:
    """How a client goes on that has seen everything up to ``cursor``; None is an id that cannot be read.

    The client is started again from the oldest event when its id is unreadable or names an event that the
    ledger never had (``invalid``), is of another making of the stream (``epoch``), or when the event right
    after it has expired (``expired``).
    """
    start = span.oldest - 1
    if cursor is None:
        return Resume(start, ResetReason.INVALID)
    if cursor.epoch != span.epoch:
        return Resume(start, ResetReason.EPOCH)
    if cursor.sequence > span.last:
        return Resume(start, ResetReason.INVALID)
    if cursor.sequence < start:
        return Resume(start, ResetReason.EXPIRED)
    return Resume(cursor.sequence)


def encode_token(text: str) -> str:
    """A place in a list as an opaque token that is safe in a URL."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_token(token: str) -> str:
    """The inverse of `encode_token`.

    Raises:
        ValueError: it is no such token.
    """
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise ValueError(f"{token!r} is no token") from error
