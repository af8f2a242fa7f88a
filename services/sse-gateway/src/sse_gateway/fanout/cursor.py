"""A client's position in the ledger, ``<epoch>-<sequence>``, and how it resumes from there.

The epoch identifies one creation of the JetStream stream: a stream that is created again counts from 1 again.
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
    """A position in the ledger of one epoch: the client has the event with this sequence."""

    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.sequence}"


@dataclass(frozen=True, slots=True)
class Span:
    """The sequences that the ledger holds at a moment; for an empty one ``oldest == last + 1``."""

    epoch: str
    oldest: int
    last: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after sequence ``after``; ``reset`` is the reason if some of what the client asks for is gone."""

    after: int
    reset: ResetReason | None = None


def epoch_token(created: datetime) -> str:
    """Returns the epoch of a stream that was created at ``created``: its Unix time in milliseconds, in base 36."""
    number, digits = round(created.timestamp() * 1000), ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def parse_cursor(text: str) -> Cursor | None:
    """Returns the cursor of an event's id, or None for any other text."""
    match = _CURSOR.fullmatch(text.strip())
    return Cursor(match[1], int(match[2])) if match else None


def resume(cursor: Cursor | None, span: Span) -> Resume:
    """Returns how a client resumes that has everything up to ``cursor``; None is an id that cannot be read.

    It starts again from the oldest event when its id is unreadable or names an event that the ledger never had
    (``invalid``), when the id has another epoch (``epoch``), or when the event after it has expired (``expired``).
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
    """Returns a place in a list as an opaque token that is safe in a URL."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_token(token: str) -> str:
    """The inverse of `encode_token`.

    Raises:
        ValueError: it is not such a token.
    """
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise ValueError(f"{token!r} is not a token") from error
