"""Any process may die at any moment: every drift arrives, and none twice."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.faults.workload import ALERTS, Action, Workload
from tests.pipeline import SERVICES, Pipeline, SseClient, running

# A killed detector's messages come again after JetStream's ack wait, ten seconds.
SECONDS = 40.0


def _killed_twice(pipeline: Pipeline, service: str) -> Action:
    """Kill a service, and again as soon as it is back, in the middle of what it has to catch up with."""

    async def kill() -> None:
        for _ in range(2):
            await pipeline.ready(service)
            assert pipeline.stop(service, signal.SIGKILL) == -signal.SIGKILL
            pipeline.start(service)

    return kill


async def _play(pipeline: Pipeline, work: Workload, actions: dict[int, Action]) -> SseClient:
    """Play the run while a client listens as an EventSource does; returns the client when it has every event."""
    await pipeline.ready()

    async def second_serials() -> None:
        work.write_states(pipeline, 2)

    async with pipeline.stream("?since=1h", reconnecting=True) as client:
        work.write_states(pipeline, 1)
        await client.wait_for(lambda c: len(c.of("state_change")) == 10)
        await work.post(pipeline, {ALERTS // 2: second_serials, **actions})
        await client.wait_for(
            lambda c: len(c.of("falco")) >= ALERTS and len(c.of("state_change")) >= 110 and work.settled(c.of("drift")),
            SECONDS,
        )
        await pipeline.settled("drift-detector")
        last = (await pipeline.ledger())[-1].sequence
        await client.wait_for(lambda c: c.last_event_id and c.last_event_id.endswith(f"-{last}"))
    return client


async def _check(pipeline: Pipeline, work: Workload, client: SseClient) -> None:
    ledger = await pipeline.ledger()
    work.check(ledger)
    seen = [int(event.id.rpartition("-")[2]) for event in client.events if event.id]
    assert seen == [stored.sequence for stored in ledger]
    assert not client.of("reset")
    assert await pipeline.dead_letters() == 0


@pytest.mark.parametrize("service", SERVICES)
async def test_a_killed_service_loses_nothing_and_repeats_nothing(service: str, tmp_path: Path) -> None:
    """SIGKILL at some moment of a run of 1,000 alerts; the ledger and a client have each event exactly once."""
    chance = random.Random(service)
    work = Workload(chance.randrange(10**6))
    with running(tmp_path) as pipeline:
        client = await _play(pipeline, work, {chance.randrange(50, 950): _killed_twice(pipeline, service)})
        await _check(pipeline, work, client)
        logs = {name: pipeline.log_lines(name) for name in pipeline.processes}
    assert [line for lines in logs.values() for line in lines if line["level"] == "error"] == []
    assert len([line for line in logs[service] if line["event"] == "starting"]) == 3


async def test_a_killed_nats_server_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """While it is away alerts are taken into the spool; afterwards everything is as if it had not been away."""
    work = Workload(7)
    with running(tmp_path) as pipeline:

        async def kill() -> None:
            pipeline.nats.stop(signal.SIGKILL)

        async def start() -> None:
            await asyncio.to_thread(pipeline.nats.start)

        client = await _play(pipeline, work, {300: kill, 450: start})
        await _check(pipeline, work, client)
        spooled = [line for line in pipeline.log_lines("ingest-falco") if "spool" in line["event"]]
    assert spooled
