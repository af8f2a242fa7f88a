"""Every failure of sqlite3 leaves the spool as an error of the package's tree."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest_falco.alert.message import LedgerMessage
from ingest_falco.errors import SpoolCorrupt, SpoolDiskFull, SpoolRefused
from ingest_falco.spool.database_errors import database_errors
from ingest_falco.spool.file import FILE_NAME, SpoolFile

MESSAGE = LedgerMessage("tfdrift.falco.low.aws.ec2", {"Nats-Msg-Id": "1"}, b"{}")

METHODS: dict[str, Callable[[SpoolFile], object]] = {
    "depth": lambda file: file.depth(),
    "add": lambda file: file.add([MESSAGE]),
    "oldest": lambda file: file.oldest(1, 1),
    "remove": lambda file: file.remove_through(1),
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_a_file_that_fails_raises_no_error_of_sqlite(tmp_path: Path, method: Callable[[SpoolFile], object]) -> None:
    """sqlite3 raises a ProgrammingError for a closed database; callers see a SpoolRefused."""
    file = SpoolFile(tmp_path)
    file._database().close()
    with pytest.raises(SpoolRefused, match="the spool cannot be"):
        method(file)


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path, content: bytes) -> None:
    """A foreign file, and a header that is damaged."""
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(SpoolCorrupt, match="cannot be opened"):
        SpoolFile(tmp_path).depth()


def test_a_database_without_room_is_a_full_disk(tmp_path: Path) -> None:
    """SQLite reports its own page limit with the code that it reports ENOSPC with."""
    database = sqlite3.connect(tmp_path / "small")
    database.execute("PRAGMA max_page_count = 2")
    with pytest.raises(SpoolDiskFull, match="cannot be written"), database_errors("written"):
        database.executescript("CREATE TABLE one (value); CREATE TABLE two (value)")
    database.close()
