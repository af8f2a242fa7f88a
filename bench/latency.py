"""Measures the time from the webhook to the client, through four processes and nats-server on this machine.

Prints the time from the first byte of an alert's POST to the arrival of its `falco` event and of its `drift` at an SSE
client, one alert at a time. Then prints how many alerts a second the webhook acknowledges over 64 connections, each
after the ledger has stored it. Other work on the machine changes the figures: compare only those of one run.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import aiohttp
from tests.e2e.alerts import Alert, moments, resize, shell
from tests.e2e.estate import instance, instance_id, state
from tests.pipeline import Pipeline, SseClient, running

from bench.report import report

WARM_UP = 30
ALERTS = 300
THROUGHPUT_ALERTS = 8000
CONNECTIONS = 64

Arrivals = dict[str, float]


async def sequential(pipeline: Pipeline, session: aiohttp.ClientSession) -> dict[str, float]:
    """Returns latencies in milliseconds of alerts that arrive one at a time, each a drift."""
    instances, times = [instance_id() for _ in range(WARM_UP + ALERTS)], moments()
    estate = state(1, *(instance(web, f"web{number}") for number, web in enumerate(instances)))
    async with pipeline.stream("?workspace=bench") as observer:
        pipeline.write_state("bench", estate, next(times))
        await observer.first("state_change")
    waits: dict[str, list[float]] = {"webhook": [], "falco": [], "drift": []}
    async with pipeline.stream("?events=falco,drift") as client:
        for number, web in enumerate(instances):
            arrivals = await _one(pipeline, session, client, resize(web, "m5.4xlarge", next(times)))
            if number >= WARM_UP:
                for name, seconds in arrivals.items():
                    waits[name].append(seconds * 1000)
    figures: dict[str, float] = {}
    for name, found in waits.items():
        cuts = quantiles(found, n=100, method="inclusive")
        figures |= {f"{name}_p{percent}_ms": round(cuts[percent - 1], 2) for percent in (50, 90, 99)}
    return figures


async def _one(pipeline: Pipeline, session: aiohttp.ClientSession, client: SseClient, alert: Alert) -> Arrivals:
    """Post one alert; returns the seconds to the webhook's answer and to both events at the client."""
    body, seen = json.dumps(alert).encode(), len(client.events)
    began = perf_counter()
    arrivals: Arrivals = {}
    answering = asyncio.create_task(_taken(session, pipeline.webhook, body))
    answering.add_done_callback(lambda _: arrivals.setdefault("webhook", perf_counter() - began))

    def both_there(reader: SseClient) -> bool:
        for event in reader.events[seen:]:
            arrivals.setdefault(event.event, perf_counter() - began)
        return {"falco", "drift"} <= set(arrivals)

    await client.wait_for(both_there)
    await answering
    return arrivals


async def _taken(session: aiohttp.ClientSession, webhook: str, body: bytes) -> None:
    async with session.post(f"{webhook}/", data=body) as response:
        if response.status != 200:
            raise SystemExit(f"the webhook answered {response.status}: {await response.text()}")


async def throughput(pipeline: Pipeline) -> dict[str, float]:
    """Returns requests a second over 64 connections: alerts, and /ping, which does no work, as the yardstick."""
    bodies = [json.dumps(shell()).encode() for _ in range(THROUGHPUT_ALERTS)]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

        async def ping(_: Any) -> None:
            async with session.get(f"{pipeline.webhook}/ping") as response:
                await response.read()

        pings = await _rate(range(THROUGHPUT_ALERTS), ping)
        alerts = await _rate(bodies, lambda body: _taken(session, pipeline.webhook, body))
    return {
        "webhook_alerts_per_second": round(alerts),
        "webhook_pings_per_second": round(pings),
        "alerts_to_pings": round(alerts / pings, 2),
    }


async def _rate(items: Any, send: Any) -> float:
    waiting: Iterator[Any] = iter(items)

    async def sender() -> None:
        for item in waiting:
            await send(item)

    began = perf_counter()
    await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))
    return len(items) / (perf_counter() - began)


async def measure(pipeline: Pipeline) -> dict[str, float]:
    """Returns all figures of one pipeline."""
    await pipeline.ready()
    async with aiohttp.ClientSession() as session:
        figures = await sequential(pipeline, session)
    return figures | await throughput(pipeline)


def main() -> None:
    """Start a pipeline, measure, report."""
    with TemporaryDirectory() as folder, running(Path(folder)) as pipeline:
        report("latency", asyncio.run(measure(pipeline)))


if __name__ == "__main__":
    main()
