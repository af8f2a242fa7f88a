"""Shared by the service tests: a gateway in this process, a strict SSE client, and events to publish."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiohttp
from prometheus_client import REGISTRY

from sse_gateway.app import run
from sse_gateway.settings import GatewaySettings
from tests.conftest import DEADLINE_SECONDS, eventually, free_port
from tfdrift.bus import Bus
from tfdrift.envelope import Envelope
from tfdrift.events import Event as Payload
from tfdrift.events import FalcoEvent, StateAction, StateChange
from tfdrift.harness import Runtime
from tfdrift.severity import Severity
from tfdrift.subjects import Provider

STREAM_PATH = "/api/v1/stream"


@dataclass(frozen=True)
class Event:
    """One event as a client dispatches it; `id` is the event's own, not the remembered one."""

    name: str
    data: str
    id: str | None

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def sequence(self) -> int:
        assert self.id is not None
        return int(self.id.partition("-")[2])


class Parser:
    """WHATWG HTML section 9.2.6 for streams whose lines end in LF, as ours do; it collects comments and retries."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, list[str]] = {}
        self.comments: list[str] = []
        self.retries: list[int] = []

    def feed(self, data: bytes) -> list[Event]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = []
        for line in lines:
            assert not line.endswith(b"\r")
            if not line:
                if "data" in self._fields:
                    fields = self._fields
                    events.append(Event(fields["event"][-1], "\n".join(fields["data"]), fields.get("id", [None])[-1]))
                self._fields = {}
            elif line.startswith(b":"):
                self.comments.append(line[1:].strip().decode())
            else:
                name, _, value = line.decode().partition(":")
                value = value.removeprefix(" ")
                if name == "retry":
                    self.retries.append(int(value))
                else:
                    self._fields.setdefault(name, []).append(value)
        return events


class Stream:
    """One connection to the event stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.parser = Parser()
        self._ready: list[Event] = []

    async def next(self, seconds: float = DEADLINE_SECONDS) -> Event:
        """The next event, of the gateway's own or of the ledger; `EOFError` at the end of the stream."""
        async with asyncio.timeout(seconds):
            while not self._ready:
                await self._read()
        return self._ready.pop(0)

    async def take(self, count: int) -> list[Event]:
        """Returns the next ``count`` events."""
        return [await self.next() for _ in range(count)]

    async def until_sequence(self, sequence: int) -> list[Event]:
        """Returns ledger events up to the one with this sequence."""
        events = [await self.next()]
        while events[-1].sequence < sequence:
            events.append(await self.next())
        return events

    async def until_comments(self, count: int) -> None:
        """Read until ``count`` comments have come."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(self.parser.comments) < count:
                await self._read()

    async def until_end(self) -> list[Event]:
        """Returns what else comes before the stream ends."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            try:
                while True:
                    await self._read()
            except EOFError:
                events, self._ready = self._ready, []
                return events

    async def _read(self) -> None:
        data = await self.response.content.readany()
        if not data:
            raise EOFError
        self._ready += self.parser.feed(data)


@dataclass
class Gateway:
    """A gateway of this process on a port of its own."""

    url: str
    bus: Bus
    session: aiohttp.ClientSession
    runtime: Runtime[GatewaySettings]

    @asynccontextmanager
    async def stream(self, query: str = "", **headers: str) -> AsyncIterator[Stream]:
        """Connect; header names are given with underscores."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(f"{self.url}{STREAM_PATH}{query}", headers=names) as response:
            assert response.status == 200, await response.text()
            yield Stream(response)

    @asynccontextmanager
    async def live(self, query: str = "", **headers: str) -> AsyncIterator[Stream]:
        """Connect, and skip `connected`."""
        async with self.stream(query, **headers) as stream:
            assert (await stream.next()).name == "connected"
            yield stream

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Status and JSON of a GET."""
        async with self.session.get(f"{self.url}{path}", headers=headers) as response:
            return response.status, await response.json(content_type=None)


@asynccontextmanager
async def running(nats_url: str, *, caught_up: bool = True, **settings: object) -> AsyncIterator[Gateway]:
    """A gateway that has caught up, or at least listens; it is stopped at the end."""
    options = {
        "nats_url": nats_url,
        "http_port": free_port(),
        "admin_port": free_port(),
        "retention_bytes": 64 * 1024**2,
    }
    loaded = GatewaySettings.model_validate({**options, **settings})
    bus = Bus(loaded.nats_options("test-gateway"), loaded.retention())
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
        try:
            async with asyncio.TaskGroup() as tasks:
                runtime = Runtime(loaded, bus, tasks)
                await bus.open()
                serving = tasks.create_task(run(runtime))
                started = (lambda: runtime.readiness.ok) if caught_up else (lambda: _listens(loaded.http_port))
                await eventually(lambda: started() or serving.done())
                yield Gateway(f"http://127.0.0.1:{loaded.http_port}", bus, session, runtime)
                runtime.stopping.set()
                await serving
                await runtime.close_servers()
        finally:
            await bus.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def change(number: int, workspace: str = "prod", resource_type: str = "aws_instance", padding: int = 0) -> StateChange:
    """Returns a state change that its serial identifies."""
    return StateChange(
        resource=f"{resource_type}.web",
        action=StateAction.MODIFIED,
        serial=number,
        id=f"change-{number}",
        lineage="0f4a" + "x" * padding,
        workspace=workspace,
        resource_type=resource_type,
        resource_id="i-1",
        provider=Provider.AWS,
        terraform_version="1.9.0",
        timestamp=datetime(2025, 1, 15, 10, tzinfo=UTC),
    )


def alert(severity: Severity, provider: Provider = Provider.AWS, service: str = "iam") -> FalcoEvent:
    """Returns an alert of a cloud call."""
    return FalcoEvent(
        severity=severity,
        rule="A rule",
        output="An output",
        container_id=None,
        priority="Critical",
        source="aws_cloudtrail",
        hostname=None,
        tags=(),
        timestamp=datetime(2025, 1, 15, 10, tzinfo=UTC),
        uuid=str(uuid4()),
        provider=provider,
        service=service,
    )


async def publish(bus: Bus, events: Sequence[Payload]) -> list[int]:
    """Put events on the ledger in this order; returns their sequences."""
    sequences = []
    for event in events:
        workspace = event.workspace if isinstance(event, StateChange) else None
        envelope = Envelope(str(uuid4()), datetime.now(UTC), workspace=workspace)
        sequences.append((await bus.publish_event(event, envelope)).sequence)
    return sequences


async def publish_changes(bus: Bus, first: int, count: int, padding: int = 0) -> None:
    """Put changes with serials from `first` on the ledger, many at a time but in order."""
    for start in range(first, first + count, 200):
        numbers = range(start, min(start + 200, first + count))
        envelopes = [Envelope(str(uuid4()), datetime.now(UTC), workspace="prod") for _ in numbers]
        events = [change(number, padding=padding) for number in numbers]
        await asyncio.gather(*(bus.publish_event(*pair) for pair in zip(events, envelopes, strict=True)))


def metric(name: str, **labels: str) -> float:
    """The value of a metric of this process, 0 when nothing has set it."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def serials(events: Sequence[Event]) -> list[int]:
    """The serials of state changes."""
    return [event.json["serial"] for event in events]
