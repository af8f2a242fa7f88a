"""Maps every error of sqlite3 to the package's error tree (`ingest_falco.errors`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ingest_falco.errors import SpoolCorrupt, SpoolDiskFull, SpoolInUse, SpoolRefused

# Result codes (sqlite.org/rescode.html); the low byte of an extended code is its primary code.
_PRIMARY: Final = 0xFF
_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def database_errors(doing: str) -> Iterator[None]:
    """Raise every `sqlite3.Error` of the block as an error of the spool.

    Args:
        doing: what the block does, as in "the spool cannot be *written*".

    Raises:
        SpoolDiskFull, SpoolCorrupt, SpoolInUse, SpoolRefused: by SQLite's result code.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _mapped(error)(f"the spool cannot be {doing}: {error}") from error


def _mapped(error: sqlite3.Error) -> type[SpoolRefused]:
    # A misuse of the module, such as a closed database, has no result code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    if code in _CORRUPT:
        return SpoolCorrupt
    if code == sqlite3.SQLITE_BUSY:
        return SpoolInUse
    return SpoolDiskFull if code == sqlite3.SQLITE_FULL else SpoolRefused
