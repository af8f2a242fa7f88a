"""Where the keys of JWTs come from, as `Access` asks for them."""

from __future__ import annotations

from typing import Protocol

from sse_gateway.access.jwts import Key


class Keys(Protocol):
    """A source of keys: one fixed key, or an issuer's set."""

    async def find(self, kid: str | None) -> Key:
        """Returns the key with an id; without one, the only key that there is.

        Raises:
            BadToken: there is no such key.
            KeysUnavailable: no keys could be read so far.
        """
        ...


class FixedKey:
    """One configured key, whatever id a token names."""

    def __init__(self, key: Key) -> None:
        self._key = key

    async def find(self, _: str | None) -> Key:
        """Returns the key."""
        return self._key
