"""A client that does not read delays nobody, and loses nothing."""

from __future__ import annotations

import asyncio
import socket

import structlog.testing

from tests.conftest import DEADLINE_SECONDS, eventually
from tests.sse_gateway.gateway import STREAM_PATH, Parser, metric, publish_changes, running, serials


def evicted() -> float:
    return sum(metric("tfdrift_gateway_evictions_total", reason=reason) for reason in ("slow", "stalled"))


async def test_a_client_that_stops_reading_is_disconnected_and_resumes_without_loss(nats_url: str) -> None:
    """It is counted with its reason, the others are served meanwhile, and its last id leads to exactly the rest."""
    total, padding = 3000, 4000
    async with running(nats_url, client_buffer_bytes=64 * 1024) as gateway, gateway.live() as other:
        before = evicted()
        with socket.socket() as sluggish:
            sluggish.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
            sluggish.connect(("127.0.0.1", gateway.runtime.settings.http_port))
            sluggish.sendall(f"GET {STREAM_PATH} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            await eventually(lambda: metric("tfdrift_gateway_clients") == 2)
            with structlog.testing.capture_logs() as logs:
                reading = asyncio.create_task(other.take(total))
                await publish_changes(gateway.bus, 1, total, padding=padding)
                assert serials(await reading) == list(range(1, total + 1))
                await eventually(lambda: evicted() == before + 1)
            (line,) = [line for line in logs if line["event"] == "client_evicted"]
            assert line["reason"] in ("slow", "stalled")
            assert line["address"] == "127.0.0.1"
            received = await asyncio.to_thread(_rest_of, sluggish)
        events = Parser().feed(received.partition(b"\r\n\r\n")[2])[1:]
        assert 0 < len(events) < total
        async with gateway.live(Last_Event_ID=str(events[-1].id)) as again:
            events += await again.until_sequence(total)
        assert serials(events) == list(range(1, total + 1))


def _rest_of(connection: socket.socket) -> bytes:
    connection.settimeout(DEADLINE_SECONDS)
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


async def test_a_client_that_pauses_and_reads_on_stays_connected(nats_url: str) -> None:
    """It catches up from the ring with a burst that is larger than its buffer."""
    total = 2000
    async with running(nats_url, client_buffer_bytes=64 * 1024) as gateway, gateway.live() as stream:
        before = evicted()
        await publish_changes(gateway.bus, 1, total, padding=4000)
        assert serials(await stream.take(total)) == list(range(1, total + 1))
        assert evicted() == before
