"""The spool keeps what it took: in order, within its bound, across the death of its process."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from ingest_falco.alert.message import LedgerMessage
from ingest_falco.conditions import Conditions
from ingest_falco.errors import SpoolDiskFull, SpoolFull, SpoolRefused
from ingest_falco.spool.file import SpoolFile
from ingest_falco.spool.spool import Spool
from tfdrift.harness import Readiness

MANY_BYTES = 1024**2


def conditions() -> Conditions:
    return Conditions(Readiness(), structlog.get_logger())


def message(number: int, payload: bytes = b"{}") -> LedgerMessage:
    return LedgerMessage("tfdrift.falco.low.aws.ec2", {"Nats-Msg-Id": f"m{number}"}, payload)


@asynccontextmanager
async def opened(folder: Path, max_bytes: int = MANY_BYTES) -> AsyncIterator[Spool]:
    """A spool whose writer runs."""
    spool = await Spool.open(folder, max_bytes, conditions())
    writer = asyncio.create_task(spool.write())
    yield spool
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    await spool.close()


async def ids(spool: Spool) -> list[str]:
    return [alert.message.message_id for alert in await spool.oldest()]


async def test_messages_come_back_whole_and_in_order(tmp_path: Path) -> None:
    """Those that arrive together share a transaction and keep their order."""
    async with opened(tmp_path) as spool:
        await asyncio.gather(*(spool.append(message(number, b"%d" % number)) for number in range(100)))
        found = [alert.message for alert in await spool.oldest()]
        assert found == [message(number, b"%d" % number) for number in range(100)]


async def test_another_process_finds_what_was_left(tmp_path: Path) -> None:
    """Closing and opening loses nothing, and the depth is known at once."""
    async with opened(tmp_path) as spool:
        await spool.append(message(1))
    async with opened(tmp_path) as spool:
        assert not spool.empty
        assert await ids(spool) == ["m1"]


async def test_what_is_removed_stays_removed(tmp_path: Path) -> None:
    """Removing the head leaves the rest, and the last removal leaves it empty."""
    async with opened(tmp_path) as spool:
        for number in range(3):
            await spool.append(message(number))
        await spool.remove((await spool.oldest())[:2])
        assert await ids(spool) == ["m2"]
        await spool.remove(await spool.oldest())
        assert spool.empty


async def test_the_same_message_waits_once(tmp_path: Path) -> None:
    """A sender that tries again while NATS is away changes nothing, not even the room that is left."""
    size = message(1).size_bytes
    async with opened(tmp_path, max_bytes=2 * size) as spool:
        assert await spool.append(message(1)) is True
        assert await spool.append(message(1)) is False
        assert await spool.append(message(2)) is True
        assert await ids(spool) == ["m1", "m2"]


async def test_the_bound_holds_for_messages_on_their_way_too(tmp_path: Path) -> None:
    """Of many at once exactly those that fit are taken, and removing makes room."""
    size = message(0).size_bytes
    async with opened(tmp_path, max_bytes=5 * size) as spool:
        results = await asyncio.gather(*(spool.append(message(number)) for number in range(9)), return_exceptions=True)
        assert [isinstance(result, SpoolFull) for result in results] == [False] * 5 + [True] * 4
        await spool.remove(await spool.oldest())
        assert await spool.append(message(9)) is True


async def test_a_batch_ends_at_its_bytes_but_is_never_empty(tmp_path: Path) -> None:
    """Forwarding holds a bounded number of bytes in memory, and one large message does not stop it."""
    async with opened(tmp_path, max_bytes=64 * MANY_BYTES) as spool:
        for number in range(3):
            await spool.append(message(number, b'"%s"' % (b"x" * 5 * MANY_BYTES)))
        assert await ids(spool) == ["m0"]


async def test_a_spool_has_one_user(tmp_path: Path) -> None:
    """Two forwarders of one spool would send everything twice."""
    async with opened(tmp_path):
        with pytest.raises(SpoolRefused, match="locked"):
            await Spool.open(tmp_path, MANY_BYTES, conditions())


async def test_a_folder_that_cannot_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolRefused, match="cannot be opened"):
        await Spool.open(tmp_path / "file", MANY_BYTES, conditions())


async def test_a_disk_that_fails_refuses_the_message_and_frees_its_room(tmp_path: Path) -> None:
    """The sender gets an error, and a message that could not be written is not counted."""
    async with opened(tmp_path) as spool:
        spool._file._database().execute("PRAGMA max_page_count = 8")
        with pytest.raises(SpoolDiskFull, match="full"):
            await spool.append(message(1, b'"%s"' % (b"x" * 200_000)))
        assert spool.empty
        assert await spool.append(message(2)) is True


def test_what_was_written_survives_sigkill(tmp_path: Path) -> None:
    """The process dies right after `add` returned."""
    program = f"""
import os, signal
from pathlib import Path
from ingest_falco.alert.message import LedgerMessage
from ingest_falco.spool.file import SpoolFile
file = SpoolFile(Path({str(tmp_path)!r}))
file.add([LedgerMessage("s", {{"Nats-Msg-Id": str(n)}}, b"1") for n in range(50)])
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    file = SpoolFile(tmp_path)
    assert [alert.message.message_id for alert in file.oldest(100, MANY_BYTES)] == [str(n) for n in range(50)]
    file.close()
