"""What is stored of a call, on a real nats-server."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from drift_detector import metrics
from drift_detector.facts.call import Call
from tests.conftest import eventually
from tests.drift_detector.correlate.test_lifecycle import other, resize, web
from tests.drift_detector.effects.replica import StateWriter, alert, connected, detecting, reported
from tests.drift_detector.effects.test_detector import remake
from tests.drift_detector.playbook import START, Called, Step, called, message_of
from tfdrift.bus import Bus
from tfdrift.events import CloudCall
from tfdrift.records import CLAIMS_BUCKET, digest

REQUEST = {"instanceId": "i-1", "instanceType": {"value": "m5.large"}}


def twice(whole: dict[str, Any], shortened: dict[str, Any] | None) -> tuple[Called, Called]:
    """Two alerts of one event: one with the whole request, one with less."""
    step = called(5, "ec2:ModifyInstanceAttribute", whole)
    fields = step.alert["output_fields"] | {"ct.request": json.dumps(shortened)}
    return step, replace(step, alert=step.alert | {"output_fields": fields})


async def send(bus: Bus, step: Step, number: int, *, incomplete: bool = False) -> None:
    """The ledger receives an alert again, as ingest-falco sends one of an event whose first alert was incomplete."""
    assert isinstance(step, Called)
    event, envelope = message_of(step)
    call = CloudCall.model_validate_json(envelope.call or b"").model_copy(update={"incomplete": incomplete})
    envelope = replace(envelope, message_id=f"{envelope.message_id}:{number}", call=call.encode())
    await bus.publish_event(event, envelope)


async def test_a_whole_call_takes_the_place_of_a_shortened_one(nats_url: str) -> None:
    """What it says beside is derived then, and a shortened one that comes later changes nothing."""
    protection = {"disableApiTermination": {"value": False}}
    whole, shortened = twice(REQUEST | protection, REQUEST)
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with detecting(nats_url), detecting(nats_url):
            await send(bus, shortened, 1, incomplete=True)
            assert [drift.attribute for drift in await reported(bus, 1)] == ["instance_type"]
            await send(bus, whole, 2)
            drifts = await reported(bus, 2)
            assert {drift.attribute for drift in drifts} == {"instance_type", "disable_api_termination"}
            await send(bus, shortened, 3, incomplete=True)
            await alert(bus, resize(9, "m5.large", instance="i-2"))
            drifts = await reported(bus, 3)
            assert [drift.status for drift in drifts] == ["open"] * 3
            entry = await bus.bucket(CLAIMS_BUCKET).get(digest(str(drifts[0].event_id)))
        assert entry is not None
        assert not Call.model_validate_json(entry.value or b"").incomplete


async def test_a_call_without_its_request_is_completed_by_the_next(nats_url: str) -> None:
    """A request that is null claims nothing; the whole one does."""
    whole, empty = twice(REQUEST, None)
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with detecting(nats_url):
            await send(bus, empty, 1)
            await send(bus, whole, 2)
            assert [drift.new_value for drift in await reported(bus, 1)] == ["m5.large"]


async def test_a_call_from_the_future_counts_as_made_when_it_came(nats_url: str) -> None:
    """It does not take precedence over the calls that follow it."""
    step = resize(5, "m5.large")
    before = metrics.CLAMPED._value.get()
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with detecting(nats_url):
            assert isinstance(step, Called)
            event, envelope = message_of(step)
            await bus.publish_event(event, replace(envelope, occurred=START + timedelta(days=9000)))
            (drift,) = await reported(bus, 1)
            assert drift.timestamp == envelope.received + timedelta(minutes=5)
            assert metrics.CLAMPED._value.get() == before + 1
            await alert(bus, resize(30, "t3.micro"))
            versions = await reported(bus, 2)
    assert versions[-1].resolution == "reverted"


async def test_a_call_that_another_replica_deleted_is_forgotten(nats_url: str) -> None:
    """Every replica has the calls of the bucket, and no others."""
    step = resize(5, "m5.large")
    assert isinstance(step, Called)
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        async with detecting(nats_url):
            await alert(bus, step)
            (drift,) = await reported(bus, 1)
            await eventually(lambda: metrics.CLAIMING_CALLS._value.get() == 1)
            await bus.bucket(CLAIMS_BUCKET).delete(digest(str(drift.event_id)))
            await eventually(lambda: metrics.CLAIMING_CALLS._value.get() == 0)


async def test_a_drift_stays_open_when_its_call_is_lost_and_ends_by_a_later_fact(nats_url: str) -> None:
    """A serial about something else ends nothing; a call back does, and a serial with the value does."""
    async with connected(nats_url) as bus:
        states = StateWriter(bus)
        await states.write(0, web(), other())
        async with detecting(nats_url):
            await alert(bus, resize(5, "m5.large"))
            await alert(bus, resize(5, "m5.large", instance="i-2"))
            await reported(bus, 2)
        await remake(nats_url, CLAIMS_BUCKET)  # a detector that runs would write them back
        async with detecting(nats_url):
            await eventually(lambda: metrics.WITHOUT_CALL._value.get() == 2)
            changed = {"tags": {"Env": "dev"}, "tags_all": {"Env": "dev"}}
            await states.write(9, web(**changed), other() | {})
            await alert(bus, resize(10, "t3.micro", by="joe"))
            versions = await reported(bus, 3)
            assert (versions[-1].address, versions[-1].resolution) == ("aws_instance.web", "reverted")
            assert versions[-1].history[-1].user_identity.user_name == "joe"
            later = other()
            later["instances"][0]["attributes"]["instance_type"] = "m5.large"
            await states.write(12, web(**changed), later)
            versions = await reported(bus, 4)
            assert (versions[-1].address, versions[-1].resolution) == ("aws_instance.other", "absorbed")
            await eventually(lambda: metrics.WITHOUT_CALL._value.get() == 0)
