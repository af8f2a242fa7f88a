"""Common clients of event streams: each gets every event once over a restart of the gateway."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import httpx
import nats
import pytest
from aiohttp_sse_client.client import EventSource
from httpx_sse import aconnect_sse

from tests.conftest import DEADLINE_SECONDS, NatsServer, eventually
from tests.pipeline import Pipeline

SUBJECT = "tfdrift.drift.high.aws.aws_instance"
EVENTS = 100
_NODE_CLIENT = """
import { EventSource } from 'eventsource'
const source = new EventSource(process.argv[2])
source.addEventListener('drift', event => console.log(JSON.stringify([event.lastEventId, event.data])))
source.addEventListener('connected', () => console.log('connected'))
"""

Seen = list[int]


class Restarted:
    """A gateway with a ledger, which a test restarts while it publishes."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.url = f"{pipeline.gateway}/api/v1/stream?events=drift"

    async def publish(self, first: int, last: int) -> None:
        """Put events on the ledger."""
        client = await nats.connect(self.pipeline.nats.url)
        for number in range(first, last + 1):
            await client.jetstream().publish(SUBJECT, json.dumps({"number": number, "text": "ü\u2028"}).encode())
        await client.close()

    async def play(self, seen: Seen) -> None:
        """Publish, restart, publish, and wait until `seen` has every number once."""
        await self.publish(1, EVENTS // 2)
        await eventually(lambda: len(seen) == EVENTS // 2)
        await asyncio.to_thread(self.pipeline.stop, "sse-gateway")
        await self.publish(EVENTS // 2 + 1, EVENTS - 10)
        self.pipeline.start("sse-gateway")
        await self.pipeline.ready("sse-gateway")
        await self.publish(EVENTS - 9, EVENTS)
        await eventually(lambda: len(seen) >= EVENTS)
        assert seen == list(range(1, EVENTS + 1))


@pytest.fixture
async def restarted(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Restarted]:
    """A gateway that is ready."""
    pipeline = Pipeline(tmp_path, nats_server)
    pipeline.start("sse-gateway")
    await pipeline.ready("sse-gateway")
    yield Restarted(pipeline)
    pipeline.stop_all()


@asynccontextmanager
async def reading(program: list[str], folder: Path, take: Callable[[str], None]) -> AsyncIterator[None]:
    """Run a program and pass its lines on; it is stopped at the end."""
    process = await asyncio.create_subprocess_exec(*program, cwd=folder, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None

    async def read(stdout: asyncio.StreamReader) -> None:
        async for line in stdout:
            take(line.decode().rstrip("\n"))

    work = asyncio.create_task(read(process.stdout))
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await work


async def test_httpx_sse(restarted: Restarted) -> None:
    """Its user reconnects with the last id, as its documentation shows."""
    seen: Seen = []
    connected = asyncio.Event()

    async def client() -> None:
        last: dict[str, str] = {}
        async with httpx.AsyncClient(timeout=None) as session:
            while True:
                try:
                    async with aconnect_sse(session, "GET", restarted.url, headers=last) as source:
                        async for event in source.aiter_sse():
                            if event.event == "connected":
                                connected.set()
                            if event.event == "drift":
                                seen.append(event.json()["number"])
                                last = {"Last-Event-ID": event.id}
                except httpx.TransportError:
                    await asyncio.sleep(0.1)

    task = asyncio.create_task(client())
    await eventually(connected.is_set)
    await restarted.play(seen)
    task.cancel()
    await asyncio.wait({task})


async def test_aiohttp_sse_client(restarted: Restarted) -> None:
    """It tries once, after twice the stream's reconnection time; its user opens it anew if nobody listens then."""
    seen: Seen = []
    last: dict[str, str] = {}
    connected = asyncio.Event()

    async def read(source: EventSource) -> None:
        async for event in source:
            if event.type == "connected":
                connected.set()
            if event.type == "drift":
                seen.append(json.loads(event.data)["number"])
                last["Last-Event-ID"] = event.last_event_id

    async def client() -> None:
        while True:
            try:
                async with EventSource(restarted.url, headers=dict(last)) as source:
                    await read(source)
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)

    task = asyncio.create_task(client())
    await eventually(connected.is_set)
    await restarted.play(seen)
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl is installed")
async def test_curl(restarted: Restarted, tmp_path: Path) -> None:
    """``curl -N`` shows each event at once, and resumes with the id that its user gives."""
    lines: list[str] = []
    async with reading(["curl", "-sSN", restarted.url], tmp_path, lines.append):
        await eventually(lambda: "event: connected" in lines)
        await restarted.publish(1, 3)
        await eventually(lambda: sum(line.startswith("data: ") for line in lines) == 4)
    last = [line for line in lines if line.startswith("id: ")][1].removeprefix("id: ")
    again: list[str] = []
    async with reading(["curl", "-sSN", "-H", f"Last-Event-ID: {last}", restarted.url], tmp_path, again.append):
        await eventually(lambda: sum(line.startswith("data: ") for line in again) == 2)
    assert [line for line in again if line.startswith("id: ")] == [f"id: {last.rpartition('-')[0]}-3"]


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with npm's `eventsource`; skipped where npm or its registry is not available."""
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("node")
    if npm is None:
        pytest.skip("no npm is installed")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    (folder / "client.mjs").write_text(_NODE_CLIENT)
    install = f"{npm} install --silent --no-audit --no-fund --ignore-scripts eventsource@4 2>/dev/null"
    if os.system(f"cd {folder} && timeout {DEADLINE_SECONDS:.0f} {install}"):
        pytest.skip("npm cannot install `eventsource` here")
    return folder


async def test_node_eventsource(restarted: Restarted, node_modules: Path) -> None:
    """npm's `eventsource` reconnects by itself."""
    seen: Seen = []
    lines: list[str] = []

    def take(line: str) -> None:
        lines.append(line)
        if line != "connected":
            seen.append(json.loads(json.loads(line)[1])["number"])

    async with reading(["node", "client.mjs", restarted.url], node_modules, take):
        await eventually(lambda: lines == ["connected"])
        await restarted.play(seen)
    assert lines.count("connected") == 2


@pytest.mark.parametrize("module", ["esm.mjs", "cjs.cjs"])
async def test_tfdrift_client(restarted: Restarted, consumer: Path, module: str) -> None:
    """Our own, as an application installs it, in Node with an EventSource given."""
    seen: Seen = []
    lines: list[str] = []

    def take(line: str) -> None:
        lines.append(line)
        if line != "connected":
            seen.append(json.loads(json.loads(line)[1])["number"])

    async with reading(["node", module, restarted.url.partition("?")[0]], consumer, take):
        await eventually(lambda: lines == ["connected"])
        await restarted.play(seen)
