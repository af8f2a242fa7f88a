"""Posts mutated alerts to a real ingest-falco beside a real nats-server; every second request is a browser's.

The service must answer every request, go on, write no traceback, and keep its memory.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.conftest import NatsServer, console_script, free_port
from tests.drift_detector.playbook import Called
from tests.drift_detector.scenarios import SCENARIOS
from tests.fuzz.mutate import EXTREMES, mutated

_CONNECTIONS: Final = 8
_ANSWER_SECONDS: Final = 60.0
_START_SECONDS: Final = 60.0
# Memory is compared with that after this share of the requests, when caches and buffers are full.
_WARM_SHARE: Final = 0.3
MAX_GROWTH: Final = 0.10

_METHODS: Final = ("POST", "POST", "POST", "PUT", "GET", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE")
_PATHS: Final = (
    "/",
    "/",
    "/",
    "/ping",
    "/test",
    "/healthz",
    "/cloudtrail",
    "/gcp",
    "/%00",
    "/?a=%ff",
    "//",
    "/../etc",
    "/nowhere",
)
_HEADERS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Origin", ("https://evil.example", "null", "http://127.0.0.1", "")),
    ("Sec-Fetch-Site", ("cross-site", "same-site", "same-origin", "none", "?")),
    ("Sec-Fetch-Mode", ("no-cors", "cors", "navigate")),
    ("Host", ("evil.example", "localhost", "127.0.0.1:1", "[::1]", "a" * 300)),
    (
        "Content-Type",
        ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "\x7f"),
    ),
    ("Authorization", ("Bearer x", "Basic eDp5", "Basic ?", "Bearer", "\xff")),
    ("Cookie", ("a=b; " * 100, "=", ";")),
    ("Referer", ("https://evil.example/", "about:blank")),
    ("traceparent", ("00-" + "0" * 32 + "-" + "0" * 16 + "-00", "x", "00-zz")),
    ("Expect", ("100-continue", "200-ok")),
    ("Accept-Encoding", ("gzip", "*;q=0")),
    ("X-Odd", ("\t", "x" * 4000, b"\x01".hex(), "é")),
)


@dataclass
class Report:
    """What was answered, and what must not have happened."""

    answers: Counter[int] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    warm_bytes: int = 0
    final_bytes: int = 0

    def __str__(self) -> str:
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(self.answers.items()))
        memory = f"memory {self.warm_bytes / 2**20:.1f} MiB warm, {self.final_bytes / 2**20:.1f} MiB at the end"
        return "\n".join([f"answers {answers}", memory, *self.complaints])


async def post_alerts(count: int, seed: int) -> Report:
    """Posts `count` requests to a process of its own, and reports how it took them."""
    report = Report()
    with tempfile.TemporaryDirectory() as name, _running(Path(name), report) as (port, process):
        await _serving(port)
        await _post_all(port, process.pid, count, seed, report)
        if process.poll() is not None:
            report.complaints.append(f"ingest-falco ended with {process.returncode}")
    if report.final_bytes > report.warm_bytes * (1 + MAX_GROWTH):
        report.complaints.append(f"its memory grew from {report.warm_bytes} to {report.final_bytes} bytes")
    return report


@contextmanager
def _running(folder: Path, report: Report) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """An ingest-falco and its nats-server; a traceback in its log is a complaint."""
    nats, port, log = NatsServer(folder), free_port(), folder / "ingest-falco.log"
    nats.start()
    try:
        with log.open("wb") as output:
            command, environment = [console_script("ingest-falco")], _environment(nats, port, folder)
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            yield port, process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(_ANSWER_SECONDS)
    finally:
        nats.stop()
    written = log.read_text(encoding="utf-8", errors="replace")
    if (start := written.find("Traceback")) >= 0:
        report.complaints.append(f"it logged a traceback: {written[max(0, start - 500) : start + 3000]}")


def _environment(nats: NatsServer, port: int, folder: Path) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TFDRIFT_")}
    return kept | {
        "TFDRIFT_NATS_URL": nats.url,
        "TFDRIFT_HTTP_PORT": str(port),
        "TFDRIFT_ADMIN_PORT": str(free_port()),
        "TFDRIFT_SPOOL_DIR": str(folder / "spool"),
    }


async def _serving(port: int) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


async def _post_all(port: int, pid: int, count: int, seed: int, report: Report) -> None:
    numbers = iter(range(count))
    warm = int(count * _WARM_SHARE)

    async def client() -> None:
        connection = _Connection(port)
        for number in numbers:
            if number == warm:
                report.warm_bytes = _resident_bytes(pid)
            request, has_body = _request(Random(seed + number), browser=number % 2 == 1)
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    report.answers[await connection.exchange(request, has_body)] += 1
            except (TimeoutError, OSError, EOFError, ValueError) as error:
                report.complaints.append(f"seed {seed + number}: no answer: {error!r}")
                connection = _Connection(port)
        connection.close()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(_CONNECTIONS):
            tasks.create_task(client())
    report.final_bytes = _resident_bytes(pid)


def _resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _request(random: Random, *, browser: bool) -> tuple[bytes, bool]:
    """Returns the bytes of a request, and whether its answer has a body."""
    method, path = ("POST", "/")
    headers = {"Host": "127.0.0.1", "Content-Type": "application/json"}
    if browser:
        method, path = random.choice(_METHODS), random.choice(_PATHS)
        for name, values in random.sample(_HEADERS, random.randint(1, 4)):
            headers[name] = random.choice(values)
    body = _body(random)
    headers["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body, method != "HEAD"


def _body(random: Random) -> bytes:
    alert: Any = random.choice(_ALERTS)
    if random.random() < 0.5:
        alert = {**alert, "output_fields": mutated(alert["output_fields"], random)}
    elif random.random() < 0.8:
        alert = mutated(alert, random)
    else:
        alert = random.choice(EXTREMES)
    body = json.dumps(alert).encode()
    match random.randrange(20):
        case 0:
            return body[: random.randint(0, len(body))]
        case 1:
            place = random.randint(0, len(body))
            return body[:place] + random.randbytes(random.randint(1, 8)) + body[place:]
        case _:
            return body


_ALERTS: Final = [step.alert for steps, _ in SCENARIOS.values() for step in steps if isinstance(step, Called)]


class _Connection:
    """One HTTP/1.1 connection, opened again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, request: bytes, has_body: bool) -> int:
        """Sends a request and reads the whole answer; returns its status."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        status, headers = await self._head(reader)
        while 100 <= status < 200:
            status, headers = await self._head(reader)
        if has_body and "content-length" in headers:
            await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection", "").lower() == "close" or "content-length" not in headers:
            self.close()
        return status

    async def _head(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}

    def close(self) -> None:
        """Closes the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
