"""Input that cannot be evaluated concerns itself alone, on every path and after every restart."""

from __future__ import annotations

import asyncio
from typing import Any

from drift_detector import metrics
from tests.conftest import eventually
from tests.drift_detector.correlate.test_lifecycle import other, resize, web
from tests.drift_detector.effects.replica import StateWriter, alert, connected, dead, detecting, reported
from tests.drift_detector.playbook import Called, Step, called
from tfdrift.bus import Bus
from tfdrift.records import CLAIMS_BUCKET, SENSITIVE_MEMBER, STATE_BUCKET, digest

# The record hides the type, so every claim of it is hashed.
HIDING = web(instance_type={SENSITIVE_MEMBER: "0123456789abcdef"})


def hasher(value: object) -> str:
    """A hasher that has a defect: one value makes it fail."""
    if value == "poison":
        raise TypeError("an unforeseen value")
    return str(value)


def unprotect(minutes: int) -> Step:
    """An ordinary call."""
    request = {"instanceId": "i-1", "disableApiTermination": {"value": False}}
    return called(minutes, "ec2:ModifyInstanceAttribute", request)


def event_id(step: Step) -> str:
    """The id of a call."""
    assert isinstance(step, Called)
    return str(step.alert["output_fields"]["ct.id"])


async def is_stored(bus: Bus, step: Step) -> bool:
    """Whether the bucket has a call."""
    entry = await bus.bucket(CLAIMS_BUCKET).get(digest(event_id(step)))
    return entry is not None and entry.value is not None


def failed(stage: str) -> Any:
    """How often something failed."""
    return metrics.FAILED.labels(stage)._value.get()


async def test_a_call_that_cannot_be_evaluated_is_dead_lettered_and_not_stored(nats_url: str) -> None:
    """The next call of the same attribute, and one of another, count; so they do after a restart."""
    poison, before = resize(5, "poison"), failed("derive")
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, HIDING, other())
        async with detecting(nats_url, hasher=hasher):
            await alert(bus, poison)
            (letter,) = await dead(bus, 1)
            assert f"the call {event_id(poison)} cannot be evaluated" in str(letter.header("Tfdrift-Reason"))
            assert "TypeError: an unforeseen value" in str(letter.header("Tfdrift-Reason"))
            assert str(letter.header("Tfdrift-Subject")).startswith("tfdrift.falco.")
            assert failed("derive") == before + 1
            assert not await is_stored(bus, poison)
            await alert(bus, unprotect(6))
            await alert(bus, resize(7, "m5.large"))
            drifts = await reported(bus, 2)
            assert {drift.attribute for drift in drifts} == {"disable_api_termination", "instance_type"}
        async with detecting(nats_url, hasher=hasher):
            await alert(bus, resize(8, "m5.large", instance="i-2"))
            assert len(await reported(bus, 3)) == 3
        assert len(await dead(bus, 1)) == 1


async def test_a_stored_call_that_fails_later_leaves_out_itself_alone(nats_url: str) -> None:
    """A state may come after the call that it fails with: the others of the attribute and the resource count."""
    poison, before = resize(5, "poison"), failed("derive")
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, other())
        async with detecting(nats_url, hasher=hasher):
            await alert(bus, poison)
            await alert(bus, resize(6, "m5.large"))
            await alert(bus, unprotect(7))
            await alert(bus, resize(8, "m5.large", instance="i-2"))
            assert len(await reported(bus, 1)) == 1
            assert await is_stored(bus, poison)
            await StateWriter(bus).write(0, HIDING, other())
            drifts = await reported(bus, 3)
            assert {drift.attribute for drift in drifts} == {"disable_api_termination", "instance_type"}
            (letter,) = await dead(bus, 1)
            assert letter.header("Tfdrift-Subject") == f"$KV.{CLAIMS_BUCKET}.{digest(event_id(poison))}"
            assert "instance_type of aws_instance.web" in str(letter.header("Tfdrift-Reason"))
            assert failed("derive") > before
        async with detecting(nats_url, hasher=hasher):
            await alert(bus, resize(9, "c5.large", by="joe"))
            versions = await reported(bus, 4)
            assert (versions[-1].event_id, versions[-1].status) != (event_id(poison), "resolved")


async def test_records_that_are_none_stop_nothing(nats_url: str) -> None:
    """Whatever is under a key, the other keys count, now and after a restart."""
    async with connected(nats_url) as bus:
        await StateWriter(bus).write(0, web(), other())
        entries = [await bus.bucket(STATE_BUCKET).get(key) for key in await keys(bus)]
        web_record = next(entry.value for entry in entries if entry and entry.value and b'"i-1"' in entry.value)
        without_address = web_record.replace(b'"address":"aws_instance.web",', b"")
        assert without_address != web_record
        for number, value in enumerate((b"", b"[]", b"{", b'{"type":1}', without_address)):
            await bus.bucket(STATE_BUCKET).put(f"broken.{number}", value)
            await bus.bucket(CLAIMS_BUCKET).put(f"broken{number}", value)
        async with detecting(nats_url) as runtime:
            await alert(bus, resize(5, "m5.large"))
            await alert(bus, resize(6, "m5.large", instance="i-2"))
            assert len({drift.address for drift in await reported(bus, 2)}) == 2
            await bus.bucket(STATE_BUCKET).put("broken.later", without_address)
            await alert(bus, resize(7, "c5.large"))
            await reported(bus, 3)
            assert runtime.readiness.ok
        async with detecting(nats_url):
            await alert(bus, resize(8, "c5.large", instance="i-2"))
            await reported(bus, 4)


async def keys(bus: Bus) -> list[str]:
    """The keys of the state bucket."""
    found: list[str] = []
    complete = asyncio.Event()
    watch = bus.bucket(STATE_BUCKET).watch(bytes, lambda entry: found.append(entry.key), on_caught_up=complete.set)
    task = asyncio.create_task(watch)
    await eventually(complete.is_set)
    task.cancel()
    await asyncio.wait({task})
    return found
