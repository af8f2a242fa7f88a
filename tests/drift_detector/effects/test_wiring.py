"""What a running detector derives without a new alert: from what it finds at its start, or from another bucket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drift_detector.claim.by_provider import call_of
from drift_detector.compare.hidden_values import hasher_of
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import FactStore
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.claims import Claims
from drift_detector.facts.call import Call
from tests.conftest import eventually_async
from tests.drift_detector.correlate.test_lifecycle import other, resize, web
from tests.drift_detector.effects.replica import LONG, StateWriter, alert, connected, detecting, now, reported
from tests.drift_detector.playbook import CATALOG, RULES, START, Called, Step, World, message_of, wrote
from tfdrift.bus import Bus
from tfdrift.envelope import Envelope
from tfdrift.events import Attribution
from tfdrift.records import CLAIMS_BUCKET, HASH_KEY, SENSITIVE_MEMBER, WORKSPACES_BUCKET, DriftRecord, digest
from tfdrift.subjects import STREAM


def call_in(step: Step) -> Call:
    """The call of a step."""
    assert isinstance(step, Called)
    call = call_of(*message_of(step), CATALOG, sanctions(RULES))
    assert call is not None
    return call


def claims_of(bus: Bus) -> Claims:
    """The claims as another replica writes them."""
    return Claims(bus, FactStore(EvaluationContext(CATALOG, RULES, LONG)))


async def kept(bus: Bus, *calls: Call) -> list[bool]:
    """Whether the bucket has each of these calls."""
    entries = [await bus.bucket(CLAIMS_BUCKET).get(digest(call.event_id)) for call in calls]
    return [entry is not None and entry.value is not None for entry in entries]


async def test_what_was_stored_before_the_start_is_reconciled(nats_url: str) -> None:
    """A replica may have died between storing a call and reporting its drift: no alert is delivered for it again."""
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        await claims_of(bus).put(call_in(resize(5, "m5.large")))
        async with detecting(nats_url):
            (drift,) = await reported(bus, 1)
    assert (drift.status, drift.new_value) == ("open", "m5.large")


async def test_a_state_change_is_attributed_when_it_comes(nats_url: str) -> None:
    """Its call and its record were there before, so nothing else makes the detector look at it."""
    async with connected(nats_url) as bus:
        states = StateWriter(bus)
        await states.write(0, web(), other())
        async with detecting(nats_url):
            await alert(bus, resize(5, "m5.large"))
            await reported(bus, 1)
            (change,) = await states.write(9, web(instance_type="m5.large"), other())
            assert [drift.resolution for drift in await reported(bus, 2)] == [None, "absorbed"]
            await bus.publish_event(change, Envelope(message_id=change.id, received=now(), occurred=None))

            async def attributions() -> list[Attribution]:
                end = (await bus.stream_state(STREAM)).last_sequence
                return [
                    Attribution.model_validate_json(message.data)
                    async for messages in bus.read(STREAM, start=1, end=end, subjects=("tfdrift.attribution.>",))
                    for message in messages
                ]

            (attribution,) = await eventually_async(attributions)
    assert attribution.state_change_id == change.id
    assert [actor.user_identity.user_name for actor in attribution.actors] == ["jane"]


async def test_a_key_that_comes_later_settles_what_could_not_be_compared(nats_url: str) -> None:
    """Without the key a claimed value and the hash of a recorded one cannot be told to be the same."""
    key = b"the key of this ledger"
    hidden = web(instance_type={SENSITIVE_MEMBER: hasher_of(key)("m5.large")})
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, hidden, other())
        async with detecting(nats_url):
            await alert(bus, resize(5, "m5.large"))
            (before,) = await reported(bus, 1)
            assert before.status == "open"
            await bus.bucket(WORKSPACES_BUCKET).create(HASH_KEY, key)
            (_, after) = await reported(bus, 2)
    assert (after.id, after.status) == (before.id, "resolved")


async def test_a_repeated_call_is_the_one_that_is_stored(nats_url: str) -> None:
    """It has the time at which the first alert of its event arrived, by which it has its place among others."""
    first = call_in(resize(5, "m5.large"))
    again = first.model_copy(update={"received": first.received + timedelta(minutes=10)})
    async with connected(nats_url) as bus:
        assert await claims_of(bus).put(first) == first
        assert await claims_of(bus).put(again) == first


async def test_a_running_detector_deletes_what_is_past_its_retention(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call of an open drift stays, and that of none goes."""
    monkeypatch.setattr("drift_detector.app._DELETE_EVERY_SECONDS", 0.05)
    drifting, agreeing = call_in(resize(5, "m5.large")), call_in(resize(6, "t3.micro", instance="i-2"))
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        for call in (drifting, agreeing):
            await claims_of(bus).put(call)
        async with detecting(nats_url, retention=timedelta(days=1)):

            async def one_is_left() -> bool:
                return await kept(bus, drifting, agreeing) == [True, False]

            await eventually_async(one_is_left)


async def test_a_running_detector_folds_a_resource_with_many_calls(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every reconciliation looks at how many calls its resource has."""
    monkeypatch.setattr("drift_detector.effects.retention.FOLD_ABOVE", 3)
    monkeypatch.setattr("drift_detector.effects.retention.FOLD_KEEPS", 1)
    steps = [resize(minute, ("m5.large", "c5.large")[minute % 2]) for minute in range(5, 9)]
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        for step in steps:
            await claims_of(bus).put(call_in(step))
        async with detecting(nats_url):

            async def only_the_latest_is_left() -> bool:
                return await kept(bus, *map(call_in, steps)) == [False, False, False, True]

            await eventually_async(only_the_latest_is_left)


def test_an_earlier_version_does_not_take_the_place_of_a_later_one() -> None:
    """A watch may deliver what this process has overwritten already."""
    first, second = World().play(wrote(0, web()), resize(5, "m5.large"), resize(6, "c5.large")).reported
    stored = StoredDrifts()
    for revision, drift in ((7, second), (3, first)):
        record = DriftRecord(drift=drift, version=revision, published=revision, received=START, occurred=None)
        stored.put(drift.id, record, revision)
    record = stored.get(second.id)
    assert record is not None
    assert (record.drift, stored.revision(second.id)) == (second, 7)
