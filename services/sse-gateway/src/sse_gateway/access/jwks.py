"""An issuer's keys, read from its JWKS URL: kept, read again from time to time, and at once for a new key id."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

import aiohttp
import orjson
import structlog

from sse_gateway.access.jwts import BadToken, Key, key_set
from sse_gateway.metrics import KEY_READS

REFRESH_SECONDS: Final = 600.0
# A token of an unknown key makes us read the keys anew, but not for everybody who sends nonsense.
RETRY_SECONDS: Final = 5.0
_TIMEOUT_SECONDS: Final = 5.0
_MAX_BYTES: Final = 512 * 1024


class KeysUnavailable(Exception):  # noqa: N818 - the name is the condition
    """The issuer's keys were never read, and cannot be now."""


class FixedKey:
    """One key of our own configuration, whatever a token says of its id."""

    def __init__(self, key: Key) -> None:
        self._key = key

    async def find(self, _: str | None) -> Key:
        """The key."""
        return self._key


class JwksKeys:
    """The keys behind a URL. While it cannot be read, those that were read last stay valid."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._keys: Mapping[str | None, Key] = {}
        self._tried = self._read = float("-inf")
        self._reading = asyncio.Lock()
        self._log = structlog.get_logger()

    async def find(self, kid: str | None) -> Key:
        """The key with an id; without one, the only key that there is.

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
                return  # somebody else has just read what we wait for
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
            raise ValueError("it is no JWK set")
        return key_set(members)
