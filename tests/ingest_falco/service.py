"""Runs ingest-falco for a test: in this process through the harness, or as its console script."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from ingest_falco.app import run
from ingest_falco.settings import IngestFalcoSettings
from tests.conftest import DEADLINE_SECONDS, console_script, eventually, free_port
from tests.service_process import ServiceProcess, run_program
from tfdrift.bus import Message
from tfdrift.harness import Runtime
from tfdrift.harness.runtime import supervise
from tfdrift.subjects import STREAM

Serve = Callable[[Runtime[IngestFalcoSettings]], Awaitable[None]]


@dataclass
class Running:
    """A service that runs in this process, and a client that speaks to it."""

    runtime: Runtime[IngestFalcoSettings]
    url: str
    client: aiohttp.ClientSession

    async def post(self, sent: bytes, path: str = "/", headers: dict[str, str] | None = None) -> tuple[int, str]:
        """The status and text of the answer to one POST."""
        async with self.client.post(self.url + path, data=io.BytesIO(sent), headers=headers) as answer:
            return answer.status, await answer.text()

    async def ledger(self, subjects: tuple[str, ...] = ()) -> list[Message]:
        """Everything on the ledger, in order."""
        await self.runtime.bus.wait_connected()
        state = await self.runtime.bus.stream_state()
        if state.last_sequence == 0:
            return []
        read = self.runtime.bus.read(STREAM, start=1, end=state.last_sequence, subjects=subjects)
        return [message async for messages in read for message in messages]


@asynccontextmanager
async def running(
    nats_url: str, spool: Path, *, connected: bool = True, serve: Serve = run, **settings: str
) -> AsyncIterator[Running]:
    """The service on free ports, serving, and with NATS there unless `connected` is false."""
    environment = {
        "TFDRIFT_NATS_URL": nats_url,
        "TFDRIFT_HTTP_PORT": str(free_port()),
        "TFDRIFT_ADMIN_PORT": str(free_port()),
        "TFDRIFT_SPOOL_DIR": str(spool),
        **{f"TFDRIFT_{name.upper()}": value for name, value in settings.items()},
    }
    loaded = IngestFalcoSettings.load(environment)
    started: asyncio.Future[Runtime[IngestFalcoSettings]] = asyncio.get_running_loop().create_future()

    async def run_and_tell(runtime: Runtime[IngestFalcoSettings]) -> None:
        started.set_result(runtime)
        await serve(runtime)

    service = asyncio.create_task(supervise("ingest-falco", loaded, run_and_tell))
    async with asyncio.timeout(DEADLINE_SECONDS):
        runtime = await started
        await eventually(lambda: runtime.readiness.conditions.get("serving"))
        if connected:
            await runtime.bus.wait_connected()
    try:
        async with aiohttp.ClientSession() as client:
            yield Running(runtime, f"http://127.0.0.1:{loaded.http_port}", client)
    finally:
        runtime.stopping.set()
        await service


@contextmanager
def small_nats(folder: Path, max_payload: int) -> Iterator[str]:
    """A nats-server that takes only small messages; yields its URL."""
    port = free_port()
    config = folder / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\nmax_payload: {max_payload}\njetstream {{ store_dir: "{folder}/store" }}\n'
    )
    with (folder / "nats.log").open("wb") as log:
        server = subprocess.Popen([console_script("nats-server"), "-c", str(config)], stdout=log, stderr=log)
        try:
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
            yield f"nats://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


class Process:
    """The service, which a test may kill and start again."""

    def __init__(self, nats_url: str, spool: Path, port: int | None = None, **settings: str) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TFDRIFT_")},
            "TFDRIFT_NATS_URL": nats_url,
            "TFDRIFT_HTTP_PORT": str(self.port),
            "TFDRIFT_ADMIN_PORT": str(free_port()),
            "TFDRIFT_SPOOL_DIR": str(spool),
            **{f"TFDRIFT_{name.upper()}": value for name, value in settings.items()},
        }
        self._admin = f"http://127.0.0.1:{self._environment['TFDRIFT_ADMIN_PORT']}"
        self._process: ServiceProcess | None = None

    async def start(self, before: Callable[[], object] | None = None) -> None:
        """Start it and wait until it answers; `before` runs in the new process, for limits."""
        self._process = ServiceProcess("ingest-falco", self._environment, Path(os.devnull), before=before)
        async with asyncio.timeout(DEADLINE_SECONDS), aiohttp.ClientSession() as client:
            while True:
                try:
                    async with client.get(f"{self._admin}/readyz") as answer:
                        if (await answer.json())["conditions"].get("serving"):
                            return
                except aiohttp.ClientConnectionError:
                    pass
                await asyncio.sleep(0.02)

    async def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{self._admin}/metrics") as answer,
        ):
            text = await answer.text()
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def run_to_its_end(self) -> tuple[int, str]:
        """Run it where it is expected to end by itself: its exit code and what it complained of."""
        ended = run_program("ingest-falco", environment=self._environment)
        return ended.returncode, ended.stderr

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """End it by a signal; its exit code."""
        if self._process is None:
            return None
        self._process.send_signal(how)
        code = self._process.wait(DEADLINE_SECONDS)
        self._process = None
        return code
