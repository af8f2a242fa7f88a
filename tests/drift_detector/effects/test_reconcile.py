"""Writing what a plan asks for beside other writers, on a real nats-server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from drift_detector.claim.by_provider import call_of
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import FactStore, ManagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.claims import Claims
from drift_detector.effects.failures import Failures
from drift_detector.effects.reconcile import Cause, Reconciler
from tests.drift_detector.correlate.test_lifecycle import other, resize, web
from tests.drift_detector.effects.replica import LONG, RETENTION, StateWriter, connected, now, reported, stored
from tests.drift_detector.effects.test_detector import remake
from tests.drift_detector.playbook import CATALOG, RULES, Called, Step, message_of
from tfdrift.bus import Bucket, Bus, NatsOptions, Unavailable
from tfdrift.outbox import Outbox, next_version
from tfdrift.records import DRIFTS_BUCKET, STATE_BUCKET, DriftRecord, resource_key

WEB = ManagedSubject(resource_key("prod", "aws_instance.web"))


class InterruptedBucket(Bucket):
    """A bucket that lets somebody act once before a value is written."""

    act: Callable[[], Awaitable[None]] | None = None

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """As `Bucket.update`, with the interruption before it."""
        act, InterruptedBucket.act = InterruptedBucket.act, None
        if act is not None:
            await act()
        return await super().update(key, value, revision)


class InterruptedBus(Bus):
    """A bus whose writes of drifts are interrupted."""

    def bucket(self, name: str) -> Bucket:
        """An `InterruptedBucket` for the drifts."""
        kind = InterruptedBucket if name == DRIFTS_BUCKET else Bucket
        return kind(name, self._publisher, self._jetstream, self.follow)


class Replica:
    """The facts of one replica, and what it writes."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.store = FactStore(EvaluationContext(CATALOG, RULES, LONG))
        self.stored = StoredDrifts()
        failures = Failures(bus, Claims(bus, self.store), "drift-detector")
        self.reconciler = Reconciler(bus, self.store, self.stored, failures)

    async def see_state(self) -> None:
        """Read the state that is stored now."""
        entry = await self.bus.bucket(STATE_BUCKET).get(WEB.key)
        assert entry is not None
        self.store.put_state(WEB.key, entry.value or b"")

    async def reconcile(self, *steps: Step) -> None:
        """Learn these calls, and reconcile."""
        for step in steps:
            assert isinstance(step, Called)
            call = call_of(*message_of(step), CATALOG, sanctions(RULES))
            assert call is not None
            self.store.put_call(call)
        await self.reconciler.reconcile(WEB, Cause(now()))


@asynccontextmanager
async def replica(url: str) -> AsyncIterator[Replica]:
    """A replica that knows the state."""
    bus = InterruptedBus(NatsOptions((url,), "replica"), RETENTION)
    await bus.open()
    found = Replica(bus)
    await found.see_state()
    try:
        yield found
    finally:
        InterruptedBucket.act = None
        await bus.close()


async def test_a_write_that_loses_is_decided_again(nats_url: str) -> None:
    """Somebody writes between the decision and the write: this replica's version follows, and none is lost."""
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with replica(nats_url) as one, replica(nats_url) as two:
            first, second = resize(5, "m5.large"), resize(6, "c5.large")

            async def other_writes() -> None:
                await two.reconcile(first)

            InterruptedBucket.act = other_writes
            await one.reconcile(first, second)
            versions = await reported(bus, 2)
            assert [drift.new_value for drift in versions] == ["m5.large", "c5.large"]
            (record,) = (await stored(bus)).values()
    assert (record.version, record.published) == (2, 2)


async def test_the_state_is_read_again_before_a_drift_is_written(nats_url: str) -> None:
    """A replica whose watch is behind does not report what a newer state has already."""
    async with connected(nats_url) as bus:
        states = StateWriter(bus)
        await states.write(0, web(), other())
        async with replica(nats_url) as one:
            await states.write(9, web(instance_type="m5.large"), other())
            await one.reconcile(resize(5, "m5.large"))
            (drift,) = await reported(bus, 1)
    assert drift.resolution == "absorbed"


async def test_an_outstanding_version_is_published_although_nothing_else_changed(nats_url: str) -> None:
    """Whoever meets it publishes it."""
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with replica(nats_url) as one:
            step = resize(5, "m5.large")
            await one.reconcile(step)
            (drift,) = await reported(bus, 1)
            outbox = Outbox(bus)
            before = await outbox.read(drift.id)
            assert before is not None
            changed = drift.model_copy(update={"source_ip": "192.0.2.1"})
            record = next_version(before, changed, now(), None)
            revision = await bus.bucket(DRIFTS_BUCKET).update(drift.id, record.encode(), before.revision)
            one.stored.put(drift.id, DriftRecord.model_validate(record), revision)
            await one.reconcile()
            versions = await reported(bus, 3)
    assert versions[1] == changed
    assert versions[2] == drift


async def test_a_drift_that_was_lost_with_its_bucket_gets_no_new_first_version(nats_url: str) -> None:
    """Its versions go on once it is written back; a drift that was only deleted begins anew."""
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with replica(nats_url) as one:
            await one.reconcile(resize(5, "m5.large"))
            (drift,) = await reported(bus, 1)
            await remake(nats_url, DRIFTS_BUCKET)
            with pytest.raises(Unavailable, match="lost"):
                await one.reconcile(resize(6, "c5.large"))
            assert await bus.bucket(DRIFTS_BUCKET).get(drift.id) is None
        async with replica(nats_url) as two:
            await two.reconcile(resize(7, "m5.large"))
            await bus.bucket(DRIFTS_BUCKET).delete(drift.id)
            await two.reconcile(resize(8, "c5.large"))
            (record,) = (await stored(bus)).values()
    assert record.version == 1
