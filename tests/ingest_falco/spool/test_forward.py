"""The spool's way to the ledger while that refuses, and what a stop leaves of it."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import aiohttp
import nats
from nats.js.api import StreamConfig
from prometheus_client import REGISTRY

from ingest_falco.spool.file import SpoolFile
from tests.conftest import NatsServer, eventually
from tests.ingest_falco.samples import body, host_alert
from tests.ingest_falco.service import Process, running
from tfdrift.events import FalcoEvent
from tfdrift.subjects import STREAM


def spooled() -> float:
    return REGISTRY.get_sample_value("tfdrift_spool_entries") or 0.0


async def _without_ledger(nats_url: str) -> StreamConfig:
    """Delete the ledger's stream; returns its configuration."""
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    config = (await jetstream.stream_info(STREAM)).config
    await jetstream.delete_stream(STREAM)
    await client.close()
    return config


async def _with_ledger(nats_url: str, config: StreamConfig) -> None:
    client = await nats.connect(nats_url)
    await client.jetstream().add_stream(config)
    await client.close()


async def test_alerts_wait_in_order_while_the_ledger_is_gone(nats_url: str, tmp_path: Path) -> None:
    """NATS is there, its stream is not: nothing is lost, nothing is passed over, and all leave once it is back."""
    async with running(nats_url, tmp_path) as service:
        config = await _without_ledger(nats_url)
        for number in range(5):
            assert (await service.post(body(host_alert(rule=str(number)))))[0] == 200
        assert spooled() == 5
        await _with_ledger(nats_url, config)
        await eventually(lambda: spooled() == 0)
        assert (await service.post(body(host_alert(rule="5"))))[0] == 200
        rules = [FalcoEvent.model_validate_json(message.data).rule for message in await service.ledger()]
        assert rules == [str(number) for number in range(6)]


async def test_a_stop_answers_the_alerts_that_it_has_accepted(nats_server: NatsServer, tmp_path: Path) -> None:
    """SIGTERM in the midst of posts: each alert that was answered 200 is in the spool, and the exit code is 0."""
    nats_server.stop()
    process = Process(nats_server.url, tmp_path)
    await process.start()
    answered: list[str] = []

    async def send(client: aiohttp.ClientSession, sender: int) -> None:
        for number in range(1000):
            rule = f"{sender}-{number}"
            try:
                async with client.post(process.url, data=body(host_alert(rule=rule))) as answer:
                    if answer.status == 200:
                        answered.append(rule)
            except aiohttp.ClientError:
                return

    async with aiohttp.ClientSession() as client:
        senders = [asyncio.create_task(send(client, number)) for number in range(8)]
        await eventually(lambda: len(answered) > 100)
        code = await asyncio.to_thread(process.stop, signal.SIGTERM)
        await asyncio.gather(*senders)
    assert code == 0
    assert len(answered) < 8000, "the stop came after the last post"
    file = SpoolFile(tmp_path)
    found = {FalcoEvent.model_validate_json(alert.message.payload).rule for alert in file.oldest(10_000, 1 << 30)}
    file.close()
    assert set(answered) <= found
