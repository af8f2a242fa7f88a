"""What every route has in common: CORS, methods, problem documents; and the page."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.sse_gateway.credentials import token_file
from tests.sse_gateway.gateway import STREAM_PATH, Gateway, change, publish, running

OTHER_ORIGIN = "https://dashboard.example.org"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:3000", False),
        (OTHER_ORIGIN, True),
        ("{own}", True),
        ("https://evil.example.org", False),
        (f"{OTHER_ORIGIN}.evil.org", False),
        ("null", False),
    ],
)
async def test_only_named_origins_and_our_own_may_read(nats_url: str, origin: str, allowed: bool) -> None:
    """Exact matches, for the stream, a list, and a problem document alike; `Vary` informs caches."""
    async with running(nats_url, cors_origins=OTHER_ORIGIN) as gateway:
        origin = origin.format(own=gateway.url)
        for path in (STREAM_PATH, "/api/v1/drifts", "/api/v1/stream?nonsense=1"):
            async with gateway.session.get(f"{gateway.url}{path}", headers={"Origin": origin}) as response:
                assert response.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
                assert "Origin" in response.headers["Vary"]


async def test_the_default_origin_is_that_of_a_development_server(nats_url: str) -> None:
    """As the API's documentation says."""
    async with running(nats_url) as gateway:
        headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET"}
        async with gateway.session.options(f"{gateway.url}{STREAM_PATH}", headers=headers) as response:
            assert response.status == 204
            assert response.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
            assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
            assert "Last-Event-ID" in response.headers["Access-Control-Allow-Headers"]


async def test_a_preflight_from_another_origin_is_allowed_nothing(nats_url: str) -> None:
    """It is answered without the headers that a browser needs."""
    async with running(nats_url) as gateway:
        headers = {"Origin": "https://evil.example.org", "Access-Control-Request-Method": "GET"}
        async with gateway.session.options(f"{gateway.url}{STREAM_PATH}", headers=headers) as response:
            assert response.status == 204
            assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
            assert not [name for name in response.headers if name.startswith("Access-Control")]


async def test_head_gets_the_headers_and_no_stream(nats_url: str) -> None:
    """With the same refusals as GET."""
    async with running(nats_url) as gateway:
        async with gateway.session.head(f"{gateway.url}{STREAM_PATH}") as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
            assert await response.read() == b""
        async with gateway.session.head(f"{gateway.url}{STREAM_PATH}?nonsense=1") as response:
            assert response.status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused_with_those_that_are_not(nats_url: str, method: str) -> None:
    """405 with ``Allow``, as a problem document."""
    async with running(nats_url) as gateway, gateway.session.request(method, f"{gateway.url}{STREAM_PATH}") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert response.content_type == "application/problem+json"


async def test_an_unknown_path_is_a_problem_document(nats_url: str) -> None:
    """404, for a preflight too."""
    async with running(nats_url) as gateway:
        for method in ("GET", "OPTIONS"):
            async with gateway.session.request(method, f"{gateway.url}/api/v1/nothing") as response:
                assert response.status == 404
                assert json.loads(await response.read())["title"] == "Not Found"


async def test_the_page_and_its_files_are_served_and_need_no_other_host(nats_url: str) -> None:
    """Its policy allows only our own origin, and its files comply: no inline script or style, no other host."""
    async with running(nats_url) as gateway:
        async with gateway.session.get(f"{gateway.url}/") as response:
            assert response.status == 200
            assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
            page = await response.text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|https?://", page)
        sources = re.findall(r"(?:src|href)=\"(/[^\"]+)\"", page)
        assert sorted(sources) == ["/static/app.js", "/static/icon.svg", "/static/index.css"]
        for source in sources:
            async with gateway.session.get(f"{gateway.url}{source}") as response:
                assert response.status == 200
                addresses = re.findall(r"https?://[^\"'`\s)]+", await response.text())
                # Names of XML namespaces, which are never fetched, and our own host in a text that is shown.
                assert [one for one in addresses if not one.startswith(("http://www.w3.org/", "http://${"))] == []


async def test_draining_ends_streams_in_order_and_spreads_the_return(nats_url: str) -> None:
    """Each client gets what was sent, then its own reconnection time, then the end of the stream."""
    async with running(nats_url) as gateway:
        streams = [gateway.live() for _ in range(5)]
        opened = [await stream.__aenter__() for stream in streams]
        await publish(gateway.bus, [change(1)])
        for stream in opened:
            assert (await stream.next()).name == "state_change"
        gateway.runtime.stopping.set()
        assert await asyncio.gather(*(stream.until_end() for stream in opened)) == [[]] * 5
        retries = [stream.parser.retries[-1] for stream in opened]
        assert all(500 <= retry <= 5000 for retry in retries)
        assert len(set(retries)) > 1


async def test_an_open_gateway_answers_under_names_of_its_own_alone(nats_url: str, tmp_path: Path) -> None:
    """A page whose name was made to resolve to this machine neither reads nor dismisses; with tokens it may ask."""

    async def get(gateway: Gateway, host: str) -> int:
        async with gateway.session.get(f"{gateway.url}/api/v1/drifts", headers={"Host": host}) as response:
            return response.status

    async with running(nats_url, http_hosts="drift.example.org") as gateway:
        for host, status in (
            ("localhost:8080", 200),
            ("192.0.2.7", 200),
            ("drift.example.org", 200),
            ("evil.example.org", 403),
        ):
            assert await get(gateway, host) == status
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, sesame={})) as gateway:
        assert await get(gateway, "evil.example.org") == 401
