"""Incomplete and malformed requests, over real sockets."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.conftest import free_port
from tfdrift.harness import connection
from tfdrift.harness.connection import Listening

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
DEADLINE_SECONDS = 0.3


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """Yields the port of a server that echoes a body, and whose `/stream` never ends; each part has 0.3 s to arrive."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=b"got:" + await request.read())

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"more")
            await asyncio.sleep(0.1)

    app = web.Application()
    app.add_routes([web.get("/", echo), web.post("/", echo), web.get("/stream", stream)])
    runner = Listening(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
    runner.head_seconds = runner.body_seconds = DEADLINE_SECONDS
    port = free_port()
    await runner.listen("127.0.0.1", port)
    try:
        yield port
    finally:
        await runner.cleanup()


def overdue(part: str) -> float:
    return REGISTRY.get_sample_value("tfdrift_http_overdue_total", {"part": part}) or 0.0


def malformed() -> float:
    return REGISTRY.get_sample_value("tfdrift_http_malformed_total") or 0.0


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """Returns what arrives before the server closes the connection."""
    async with asyncio.timeout(5):
        return await reader.read()


@pytest.mark.parametrize("begun", [b"", b"GET", HEAD[:-2]], ids=["nothing", "line", "head"])
async def test_a_connection_that_does_not_end_its_first_head_is_closed(begun: bytes) -> None:
    """It is closed after the deadline without an answer, and counted."""
    before = overdue("head")
    async with served() as port:
        opened = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        assert await until_closed(reader) == b""
        assert time.monotonic() - opened >= DEADLINE_SECONDS * 0.9
        writer.close()
    assert overdue("head") == before + 1


async def test_dripping_a_head_gains_no_time() -> None:
    """The deadline is for the whole head, not for each byte."""
    before = overdue("head")
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        closed = asyncio.create_task(until_closed(reader))
        for byte in HEAD[:-1]:
            if closed.done():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.05)
        assert closed.done()
        assert await closed == b""
        writer.close()
    assert overdue("head") == before + 1


async def test_a_later_head_has_its_deadline_from_its_first_byte() -> None:
    """An idle connection stays open before it."""
    before = overdue("head")
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(HEAD)
            assert (await reader.readuntil(b"got:")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(DEADLINE_SECONDS * 1.5)
        assert overdue("head") == before
        writer.write(HEAD[:10])
        assert await until_closed(reader) == b""
        writer.close()
    assert overdue("head") == before + 1


async def test_a_body_that_is_overdue_closes_the_connection_and_one_in_time_does_not() -> None:
    """The deadline begins at the end of the head and ends with the last byte."""
    before = overdue("body")
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"bo")
        await asyncio.sleep(DEADLINE_SECONDS / 2)
        writer.write(b"dy")
        await reader.readuntil(b"got:body")
        await asyncio.sleep(DEADLINE_SECONDS * 1.5)
        assert overdue("body") == before
        writer.write(head + b"bo")
        assert await until_closed(reader) == b""
        writer.close()
    assert overdue("body") == before + 1


async def test_a_stream_has_no_deadline() -> None:
    """It has none even if its client sends something meanwhile."""
    before = overdue("head"), overdue("body")
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD.replace(b"/ ", b"/stream "))
        for _ in range(8):
            await reader.readuntil(b"more")
            writer.write(b"G")
        writer.close()
    assert (overdue("head"), overdue("body")) == before


@pytest.mark.parametrize(
    "nonsense", [b"\0\1\2\r\n\r\n", b"GET / FTP\r\n\r\n", b"GET / HTTP/1.1\r\nBad Name: x\r\n\r\n"]
)
async def test_a_malformed_request_is_answered_with_a_problem_document(nonsense: bytes) -> None:
    """It is counted, and the connection is closed."""
    before = malformed()
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(nonsense)
        head, _, body = (await until_closed(reader)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == 400
        writer.close()
    assert malformed() == before + 1


async def test_requests_before_a_malformed_one_are_answered_first() -> None:
    """They are answered in order, although all arrive in one packet."""
    before = malformed()
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD)
        await reader.readuntil(b"got:")
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.write(b"body\0\1\2\r\n\r\n")
        answer = await until_closed(reader)
        assert answer.index(b"got:body") < answer.index(b"400 Bad Request")
        writer.close()
    assert malformed() == before + 1


@pytest.mark.parametrize("missing", ["_PRIVATE_NAMES", "_UNPARSED"])
async def test_without_private_names_connections_are_aiohttps_own(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """With an aiohttp that has other names requests are answered; the deadlines are off, which is logged."""
    gone = (*connection._PRIVATE_NAMES, "_renamed") if missing == "_PRIVATE_NAMES" else None
    monkeypatch.setattr(connection, missing, gone)
    before = overdue("head")
    with capture_logs() as logs:
        async with served() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD[:5])
            await asyncio.sleep(DEADLINE_SECONDS * 1.5)
            writer.write(HEAD[5:])
            assert (await reader.readuntil(b"got:")).startswith(b"HTTP/1.1 200")
            writer.close()
    assert overdue("head") == before
    (line,) = [line for line in logs if line["event"] == "deadlines_off"]
    assert line["missing"] == (["_renamed"] if gone else ["_ErrInfo"])


def test_the_installed_aiohttp_has_the_private_names() -> None:
    """The lock file pins a version with deadlines."""
    assert connection.missing_private_names() == []
