"""Measures a detector whose resources get many calls each: delay of an unrelated drift, throughput, and memory.

A real detector process reads ready alerts from a real nats-server. First it finds 1,500 calls of one resource and,
behind them, one call of another: how long does that drift take? Then 300 resources get as many calls each as the
variable ``CALLS`` says: how many alerts does the detector handle in a second of its processor time, and how much does
its memory grow in the second half? ``CALLS=1000`` takes some twenty minutes, the default some two.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryDirectory
from typing import Any

import nats
from tests.conftest import NatsServer, console_script, free_port
from tests.drift_detector.playbook import Called, called

from bench.report import report
from ingest_falco.alert.normalise import normalise
from ingest_falco.alert.parse import parse_alert
from tfdrift.bus import Bus, Follow, Message, NatsOptions, Retention
from tfdrift.envelope import Envelope
from tfdrift.records import STATE_BUCKET, ResourceRecord, resource_key
from tfdrift.subjects import STREAM, Provider

HOT_CALLS = 1500
RESOURCES = 300
CALLS = int(os.environ.get("CALLS", "100"))
ACCOUNT = "123456789012"
TYPES = ("m5.large", "c5.large", "r5.large")
_TICKS = os.sysconf("SC_CLK_TCK")


def record(number: int) -> ResourceRecord:
    """Returns a managed instance."""
    identifier = f"i-{number:017x}"
    return ResourceRecord(
        workspace="bench",
        address=f"aws_instance.web[{number}]",
        type="aws_instance",
        name="web",
        provider=Provider.AWS,
        id=identifier,
        account_id=ACCOUNT,
        region="eu-central-1",
        lineage="3f2d8c1e-1111-2222-3333-444455556666",
        serial=1,
        recorded_at=datetime(2025, 1, 1, tzinfo=UTC),
        attributes={"id": identifier, "instance_type": "t3.micro"},
    )


async def publish(bus: Bus, calls: list[tuple[int, str]]) -> None:
    """Put an alert of each call on the ledger: the number of the instance, and its new type."""
    start = datetime.now(UTC) - timedelta(seconds=len(calls))
    waiting = []
    for number, (instance, new) in enumerate(calls):
        request = {"instanceId": f"i-{instance:017x}", "instanceType": {"value": new}}
        step = called(0, "ec2:ModifyInstanceAttribute", request)
        assert isinstance(step, Called)
        found = normalise(parse_alert(json.dumps(step.alert).encode()))
        moment = start + timedelta(seconds=number)
        call = found.call.model_dump_json().encode() if found.call else None
        envelope = Envelope(found.message_id, received=moment, occurred=moment, call=call)
        waiting.append(bus.publish_event(found.event, envelope))
        if len(waiting) == 200:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)


@contextmanager
def detector(url: str) -> Iterator[Popen[bytes]]:
    """A detector process."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TFDRIFT_")}
    environment |= {"TFDRIFT_NATS_URL": url, "TFDRIFT_ADMIN_PORT": str(free_port()), "TFDRIFT_LOG_LEVEL": "warning"}
    process = Popen([console_script("drift-detector")], env=environment, stdout=DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def processor_seconds(process: Popen[bytes]) -> float:
    """Returns the processor time that a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(process: Popen[bytes]) -> float:
    """Returns the resident memory of a process in MB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def until_handled(url: str, count: int) -> None:
    """Return when the detector has acknowledged that many alerts."""
    client = await nats.connect(url)
    jetstream = client.jetstream()
    while True:
        try:
            info = await jetstream.consumer_info(STREAM, "drift-detector")
        except nats.js.errors.NotFoundError:
            await asyncio.sleep(0.05)
            continue
        if info.ack_floor is not None and info.ack_floor.consumer_seq >= count and not info.num_ack_pending:
            break
        await asyncio.sleep(0.05)
    await client.close()


async def unrelated_drift(bus: Bus, url: str) -> dict[str, Any]:
    """Returns how long a drift takes behind many calls of another resource."""
    await publish(bus, [(0, TYPES[number % 3]) for number in range(HOT_CALLS)] + [(1, "m5.large")])
    unrelated = asyncio.Event()
    drifts = 0

    def on_message(message: Message) -> None:
        nonlocal drifts
        drifts += 1
        if b"web[1]" in message.data:
            unrelated.set()

    # The ledger is followed, as a gateway does: a plain subscription is a slow consumer of a burst.
    watching = asyncio.create_task(bus.follow(Follow(STREAM, on_message, ("tfdrift.drift.>",))))
    with detector(url) as process:
        while True:  # its start is not what is measured
            client = await nats.connect(url)
            try:
                await client.jetstream().consumer_info(STREAM, "drift-detector")
                break
            except nats.js.errors.NotFoundError:
                await asyncio.sleep(0.02)
            finally:
                await client.close()
        began, used = time.perf_counter(), processor_seconds(process)
        await unrelated.wait()
        seconds = time.perf_counter() - began
        await until_handled(url, HOT_CALLS + 1)
        used = processor_seconds(process) - used
    watching.cancel()
    return {
        "unrelated_drift_seconds": round(seconds, 2),
        "hot_calls_processor_seconds": round(used, 2),
        "hot_calls_versions": drifts,
    }


async def many_calls(bus: Bus, url: str) -> dict[str, Any]:
    """Returns throughput and memory over resources that get many calls each."""
    handled = HOT_CALLS + 1
    with detector(url) as process:
        memory, used, seconds = [], processor_seconds(process), 0.0
        for half in range(2):
            calls = [
                (instance, TYPES[(number + half) % 3]) for number in range(CALLS // 2) for instance in range(RESOURCES)
            ]
            for begin in range(0, len(calls), 3000):
                await publish(bus, calls[begin : begin + 3000])
                handled += len(calls[begin : begin + 3000])
                began = time.perf_counter()
                await until_handled(url, handled)
                seconds += time.perf_counter() - began
            memory.append(resident_mb(process))
        used = processor_seconds(process) - used
    alerts = RESOURCES * (CALLS // 2) * 2
    return {
        "resources": RESOURCES,
        "calls_each": CALLS,
        "alerts_per_processor_second": round(alerts / used),
        "alerts_per_second_at_least": round(alerts / max(seconds, used)),
        "memory_mb_after_half": round(memory[0], 1),
        "memory_mb_at_the_end": round(memory[1], 1),
    }


async def main() -> dict[str, Any]:
    """Measure both; returns the figures."""
    with TemporaryDirectory() as folder:
        server = NatsServer(Path(folder))
        server.start()
        bus = Bus(NatsOptions((server.url,), "bench"), Retention(24, 8 * 1024**3, 1))
        await bus.open()
        for number in range(RESOURCES):
            found = record(number)
            await bus.bucket(STATE_BUCKET).put(resource_key(found.workspace, found.address), found.encode())
        figures = await unrelated_drift(bus, server.url)
        figures |= await many_calls(bus, server.url)
        await bus.close()
        server.stop()
    return figures


if __name__ == "__main__":
    report("hot_resources", asyncio.run(main()))
