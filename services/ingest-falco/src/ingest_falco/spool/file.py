"""The spool's file: one SQLite database, used from one thread, by one process at a time.

SQLite with ``synchronous=FULL`` in WAL mode fsyncs the log at every commit (sqlite.org/pragma.html#pragma_synchronous),
so a message survives SIGKILL and a power failure once `add` has returned. The exclusive lock excludes a second process
and ends with the process, however that ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from ingest_falco.alert.message import LedgerMessage
from ingest_falco.errors import SpoolRefused
from ingest_falco.spool.database_errors import database_errors

FILE_NAME: Final = "alerts.sqlite3"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS alert (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    headers BLOB NOT NULL,
    payload BLOB NOT NULL,
    size_bytes INTEGER NOT NULL
)
"""

# A longer log is written back into the database and truncated to this size.
_JOURNAL_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SpooledAlert:
    """A message and its place in the order of arrival."""

    position: int
    message: LedgerMessage


@dataclass(frozen=True, slots=True)
class Depth:
    """The number and the size of the alerts in the spool."""

    entries: int
    size_bytes: int


class SpoolFile:
    """The database; every method blocks on the disk, and every failure of it is a `SpoolRefused`.

    Raises:
        SpoolRefused: it cannot be opened, because the folder is not writable or another process has it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SpoolRefused(f"the spool in {folder} cannot be opened: {error}") from error
        with database_errors("opened"):
            self._database = sqlite3.connect(folder / FILE_NAME, timeout=2, check_same_thread=False)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")
            with self._database:
                self._database.execute(_SCHEMA)

    def close(self) -> None:
        """Release the file."""
        with database_errors("closed"):
            self._database.close()

    def depth(self) -> Depth:
        """The number and the size of the alerts that wait now."""
        with database_errors("read"):
            row = self._database.execute("SELECT count(*), coalesce(sum(size_bytes), 0) FROM alert").fetchone()
        return Depth(row[0], row[1])

    def add(self, messages: Sequence[LedgerMessage]) -> list[bool]:
        """Write messages in one transaction; returns for each whether it is new: one that waits already is not.

        Raises:
            SpoolRefused: the disk did not take them; none is written.
        """
        with database_errors("written"), self._database:
            return [self._insert(message) for message in messages]

    def _insert(self, message: LedgerMessage) -> bool:
        cursor = self._database.execute(
            "INSERT INTO alert (message_id, subject, headers, payload, size_bytes) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (message_id) DO NOTHING",
            (
                message.message_id,
                message.subject,
                orjson.dumps(dict(message.headers)),
                message.payload,
                message.size_bytes,
            ),
        )
        return cursor.rowcount == 1

    def oldest(self, max_entries: int, max_bytes: int) -> list[SpooledAlert]:
        """The oldest messages in the order of arrival: at least one where there is any, else within both limits."""
        found: list[SpooledAlert] = []
        total_bytes = 0
        with database_errors("read"):
            rows = self._database.execute(
                "SELECT position, subject, headers, payload FROM alert ORDER BY position LIMIT ?", (max_entries,)
            )
            for position, subject, headers, payload in rows:
                message = LedgerMessage(subject, orjson.loads(headers), payload)
                total_bytes += message.size_bytes
                if found and total_bytes > max_bytes:
                    break
                found.append(SpooledAlert(position, message))
        return found

    def remove_through(self, position: int) -> None:
        """Delete every message up to a position.

        Raises:
            SpoolRefused: the disk did not take it; the messages will be forwarded again, and deduplicated.
        """
        with database_errors("written"), self._database:
            self._database.execute("DELETE FROM alert WHERE position <= ?", (position,))
