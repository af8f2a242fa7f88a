"""Who asks, and what they may see: the one place where a request's token is read.

A token comes as ``Authorization: Bearer …`` (RFC 6750) or, where browsers are to use it with EventSource, which sends
no headers of its own, in a cookie. Never in the URL, where logs and histories would keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import web

from sse_gateway.access.jwks import KeysUnavailable
from sse_gateway.access.jwts import BadToken, Key, Rules, key_id, verify
from sse_gateway.access.scope import Grant
from sse_gateway.access.tokens import Token, find
from sse_gateway.errors import Refused
from sse_gateway.metrics import REFUSED
from sse_gateway.problem import Problem

# What everybody may do where no access rule is set.
OPEN: Final = Grant("anonymous", may_write=True)

_SCHEME: Final = "bearer "
_CHALLENGE: Final = 'Bearer realm="tfdrift"'


class Keys(Protocol):
    """Where the keys of JWTs come from."""

    async def find(self, kid: str | None) -> Key:
        """The key with an id."""
        ...


class Access:
    """The access rules; without tokens and keys the gateway is open to all who reach it."""

    def __init__(
        self,
        now: Callable[[], datetime],
        tokens: Sequence[Token] = (),
        keys: Keys | None = None,
        rules: Rules = Rules(),  # noqa: B008 - frozen
        cookie: str | None = None,
    ) -> None:
        self._now = now
        self._tokens = tokens
        self._keys = keys
        self._rules = rules
        self._cookie = cookie

    @property
    def open(self) -> bool:
        """Whether nobody is asked for a token."""
        return not self._tokens and self._keys is None

    @property
    def by_cookie(self) -> bool:
        """Whether browsers send the token by themselves."""
        return not self.open and self._cookie is not None

    def exchange(self, tokens: Sequence[Token]) -> set[str]:
        """Take these tokens in place of those before; the names of those that are gone, or may do other things."""
        before, after = ({token.grant.name: token for token in each} for each in (self._tokens, tokens))
        self._tokens = tokens
        return {name for name, token in before.items() if after.get(name) != token}

    async def grant(self, request: web.Request) -> Grant:
        """What the sender of a request may do.

        Raises:
            Refused: it shows no valid token (401), or the issuer's keys cannot be read (503).
        """
        if self.open:
            return OPEN
        header = request.headers.getall("Authorization", [])
        if not header:
            cookie = request.cookies.get(self._cookie) if self._cookie is not None else None
            if not cookie:
                raise _unauthorized("no_token", "A token is needed: send it as `Authorization: Bearer …`.")
            return replace(await self._granted(cookie), by_cookie=True)
        if len(header) > 1 or not header[0].lower().startswith(_SCHEME):
            raise _unauthorized("no_token", "The Authorization header is not one of the form `Bearer …`.")
        return await self._granted(header[0][len(_SCHEME) :].strip())

    async def _granted(self, token: str) -> Grant:
        grant = find(self._tokens, token)
        try:
            if grant is None:
                grant = await self._verified(token)
        except BadToken as error:
            raise _unauthorized("bad_token", f"The token is not taken: {error}.", "invalid_token") from None
        if grant.expires is not None and grant.expires <= self._now():
            raise _unauthorized("expired_token", "The token is not taken: it has expired.", "invalid_token")
        return grant

    async def _verified(self, token: str) -> Grant:
        if self._keys is None:
            raise BadToken("it is not known")
        kid = key_id(token)
        try:
            key = await self._keys.find(kid)
        except KeysUnavailable:
            REFUSED.labels("keys_unavailable").inc()
            detail = "The keys of the tokens' issuer cannot be read now (TFDRIFT_AUTH_JWKS_URL)."
            raise Refused(Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after_seconds=5)) from None
        return verify(token, key, self._rules)


def forbidden(detail: str) -> Refused:
    """The refusal of something that the token does not allow (RFC 6750 section 3.1)."""
    REFUSED.labels("forbidden").inc()
    challenge = f'{_CHALLENGE}, error="insufficient_scope"'
    return Refused(Problem(HTTPStatus.FORBIDDEN, detail, challenge=challenge))


def _unauthorized(reason: str, detail: str, error: str | None = None) -> Refused:
    REFUSED.labels(reason).inc()
    challenge = f'{_CHALLENGE}, error="{error}"' if error else _CHALLENGE
    return Refused(Problem(HTTPStatus.UNAUTHORIZED, detail, challenge=challenge))
