"""What browsers may do at a public port."""

from __future__ import annotations

import aiohttp
import pytest

from tests.conftest import free_port
from tests.shared.harness.test_harness import MakeProbe, probe
from tfdrift.harness import Browsers
from tfdrift.harness.browsers import host_name

__all__ = ["probe"]

PORT = Browsers(frozenset({"drift.example.org"}), frozenset({"https://page.example.org"}))
OPEN_GATEWAY = Browsers(frozenset({"drift.example.org"}), frozenset({"https://page.example.org"}), every_request=True)
GATEWAY_WITH_TOKENS = Browsers(origins=frozenset({"https://page.example.org"}), any_host=True, every_request=True)

HERE = {"Host": "localhost:2801"}
REBOUND = {"Host": "evil.example.org:2801"}


@pytest.mark.parametrize(
    ("browsers", "method", "headers", "reason"),
    [
        (PORT, "POST", {}, None),
        (PORT, "POST", HERE, None),
        (PORT, "POST", {"Host": "ingest-falco.tfdrift.svc"}, None),
        (PORT, "POST", HERE | {"Sec-Fetch-Site": "cross-site"}, "origin"),
        (PORT, "POST", HERE | {"Sec-Fetch-Site": "same-origin"}, None),
        (PORT, "POST", HERE | {"Origin": "http://localhost:2801"}, None),
        (PORT, "POST", HERE | {"Origin": "http://localhost:3000"}, "origin"),
        (PORT, "PUT", HERE | {"Origin": "null"}, "origin"),
        (PORT, "POST", HERE | {"Origin": "https://evil.example.org", "Sec-Fetch-Site": "same-origin"}, "origin"),
        (PORT, "POST", HERE | {"Origin": "https://Page.example.org", "Sec-Fetch-Site": "cross-site"}, None),
        (PORT, "DELETE", REBOUND | {"Origin": "http://evil.example.org:2801"}, "host"),
        (PORT, "POST", REBOUND | {"Sec-Fetch-Site": "same-origin"}, "host"),
        (PORT, "POST", {"Host": "drift.example.org", "Origin": "https://drift.example.org"}, None),
        (PORT, "GET", REBOUND | {"Origin": "https://evil.example.org", "Sec-Fetch-Site": "cross-site"}, None),
        (OPEN_GATEWAY, "GET", {}, None),
        (OPEN_GATEWAY, "GET", HERE, None),
        (OPEN_GATEWAY, "GET", {"Host": "a.localhost"}, None),
        (OPEN_GATEWAY, "GET", {"Host": "10.0.0.7:8080"}, None),
        (OPEN_GATEWAY, "GET", {"Host": "[fd00::7]:8080"}, None),
        (OPEN_GATEWAY, "GET", {"Host": "DRIFT.example.org.:8080"}, None),
        (OPEN_GATEWAY, "GET", REBOUND, "host"),
        (OPEN_GATEWAY, "GET", {"Host": "localhost.evil.example.org"}, "host"),
        (OPEN_GATEWAY, "GET", {"Host": "127.0.0.1.evil.example.org"}, "host"),
        (OPEN_GATEWAY, "GET", {"Host": ""}, "host"),
        (OPEN_GATEWAY, "POST", {"Host": "10.0.0.7:8080", "Origin": "http://10.0.0.7:8080"}, None),
        (GATEWAY_WITH_TOKENS, "GET", REBOUND, None),
        (GATEWAY_WITH_TOKENS, "POST", REBOUND | {"Origin": "http://evil.example.org:2801"}, None),
        (GATEWAY_WITH_TOKENS, "POST", HERE | {"Origin": "https://evil.example.org"}, "origin"),
    ],
)
def test_what_a_page_of_another_origin_sends_is_refused(
    browsers: Browsers, method: str, headers: dict[str, str], reason: str | None
) -> None:
    """Programs send neither header, and are never refused for an origin."""
    found = browsers.refusal(method, headers)
    assert (found and found[0]) == reason


@pytest.mark.parametrize(
    ("host", "name"),
    [("A.b:80", "a.b"), ("[::1]:80", "::1"), ("[::1]", "::1"), ("a.", "a"), (" a ", "a"), ("", "")],
)
def test_the_name_of_a_host_has_neither_port_nor_brackets(host: str, name: str) -> None:
    """Browsers send it in lower case, others as they like."""
    assert host_name(host) == name


async def test_every_public_port_refuses_them_with_a_problem_document(probe: MakeProbe, nats_url: str) -> None:
    """403, which names the remedy; the handler is not called."""
    body = """
async def take(request):
    return web.Response(text="taken")
app = web.Application()
app.router.add_post("/", take)
await runtime.serve(app, runtime.settings.http_port)
runtime.readiness.set("work", True)
await runtime.stopping.wait()
"""
    port = free_port()
    service = probe(body, TFDRIFT_NATS_URL=nats_url, TFDRIFT_HTTP_PORT=str(port), TFDRIFT_HTTP_HOSTS="a.example.org")
    service.start()
    await service.status("/readyz", 200)

    async def post(**headers: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{port}/"
        async with aiohttp.ClientSession() as session, session.post(url, headers=headers) as response:
            return response.status, await response.text()

    assert await post() == (200, "taken")
    assert (await post(Host="a.example.org", Origin="http://a.example.org"))[0] == 200
    status, text = await post(Host="b.example.org", Origin="http://b.example.org")
    assert status == 403
    assert "TFDRIFT_HTTP_HOSTS" in text
    assert (await post(**{"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert len(service.logs("request_refused")) == 2
