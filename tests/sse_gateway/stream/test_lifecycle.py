"""How long a stream may last, how many may be open, and who counts as one sender."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog.testing

from sse_gateway.stream.lifetime import End, Ending, end_of
from tests.conftest import DEADLINE_SECONDS, eventually
from tests.sse_gateway.credentials import certificate, token_file
from tests.sse_gateway.gateway import STREAM_PATH, Stream, change, metric, publish, running

NOW = datetime(2025, 1, 15, tzinfo=UTC)


def test_a_stream_ends_at_the_earlier_of_its_tokens_end_and_its_longest_time() -> None:
    """Without both it never ends; with an expired token it ends now."""
    soon, late = NOW + timedelta(seconds=10), NOW + timedelta(hours=1)
    assert end_of(None, NOW, 0, 0.5) is None
    assert end_of(soon, NOW, 600, 0.5) == End(10, Ending.TOKEN_EXPIRED)
    assert end_of(NOW, NOW + timedelta(seconds=1), 0, 0.5) == End(0, Ending.TOKEN_EXPIRED)
    found = end_of(late, NOW, 600, 0.5)
    assert found is not None
    assert found.reason is Ending.MAX_AGE


def test_streams_that_began_together_do_not_end_together() -> None:
    """And none lasts longer than the limit."""
    ends = [end_of(None, NOW, 100, chance) for chance in (0.0, 0.5, 1.0)]
    assert ends == [End(seconds, Ending.MAX_AGE) for seconds in (75.0, 87.5, 100.0)]


async def test_a_stream_past_its_time_ends_in_order_and_resumes_without_loss(nats_url: str) -> None:
    """With its own reconnection time."""
    before = metric("tfdrift_gateway_ended_total", reason="max_age")
    async with running(nats_url, max_connection_seconds=1) as gateway:
        async with gateway.live() as stream:
            await publish(gateway.bus, [change(1)])
            (event,) = await stream.until_end()
            assert 500 <= stream.parser.retries[-1] <= 5000
        await publish(gateway.bus, [change(2)])
        async with gateway.live(Last_Event_ID=str(event.id)) as again:
            assert (await again.next()).json["serial"] == 2
    await eventually(lambda: metric("tfdrift_gateway_ended_total", reason="max_age") >= before + 1)


@pytest.mark.parametrize(
    ("setting", "reason", "status"),
    [
        ("max_clients", "max_clients", 503),
        ("max_clients_per_address", "max_clients_per_address", 429),
        ("max_clients_per_token", "max_clients_per_token", 429),
    ],
)
async def test_each_limit_refuses_one_more_until_one_goes(
    nats_url: str, tmp_path: Path, setting: str, reason: str, status: int
) -> None:
    """With `Retry-After`; REST is not limited."""
    path = token_file(tmp_path, one={}, two={})
    one, two = {"Authorization": "Bearer one"}, {"Authorization": "Bearer two"}
    async with running(nats_url, **{setting: 2, "auth_tokens_file": path}) as gateway:
        before = metric("tfdrift_gateway_refused_total", reason=reason)
        async with gateway.live(**one):
            async with gateway.live(**one):
                async with gateway.session.get(f"{gateway.url}{STREAM_PATH}", headers=one) as response:
                    assert response.status == status
                    assert int(response.headers["Retry-After"]) > 0
                await eventually(lambda: metric("tfdrift_gateway_refused_total", reason=reason) == before + 1)
                async with gateway.session.get(f"{gateway.url}{STREAM_PATH}", headers=two) as response:
                    assert response.status == (200 if setting == "max_clients_per_token" else status)
                assert (await gateway.get("/api/v1/stats", **one))[0] == 200
            await eventually(lambda: metric("tfdrift_gateway_clients") == 1)
            async with gateway.live(**one):
                pass


@pytest.mark.parametrize(("proxies", "statuses"), [("127.0.0.0/8", [200, 200, 429]), ("", [200, 429, 429])])
async def test_addresses_behind_a_proxy_count_each_where_the_proxy_is_trusted(
    nats_url: str, proxies: str, statuses: list[int]
) -> None:
    """Where the proxy is not trusted, the header is ignored and all clients count as the proxy."""
    async with running(nats_url, trusted_proxies=proxies, max_clients_per_address=1) as gateway:
        forwarded = ["198.51.100.1", "9.9.9.9, 198.51.100.2", "8.8.8.8, 198.51.100.1"]
        responses = [
            await gateway.session.get(f"{gateway.url}{STREAM_PATH}", headers={"X-Forwarded-For": value})
            for value in forwarded
        ]
        assert [response.status for response in responses] == statuses
        for response in responses:
            response.close()


async def test_a_client_whose_machine_does_not_answer_is_found(nats_url: str) -> None:
    """Its receive window stays closed: no byte arrives, and the buffer is far from its limit."""
    async with running(nats_url, keepalive_seconds=1, client_buffer_bytes=64 * 1024**2) as gateway:
        with socket.socket() as silent:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            silent.connect(("127.0.0.1", gateway.runtime.settings.http_port))
            silent.sendall(f"GET {STREAM_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            await eventually(lambda: metric("tfdrift_gateway_clients") == 1)
            for start in (1, 501):
                await publish(gateway.bus, [change(n, padding=10_000) for n in range(start, start + 500)])
            await eventually(lambda: metric("tfdrift_gateway_clients") == 0)


async def test_the_stream_is_served_over_tls(nats_url: str, tmp_path: Path) -> None:
    """Live and replayed, with a certificate that the client checks; without TLS nothing is answered."""
    cert, key = certificate(tmp_path)
    async with running(nats_url, http_tls_cert_file=cert, http_tls_key_file=key) as gateway:
        context = ssl.create_default_context(cafile=cert)
        url = gateway.url.replace("http:", "https:")
        for headers in ({}, {"Last-Event-ID": "x-0"}):
            async with gateway.session.get(f"{url}{STREAM_PATH}", ssl=context, headers=headers) as response:
                stream = Stream(response)
                assert (await stream.next()).name == "connected"
                await publish(gateway.bus, [change(1)])
                while (await stream.next()).name != "state_change":
                    pass
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.runtime.settings.http_port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not (await reader.read()).startswith(b"HTTP")
        writer.close()


@pytest.mark.parametrize(
    ("host", "tokens", "warned"), [("0.0.0.0", False, True), ("0.0.0.0", True, False), ("127.0.0.1", False, False)]
)
async def test_a_gateway_that_is_open_to_everybody_warns(
    nats_url: str, tmp_path: Path, host: str, tokens: bool, warned: bool
) -> None:
    """In its log, with a remedy; one on loopback or with tokens logs nothing."""
    settings = {"auth_tokens_file": token_file(tmp_path, sesame={})} if tokens else {}
    with structlog.testing.capture_logs() as logs:
        async with running(nats_url, http_host=host, **settings):
            pass
    assert any(line["event"] == "open_to_everybody" for line in logs) is warned


async def test_an_idle_stream_needs_no_task(nats_url: str) -> None:
    """A live client costs its connection and a few small objects, not the objects of its request."""
    async with running(nats_url) as gateway, AsyncExitStack() as stack:
        await stack.enter_async_context(gateway.live())
        tasks = len(asyncio.all_tasks())
        streams = [await stack.enter_async_context(gateway.live()) for _ in range(20)]
        await eventually(lambda: len(asyncio.all_tasks()) == tasks)
        await publish(gateway.bus, [change(1)])
        for stream in streams:
            assert (await stream.next()).json["serial"] == 1


async def test_what_a_client_sends_behind_its_request_is_ignored(nats_url: str) -> None:
    """Its stream goes on, and its end is noticed."""
    async with running(nats_url) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.runtime.settings.http_port)
        request = f"GET {STREAM_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        writer.write(request * 40)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await reader.readuntil(b"event: connected")
            writer.write(b"x" * 100_000)
            await publish(gateway.bus, [change(7)])
            await reader.readuntil(b'"serial":7')
        writer.close()
        await eventually(lambda: metric("tfdrift_gateway_clients") == 0)


async def test_a_client_that_does_not_read_does_not_hold_up_the_shutdown(nats_url: str) -> None:
    """It is given a short time for its last bytes, then its connection is closed."""
    async with running(nats_url, client_buffer_bytes=64 * 1024**2) as gateway:
        with socket.socket() as silent:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            silent.connect(("127.0.0.1", gateway.runtime.settings.http_port))
            silent.sendall(f"GET {STREAM_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            await eventually(lambda: metric("tfdrift_gateway_clients") == 1)
            await publish(gateway.bus, [change(n, padding=10_000) for n in range(1000)])
            await eventually(lambda: metric("tfdrift_gateway_buffered_bytes") > 1024**2)
            gateway.runtime.stopping.set()
            await eventually(lambda: metric("tfdrift_gateway_clients") == 0)
