"""A small service on the real harness, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import textwrap
from pathlib import Path
from typing import Any

import aiohttp

from tests.conftest import DEADLINE_SECONDS, free_port
from tests.service_process import ServiceProcess

_SCRIPT = """
import asyncio, sys
from pathlib import Path
from aiohttp import web
from pydantic import Field
from tfdrift.harness import Service, Settings, main

folder = Path(__file__).parent

class ProbeSettings(Settings):
    http_port: int = Field(9198, ge=1, le=65535, description="public port")
    admin_port: int = Field(9199, ge=1, le=65535, description="port of /metrics, /healthz and /readyz")

async def signalled(word):
    while not (folder / word).exists():
        await asyncio.sleep(0.01)

async def run(runtime):
{body}

sys.exit(main(Service("probe", "Probes the harness.", ProbeSettings, run)))
"""

SERVE = """
runtime.readiness.set("work", True)
await runtime.stopping.wait()
"""


class Probe:
    """One service whose `run` is the given body, in which `signalled(word)` waits for `give(word)`."""

    def __init__(self, folder: Path, body: str = SERVE, **variables: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._script = folder / "probe.py"
        self._script.write_text(_SCRIPT.format(body=textwrap.indent(body.strip(), "    ")), encoding="utf-8")
        others = {name: text for name, text in os.environ.items() if not name.startswith("TFDRIFT_")}
        self._environment = others | {"TFDRIFT_ADMIN_PORT": str(self.port)} | variables
        self.process: ServiceProcess | None = None

    def start(self, *arguments: str) -> None:
        """Start the process."""
        out, err = self._folder / "out", self._folder / "err"
        for file in (out, err):
            file.write_bytes(b"")
        self.process = ServiceProcess(str(self._script), self._environment, out, err, arguments=arguments)

    def give(self, word: str) -> None:
        """Let `signalled(word)` return."""
        (self._folder / word).touch()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    async def exit_code(self, seconds: float = DEADLINE_SECONDS) -> int:
        """Wait for the end of the process."""
        assert self.process is not None
        return await asyncio.to_thread(self.process.wait, seconds)

    def kill(self) -> None:
        """Kill the process, if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def out(self) -> str:
        """Return standard output so far."""
        return (self._folder / "out").read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """Return standard error so far."""
        return (self._folder / "err").read_text(encoding="utf-8")

    def logs(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return the log so far, or its lines with one event; every line must be a JSON object."""
        lines = [json.loads(line) for line in self.out.split("\n")[:-1]]
        return [line for line in lines if event in (None, line["event"])]

    async def get(self, path: str, accept: str = "*/*") -> tuple[int, str, str]:
        """Return status, content type and text of a route of the admin port; status 0 while nobody listens."""
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            async with aiohttp.ClientSession() as session, session.get(url, headers={"Accept": accept}) as response:
                return response.status, response.headers["Content-Type"], await response.text()
        except aiohttp.ClientError:
            return 0, "", ""

    async def status(self, path: str, expected: int, seconds: float = DEADLINE_SECONDS) -> str:
        """Wait until a route answers with a status; returns its text."""
        async with asyncio.timeout(seconds):
            while True:
                status, _, text = await self.get(path)
                if status == expected:
                    return text
                assert self.process is not None
                assert self.process.poll() is None, self.out + self.err
                await asyncio.sleep(0.02)
