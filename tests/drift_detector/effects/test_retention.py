"""Which calls are deleted, on a real nats-server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from drift_detector.claim.by_provider import call_of
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.plan import plan
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import FactStore, ManagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.claims import Claims
from drift_detector.effects.retention import FOLD_ABOVE, FOLD_KEEPS, Retention
from drift_detector.facts.call import Call
from tests.conftest import NatsServer
from tests.drift_detector.correlate.test_lifecycle import resize, web
from tests.drift_detector.effects.replica import LONG, connected
from tests.drift_detector.playbook import CATALOG, RULES, START, Called, Step, applied, called, message_of
from tests.drift_detector.scenarios.network.security_groups import HOME, OFFICE, SSH, authorize, group, permission
from tests.ingest_tfstate.states import Bucket as Estate
from tests.ingest_tfstate.states import state
from tfdrift.bus import Bus, BusError
from tfdrift.records import CLAIMS_BUCKET, DRIFTS_BUCKET, DriftRecord, digest, resource_key


def store_of(*steps: Step, resource: dict[str, Any] | None = None) -> tuple[FactStore, StoredDrifts, list[Call]]:
    """A store with one instance and these calls, and the drifts that they amount to."""
    store, stored, calls = FactStore(EvaluationContext(CATALOG, RULES, LONG)), StoredDrifts(), []
    estate = Estate()
    estate.take(state(resource or web(), serial=1), 0)
    for record in estate.written:
        store.put_state(resource_key(record.workspace, record.address), record.encode())
    for step in steps:
        assert isinstance(step, Called)
        call = call_of(*message_of(step), CATALOG, sanctions(RULES))
        assert call is not None
        store.put_call(call)
        calls.append(call)
        for subject in store.subjects_of_call(call):
            for key, drift in plan(subject, store, stored, START).writes.items():
                stored.put(key, DriftRecord(drift=drift, version=1, published=1, received=START, occurred=None), 1)
    return store, stored, calls


async def retaining(bus: Bus, store: FactStore, stored: StoredDrifts, calls: list[Call]) -> Retention:
    """The retention of a detector that has stored these calls."""
    claims = Claims(bus, store)
    for call in calls:
        await claims.put(call)
    return Retention(store, stored, claims, bus.bucket(DRIFTS_BUCKET))


async def left(bus: Bus, calls: list[Call]) -> list[bool]:
    """Whether the bucket still has each of these calls."""
    entries = [await bus.bucket(CLAIMS_BUCKET).get(digest(call.event_id)) for call in calls]
    return [entry is not None and entry.value is not None for entry in entries]


async def test_calls_before_the_cutoff_are_deleted_and_later_ones_stay(nats_url: str) -> None:
    """The bucket and the store forget the same calls."""
    store, stored, calls = store_of(resize(5, "t3.micro"), resize(6, "t3.micro"), resize(9, "t3.micro"))
    async with connected(nats_url) as bus:
        retention = await retaining(bus, store, stored, calls)
        await retention.delete_expired_calls(START, START + timedelta(minutes=7))
        assert await left(bus, calls) == [False, False, True]
    assert [call.event_id in store.calls for call in calls] == [False, False, True]


async def test_the_calls_of_an_open_drift_are_never_deleted(nats_url: str) -> None:
    """Every step of an open drift keeps its call; those of a resolved one do not."""
    store, stored, calls = store_of(resize(5, "m5.large"), resize(6, "c5.large"))
    async with connected(nats_url) as bus:
        retention = await retaining(bus, store, stored, calls)
        await retention.delete_expired_calls(START, START + timedelta(days=30))
        assert await left(bus, calls) == [True, True]
    store, stored, calls = store_of(resize(5, "m5.large"), resize(6, "t3.micro"))
    async with connected(nats_url) as bus:
        retention = await retaining(bus, store, stored, calls)
        await retention.delete_expired_calls(START, START + timedelta(days=30))
        assert await left(bus, calls) == [False, False]


async def test_the_oldest_calls_beyond_the_limit_are_deleted(nats_url: str) -> None:
    """Memory is bounded also where everything is young."""
    store, stored, calls = store_of(*(resize(minute, "t3.micro") for minute in (9, 5, 7)))
    async with connected(nats_url) as bus:
        retention = await retaining(bus, store, stored, calls)
        await retention.delete_expired_calls(START, START, max_calls=1)
        assert await left(bus, calls) == [True, False, False]


async def test_what_nats_did_not_delete_stays_in_the_store(nats_server: NatsServer) -> None:
    """A call is forgotten after the bucket has forgotten it, so the next round finds what is left."""
    store, stored, calls = store_of(resize(5, "t3.micro"))
    async with connected(nats_server.url) as bus:
        retention = await retaining(bus, store, stored, calls)
        nats_server.stop()
        with pytest.raises(BusError):
            await retention.delete_expired_calls(START, START + timedelta(days=30))
        assert calls[0].event_id in store.calls
        nats_server.start()
        await bus.wait_connected()
        await retention.delete_expired_calls(START, START + timedelta(days=30))
        assert calls[0].event_id not in store.calls


async def test_calls_that_the_value_of_an_open_drift_is_built_from_are_needed(nats_url: str) -> None:
    """A sanctioned call is in no history, and yet the drift that follows it has its element too."""
    steps = (
        authorize(permission(HOME), act=applied),
        authorize(permission(OFFICE, port=443), minutes=6),
    )
    store, stored, calls = store_of(*steps, resource=group(SSH))
    (before,) = (record.drift for record in stored)
    assert before.event_id == calls[1].event_id
    async with connected(nats_url) as bus:
        retention = await retaining(bus, store, stored, calls)
        await retention.delete_expired_calls(START, START + timedelta(days=30))
        assert await left(bus, calls) == [True, True]


async def test_a_resource_with_many_calls_keeps_the_latest_and_those_that_its_drifts_need(nats_url: str) -> None:
    """Superseded calls go, the drift and its history stay, and so does everything about other attributes."""
    other_attribute = called(
        1, "ec2:ModifyInstanceAttribute", {"instanceId": "i-1", "disableApiTermination": {"value": False}}
    )
    flapping = [resize(2 + number, ("m5.large", "c5.large")[number % 2]) for number in range(FOLD_ABOVE)]
    store, stored, calls = store_of(other_attribute, *flapping)
    before = {record.drift.id: record.drift for record in stored}
    subject = ManagedSubject(next(iter(store.states)).key)
    async with connected(nats_url) as bus:
        retention = await retaining(bus, store, stored, calls)
        await retention.fold(subject, START)  # all of them are too young
        assert all(await left(bus, calls))
        await retention.fold(subject, START + timedelta(days=1))  # no more of them than before
        assert all(await left(bus, calls))
        await retention.fold_the_rest(START + timedelta(days=1))
        remaining = await left(bus, calls)
    assert remaining[0]
    assert remaining[-FOLD_KEEPS:] == [True] * FOLD_KEEPS
    assert sum(remaining) == FOLD_KEEPS + 1
    assert plan(subject, store, stored, START).writes == {}
    assert {record.drift.id: record.drift for record in stored} == before


async def test_a_folded_history_counts_its_steps_once() -> None:
    """However often the drift is derived behind forgotten steps, the number of omitted ones is the same."""
    flapping = [resize(2 + number, ("m5.large", "c5.large")[number % 2]) for number in range(200)]
    store, stored, calls = store_of(*flapping)
    for call in calls[:100]:
        store.calls.remove(call.event_id)
    subject = ManagedSubject(next(iter(store.states)).key)
    assert plan(subject, store, stored, START).writes == {}
    (drift,) = (record.drift for record in stored)
    assert len(drift.history) + drift.history_omitted == 200


async def test_resolved_drifts_age_out_and_open_ones_do_not(nats_url: str) -> None:
    """A drift that was resolved before the cutoff is deleted once no stored call would derive it again."""
    store, stored, calls = store_of(resize(5, "m5.large"), resize(6, "t3.micro"))
    (record,) = stored
    assert record.drift.status == "resolved"
    later = START + timedelta(days=30)
    async with connected(nats_url) as bus:
        retention = await retaining(bus, store, stored, calls)
        revision = await bus.bucket(DRIFTS_BUCKET).create(record.drift.id, record.encode())
        stored.put(record.drift.id, record, revision)
        await retention.delete_resolved_drifts(later, START)
        assert stored.get(record.drift.id) is None  # it left memory alone
        entry = await bus.bucket(DRIFTS_BUCKET).get(record.drift.id)
        assert entry is not None
        assert entry.value is not None
        stored.put(record.drift.id, record, revision)
        await retention.delete_resolved_drifts(later, later)
        entry = await bus.bucket(DRIFTS_BUCKET).get(record.drift.id)
        assert entry is not None
        assert entry.value is not None  # its calls would derive it again
        stored.put(record.drift.id, record, revision)
        await retention.delete_expired_calls(later, later)
        await retention.delete_resolved_drifts(later, later)
        entry = await bus.bucket(DRIFTS_BUCKET).get(record.drift.id)
        assert entry is not None
        assert entry.value is None
    assert len(stored) == 0
