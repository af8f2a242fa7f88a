"""Reads an issuer's keys from its JWKS URL: at first use, every ten minutes, and at once for an unknown key id."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

import aiohttp
import orjson
import structlog

from sse_gateway.access.jwts import Key, key_set
from sse_gateway.errors import BadToken, KeysUnavailable
from sse_gateway.metrics import KEY_READS

REFRESH_SECONDS: Final = 600.0
# An unknown key id makes us read the keys again, but no more often than this.
RETRY_SECONDS: Final = 5.0
_TIMEOUT_SECONDS: Final = 5.0
_MAX_BYTES: Final = 512 * 1024


class JwksKeys:
    """The keys behind a URL. While it cannot be read, the keys that were read last stay valid."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._keys: Mapping[str | None, Key] = {}
        self._tried = self._read = float("-inf")
        self._reading = asyncio.Lock()
        self._log = structlog.get_logger()

    async def find(self, kid: str | None) -> Key:
        """Returns the key with an id; without one, the only key that there is.

        Raises:
            BadToken: there is no such key.
            KeysUnavailable: no keys could be read so far.
        """
        if self._clock() - self._read >= REFRESH_SECONDS:
            await self._refresh(kid)
        key = self._choose(kid)
        if key is None:
            await self._refresh(kid)
            key = self._choose(kid)
        if key is None:
            raise BadToken("it was signed with a key that its issuer does not publish")
        return key

    def _choose(self, kid: str | None) -> Key | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _refresh(self, kid: str | None) -> None:
        tried = self._tried
        async with self._reading:
            if self._tried != tried and self._choose(kid) is not None:
                return  # another request has just read what this one waits for
            if self._clock() - self._tried >= RETRY_SECONDS:
                self._tried = self._clock()
                try:
                    self._keys = await self._fetch()
                    self._read = self._clock()
                    KEY_READS.labels("ok").inc()
                except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                    KEY_READS.labels("failed").inc()
                    self._log.warning("jwks_unreadable", url=self._url, reason=str(error) or type(error).__name__)
        if not self._keys:
            raise KeysUnavailable

    async def _fetch(self) -> Mapping[str | None, Key]:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(self._url, allow_redirects=False, raise_for_status=True) as response,
        ):
            body = await response.content.read(_MAX_BYTES + 1)
            while len(body) <= _MAX_BYTES and (more := await response.content.read(_MAX_BYTES + 1 - len(body))):
                body += more
        if response.status != 200 or len(body) > _MAX_BYTES:
            raise ValueError(f"status {response.status}, {len(body)} bytes")
        members = orjson.loads(body)
        if not isinstance(members, dict):
            raise ValueError("it is not a JWK set")
        return key_set(members)
