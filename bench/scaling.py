"""Measures what a second detector adds: the rate of one, and of two side by side, over alerts that are ready.

The detectors are stopped (SIGSTOP) while the alerts are published, each of another resource, and go on together. Prints
alerts per second of wall time, which other work on the machine and nats-server itself lower on two cores, and alerts
per second of processor time: with two detectors, of the one that used more of it. A pair of runs is taken in turns,
and the medians of the ratios are what to compare.
"""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import nats
from tests.conftest import NatsServer

from bench.hot_resources import detector, processor_seconds, publish, record, until_handled
from bench.report import report
from tfdrift.bus import Bus, NatsOptions, Retention
from tfdrift.records import STATE_BUCKET, resource_key
from tfdrift.subjects import STREAM

ALERTS = 1500
PAIRS = 2


async def _until_waiting(url: str, detectors: int) -> None:
    """Return when that many detectors ask for alerts."""
    client = await nats.connect(url)
    while True:
        try:
            info = await client.jetstream().consumer_info(STREAM, "drift-detector")
        except nats.js.errors.NotFoundError:
            info = None
        if info is not None and (info.num_waiting or 0) >= detectors:
            break
        await asyncio.sleep(0.05)
    await client.close()


async def rates(detectors: int) -> tuple[float, float]:
    """Returns alerts per second of wall time, and of the processor time of the busiest detector."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        server = NatsServer(Path(folder))
        server.start()
        stack.callback(server.stop)
        bus = Bus(NatsOptions((server.url,), "bench"), Retention(24, 1024**3, 1))
        await bus.open()
        records = [record(number) for number in range(ALERTS)]
        bucket = bus.bucket(STATE_BUCKET)
        await asyncio.gather(*(bucket.put(resource_key(one.workspace, one.address), one.encode()) for one in records))
        processes = [stack.enter_context(detector(server.url)) for _ in range(detectors)]
        await _until_waiting(server.url, detectors)
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        await publish(bus, [(number, "m5.large") for number in range(ALERTS)])
        used = [processor_seconds(process) for process in processes]
        began = time.perf_counter()
        for process in processes:
            process.send_signal(signal.SIGCONT)
        await until_handled(server.url, ALERTS)
        seconds = time.perf_counter() - began
        used = [processor_seconds(process) - before for process, before in zip(processes, used, strict=True)]
        await bus.close()
    return ALERTS / seconds, ALERTS / max(used)


async def main() -> dict[str, Any]:
    """Measure pairs of one and two detectors; returns the medians."""
    ones, twos = [], []
    for _ in range(PAIRS):
        ones.append(await rates(1))
        twos.append(await rates(2))
    return {
        "alerts": ALERTS,
        "one_detector_alerts_per_second": round(median(wall for wall, _ in ones)),
        "two_detectors_alerts_per_second": round(median(wall for wall, _ in twos)),
        "two_to_one_by_wall_time": round(median(two[0] / one[0] for one, two in zip(ones, twos, strict=True)), 2),
        "one_detector_alerts_per_processor_second": round(median(processor for _, processor in ones)),
        "two_to_one_by_processor_time": round(median(two[1] / one[1] for one, two in zip(ones, twos, strict=True)), 2),
    }


if __name__ == "__main__":
    report("scaling", asyncio.run(main()))
