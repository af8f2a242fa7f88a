"""The recorder against a real nats-server: replicas side by side, NATS away, pruning, and what an operator accepts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest_tfstate.errors import LineageChanged
from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.record.records import LINEAGE_ACCEPTED, StateSnapshot, fingerprint
from ingest_tfstate.state.v4 import parse_state
from tests.conftest import NatsServer, eventually
from tests.ingest_tfstate.service import Pipeline, running, write
from tests.ingest_tfstate.states import START, resource, state
from tfdrift.bus import BusError, Conflict, Unavailable
from tfdrift.events import StateAction
from tfdrift.records import STATE_BUCKET, resource_key, workspace_key
from tfdrift.redaction import Redactor

VPC = resource("aws_vpc.main", id="vpc-1", cidr="10.0.0.0/16")


def snapshot(data: bytes, minutes: int = 0) -> StateSnapshot:
    """A state that was written `minutes` after the tests' clock starts, and read at once."""
    written = START + timedelta(minutes=minutes)
    return StateSnapshot("prod", "file:///prod.tfstate", parse_state(data), fingerprint(data), written, written)


async def record(recorder: Recorder, data: bytes, minutes: int = 0) -> list[str | None]:
    """Record a state; returns the addresses of its events."""
    stored = await recorder.load_head("prod")
    known = recorder.known("prod", stored)
    state = parse_state(data, known.by_digest if known else {})
    recording = await recorder.record(replace(snapshot(data, minutes), state=state), stored)
    return [event.resource for event in recording.events]


@pytest.fixture
def recorder(pipeline: Pipeline) -> Recorder:
    """A recorder of the test's own NATS."""
    return Recorder(pipeline.bus, Redactor(b"key"))


