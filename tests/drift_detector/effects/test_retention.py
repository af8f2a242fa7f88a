"""Which calls are deleted, on a real nats-server."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drift_detector.claim.by_provider import call_of
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.plan import plan
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import FactStore
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.retention import delete_expired_calls
from drift_detector.facts.call import Call
from tests.conftest import NatsServer
from tests.drift_detector.correlate.test_lifecycle import resize, web
from tests.drift_detector.effects.replica import LONG, connected
from tests.drift_detector.playbook import CATALOG, RULES, START, Called, message_of
from tests.ingest_tfstate.states import Bucket as Estate
from tests.ingest_tfstate.states import state
from tfdrift.bus import Bus, BusError
from tfdrift.records import CLAIMS_BUCKET, DriftRecord, digest, resource_key


def store_of(*steps: Called) -> tuple[FactStore, StoredDrifts, list[Call]]:
    """A store with one instance and these calls, and the drifts that they amount to."""
    store, stored, calls = FactStore(EvaluationContext(CATALOG, RULES, LONG)), StoredDrifts(), []
    estate = Estate()
    estate.take(state(web(), serial=1), 0)
    for record in estate.written:
        store.put_state(resource_key(record.workspace, record.address), record.encode())
    for step in steps:
        call = call_of(*message_of(step), CATALOG, sanctions(RULES))
        assert call is not None
        store.calls.put(call)
        calls.append(call)
        for subject in store.subjects_of_call(call):
            for key, drift in plan(subject, store, stored, START).writes.items():
                stored.put(key, DriftRecord(drift=drift, version=1, published=1, received=START, occurred=None), 1)
    return store, stored, calls


async def put(bus: Bus, calls: list[Call]) -> None:
    """The bucket has these calls."""
    for call in calls:
        await bus.bucket(CLAIMS_BUCKET).create(digest(call.event_id), call.model_dump_json().encode())


async def left(bus: Bus, calls: list[Call]) -> list[bool]:
    """Whether the bucket still has each of these calls."""
    entries = [await bus.bucket(CLAIMS_BUCKET).get(digest(call.event_id)) for call in calls]
    return [entry is not None and entry.value is not None for entry in entries]


async def test_calls_before_the_cutoff_are_deleted_and_later_ones_stay(nats_url: str) -> None:
    """The bucket and the store forget the same calls."""
    store, stored, calls = store_of(resize(5, "t3.micro"), resize(6, "t3.micro"), resize(9, "t3.micro"))
    async with connected(nats_url) as bus:
        await put(bus, calls)
        await delete_expired_calls(store, stored, bus.bucket(CLAIMS_BUCKET), START + timedelta(minutes=7))
        assert await left(bus, calls) == [False, False, True]
    assert [call.event_id in store.calls for call in calls] == [False, False, True]


async def test_the_calls_of_an_open_drift_are_never_deleted(nats_url: str) -> None:
    """Every step of an open drift keeps its call; those of a resolved one do not."""
    store, stored, calls = store_of(resize(5, "m5.large"), resize(6, "c5.large"))
    async with connected(nats_url) as bus:
        await put(bus, calls)
        await delete_expired_calls(store, stored, bus.bucket(CLAIMS_BUCKET), START + timedelta(days=30))
        assert await left(bus, calls) == [True, True]
    store, stored, calls = store_of(resize(5, "m5.large"), resize(6, "t3.micro"))
    async with connected(nats_url) as bus:
        await put(bus, calls)
        await delete_expired_calls(store, stored, bus.bucket(CLAIMS_BUCKET), START + timedelta(days=30))
        assert await left(bus, calls) == [False, False]


async def test_the_oldest_calls_beyond_the_limit_are_deleted(nats_url: str) -> None:
    """Memory is bounded also where everything is young."""
    store, stored, calls = store_of(*(resize(minute, "t3.micro") for minute in (9, 5, 7)))
    async with connected(nats_url) as bus:
        await put(bus, calls)
        await delete_expired_calls(store, stored, bus.bucket(CLAIMS_BUCKET), START, max_calls=1)
        assert await left(bus, calls) == [True, False, False]


async def test_what_nats_did_not_delete_stays_in_the_store(nats_server: NatsServer) -> None:
    """A call is forgotten after the bucket has forgotten it, so the next round finds what is left."""
    store, stored, calls = store_of(resize(5, "t3.micro"))
    async with connected(nats_server.url) as bus:
        await put(bus, calls)
        nats_server.stop()
        with pytest.raises(BusError):
            await delete_expired_calls(store, stored, bus.bucket(CLAIMS_BUCKET), START + timedelta(days=30))
        assert calls[0].event_id in store.calls
        nats_server.start()
        await bus.wait_connected()
        await delete_expired_calls(store, stored, bus.bucket(CLAIMS_BUCKET), START + timedelta(days=30))
        assert calls[0].event_id not in store.calls
