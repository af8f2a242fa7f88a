"""Measures the detector's pure core with an index of 100,000 resources.

Prints microseconds of processor time per call (other work on the machine does not count), the resident memory per
resource, and the time that the index takes to load from a real nats-server.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.conftest import NatsServer
from tests.drift_detector.playbook import Called, called

from bench.report import report
from drift_detector.catalog.load import load_catalog
from drift_detector.claim.by_provider import call_of
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import FactStore, ManagedSubject
from drift_detector.rules.load import load_rules
from ingest_falco.alert.normalise import normalise
from ingest_falco.alert.parse import parse_alert
from tfdrift.bus import Bus, Entry, NatsOptions, Retention
from tfdrift.envelope import Envelope
from tfdrift.events import FalcoEvent
from tfdrift.harness.main import COLLECTOR_THRESHOLDS
from tfdrift.records import STATE_BUCKET, ResourceRecord, resource_key
from tfdrift.subjects import Provider

RESOURCES = 100_000
CALLS = 2_000
BATCH = 2_000
ACCOUNT = "123456789012"
# A provider writes about 3 KB for an instance.
_PADDING = {f"attribute_{number}": "value " * 8 for number in range(45)}


def record(number: int) -> ResourceRecord:
    """Returns a managed instance of about 3 KB."""
    identifier = f"i-{number:017x}"
    return ResourceRecord(
        workspace=f"team-{number % 50}",
        address=f'module.fleet["{number % 97}"].aws_instance.web[{number}]',
        type="aws_instance",
        name="web",
        provider=Provider.AWS,
        id=identifier,
        account_id=ACCOUNT,
        region="eu-central-1",
        lineage="3f2d8c1e-1111-2222-3333-444455556666",
        serial=1,
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        attributes={
            "id": identifier,
            "arn": f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/{identifier}",
            "instance_type": "t3.micro",
            "tags": {"Name": f"web-{number}"},
            "tags_all": {"Name": f"web-{number}"},
            **_PADDING,
        },
    )


def zone_change(number: int) -> dict[str, Any]:
    """Returns the request of a DNS controller: one more record in its zone, or one less."""
    records = {"name": f"host-{number // 2}.example.com", "type": "A", "resourceRecords": [{"value": "192.0.2.1"}]}
    change = {"action": ("CREATE", "DELETE")[number % 2], "resourceRecordSet": records}
    return {"hostedZoneId": "Z1", "changeBatch": {"changes": [change]}}


def resident_bytes() -> int:
    """Returns the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def alert(step: Called) -> tuple[FalcoEvent, Envelope]:
    """Returns the event and the envelope that the detector reads."""
    found = normalise(parse_alert(json.dumps(step.alert).encode()))
    call = found.call.model_dump_json().encode() if found.call else None
    return found.event, Envelope(found.message_id, datetime.now(UTC), occurred=found.occurred, call=call)


def microseconds_each(act: Callable[[int], object], times: int) -> float:
    """Returns the processor time of one run: the median of five rounds."""
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for number in range(times):
            act(number)
        rounds.append((time.process_time() - start) / times * 1e6)
    return sorted(rounds)[2]


def fill(url: str) -> None:
    """Fill the bucket, in another process: its memory must not count as the index's."""

    async def put_all() -> None:
        bus = Bus(NatsOptions((url,), "bench-fill"), Retention(24, 4 * 1024**3, 1))
        await bus.open()
        bucket = bus.bucket(STATE_BUCKET)
        for begin in range(0, RESOURCES, BATCH):
            records = [record(number) for number in range(begin, begin + BATCH)]
            await asyncio.gather(*(bucket.put(resource_key(r.workspace, r.address), r.encode()) for r in records))
        await bus.close()

    asyncio.run(put_all())


async def load(url: str) -> tuple[float, FactStore, float]:
    """Load the bucket through the watch; returns the seconds, the store, and the bytes per resource."""
    bus = Bus(NatsOptions((url,), "bench"), Retention(24, 4 * 1024**3, 1))
    await bus.open()
    store = FactStore(EvaluationContext(load_catalog(), load_rules(None), timedelta(hours=1)))
    complete = asyncio.Event()

    def take(entry: Entry[bytes]) -> None:
        if entry.value is not None:
            store.put_state(entry.key, entry.value)

    before, start = resident_bytes(), time.perf_counter()
    watch = asyncio.create_task(bus.bucket(STATE_BUCKET).watch(bytes, take, on_caught_up=complete.set))
    await complete.wait()
    seconds = time.perf_counter() - start
    gc.collect()
    used = (resident_bytes() - before) / RESOURCES
    watch.cancel()
    await asyncio.wait({watch})
    await bus.close()
    return seconds, store, used


