"""The admin port of several workers: their metrics together, each with a label ``worker``; alive and ready if all are.

A process of its own, so that it answers while every worker is busy.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import aiohttp
import uvloop
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from tfdrift.harness.worker import on_parents_end

_REGISTRY: Final = CollectorRegistry()
WORKER_UP: Final = Gauge("tfdrift_worker_up", "1 while a worker answers", ["worker"], registry=_REGISTRY)

_TIMEOUT_SECONDS: Final = 2.0
_OPEN_METRICS: Final = {"Accept": "application/openmetrics-text; version=1.0.0"}


def answer_for(places: Sequence[Path], sockets: Sequence[socket.socket], parent: int) -> int:
    """Answer on `sockets` for the workers whose admin sockets are at `places`, until SIGTERM or the parent's end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal, for all; it answers until the workers have drained
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(places, sockets, parent))
    return 0


async def _serve(places: Sequence[Path], sockets: Sequence[socket.socket], parent: int) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    on_parents_end(parent, stopping)
    runner = web.AppRunner(_application([str(place) for place in places]), access_log=None)
    await runner.setup()
    try:
        for one in sockets:
            await web.SockSite(runner, one).start()
        await stopping.wait()
    finally:
        await runner.cleanup()


def _application(places: Sequence[str]) -> web.Application:
    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        answers = await _ask(places, "/metrics")
        for number, (status, _) in enumerate(answers):
            WORKER_UP.labels(str(number)).set(status == HTTPStatus.OK)
        registry = CollectorRegistry()
        registry.register(_Merged([text for status, text in answers]))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    async def healthz(_: web.Request) -> web.Response:
        return _together(await _ask(places, "/healthz"))

    async def readyz(_: web.Request) -> web.Response:
        return _together(await _ask(places, "/readyz"))

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app


def _together(answers: Sequence[tuple[int, str]]) -> web.Response:
    workers = {str(number): status == HTTPStatus.OK for number, (status, _) in enumerate(answers)}
    status = HTTPStatus.OK if all(workers.values()) else HTTPStatus.SERVICE_UNAVAILABLE
    return web.json_response({"workers": workers}, status=status)


async def _ask(places: Sequence[str], path: str) -> list[tuple[int, str]]:
    """What each worker answers: its status, 0 for none, and the text."""

    async def ask(place: str) -> tuple[int, str]:
        try:
            async with (
                aiohttp.ClientSession(connector=aiohttp.UnixConnector(place), timeout=timeout) as session,
                session.get(f"http://worker{path}", headers=_OPEN_METRICS) as answer,
            ):
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""

    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    return await asyncio.gather(*map(ask, places))


class _Merged(Collector):
    """The families of several expositions as one, each sample with the label of its worker."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._families = {family.name: family for family in _REGISTRY.collect()}
        for number, text in enumerate(texts):
            for family in text_string_to_metric_families(text) if text else ():  # type: ignore[no-untyped-call]
                self._add(family, str(number))

    def collect(self) -> Iterable[Metric]:
        return self._families.values()

    def _add(self, family: Any, worker: str) -> None:
        merged = self._families.get(family.name)
        if merged is None:
            merged = self._families[family.name] = Metric(family.name, family.documentation, family.type)
        for sample in family.samples:
            labels = {**sample.labels, "worker": worker}
            merged.samples.append(Sample(sample.name, labels, sample.value, sample.timestamp, sample.exemplar))
