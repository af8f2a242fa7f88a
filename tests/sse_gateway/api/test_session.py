"""A browser's session: its token in a cookie that scripts cannot read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from tests.sse_gateway.access.test_access import bearer
from tests.sse_gateway.credentials import SECRET, signed, token_file
from tests.sse_gateway.gateway import STREAM_PATH, Gateway, change, publish, running
from tests.sse_gateway.stored import drift, store

PATH = "/api/v1/session"


async def sign_in(gateway: Gateway, token: str, **headers: str) -> tuple[int, Any, SimpleCookie]:
    """Returns status, JSON and cookies of a sign-in."""
    async with gateway.session.post(f"{gateway.url}{PATH}", json={"token": token}, headers=headers) as response:
        gateway.session.cookie_jar.clear()
        return response.status, await response.json(content_type=None), response.cookies


async def test_a_signed_in_browser_streams_reads_and_dismisses(nats_url: str, tmp_path: Path) -> None:
    """Its cookie is a token like any other; a write needs an origin, as browsers send it."""
    path = token_file(tmp_path, jane={"write": True})
    async with running(nats_url, auth_tokens_file=path) as gateway:
        status, body, cookies = await sign_in(gateway, "jane", Origin=gateway.url)
        assert (status, body["name"], body["may_write"], body["authenticated"]) == (200, "jane", True, True)
        (morsel,) = cookies.values()
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Strict", "/")
        assert morsel["max-age"] == ""
        cookie = {"Cookie": f"{morsel.key}={morsel.value}"}
        async with gateway.live(**cookie) as stream:
            await publish(gateway.bus, [change(1)])
            assert (await stream.next()).json["serial"] == 1
        gateway.session.headers.update(cookie)
        await store(gateway, drift(1))
        assert (await gateway.get(PATH))[1]["name"] == "jane"
        url = f"{gateway.url}/api/v1/drifts/d1/dismiss"
        for origin, expected in (("https://evil.example.org", 403), (gateway.url, 200)):
            async with gateway.session.post(url, headers={"Origin": origin}) as response:
                assert response.status == expected


async def test_an_invalid_token_gets_no_cookie(nats_url: str, tmp_path: Path) -> None:
    """401 with the reason; a page of another site cannot sign a browser in."""
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, jane={})) as gateway:
        for token, origin, expected in (("joe", gateway.url, 401), ("jane", "https://evil.example.org", 403)):
            status, _, cookies = await sign_in(gateway, token, Origin=origin)
            assert (status, len(cookies)) == (expected, 0)
        for body in (b"", b"[]", b'{"token": 1}', b'{"token": "a b"}', b'{"token": "jane", "x": 1}'):
            async with gateway.session.post(f"{gateway.url}{PATH}", data=body) as response:
                assert response.status == 400
        assert (await gateway.get(PATH))[0] == 401


async def test_a_cookie_ends_with_its_token_and_with_the_session(nats_url: str) -> None:
    """A JWT's end is that of its cookie, under the name that the operator chose."""
    soon = datetime.now(UTC) + timedelta(minutes=10)
    async with running(nats_url, auth_jwt_secret=SECRET, auth_cookie="mine") as gateway:
        token = signed(SECRET, "HS256", sub="jane", exp=soon)
        _, body, cookies = await sign_in(gateway, token)
        assert body["expires"] is not None
        assert 0 < int(cookies["mine"]["max-age"]) <= 600
        async with gateway.session.delete(f"{gateway.url}{PATH}") as response:
            assert response.status == 204
            assert response.cookies["mine"].value == ""
        async with gateway.session.get(f"{gateway.url}{STREAM_PATH}", headers=bearer(token)) as response:
            assert response.status == 200


async def test_an_open_gateway_needs_no_session(nats_url: str) -> None:
    """Whoever signs in there is as anonymous as before."""
    async with running(nats_url) as gateway:
        status, body, cookies = await sign_in(gateway, "anything")
        assert (status, body["authenticated"], len(cookies)) == (200, False, 0)
        assert (await gateway.get(PATH))[1] == body
