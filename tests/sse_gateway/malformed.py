"""Requests that no honest client sends, and clients that behave like none: made up at random, from a seed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

PATHS = (
    "/api/v1/stream",
    "/api/v1/events",
    "/api/v1/drifts",
    "/api/v1/drifts/x",
    "/api/v1/drifts/x/dismiss",
    "/api/v1/resources/aws_instance.web",
    "/api/v1/workspaces",
    "/api/v1/stats",
    "/health",
    "/",
    "/../../etc/passwd",
    "/%00",
    "*",
    "",
)
PARAMETERS = [
    "events",
    "severity",
    "provider",
    "kind",
    "workspace",
    "since",
    "last_event_id",
    "limit",
    "cursor",
    "status",
    "user",
    "nonsense",
]
VALUES = (
    *(
        "drift",
        "high+",
        "aws",
        "aws_iam_*",
        "prod",
        "15m",
        "abc-1",
        "10",
        "open",
        "",
        ",",
        "*",
        ">",
        "\u2028",
        "%",
        "-1",
    ),
    *("9" * 30, "[", "?" * 300, "x-99999999999999999999", "2025-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1e9d", "\0"),
)
HEADERS = (
    *("Last-Event-ID", "Authorization", "Cookie", "Origin", "If-None-Match", "Accept", "X-Forwarded-For", "Host"),
    *("Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Expect", "Range", "Bad Name", ""),
)
METHODS = (*("GET",) * 30, "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "G\0T")
READ_SECONDS = 0.25


@dataclass
class Answers:
    """The answers: statuses, connections that were closed without one, and answers that must not occur."""

    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[bytes] = field(default_factory=list)

    def note(self, request: bytes, answer: bytes) -> None:
        """Count one answer; 500 is the answer to an unexpected error."""
        status = answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.") else "none"
        self.statuses[status] += 1
        if status == "500":
            self.failures.append(request[:300] + b" -> " + answer[:300])


def _text(chance: random.Random) -> str:
    return "".join(chr(chance.choice((chance.randrange(1, 127), chance.randrange(128, 0x2FFF)))) for _ in range(20))


def _header(chance: random.Random) -> bytes:
    name = chance.choice(HEADERS)
    value = chance.choice(
        (chance.choice(VALUES), _text(chance), "Bearer " + _text(chance), "x" * 9000, "chunked", "-5")
    )
    return f"{name}: {value}".encode("utf-8", "replace")


def request(chance: random.Random) -> bytes:
    """Returns one request, valid or not."""
    kind = chance.random()
    if kind < 0.05:
        return chance.randbytes(chance.randrange(1, 400))
    pairs = [
        (chance.choice(PARAMETERS), chance.choice((*VALUES, _text(chance)))) for _ in range(chance.choice((0, 0, 1, 3)))
    ]
    encode = quote if chance.random() < 0.8 else str
    query = "&".join(f"{name}={encode(value)}" for name, value in pairs)
    target = chance.choice(PATHS) + (f"?{query}" if query else "")
    version = chance.choice(("HTTP/1.1",) * 20 + ("HTTP/1.0",) * 4 + ("HTTP/2.0", "HTTP/9", "FTP"))
    lines = [f"{chance.choice(METHODS)} {target} {version}".encode("utf-8", "replace"), b"Host: test"]
    lines += [_header(chance) for _ in range(chance.choice((0, 0, 0, 1, 3)))]
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    if chance.random() < 0.1:
        head += chance.randbytes(chance.randrange(2000))
    return head


async def send(chance: random.Random, port: int, answers: Answers) -> None:
    """Send a request whole, in pieces, or in part over one connection, and wait a moment for an answer."""
    data = request(chance)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        answers.statuses["refused"] += 1
        return
    answer = b""
    try:
        manner = chance.random()
        if manner < 0.1:
            data = data[: chance.randrange(len(data) + 1)]
        if manner < 0.2:
            for start in range(0, len(data), max(50, len(data) // 20)):
                writer.write(data[start : start + max(50, len(data) // 20)])
                await asyncio.sleep(0)
                if writer.transport.is_closing():
                    break
        else:
            writer.write(data)
        with suppress(TimeoutError):
            async with asyncio.timeout(READ_SECONDS * (0.1 if manner < 0.1 else 1)):
                answer = await reader.read(4096)
    except OSError:
        pass
    finally:
        if chance.random() < 0.5:
            writer.transport.abort()
        else:
            writer.close()
    answers.note(data, answer)


async def flood(seed: int, port: int, requests: int, connections: int = 64) -> Answers:
    """Send this many requests over this many connections at a time."""
    answers, left = Answers(), iter(range(requests))

    async def sender() -> None:
        for number in left:
            await send(random.Random(seed * 1_000_003 + number), port, answers)

    await asyncio.gather(*(sender() for _ in range(connections)))
    return answers
