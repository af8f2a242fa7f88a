"""The spool's file: one SQLite database, used from one thread, by one process at a time.

SQLite with ``synchronous=FULL`` in WAL mode fsyncs the log at every commit (sqlite.org/pragma.html#pragma_synchronous),
so a message survives SIGKILL and a power failure once `add` has returned. The exclusive lock excludes a second process
and ends with the process, however that ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest_falco.alert.message import LedgerMessage
from ingest_falco.errors import SpoolCorrupt, SpoolRefused
from ingest_falco.spool import rows
from ingest_falco.spool.database_errors import database_errors
from ingest_falco.spool.rows import SpooledAlert

FILE_NAME: Final = "alerts.sqlite3"

# The database, and SQLite's files beside it.
_ENDINGS: Final = ("", "-wal", "-shm", "-journal")

_MOVED_AT_ONCE: Final = 1000

# A longer log is written back into the database and truncated to this size.
_JOURNAL_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Depth:
    """The number and the size of alerts."""

    entries: int = 0
    size_bytes: int = 0

    def __add__(self, other: Depth) -> Depth:
        return Depth(self.entries + other.entries, self.size_bytes + other.size_bytes)

    def __sub__(self, other: Depth) -> Depth:
        return Depth(self.entries - other.entries, self.size_bytes - other.size_bytes)


def depth_of(messages: Iterable[LedgerMessage]) -> Depth:
    """The number and the size of messages."""
    sizes = [message.size_bytes for message in messages]
    return Depth(len(sizes), sum(sizes))


@dataclass(frozen=True, slots=True)
class MovedAside:
    """A damaged file that was replaced.

    Attributes:
        path: where the damaged file is now.
        salvaged: how many alerts could be read out of it; they wait in the new file.
    """

    path: Path
    salvaged: int


class SpoolFile:
    """The database, opened when it is first used; every method blocks on the disk.

    Every method raises `SpoolCorrupt` where the file is damaged, and `SpoolRefused` where the disk fails, the folder
    is not writable, or another process has the file. The next use tries to open it again.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._opened: sqlite3.Connection | None = None

    def close(self) -> None:
        """Release the file."""
        database, self._opened = self._opened, None
        if database is not None:
            with database_errors("closed"):
                database.close()

    def depth(self) -> Depth:
        """The number and the size of the alerts that wait now."""
        database = self._database()
        with database_errors("read"):
            row = database.execute("SELECT count(*), coalesce(sum(size_bytes), 0) FROM alert").fetchone()
        return Depth(row[0], row[1])

    def add(self, messages: Sequence[LedgerMessage]) -> list[bool]:
        """Write messages in one transaction; returns for each whether it is new: one that waits already is not.

        Raises:
            SpoolRefused: the disk did not take them; none is written.
        """
        database = self._database()
        with database_errors("written"), database:
            return [database.execute(rows.INSERT, rows.encode(message)).rowcount == 1 for message in messages]

    def oldest(self, max_entries: int, max_bytes: int, after: int = 0) -> list[SpooledAlert]:
        """The oldest messages in the order of arrival: at least one where there is any, else within both limits.

        Args:
            after: only messages behind this position.
        """
        found: list[SpooledAlert] = []
        total_bytes = 0
        database = self._database()
        with database_errors("read"):
            for row in database.execute(f"{rows.SELECT} ORDER BY position LIMIT ?", (after, max_entries)):
                alert = rows.decode(row)
                total_bytes += alert.message.size_bytes
                if found and total_bytes > max_bytes:
                    break
                found.append(alert)
        return found

    def remove_through(self, position: int) -> None:
        """Delete every message up to a position.

        Raises:
            SpoolRefused: the disk did not take it; the messages will be forwarded again, and deduplicated.
        """
        database = self._database()
        with database_errors("written"), database:
            database.execute("DELETE FROM alert WHERE position <= ?", (position,))

    def write_nothing(self) -> None:
        """Write to the disk without a change, to see whether it takes writes."""
        database = self._database()
        with database_errors("written"), database:
            database.execute("PRAGMA user_version = 1")

    def take_over(self, folder: Path) -> Depth:
        """Move the messages of a spool that no process has any more into this one; returns how many are new here.

        Raises:
            SpoolInUse: a process has it.
            SpoolRefused: the disk does not allow it; what is moved already is in both, and deduplicated.
        """
        other, moved = SpoolFile(folder), Depth()
        try:
            while found := other.oldest(_MOVED_AT_ONCE, _JOURNAL_BYTES):
                is_new = self.add([alert.message for alert in found])
                moved += depth_of(alert.message for alert, new in zip(found, is_new, strict=True) if new)
                other.remove_through(found[-1].position)
        finally:
            other.close()
        for ending in _ENDINGS:
            other._beside(ending).unlink(missing_ok=True)
        return moved

    def restart(self) -> None:
        """Delete the file with all alerts in it and start a new one, which a full disk allows where `DELETE` fails."""
        with suppress(SpoolRefused):
            self.close()
        try:
            for ending in _ENDINGS:
                self._beside(ending).unlink(missing_ok=True)
        except OSError as error:
            raise SpoolRefused(f"the spool cannot be deleted: {error}") from error
        self._database()

    def replace(self, suffix: str, after: int = 0) -> MovedAside:
        """Move a damaged file aside, and start a new one with all alerts that can still be read.

        Args:
            suffix: is appended to the file's name.
            after: only messages behind this position are still needed.
        """
        with suppress(SpoolRefused):
            self.close()
        aside = self._beside(suffix)
        try:
            for ending in _ENDINGS:
                if (found := self._beside(ending)).exists():
                    found.rename(aside.with_name(aside.name + ending))
        except OSError as error:
            raise SpoolRefused(f"the damaged spool cannot be moved aside: {error}") from error
        messages = [alert.message for alert in _salvaged(aside) if alert.position > after]
        self.add(messages)
        return MovedAside(aside, len(messages))

    def _beside(self, ending: str) -> Path:
        return self._path.with_name(self._path.name + ending)

    def _database(self) -> sqlite3.Connection:
        """The open database; after a failure a new attempt to open it."""
        if self._opened is None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise SpoolRefused(f"the spool in {self._path.parent} cannot be opened: {error}") from error
            with database_errors("opened"):
                self._opened = _open(self._path)
        return self._opened


def _open(path: Path) -> sqlite3.Connection:
    database = _connect(path)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")
        with database:
            database.execute(rows.SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=2, check_same_thread=False)
    # A damaged text that is no UTF-8 is found by `rows.decode`; sqlite3 would raise an error without a code.
    database.text_factory = lambda text: text.decode(errors="replace")
    return database


def _salvaged(path: Path) -> list[SpooledAlert]:
    """Every message that can be read from a damaged database, in the order of arrival.

    SQLite stops at the first damaged page, so the file is read from its start and from its end.
    """
    found: dict[int, SpooledAlert] = {}
    with suppress(SpoolRefused), database_errors("read"):
        database = _connect(path)
        try:
            for order in ("ASC", "DESC"):
                _collect(database, order, found)
        finally:
            database.close()
    return [found[position] for position in sorted(found)]


def _collect(database: sqlite3.Connection, order: str, found: dict[int, SpooledAlert]) -> None:
    with suppress(SpoolRefused), database_errors("read"):
        for row in database.execute(f"{rows.SELECT} ORDER BY position {order}", (0,)):
            with suppress(SpoolCorrupt):
                alert = rows.decode(row)
                found[alert.position] = alert
