"""How much room JetStream has for the ledger, on a real nats-server with a limit of its own."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nats
import pytest

from tests.conftest import DEADLINE_SECONDS, console_script, free_port
from tests.shared.harness.test_harness import MakeProbe, probe
from tfdrift.bus import Bus, NatsOptions, NoRoom, Retention
from tfdrift.subjects import DEAD_STREAM, STREAM

__all__ = ["probe"]

GIB = 1024**3
MIB = 1024**2


@contextmanager
def limited(folder: Path, max_bytes: int) -> Iterator[str]:
    """Runs a nats-server with so much storage; yields its URL."""
    port = free_port()
    config = folder / "nats.conf"
    config.write_text(
        f"listen: 127.0.0.1:{port}\njetstream {{ store_dir: {folder / 'data'}, max_file_store: {max_bytes} }}\n"
    )
    with (folder / "nats.log").open("wb") as log:
        server = subprocess.Popen([console_script("nats-server"), "-c", str(config)], stdout=log, stderr=log)
    try:
        yield f"nats://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


async def sizes(url: str) -> dict[str, int]:
    """Returns what each stream reserves."""
    client = await nats.connect(url)
    streams = await client.jetstream().streams_info()
    await client.close()
    return {str(info.config.name): info.config.max_bytes or 0 for info in streams}


async def test_the_default_ledger_takes_half_of_what_there_is(tmp_path: Path) -> None:
    """A disk for less than 10 GiB is no reason not to start; nothing that was tried is left behind."""
    with limited(tmp_path, GIB) as url:
        bus = Bus(NatsOptions((url,), "test"), Retention(1, 10 * GIB, 1, may_be_smaller=True))
        async with asyncio.timeout(DEADLINE_SECONDS):
            await bus.open()
        other = Bus(NatsOptions((url,), "test"), Retention(1, 10 * GIB, 1, may_be_smaller=True))
        await other.open()
        reserved = await sizes(url)
        await bus.close()
        await other.close()
    assert 0.45 * GIB < reserved[STREAM] <= 0.5 * GIB
    assert reserved[DEAD_STREAM] == 256 * MIB
    assert {name.partition("_")[0] for name in reserved} == {"TFDRIFT", "KV"}
    assert not [name for name in reserved if "ROOM" in name]


async def test_a_size_that_was_asked_for_and_does_not_fit_is_refused(tmp_path: Path) -> None:
    """The sentence names the variable, what is needed, what there is, and the remedies."""
    with limited(tmp_path, GIB) as url:
        bus = Bus(NatsOptions((url,), "test"), Retention(1, 2 * GIB, 1))
        async with asyncio.timeout(DEADLINE_SECONDS):
            with pytest.raises(NoRoom, match=rf"TFDRIFT_RETENTION_BYTES: .* {2 * GIB} bytes") as caught:
                await bus.open()
        await bus.close()
    found = re.search(r"has about (\d+) left", str(caught.value))
    assert found is not None
    assert 0.9 * GIB < int(found[1]) <= GIB


async def test_a_disk_too_small_is_one_sentence(tmp_path: Path, probe: MakeProbe) -> None:
    """Exit code 78, and nothing is started."""
    with limited(tmp_path, GIB) as url:
        service = probe(TFDRIFT_NATS_URL=url, TFDRIFT_RETENTION_BYTES=str(2 * GIB))
        service.start()
        assert await service.exit_code() == 78
    assert re.fullmatch(rf"probe: TFDRIFT_RETENTION_BYTES: [^\n]*{2 * GIB}[^\n]*max_file_store[^\n]*\n", service.err)
