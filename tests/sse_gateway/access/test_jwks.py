"""The issuer's keys, from a real HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from sse_gateway.access.jwks import REFRESH_SECONDS, RETRY_SECONDS, JwksKeys
from sse_gateway.errors import BadToken, KeysUnavailable
from tests.conftest import free_port
from tests.sse_gateway.credentials import EC_KEY, OTHER_RSA_KEY, RSA_KEY, jwk


class Issuer:
    """Publishes keys; None is an issuer that fails."""

    def __init__(self, url: str, *keys: dict[str, Any]) -> None:
        self.url = url
        self.body: Any = {"keys": list(keys)}
        self.reads = 0

    async def answer(self, _: web.Request) -> web.Response:
        self.reads += 1
        if self.body is None:
            return web.Response(status=500)
        return web.json_response(self.body)


class Clock:
    """A clock that moves only by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def issuing(*keys: dict[str, Any]) -> AsyncIterator[Issuer]:
    """An issuer on a port of its own."""
    port = free_port()
    issuer = Issuer(f"http://127.0.0.1:{port}/jwks", *keys)
    app = web.Application()
    app.router.add_get("/jwks", issuer.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield issuer
    finally:
        await runner.cleanup()


async def test_keys_are_read_once_for_many() -> None:
    """Many clients after a deployment cause one request to the issuer."""
    async with issuing(jwk(RSA_KEY, "a"), jwk(EC_KEY, "b")) as issuer:
        keys = JwksKeys(issuer.url)
        found = await asyncio.gather(*(keys.find("ab"[number % 2]) for number in range(50)))
        assert {key.algorithm for key in found} == {"RS256", "ES256"}
        assert issuer.reads == 1


async def test_a_new_key_is_taken_at_once_and_an_old_one_let_go() -> None:
    """A key rotation needs no restart."""
    async with issuing(jwk(RSA_KEY, "a")) as issuer:
        clock = Clock()
        keys = JwksKeys(issuer.url, clock)
        await keys.find("a")
        issuer.body = {"keys": [jwk(OTHER_RSA_KEY, "b")]}
        clock.now += RETRY_SECONDS
        assert (await keys.find("b")).algorithm == "RS256"
        with pytest.raises(BadToken, match="does not publish"):
            await keys.find("a")


async def test_a_withdrawn_key_is_found_out_without_anybody_asking_for_another() -> None:
    """Keys are read again from time to time."""
    async with issuing(jwk(RSA_KEY, "a")) as issuer:
        clock = Clock()
        keys = JwksKeys(issuer.url, clock)
        await keys.find("a")
        issuer.body = {"keys": [jwk(OTHER_RSA_KEY, "b")]}
        assert await keys.find("a")
        clock.now += REFRESH_SECONDS
        with pytest.raises(BadToken):
            await keys.find("a")


async def test_nonsense_does_not_make_us_ask_the_issuer_again_and_again() -> None:
    """Unknown key ids cause a read only once in a while."""
    async with issuing(jwk(RSA_KEY, "a")) as issuer:
        keys = JwksKeys(issuer.url, Clock())
        for number in range(20):
            with pytest.raises(BadToken):
                await keys.find(f"nonsense-{number}")
        assert issuer.reads == 1


async def test_a_token_without_a_key_id_is_of_the_only_key() -> None:
    """With two keys, the token is refused."""
    async with issuing(jwk(RSA_KEY, "a")) as issuer:
        assert await JwksKeys(issuer.url).find(None)
        issuer.body = {"keys": [jwk(RSA_KEY, "a"), jwk(EC_KEY, "b")]}
        with pytest.raises(BadToken):
            await JwksKeys(issuer.url).find(None)


@pytest.mark.parametrize("body", [None, [], {"keys": []}, {"keys": "x"}, {"padding": "x" * 600_000}])
async def test_while_the_issuer_fails_the_last_keys_stay_valid_and_missing_keys_are_no_bad_token(body: Any) -> None:
    """An issuer that fails for a while signs nobody out."""
    async with issuing(jwk(RSA_KEY, "a")) as issuer:
        clock = Clock()
        keys = JwksKeys(issuer.url, clock)
        await keys.find("a")
        issuer.body = body
        clock.now += REFRESH_SECONDS
        assert await keys.find("a")
        with pytest.raises(KeysUnavailable):
            await JwksKeys(issuer.url).find("a")
    with pytest.raises(KeysUnavailable):
        await JwksKeys(issuer.url).find("a")
