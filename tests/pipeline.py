"""The pipeline as its users run it: a real nats-server and the four services, on free ports.

Used by the end-to-end tests, the fault tests and the benchmarks.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import nats
import pytest

from tests.conftest import DEADLINE_SECONDS, NatsServer, free_port, log_tail
from tests.service_process import ServiceProcess
from tfdrift.subjects import STREAM

SERVICES = ("ingest-falco", "ingest-tfstate", "drift-detector", "sse-gateway")


@dataclass(frozen=True)
class SseEvent:
    """One event of the stream; `data` is parsed JSON."""

    event: str
    data: dict[str, Any]
    id: str | None


@dataclass(frozen=True)
class Stored:
    """One message of the ledger, as a NATS client of anybody's reads it."""

    sequence: int
    subject: str
    headers: Mapping[str, str]
    data: dict[str, Any]

    @property
    def event(self) -> str:
        """The event's name."""
        return self.subject.split(".")[1]


@dataclass
class SseClient:
    """A plain SSE reader that follows WHATWG HTML §9.2.6 for the fields that the gateway sends."""

    events: list[SseEvent] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    retry: int | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def last_event_id(self) -> str | None:
        """The id to resume by."""
        return next((event.id for event in reversed(self.events) if event.id), None)

    def of(self, name: str) -> list[dict[str, Any]]:
        """The data of all events of a name so far."""
        return [event.data for event in self.events if event.event == name]

    async def wait_for(self, condition: Callable[[SseClient], object], seconds: float = DEADLINE_SECONDS) -> None:
        """Wait until what has arrived fulfils a condition; fail, telling what did arrive, when it does not in time."""
        try:
            async with asyncio.timeout(seconds):
                while not condition(self):
                    self.arrived.clear()
                    await self.arrived.wait()
        except TimeoutError:
            latest = "\n".join(
                f"{event.id} {event.event} {json.dumps(event.data)[:500]}" for event in self.events[-20:]
            )
            pytest.fail(f"not within {seconds:g} s; the latest events are\n{latest}")

    async def first(self, name: str, **wanted: object) -> dict[str, Any]:
        """The first event of a name whose fields are as wanted, once it has come."""

        def found() -> dict[str, Any] | None:
            return next((data for data in self.of(name) if all(data.get(k) == v for k, v in wanted.items())), None)

        await self.wait_for(lambda _: found())
        data = found()
        assert data is not None
        return data

    def feed(self, block: str) -> None:
        """Take in the lines of one event."""
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not name and line:
                self.comments.append(value)
            elif name == "retry":
                self.retry = int(value)
            elif name:
                fields[name] = value
        if "data" in fields:
            self.events.append(SseEvent(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id")))
        self.arrived.set()


class Nodes(Protocol):
    """What a pipeline needs to know of the NATS servers that it runs on."""

    @property
    def url(self) -> str:
        """Their URLs, as TFDRIFT_NATS_URL takes them."""


@dataclass
class Pipeline:
    """Four processes and what they stand on."""

    folder: Path
    nats: NatsServer | Nodes
    overrides: dict[str, str] = field(default_factory=dict)
    processes: dict[str, ServiceProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = {name: (free_port(), free_port()) for name in SERVICES}
        self.states = self.folder / "states"
        self.states.mkdir()
        self.webhook = f"http://127.0.0.1:{self.ports['ingest-falco'][0]}"
        self.gateway = f"http://127.0.0.1:{self.ports['sse-gateway'][0]}"

    def environment(self, service: str) -> dict[str, str]:
        """What a service is given: the variables of the contract, and nothing of ours."""
        public, admin = self.ports[service]
        kept = {name: text for name, text in os.environ.items() if not name.startswith("TFDRIFT_")}
        return kept | {
            "TFDRIFT_NATS_URL": self.nats.url,
            "TFDRIFT_HTTP_PORT": str(public),
            "TFDRIFT_ADMIN_PORT": str(admin),
            "TFDRIFT_STATE_SOURCES": f"file://{self.states}/**/*.tfstate",
            "TFDRIFT_SPOOL_DIR": str(self.folder / "spool"),
            "TFDRIFT_LOG_FORMAT": "json",
            **self.overrides,
        }

    def start(self, service: str) -> None:
        """Start one process; its log is appended to `<service>.log`."""
        self.processes[service] = ServiceProcess(service, self.environment(service), self.folder / f"{service}.log")

    def stop(self, service: str, how: signal.Signals = signal.SIGTERM) -> int:
        """End one process and return its exit code."""
        process = self.processes.pop(service)
        process.send_signal(how)
        return process.wait(DEADLINE_SECONDS)

    def kill_all(self) -> None:
        """SIGKILL every process that still runs, whatever state it is in."""
        for service in list(self.processes):
            self.stop(service, signal.SIGKILL)

    def stop_all(self) -> None:
        """End every process that still runs."""
        for service in list(self.processes):
            self.stop(service)

    def log_lines(self, service: str) -> list[dict[str, Any]]:
        """The log of a process, a JSON object a line; a line that is none is a defect."""
        path = self.folder / f"{service}.log"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def admin(self, service: str, path: str) -> str:
        """The URL of a path on a service's admin port."""
        return f"http://127.0.0.1:{self.ports[service][1]}{path}"

    async def ready(self, *services: str) -> None:
        """Wait until /readyz of the services (by default all) answers 200; fail, showing why one does not, in time."""
        deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
        async with aiohttp.ClientSession() as session:
            for service in services or SERVICES:
                while (answer := await _answer(session, self.admin(service, "/readyz"))) != "200":
                    self.check(service)
                    if asyncio.get_running_loop().time() > deadline:
                        tail = log_tail(self.folder / f"{service}.log")
                        waited = f"{service} was not ready within {DEADLINE_SECONDS:g} s"
                        pytest.fail(f"{waited}: /readyz answered {answer}{tail}", pytrace=False)
                    await asyncio.sleep(0.02)

    def check(self, *services: str) -> None:
        """Fail, with the end of its log, for a service (by default any) that has ended by itself."""
        for service in services or tuple(self.processes):
            code = self.processes[service].poll()
            if code is not None:
                tail = log_tail(self.folder / f"{service}.log")
                pytest.fail(f"{service} ended by itself with exit code {code}{tail}", pytrace=False)

    def write_state(self, workspace: str, state: object, written: datetime | None = None) -> None:
        """Put a workspace's state in place at once: a new file under a temporary name, then a rename.

        Args:
            state: bytes as they are, anything else as JSON.
            written: the time that the file is given; by default it is now.
        """
        path = self.states / f"{workspace}.tfstate"
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".tmp")
        fresh.write_bytes(state if isinstance(state, bytes) else json.dumps(state, indent=2).encode())
        if written is not None:
            os.utime(fresh, (written.timestamp(), written.timestamp()))
        fresh.rename(path)

    async def post(self, *alerts: object) -> int:
        """Post alerts to the webhook, one after the other; returns the last status."""
        status = 0
        async with aiohttp.ClientSession() as session:
            for alert in alerts:
                body = alert if isinstance(alert, bytes) else json.dumps(alert).encode()
                async with session.post(f"{self.webhook}/", data=BytesIO(body)) as response:
                    status = response.status
        return status

    async def post_all(self, alerts: Iterable[object], connections: int = 8) -> AsyncIterator[int]:
        """Post alerts over several connections, giving each one's status."""
        waiting = iter(alerts)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:

            async def send(alert: object) -> int:
                async with session.post(f"{self.webhook}/", json=alert) as response:
                    return response.status

            while batch := list(itertools.islice(waiting, connections)):
                for status in await asyncio.gather(*map(send, batch)):
                    yield status

    async def settled(self, durable: str) -> None:
        """Wait until a consumer of the ledger has acknowledged everything that is there now."""
        client = await nats.connect(self.nats.url.split(","))
        try:
            jetstream = client.jetstream()
            last = (await jetstream.stream_info(STREAM)).state.last_seq
            async with asyncio.timeout(DEADLINE_SECONDS):
                while True:
                    info = await jetstream.consumer_info(STREAM, durable)
                    done = info.ack_floor.stream_seq if info.ack_floor else 0
                    if done >= last or not (info.num_pending or info.num_ack_pending):
                        return
                    await asyncio.sleep(0.05)
        finally:
            await client.close()

    async def get(self, path: str) -> Any:
        """The JSON of a path of the gateway."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.gateway}{path}") as response:
            return await response.json()

    async def metrics(self, service: str) -> str:
        """What /metrics of a service shows now."""
        async with aiohttp.ClientSession() as session, session.get(self.admin(service, "/metrics")) as response:
            return await response.text()

    async def ledger(self, after: int = 0) -> list[Stored]:
        """Every message of the ledger so far, in order, after a sequence, read from NATS itself."""
        client = await nats.connect(self.nats.url.split(","))
        try:
            jetstream = client.jetstream()
            state = (await jetstream.stream_info(STREAM)).state
            first = max(state.first_seq, after + 1)
            raw = [await jetstream.get_msg(STREAM, number) for number in range(first, state.last_seq + 1)]
        finally:
            await client.close()
        return [Stored(m.seq or 0, m.subject or "", m.headers or {}, json.loads(m.data or b"")) for m in raw]

    async def dead_letters(self) -> int:
        """How many messages could not be processed."""
        client = await nats.connect(self.nats.url.split(","))
        try:
            return (await client.jetstream().stream_info("TFDRIFT_DEAD")).state.messages
        finally:
            await client.close()

    async def get_until(self, path: str, good: Callable[[Any], object]) -> Any:
        """The JSON of a path of the gateway, once it is as wanted: the gateway's mirrors may be behind its stream."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not good(found := await self.get(path)):
                await asyncio.sleep(0.02)
        return found

    @asynccontextmanager
    async def stream(
        self, query: str = "", last_event_id: str | None = None, *, reconnecting: bool = False
    ) -> AsyncIterator[SseClient]:
        """A client of the stream that has seen its `connected` event.

        A `reconnecting` one does what an EventSource does when the connection ends: it comes back with the last id.
        """
        client = SseClient()
        read = self._read_for_ever if reconnecting else self._read
        reading = asyncio.create_task(read(client, query, last_event_id))
        try:
            await client.wait_for(lambda c: c.of("connected"))
            yield client
        finally:
            reading.cancel()
            await asyncio.wait({reading})

    async def _read_for_ever(self, client: SseClient, query: str, last_event_id: str | None) -> None:
        while True:
            with suppress(aiohttp.ClientError):
                await self._read(client, query, client.last_event_id or last_event_id)
            await asyncio.sleep(0.05)

    async def _read(self, client: SseClient, query: str, last_event_id: str | None) -> None:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        timeout = aiohttp.ClientTimeout(total=None)
        url = f"{self.gateway}/api/v1/stream{query}"
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, headers=headers) as response:
            if response.status != 200:
                return
            client.headers = dict(response.headers)
            buffer = b""
            async for chunk in response.content.iter_any():
                buffer += chunk
                while b"\n\n" in buffer:
                    block, _, buffer = buffer.partition(b"\n\n")
                    client.feed(block.decode("utf-8"))


async def _answer(session: aiohttp.ClientSession, url: str) -> str:
    """The status of a URL, with the text unless it is 200; or why there is none."""
    try:
        async with session.get(url) as response:
            return "200" if response.status == 200 else f"{response.status} {await response.text()}"
    except aiohttp.ClientError as error:
        return f"nothing ({type(error).__name__})"


@contextmanager
def running(folder: Path, **overrides: str) -> Iterator[Pipeline]:
    """A pipeline with a nats-server of its own below `folder`, started; wait for `Pipeline.ready` before use."""
    (folder / "nats").mkdir()
    server = NatsServer(folder / "nats")
    server.start()
    pipeline = Pipeline(folder, server, overrides)
    try:
        for service in SERVICES:
            pipeline.start(service)
        yield pipeline
    finally:
        pipeline.stop_all()
        server.stop()
