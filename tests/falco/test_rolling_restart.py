"""Instances share a port: one may start before the other stops, and no alert is lost that Falco posts once."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import aiohttp

from ingest_falco.spool.file import FILE_NAME
from tests.conftest import NatsServer, free_port
from tests.ingest_falco.samples import body, host_alert
from tests.ingest_falco.service import Process
from tfdrift.bus import Bus, NatsOptions, Retention
from tfdrift.subjects import STREAM

ALERTS = 900


async def post_once(url: str, rule: str) -> bool:
    """As Falco does: a connection of its own, and no second attempt."""
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as client,
            client.post(url, data=body(host_alert(rule=rule))) as answer,
        ):
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def stored(nats_url: str) -> int:
    """How many messages the ledger has."""
    bus = Bus(NatsOptions((nats_url,), "test"), Retention(1, 1024**3, 1))
    await bus.open()
    try:
        return (await bus.stream_state(STREAM)).messages
    finally:
        await bus.close()


async def test_no_alert_is_lost_through_a_rolling_restart(nats_url: str, tmp_path: Path) -> None:
    """Four senders post on and on through two restarts, 900 alerts or more: each is answered 200 and is stored."""
    port = free_port()
    instances = [Process(nats_url, tmp_path, port, http_reuse_port="true") for _ in range(3)]
    posted: list[bool] = []
    restarted = asyncio.Event()
    await instances[0].start()

    async def post_on(sender: int) -> None:
        while not restarted.is_set() or len(posted) < ALERTS:
            posted.append(await post_once(instances[0].url, f"{sender}-{len(posted)}"))

    async with asyncio.TaskGroup() as senders:
        for sender in range(4):
            senders.create_task(post_on(sender))
        for old, new in itertools.pairwise(instances):
            await new.start()
            assert await asyncio.to_thread(old.stop) == 0
        restarted.set()
    assert posted.count(False) == 0
    assert await asyncio.to_thread(instances[-1].stop) == 0
    assert await stored(nats_url) == len(posted) >= ALERTS


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
