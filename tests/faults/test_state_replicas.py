"""Two ingest-tfstate over the same states, as in every rolling update, of which one is paused at any moment."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.record.records import StateSnapshot, fingerprint
from ingest_tfstate.state.v4 import parse_state
from tests.faults.cluster import Nodes
from tests.ingest_tfstate.service import Pipeline, opened, process, reads, write
from tests.ingest_tfstate.states import REDACTOR, START, resource, state
from tests.service_process import ServiceProcess
from tfdrift.bus import Bus, BusError, NatsOptions, Retention
from tfdrift.events import StateAction
from tfdrift.records import STATE_BUCKET, ResourceRecord

RESOURCES = 2500
SERIALS = 6
SECONDS = 90.0


def serial_of(number: int) -> bytes:
    """A state in which every second resource has a value of this serial, the others one of each second serial."""
    return state(
        *(
            resource(f"aws_vpc.n{n}", id=f"vpc-{n}", v=number if n % 2 else number // 2, note="x" * 200)
            for n in range(RESOURCES)
        ),
        serial=number,
    )


async def records(bus: Bus) -> list[ResourceRecord]:
    """Every record in the bucket."""
    stream = f"KV_{STATE_BUCKET}"
    held = await bus.stream_state(stream)
    read = bus.read(stream, start=held.first_sequence, end=held.last_sequence)
    values = [message.data async for messages in read for message in messages if not message.header("KV-Operation")]
    return [ResourceRecord.model_validate_json(value) for value in values]


async def pause(child: ServiceProcess, chance: random.Random) -> None:
    """Stop the process after a moment of a recording's length, and let it go on after it would have been replaced."""
    await asyncio.sleep(chance.uniform(0.05, 1.2))  # the moment is what the test varies
    child.send_signal(signal.SIGSTOP)
    await asyncio.sleep(chance.uniform(1.0, 3.0))
    child.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_paused_replica_leaves_no_stale_record_and_reports_nothing_twice(
    nats_url: str, tmp_path: Path, seed: int
) -> None:
    """The records are those of the last serial, and the events of each resource are one unbroken chain of values."""
    chance, file = random.Random(seed), tmp_path / "prod.tfstate"
    write(file, serial_of(1))
    async with opened(nats_url) as bus:
        pipeline = Pipeline(bus)
        with process(nats_url, str(file)) as one, process(nats_url, str(file)) as other:
            await pipeline.settled("prod", serial=1)
            for number in range(2, SERIALS + 1):
                write(file, serial_of(number))
                await pause(chance.choice((one, other)), chance)
            await reads(lambda: pipeline.head("prod"), lambda head: head is not None and head.serial == SERIALS)
            await settled(bus)
        found = {record.address: record for record in await records(bus)}
        changes = await pipeline.changes()
    stale = [address for address, record in found.items() if record.attributes["v"] != last_value(address)]
    assert stale == []
    assert len({change.id for change in changes}) == len(changes)
    assert Counter(change.action for change in changes)[StateAction.OBSERVED] == 1
    values: dict[str | None, Any] = {f"aws_vpc.n{n}": 1 if n % 2 else 0 for n in range(RESOURCES)}
    for change in changes[1:]:
        (attribute,) = change.changes
        assert attribute.old_value == values[change.resource], (change.resource, change.serial)
        values[change.resource] = attribute.new_value
    assert values == {address: last_value(address) for address in found}


def last_value(address: str) -> int:
    """What the last serial says of a resource."""
    return SERIALS if int(address.removeprefix("aws_vpc.n")) % 2 else SERIALS // 2


async def test_two_recorders_share_a_serial_on_a_cluster(tmp_path: Path) -> None:
    """Three servers refuse a second write behind a fence while the first is under way; the recorders wait for it."""
    nodes = Nodes(tmp_path)
    bus = Bus(NatsOptions(tuple(nodes.url.split(",")), "test"), Retention(hours=24, bytes=1024**3, replicas=3))
    try:
        for node in nodes.nodes:
            node.start()
        async with asyncio.timeout(SECONDS):
            await bus.open()
        try:
            recorders = [Recorder(bus, REDACTOR) for _ in range(2)]
            for serial in (1, 2, 3):
                data = state(*(resource(f"aws_vpc.n{n}", id=str(n), v=serial) for n in range(200)), serial=serial)
                await asyncio.gather(*(recorded(recorder, data) for recorder in recorders))
            assert {record.attributes["v"] for record in await records(bus)} == {3}
            changes = await Pipeline(bus).changes()
        finally:
            await bus.close()
    finally:
        for node in nodes.nodes:
            node.stop(signal.SIGKILL)
    assert Counter((change.action, change.serial) for change in changes) == {
        (StateAction.OBSERVED, 1): 1,
        (StateAction.MODIFIED, 2): 200,
        (StateAction.MODIFIED, 3): 200,
    }


async def recorded(recorder: Recorder, data: bytes) -> None:
    """Record a state as a service does: again, for as long as another one is in the way."""
    digest = fingerprint(data)
    async with asyncio.timeout(SECONDS):
        while not (stored := await recorder.load_head("prod")).has(digest):
            try:
                await recorder.record(
                    StateSnapshot("prod", "file:///prod.tfstate", parse_state(data), digest, START, START), stored
                )
            except BusError:
                continue


async def settled(bus: Bus) -> None:
    """Wait until neither process has written anything for as long as a process that was put off waits."""
    last, quiet = -1, 0
    async with asyncio.timeout(SECONDS):
        while quiet < 6:
            sequence = (await bus.stream_state(f"KV_{STATE_BUCKET}")).last_sequence
            quiet, last = (quiet + 1, last) if sequence == last else (0, sequence)
            await asyncio.sleep(0.5)
