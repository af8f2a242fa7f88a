"""A detector on a real nats-server, and the messages of the services around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from drift_detector.app import Detector
from drift_detector.compare.hidden_values import Hasher
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.store import FactStore
from drift_detector.rules.load import load_rules
from drift_detector.settings import DetectorSettings
from tests.conftest import DEADLINE_SECONDS
from tests.drift_detector.playbook import CATALOG, Called, message_of
from tests.ingest_tfstate.states import Bucket as Estate
from tests.ingest_tfstate.states import state
from tfdrift.bus import Bus, Message, NatsOptions, Retention
from tfdrift.events import Drift, StateChange
from tfdrift.harness import Runtime
from tfdrift.records import DRIFTS_BUCKET, STATE_BUCKET, WORKSPACES_BUCKET, DriftRecord, resource_key, workspace_key
from tfdrift.subjects import DEAD_STREAM, STREAM

RETENTION = Retention(hours=24 * 3650, bytes=64 * 1024**2, replicas=1)
LONG = timedelta(days=3650)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Bus]:
    """A bus whose streams are there."""
    bus = Bus(NatsOptions((url,), "test"), RETENTION)
    await bus.open()
    try:
        yield bus
    finally:
        await bus.close()


@asynccontextmanager
async def detecting(
    url: str,
    *,
    unconfirmed_after: timedelta = LONG,
    retention: timedelta = LONG,
    rules: Path | None = None,
    hasher: Hasher | None = None,
) -> AsyncIterator[Runtime[DetectorSettings]]:
    """A detector that is caught up, until the block ends; an error of any of its tasks is raised there."""
    async with connected(url) as bus:
        context = EvaluationContext(CATALOG, load_rules(rules), unconfirmed_after, hasher)
        async with asyncio.TaskGroup() as tasks:
            runtime = Runtime(DetectorSettings(), bus, tasks)
            detector = Detector(bus, FactStore(context), retention, rules)
            running = tasks.create_task(detector.run(runtime))
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not runtime.readiness.ok:
                    await asyncio.sleep(0.01)
            try:
                yield runtime
            finally:
                runtime.stopping.set()
                await asyncio.wait({running})


async def alert(bus: Bus, step: Called, *, received: datetime | None = None) -> None:
    """The ledger receives the alert of a call."""
    event, envelope = message_of(step)
    if received is not None:
        envelope = replace(envelope, received=received)
    await bus.publish_event(event, envelope)


class StateWriter:
    """What ingest-tfstate does for one workspace."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._estate = Estate()

    async def write(self, minutes: int, *resources: dict[str, Any]) -> list[StateChange]:
        """Record a state that was written at this minute; returns the changes, which are not on the ledger."""
        changes = self._estate.take(state(*resources, serial=minutes), minutes)
        for record in self._estate.written:
            await self._bus.bucket(STATE_BUCKET).put(resource_key(record.workspace, record.address), record.encode())
        assert self._estate.head is not None
        await self._bus.bucket(WORKSPACES_BUCKET).put(workspace_key("prod"), self._estate.head.encode())
        return changes


async def dead(bus: Bus, count: int) -> list[Message]:
    """The dead letters, once there are that many."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (state := await bus.stream_state(DEAD_STREAM)).messages < count:
            await asyncio.sleep(0.02)
    found = [await bus.get_message(DEAD_STREAM, number) for number in range(1, state.last_sequence + 1)]
    return [message for message in found if message is not None]


async def stored(bus: Bus) -> dict[str, DriftRecord]:
    """The drifts that are stored now, by id."""
    found: dict[str, DriftRecord] = {}
    complete = asyncio.Event()
    watch = bus.bucket(DRIFTS_BUCKET).watch(
        DriftRecord.model_validate_json,
        lambda entry: found.update({entry.key: entry.value}) if entry.value else None,
        on_caught_up=complete.set,
    )
    task = asyncio.create_task(watch)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await complete.wait()
    task.cancel()
    await asyncio.wait({task})
    return found


async def reported(bus: Bus, count: int, seconds: float = DEADLINE_SECONDS) -> list[Drift]:
    """The versions of drifts on the ledger, once there are that many."""
    versions: list[Drift] = []
    try:
        async with asyncio.timeout(seconds):
            while len(versions) < count:
                await asyncio.sleep(0.02)
                end = (await bus.stream_state(STREAM)).last_sequence
                versions = [
                    Drift.model_validate_json(message.data)
                    async for messages in bus.read(STREAM, start=1, end=end, subjects=("tfdrift.drift.>",))
                    for message in messages
                ]
    except TimeoutError:
        raise AssertionError(f"{count} versions of drifts were expected on the ledger, not {versions}") from None
    return versions


def now() -> datetime:
    """The time of the real clock."""
    return datetime.now(UTC)
