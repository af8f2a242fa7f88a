"""Instances share a port: one may start before the other stops, and no alert is lost that Falco posts once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ingest_falco.spool.file import FILE_NAME
from tests.conftest import NatsServer, free_port
from tests.falco.rolling_restart import post_once, restarted, stored
from tests.ingest_falco.service import Process


async def test_no_alert_is_lost_through_a_rolling_restart(nats_url: str, tmp_path: Path) -> None:
    """900 alerts or more: each is answered 200 and is stored."""
    outcome = await restarted(nats_url, tmp_path)
    assert outcome.lossless, outcome


async def test_an_instance_takes_over_what_another_has_left(nats_server: NatsServer, tmp_path: Path) -> None:
    """Spooled alerts of a stopped instance reach the ledger through the one that goes on."""
    port = free_port()
    nats_server.stop()
    old, new = (Process(nats_server.url, tmp_path, port, http_reuse_port="true") for _ in range(2))
    await old.start()
    for number in range(5):
        assert await post_once(old.url, f"old {number}")
    await new.start()
    assert (tmp_path / "instance-2" / FILE_NAME).exists()
    assert await asyncio.to_thread(old.stop) == 0
    for number in range(5):
        assert await post_once(new.url, f"new {number}")
    nats_server.start()
    async with asyncio.timeout(60):
        while await stored(nats_server.url) < 10:
            await asyncio.sleep(0.1)
    assert new.stop() == 0
    assert await stored(nats_server.url) == 10