def instance_calls() -> list[tuple[FalcoEvent, Envelope]]:
    """Returns calls that each change the type of another managed instance."""
    operation, size = "ec2:ModifyInstanceAttribute", {"value": "m5.large"}
    requests = [{"instanceId": f"i-{number * 37:017x}", "instanceType": size} for number in range(CALLS)]
    return [alert(called(5, operation, request)) for request in requests]


def hit_microseconds(store: FactStore) -> float:
    """Returns the time of a call that opens a drift of a managed resource."""
    calls, sanction = instance_calls(), sanctions(store.context.rules)

    def hit(number: int) -> None:
        call = call_of(*calls[number], store.context.catalog, sanction)
        assert call is not None
        store.calls.put(call)
        for subject in store.subjects_of_call(call):
            if isinstance(subject, ManagedSubject):
                assert store.derive(subject, call.received).drifts
        store.calls.remove(call.event_id)

    return microseconds_each(hit, CALLS)


def unresolved_microseconds(store: FactStore) -> float:
    """Returns the time of a call that names a resource in no state."""
    foreign = alert(called(5, "ec2:ModifyInstanceAttribute", {"instanceId": "i-none", "instanceType": {"value": "x"}}))
    sanction = sanctions(store.context.rules)

    def unresolved(_: int) -> None:
        call = call_of(*foreign, store.context.catalog, sanction)
        assert call is not None
        store.subjects_of_call(call)

    return microseconds_each(unresolved, CALLS)


def busy_zone_microseconds(context: EvaluationContext) -> float:
    """Returns the time of one more change in a DNS zone that has had 10,000 already."""
    store, sanction = FactStore(context), sanctions(context.rules)
    zone = record(0).model_copy(update={"type": "aws_route53_zone", "attributes": {"id": "Z1", "zone_id": "Z1"}})
    store.put_state(resource_key(zone.workspace, zone.address), zone.encode())
    changes = [alert(called(5, "route53:ChangeResourceRecordSets", zone_change(number))) for number in range(CALLS * 5)]

    def change(number: int) -> None:
        call = call_of(*changes[number], context.catalog, sanction)
        assert call is not None
        store.calls.remove(call.event_id)
        store.calls.put(call)
        for subject in store.subjects_of_call(call):
            store.derive(subject, call.received)

    for number in range(len(changes)):
        change(number)
    return microseconds_each(change, CALLS)


async def loaded() -> tuple[float, FactStore, float]:
    """Fill a bucket of a private nats-server and load it; returns what `load` returns."""
    with TemporaryDirectory() as folder:
        server = NatsServer(Path(folder))
        server.start()
        filling = multiprocessing.get_context("spawn").Process(target=fill, args=(server.url,))
        filling.start()
        await asyncio.to_thread(filling.join)
        found = await load(server.url)
        server.stop()
    return found


def main() -> dict[str, Any]:
    """Measure and report."""
    gc.set_threshold(*COLLECTOR_THRESHOLDS)  # as in every service
    seconds, store, used = asyncio.run(loaded())
    context = store.context
    unknown, sanction = alert(called(5, "ec2:NoSuchOperation", {"instanceId": "i-none"})), sanctions(context.rules)
    return {
        "resources": RESOURCES,
        "load_seconds": round(seconds, 2),
        "bytes_per_resource": round(used),
        "event_not_in_catalog_us": round(
            microseconds_each(lambda _: call_of(*unknown, context.catalog, sanction), CALLS), 1
        ),
        "call_that_concerns_nobody_us": round(unresolved_microseconds(store), 1),
        "call_in_a_zone_of_10000_calls_us": round(busy_zone_microseconds(context), 1),
        "call_that_hits_us": round(hit_microseconds(store), 1),
    }


if __name__ == "__main__":
    report("detection", main())
