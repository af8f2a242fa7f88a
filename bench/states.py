"""Measures ingest-tfstate with a state of 100,000 resources over a real nats-server.

Three serials are recorded: the first; the next, in which 1,000 resources changed and the others are remembered; and one
more such serial after a restart, when nothing is remembered.

Prints the time of each from its bytes to the head in the bucket, its processor time, the memory that it needs beside
the state's bytes, and the longest time that the event loop stood still, which is how long health checks wait.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.conftest import NatsServer

from bench.report import report
from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.record.records import StateSnapshot, fingerprint
from ingest_tfstate.state.v4 import parse_state
from tfdrift.bus import Bus, NatsOptions, Retention
from tfdrift.redaction import Redactor

RESOURCES = 100_000
CHANGED = 1_000
ACCOUNT = "123456789012"
_PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'
_TICK_SECONDS = 0.005
# A provider writes about 3 KB for an instance.
_PADDING = {f"attribute_{number}": "value " * 8 for number in range(40)} | {"block": [{"enabled": True, "size": 8}]}


def instance(number: int, size: int) -> dict[str, Any]:
    """Returns one instance of a resource with a count."""
    identifier = f"i-{number:017x}"
    attributes = {
        "id": identifier,
        "arn": f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/{identifier}",
        "instance_type": "t3.micro",
        "size": size,
        "tags": {"Name": f"web-{number}"},
        "tags_all": {"Name": f"web-{number}"},
        **_PADDING,
    }
    return {"index_key": number % 10, "schema_version": 1, "attributes": attributes, "sensitive_attributes": []}


def write_states(folder: Path) -> None:
    """Write the serials as files, in another process: its memory must not count as the reader's."""
    for serial in (1, 2, 3):
        resources = [
            {
                "mode": "managed",
                "type": "aws_instance",
                "name": f"web_{begin}",
                "provider": _PROVIDER,
                "instances": [
                    instance(number, serial if number < CHANGED else 1) for number in range(begin, begin + 10)
                ],
            }
            for begin in range(0, RESOURCES, 10)
        ]
        document = {"version": 4, "terraform_version": "1.9.5", "serial": serial, "lineage": "bench"}
        text = json.dumps(document | {"resources": resources}, indent=2)
        (folder / f"{serial}.tfstate").write_text(text, encoding="ascii")


def peak_bytes() -> int:
    """Returns the largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@asynccontextmanager
async def stalls() -> AsyncIterator[list[float]]:
    """Measure the longest time in seconds that the loop stood still in the block; it is the list's only entry."""
    longest = [0.0]

    async def tick() -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(_TICK_SECONDS)
            longest[0] = max(longest[0], time.perf_counter() - start - _TICK_SECONDS)

    ticking = asyncio.create_task(tick())
    try:
        yield longest
    finally:
        ticking.cancel()


async def take(recorder: Recorder, file: Path) -> dict[str, Any]:
    """Take one state as the service does; returns its costs."""
    data = await asyncio.to_thread(file.read_bytes)
    before, start, processor = peak_bytes(), time.perf_counter(), time.process_time()
    async with stalls() as longest:
        digest = await asyncio.to_thread(fingerprint, data)
        stored = await recorder.load_head("bench")
        known = recorder.known("bench", stored)
        parsing = time.perf_counter()
        state = await asyncio.to_thread(parse_state, data, known.by_digest if known else {})
        parsed = time.perf_counter()
        now = datetime.now(UTC)
        recording = await recorder.record(StateSnapshot("bench", "file:///bench", state, digest, now, now), stored)
    return {
        "state_megabytes": round(len(data) / 1e6),
        "events": len(recording.events),
        "parse_seconds": round(parsed - parsing, 2),
        "seconds": round(time.perf_counter() - start, 2),
        "processor_seconds": round(time.process_time() - processor, 2),
        "megabytes_beside_the_state": round((peak_bytes() - before) / 1e6),
        "longest_stall_seconds": round(longest[0], 3),
    }


async def main() -> dict[str, Any]:
    """Measure and report."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        writing = multiprocessing.get_context("spawn").Process(target=write_states, args=(folder,))
        writing.start()
        await asyncio.to_thread(writing.join)
        server = NatsServer(folder)
        server.start()
        bus = Bus(NatsOptions((server.url,), "bench"), Retention(24, 4 * 1024**3, 1))
        await bus.open()
        recorder = Recorder(bus, Redactor(b"bench"))
        first = await take(recorder, folder / "1.tfstate")
        second = await take(recorder, folder / "2.tfstate")
        restarted = await take(Recorder(bus, Redactor(b"bench")), folder / "3.tfstate")
        await bus.close()
        server.stop()
    return {
        "resources": RESOURCES,
        **{f"first_{figure}": value for figure, value in first.items()},
        "next_changed_resources": CHANGED,
        **{f"next_{figure}": value for figure, value in second.items()},
        **{f"restarted_{figure}": value for figure, value in restarted.items()},
    }


if __name__ == "__main__":
    report("states", asyncio.run(main()))
