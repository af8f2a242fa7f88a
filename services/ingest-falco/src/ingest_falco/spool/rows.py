"""The rows of the spool's database: how a message is stored, and whether a stored one is intact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from ingest_falco.alert.message import LedgerMessage
from ingest_falco.errors import SpoolCorrupt
from tfdrift.envelope import MSG_ID

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS alert (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    headers BLOB NOT NULL,
    payload BLOB NOT NULL,
    size_bytes INTEGER NOT NULL
)
"""
INSERT: Final = (
    "INSERT INTO alert (message_id, subject, headers, payload, size_bytes) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (message_id) DO NOTHING"
)
SELECT: Final = "SELECT position, subject, headers, payload FROM alert WHERE position > ?"


# What `LedgerMessage`s of ours look like on the wire.
_SUBJECT: Final = re.compile(r"[\w.-]+", re.ASCII)
_HEADER: Final = re.compile(r"[A-Za-z-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class SpooledAlert:
    """A message and its place in the order of arrival."""

    position: int
    message: LedgerMessage


def encode(message: LedgerMessage) -> tuple[object, ...]:
    """The parameters of `INSERT`."""
    return (
        message.message_id,
        message.subject,
        orjson.dumps(dict(message.headers)),
        message.payload,
        message.size_bytes,
    )


def decode(row: Sequence[object]) -> SpooledAlert:
    """The alert of a row that `SELECT` found.

    SQLite has no checksums, so a row may be damaged without an error of SQLite's own.

    Raises:
        SpoolCorrupt: it is damaged.
    """
    position, subject, headers, payload = row
    try:
        if isinstance(position, int) and isinstance(subject, str) and isinstance(payload, bytes):
            orjson.loads(payload)
            found = orjson.loads(headers)  # type: ignore[arg-type]
            if _SUBJECT.fullmatch(subject) and MSG_ID in found and all(_is_header(*item) for item in found.items()):
                return SpooledAlert(position, LedgerMessage(subject, found, payload))
    except (TypeError, ValueError, AttributeError) as error:
        raise SpoolCorrupt(f"the spooled alert {position} is damaged: {error}") from error
    raise SpoolCorrupt(f"the spooled alert {position} is damaged")


def _is_header(name: str, value: object) -> bool:
    return bool(_HEADER.fullmatch(name)) and isinstance(value, str) and value.isascii() and value.isprintable()