async def test_two_services_side_by_side_publish_each_change_once(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """Both read every serial of the same file, as during every rolling update."""
    file = tmp_path / "prod.tfstate"
    write(file, state(*(resource(f"aws_vpc.n{n}", id=str(n), v=0) for n in range(50))))
    async with running(nats_url, str(file)), running(nats_url, str(file)):
        await pipeline.settled("prod", serial=1)
        for serial in range(2, 5):
            write(file, state(*(resource(f"aws_vpc.n{n}", id=str(n), v=serial) for n in range(50)), serial=serial))
            await pipeline.settled("prod", serial=serial)
    first, *events = await pipeline.changes()
    assert first.action == StateAction.OBSERVED
    assert len({event.id for event in events}) == len(events)
    assert sorted((e.resource or "", e.serial) for e in events) == sorted(
        (f"aws_vpc.n{n}", serial) for n in range(50) for serial in range(2, 5)
    )
    for number in range(50):
        record = await pipeline.record("prod", f"aws_vpc.n{number}")
        assert record is not None
        assert record.attributes["v"] == 4


async def test_a_recorder_does_not_move_a_head_that_another_one_moved(pipeline: Pipeline, recorder: Recorder) -> None:
    """It says so, and its caller reads the state again."""
    await record(recorder, state(VPC))
    stored = await recorder.load_head("prod")
    await record(recorder, state(VPC, serial=2), 1)
    with pytest.raises(Conflict):
        await recorder.record(snapshot(state(VPC, serial=3), 2), stored)
    assert (await pipeline.settled("prod")).serial == 2


async def test_an_instance_that_did_not_change_is_neither_read_nor_written(
    pipeline: Pipeline, recorder: Recorder
) -> None:
    """Its record has the revision of the serial that wrote it; what is new, changed or gone is found all the same."""
    await record(recorder, state(VPC, resource("aws_eip.a", id="e", v=1), resource("aws_eip.gone", id="g")))
    before = await pipeline.bus.bucket(STATE_BUCKET).get(resource_key("prod", "aws_vpc.main"))
    next_state = state(VPC, resource("aws_eip.a", id="e", v=2), resource("aws_eip.new", id="n"), serial=2)
    stored = await recorder.load_head("prod")
    known = recorder.known("prod", stored)
    assert known is not None
    assert list(parse_state(next_state, known.by_digest).unchanged) == ["aws_vpc.main"]
    events = await record(recorder, next_state, 1)
    assert sorted(map(str, events)) == ["aws_eip.a", "aws_eip.gone", "aws_eip.new"]
    assert await pipeline.bus.bucket(STATE_BUCKET).get(resource_key("prod", "aws_vpc.main")) == before
    assert (await pipeline.settled("prod", serial=2)).types == {"aws_eip": 2, "aws_vpc": 1}
    assert sorted(map(str, await record(recorder, state(VPC, serial=3), 2))) == ["aws_eip.a", "aws_eip.new"]


async def test_an_instance_that_did_not_change_gets_the_place_that_another_one_shows(
    pipeline: Pipeline, recorder: Recorder
) -> None:
    """The account of a provider's configuration becomes known with the first instance that shows it."""
    eip = resource("aws_eip.a", id="e")
    await record(recorder, state(eip))
    vpc = resource("aws_vpc.a", id="v", arn="arn:aws:ec2:eu-west-1:123456789012:vpc/v")
    await record(recorder, state(eip, vpc, serial=2), 1)
    found = await pipeline.record("prod", "aws_eip.a")
    assert found is not None
    assert (found.account_id, found.region, found.changes) == ("123456789012", "eu-west-1", ())


async def test_what_another_process_recorded_is_not_taken_for_what_this_one_remembers(
    pipeline: Pipeline, recorder: Recorder
) -> None:
    """The other one's serial lies between two of this one's, and changed what did not change between those two."""
    other = Recorder(pipeline.bus, Redactor(b"key"))
    one, two = resource("aws_eip.a", id="e", v=1), resource("aws_eip.a", id="e", v=2)
    await record(recorder, state(one))
    await record(other, state(two, serial=2), 1)
    assert await record(recorder, state(one, serial=3), 2) == ["aws_eip.a"]
    found = await pipeline.record("prod", "aws_eip.a")
    assert found is not None
    assert (found.attributes["v"], len(found.changes)) == (1, 2)


async def test_a_process_that_was_paused_writes_nothing_over_a_newer_serial(
    pipeline: Pipeline, recorder: Recorder
) -> None:
    """It raised the fence, read the records and was paused; what it writes then is refused, whatever the key."""
    await record(recorder, state(resource("aws_eip.a", id="e", v=1), VPC))
    paused = Recorder(pipeline.bus, Redactor(b"key"))
    stored = await paused.load_head("prod")
    work = await paused._begin(snapshot(state(resource("aws_eip.a", id="e", v=2), VPC, serial=2), 1), stored)
    # The other process read serial 3, in which the value is the first one again, so it does not write the record.
    await record(recorder, state(resource("aws_eip.a", id="e", v=1), VPC, serial=3), 2)
    stale = await pipeline.record("prod", "aws_eip.a")
    assert stale is not None
    with pytest.raises(Conflict):
        await paused._write([stale.model_copy(update={"attributes": {"id": "e", "v": 2}})], work)
    assert await pipeline.record("prod", "aws_eip.a") == stale


async def test_a_process_that_read_an_old_head_writes_nothing(pipeline: Pipeline, recorder: Recorder) -> None:
    """It was paused between the head and the fence, so it raised the fence of a workspace that has moved on."""
    await record(recorder, state(resource("aws_eip.a", id="e", v=1)))
    paused = Recorder(pipeline.bus, Redactor(b"key"))
    old = await paused.load_head("prod")
    await record(recorder, state(resource("aws_eip.a", id="e", v=3), serial=3), 2)
    newest = await pipeline.record("prod", "aws_eip.a")
    stored = replace(old, fence=(await paused.load_head("prod")).fence)
    with pytest.raises(Conflict):
        await paused.record(snapshot(state(resource("aws_eip.a", id="e", v=2), serial=2), 1), stored)
    assert await pipeline.record("prod", "aws_eip.a") == newest


async def test_pruning_deletes_the_records_of_what_was_removed_before(pipeline: Pipeline, recorder: Recorder) -> None:
    """What exists stays, and what was removed later stays as long as its audit events may arrive."""
    names = ("early", "late", "live")
    for minutes, count in enumerate((3, 2, 1)):
        left = [resource(f"aws_vpc.{name}", id=name) for name in names[3 - count :]]
        await record(recorder, state(*left, serial=minutes + 1), minutes)
    assert await recorder.prune(workspace_key("prod"), START + timedelta(minutes=1, seconds=30)) == 1
    records = {name: await pipeline.record("prod", f"aws_vpc.{name}") for name in names}
    assert records["early"] is None
    assert records["late"] is not None
    assert records["late"].removed is not None
    assert records["live"] is not None
    assert records["live"].removed is None
    assert await recorder.prune(workspace_key("prod"), START) == 0


async def test_a_first_state_replaces_what_a_dead_process_left(pipeline: Pipeline, recorder: Recorder) -> None:
    """A record without a head, of a resource that the state does not have, is deleted."""
    await record(recorder, state(VPC))
    found = await pipeline.record("prod", "aws_vpc.main")
    assert found is not None
    orphan = found.model_copy(update={"address": "aws_vpc.orphan", "workspace": "new"})
    await pipeline.bus.bucket(STATE_BUCKET).put(resource_key("new", "aws_vpc.orphan"), orphan.encode())
    first = snapshot(state(VPC))
    new = StateSnapshot("new", first.source, first.state, first.digest, first.modified, first.received)
    await recorder.record(new, await recorder.load_head("new"))
    assert await pipeline.record("new", "aws_vpc.orphan") is None
    assert await pipeline.record("new", "aws_vpc.main") is not None


async def test_an_accepted_lineage_stays_accepted_until_the_next_state(pipeline: Pipeline, recorder: Recorder) -> None:
    """No condition takes its place in the head, and one state uses it up."""
    other = state(VPC, serial=1, lineage="another")
    assert not await recorder.accept_lineage("prod")
    await record(recorder, state(VPC, serial=5))
    with pytest.raises(LineageChanged, match="--accept-lineage prod"):
        await record(recorder, other, 1)
    await recorder.mark("prod", "lineage_changed")
    await pipeline.settled("prod", condition="lineage_changed")
    assert await recorder.accept_lineage("prod")
    await recorder.mark("prod", "missing")
    await pipeline.settled("prod", condition=LINEAGE_ACCEPTED)
    await record(recorder, other, 1)
    assert (await pipeline.settled("prod", serial=1)).lineage == "another"
    with pytest.raises(LineageChanged):
        await record(recorder, state(VPC, serial=6), 2)


async def test_without_nats_every_step_fails_and_is_repeated_later(
    pipeline: Pipeline, recorder: Recorder, nats_server: NatsServer
) -> None:
    """Reading a head, marking, pruning and recording raise what the caller retries; nothing is half done for good."""
    await record(recorder, state(VPC))
    stored = await recorder.load_head("prod")
    changed = snapshot(state(resource("aws_vpc.main", id="vpc-1", cidr="10.1.0.0/16"), serial=2), 1)
    nats_server.stop()
    await eventually(lambda: not pipeline.bus.connected)
    for step in (recorder.load_head("prod"), recorder.mark("prod", "missing"), recorder.accept_lineage("prod")):
        with pytest.raises(BusError):
            await step
    recording = asyncio.create_task(recorder.record(changed, stored))
    pruning = asyncio.create_task(recorder.prune(workspace_key("prod"), datetime.now(UTC)))
    nats_server.start()
    await eventually(lambda: pipeline.bus.connected)
    for task in (recording, pruning):  # a read waits for NATS, a write fails at once
        try:
            await task
        except Unavailable:
            continue
    head = await recorder.load_head("prod")
    if head.head is not None and head.head.serial == 1:
        await recorder.record(changed, head)
    assert (await pipeline.settled("prod", serial=2)).condition is None
    assert [e.action for e in await pipeline.changes()] == [StateAction.OBSERVED, StateAction.MODIFIED]
