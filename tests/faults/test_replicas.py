"""Detectors on a real nats-server: any number of replicas, dying between any two effects, end in the same drifts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from drift_detector.app import Detector
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.store import FactStore
from drift_detector.settings import DetectorSettings
from tests.conftest import eventually
from tests.drift_detector.correlate.test_lifecycle import ONE_RESOURCE
from tests.drift_detector.playbook import CATALOG, RULES, Step, World, Wrote, message_of
from tests.ingest_tfstate.states import Bucket, state
from tfdrift.bus import Ack, Bus, Follow, Message, NatsOptions, Retention
from tfdrift.events import Drift
from tfdrift.harness import Runtime
from tfdrift.records import (
    DRIFTS_BUCKET,
    STATE_BUCKET,
    WORKSPACES_BUCKET,
    DriftRecord,
    resource_key,
    workspace_key,
)
from tfdrift.subjects import STREAM

RETENTION = Retention(hours=24 * 3650, bytes=64 * 1024**2, replicas=1)


class MortalBus(Bus):
    """A bus that dies at one of its writes: just before it is sent, or just after it was acknowledged."""

    def __init__(self, url: str, dies_at: int | None = None, *, before: bool = True) -> None:
        super().__init__(NatsOptions((url,), "test"), RETENTION)
        self.dead = asyncio.Event()
        self._left = dies_at
        self._before = before
        send = self._publisher.publish

        async def publish(subject: str, payload: bytes, headers: Mapping[str, str] | None = None) -> Ack:
            await self._live()
            if self._left is None:
                return await send(subject, payload, headers)
            self._left -= 1
            if self._left == 0 and self._before:
                await self._die()
            ack = await send(subject, payload, headers)
            if self._left == 0:
                await self._die()
            return ack

        self._publisher.publish = publish  # type: ignore[method-assign]

    async def _live(self) -> None:
        if self.dead.is_set():
            await asyncio.Event().wait()

    async def _die(self) -> None:
        self.dead.set()
        await asyncio.Event().wait()


@asynccontextmanager
async def replica(bus: MortalBus) -> AsyncIterator[None]:
    """A detector that consumes until the block ends, and is then cut off without a word."""
    await bus.open()
    store = FactStore(EvaluationContext(CATALOG, RULES, timedelta(days=3650)))

    async def live() -> None:
        async with asyncio.TaskGroup() as tasks:
            settings = DetectorSettings()
            await Detector(bus, store, timedelta(days=3650)).run(Runtime(settings, bus, tasks))

    running = asyncio.create_task(live())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})
        await bus.close()


async def feed(bus: Bus, steps: list[Step], *, pause: random.Random) -> None:
    """Write states and alerts as the other services do, in the order given."""
    estate = Bucket()
    for step in steps:
        if isinstance(step, Wrote):
            estate.take(state(*step.resources, serial=step.serial), step.minutes)
            for record in estate.written:
                await bus.bucket(STATE_BUCKET).put(resource_key(record.workspace, record.address), record.encode())
            assert estate.head is not None
            await bus.bucket(WORKSPACES_BUCKET).put(workspace_key("prod"), estate.head.encode())
        else:
            event, envelope = message_of(step)
            await bus.publish_event(event, envelope)
        if pause.random() < 0.3:
            await asyncio.sleep(pause.random() * 0.02)


def shuffled(generator: random.Random) -> list[Step]:
    """The life's steps with its alerts in any order, some of them twice, and its states in theirs."""
    calls = [step for step in ONE_RESOURCE if not isinstance(step, Wrote)]
    calls += generator.sample(calls, 2)
    generator.shuffle(calls)
    order: list[Step] = [step for step in ONE_RESOURCE if isinstance(step, Wrote)]
    for call in calls:
        order.insert(generator.randint(0, len(order)), call)
    states = iter([step for step in ONE_RESOURCE if isinstance(step, Wrote)])
    return [next(states) if isinstance(step, Wrote) else step for step in order]


async def ended_in(bus: Bus, expected: dict[str, Drift]) -> tuple[dict[str, DriftRecord], list[Drift]]:
    """Wait until the stored drifts are those expected, all published; returns them and what is on the ledger."""
    stored: dict[str, DriftRecord] = {}
    published: list[Drift] = []

    def on_message(message: Message) -> None:
        published.append(Drift.model_validate_json(message.data))

    def complete() -> bool:
        drifts = {key: record.drift for key, record in stored.items()}
        return drifts == expected and all(record.published == record.version for record in stored.values())

    watch = bus.bucket(DRIFTS_BUCKET).watch(
        DriftRecord.model_validate_json, lambda entry: stored.update({entry.key: entry.value})
    )
    tasks = [
        asyncio.create_task(watch),
        asyncio.create_task(bus.follow(Follow(STREAM, on_message, ("tfdrift.drift.>",)))),
    ]
    try:
        await eventually(complete)
        await eventually(lambda: len(published) >= sum(record.version for record in stored.values()))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return stored, published


@pytest.mark.parametrize(("replicas", "seed"), [(1, 1), (1, 2), (2, 3), (3, 4)])
async def test_replicas_that_die_between_any_two_effects_converge(nats_url: str, replicas: int, seed: int) -> None:
    """In the end the stored drifts are those of an undisturbed run, and the ledger has each version once, in order."""
    generator = random.Random(seed)
    expected = World().play(*ONE_RESOURCE).drifts
    feeder = MortalBus(nats_url)
    await feeder.open()
    steps = shuffled(generator)
    feeding = asyncio.create_task(feed(feeder, steps, pause=random.Random(seed)))

    async def lives() -> None:
        for _ in range(3):  # three deaths, then a life without end
            bus = MortalBus(nats_url, generator.randint(1, 12), before=generator.random() < 0.5)
            async with replica(bus):
                try:
                    async with asyncio.timeout(2):
                        await bus.dead.wait()
                except TimeoutError:
                    continue
        async with replica(MortalBus(nats_url)):
            await asyncio.Event().wait()

    running = [asyncio.create_task(lives()) for _ in range(replicas)]
    try:
        await feeding
        stored, published = await ended_in(feeder, expected)
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        await feeder.close()
    for key, record in stored.items():
        versions = [drift for drift in published if drift.id == key]
        assert len(versions) == record.version
        assert versions[-1] == record.drift
