"""A gateway dismisses a drift while a detector is about to write it, on a real nats-server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import nats

from drift_detector.app import DURABLE, Detector
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.store import FactStore
from drift_detector.settings import DetectorSettings
from sse_gateway.access.scope import Grant
from sse_gateway.api.dismissal import Dismissal, dismiss
from tests.conftest import DEADLINE_SECONDS, eventually
from tests.drift_detector.correlate.test_lifecycle import other, resize, web
from tests.drift_detector.playbook import CATALOG, RULES, Called, message_of
from tests.ingest_tfstate.states import Bucket as Estate
from tests.ingest_tfstate.states import state
from tfdrift.bus import Bucket, Bus, Follow, Message, NatsOptions, Retention
from tfdrift.events import Drift, DriftStatus, Resolution
from tfdrift.harness import Runtime
from tfdrift.records import DRIFTS_BUCKET, STATE_BUCKET, WORKSPACES_BUCKET, DriftRecord, resource_key, workspace_key
from tfdrift.subjects import STREAM

RETENTION = Retention(hours=24 * 3650, bytes=64 * 1024**2, replicas=1)

Interruption = Callable[[str], Awaitable[None]]


class InterruptedBucket(Bucket):
    """A bucket that lets somebody act once before a value is written."""

    interruption: Interruption | None = None

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """As `Bucket.update`, with the interruption before it."""
        act, InterruptedBucket.interruption = InterruptedBucket.interruption, None
        if act is not None:
            await act(key)
        return await super().update(key, value, revision)


class InterruptedBus(Bus):
    """A bus whose writes of drifts are interrupted."""

    def bucket(self, name: str) -> Bucket:
        """An `InterruptedBucket` for the drifts."""
        if name != DRIFTS_BUCKET:
            return super().bucket(name)
        return InterruptedBucket(name, self._publisher, self._jetstream, self.follow)


async def publish(bus: Bus, call: Called) -> None:
    """The ledger receives the alert of a call."""
    event, envelope = message_of(call)
    await bus.publish_event(event, envelope)


async def until_acknowledged(nats_url: str, count: int) -> None:
    """Return when the detectors have acknowledged that many messages."""
    client = await nats.connect(nats_url)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await client.jetstream().consumer_info(STREAM, DURABLE)).ack_floor.consumer_seq < count:
            await asyncio.sleep(0.01)
    await client.close()


async def store_state(bus: Bus) -> None:
    """The buckets hold the state of one workspace."""
    estate = Estate()
    estate.take(state(web(), other(), serial=1), 0)
    for record in estate.written:
        await bus.bucket(STATE_BUCKET).put(resource_key(record.workspace, record.address), record.encode())
    assert estate.head is not None
    await bus.bucket(WORKSPACES_BUCKET).put(workspace_key("prod"), estate.head.encode())


async def test_a_dismissal_between_a_detectors_decision_and_its_write_stays(nats_url: str) -> None:
    """The detector writes its version behind the dismissal; no number of a version is used twice on the ledger."""
    gateway = Bus(NatsOptions((nats_url,), "gateway"), RETENTION)
    bus = InterruptedBus(NatsOptions((nats_url,), "detector"), RETENTION)
    await gateway.open()
    await bus.open()
    await store_state(gateway)
    published: list[tuple[str, Drift]] = []
    written: dict[str, int] = {}
    dismissals: list[Drift] = []

    def on_message(message: Message) -> None:
        published.append((message.headers["Nats-Msg-Id"], Drift.model_validate_json(message.data)))

    async def dismiss_meanwhile(key: str) -> None:
        before = written[key]
        dismissal = Dismissal(by="ops", reason="a planned change", until=None, at=datetime.now(UTC))
        dismissals.append(await dismiss(gateway, key, dismissal, Grant("ops")))
        await eventually(lambda: written[key] > before)  # the detector's own watch has it by now, too
        await bus.stream_state()

    async def detect() -> None:
        async with asyncio.TaskGroup() as tasks:
            context = EvaluationContext(CATALOG, RULES, timedelta(days=3650))
            detector = Detector(bus, FactStore(context), timedelta(days=3650))
            await detector.run(Runtime(DetectorSettings(), bus, tasks))

    follow = Follow(STREAM, on_message, ("tfdrift.drift.>",))
    revisions = Follow(
        f"KV_{DRIFTS_BUCKET}", lambda m: written.update({m.subject.rpartition(".")[2]: m.sequence}), (">",)
    )
    running = [asyncio.create_task(run) for run in (detect(), bus.follow(follow), bus.follow(revisions))]
    try:
        await publish(gateway, resize(6, "m5.large"))
        await eventually(lambda: len(published) == 1 and len(written) == 1)
        InterruptedBucket.interruption = dismiss_meanwhile
        await publish(gateway, resize(5, "m5.xlarge"))  # late: it changes the drift's history and not its last call
        await eventually(lambda: dismissals)
        await until_acknowledged(nats_url, 2)
        (key,) = written
        entry = await gateway.bucket(DRIFTS_BUCKET).get(key)
    finally:
        InterruptedBucket.interruption = None
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        await bus.close()
        await gateway.close()
    versions = [message_id.split(":")[2] for message_id, _ in published]
    assert versions == ["1", "2"]
    assert published[1][1] == dismissals[0]
    assert entry is not None
    record = DriftRecord.model_validate_json(entry.value or b"")
    assert (record.version, record.drift.status) == (2, DriftStatus.RESOLVED)
    assert record.drift.resolution is Resolution.DISMISSED
