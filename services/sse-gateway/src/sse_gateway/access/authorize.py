"""Decides who sent a request and what they may see. No other place reads a request's token.

A token comes as ``Authorization: Bearer …`` (RFC 6750). EventSource sends no headers of its own, so browsers may send
it in a cookie. It never comes in the URL, because logs and histories would store it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Final

from sse_gateway.access.jwts import Rules, key_id, verify
from sse_gateway.access.keys import Keys
from sse_gateway.access.scope import Grant
from sse_gateway.access.tokens import Token, find
from sse_gateway.errors import BadToken, KeysUnavailable, Refused
from sse_gateway.problem import Problem

# The cookie that `POST /api/v1/session` sets. Browsers send it only to pages of the same site.
SESSION_COOKIE: Final = "tfdrift_session"

# What everybody may do where no access rule is set.
OPEN: Final = Grant("anonymous", may_write=True)

_SCHEME: Final = "bearer "
_CHALLENGE: Final = 'Bearer realm="tfdrift"'


class Access:
    """The access rules. Without tokens and keys the gateway is open to all who reach it.

    Attributes:
        cookie: the name of the cookie that may carry a token; None is none.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        tokens: Sequence[Token] = (),
        keys: Keys | None = None,
        rules: Rules = Rules(),  # noqa: B008 - frozen
        cookie: str | None = None,
    ) -> None:
        self.cookie = cookie
        self._now = now
        self._tokens = tokens
        self._keys = keys
        self._rules = rules

    @property
    def open(self) -> bool:
        """Whether no token is needed."""
        return not self._tokens and self._keys is None

    @property
    def by_cookie(self) -> bool:
        """Whether browsers of other origins may send the token by themselves."""
        return not self.open and self.cookie is not None

    @property
    def session_cookie(self) -> str:
        """The cookie that a sign-in sets."""
        return self.cookie or SESSION_COOKIE

    def token_in(self, cookies: Mapping[str, str]) -> str | None:
        """Returns the token that a request's cookies carry."""
        return cookies.get(self.session_cookie)

    def replace_tokens(self, tokens: Sequence[Token]) -> set[str]:
        """Accept these tokens in place of those before; returns the names of those that are gone or changed."""
        before, after = ({token.grant.name: token for token in each} for each in (self._tokens, tokens))
        self._tokens = tokens
        return {name for name, token in before.items() if after.get(name) != token}

    async def grant(self, authorization: Sequence[str], cookie: str | None) -> Grant:
        """Returns what the sender of a request may do.

        Args:
            authorization: the values of its ``Authorization`` headers.
            cookie: the token in its cookie.

        Raises:
            Refused: it has no valid token (401), or the issuer's keys cannot be read (503).
        """
        if self.open:
            return OPEN
        if not authorization:
            if not cookie:
                raise _unauthorized("no_token", "A token is needed: send it as `Authorization: Bearer …`.")
            return replace(await self._granted(cookie), by_cookie=True)
        if len(authorization) > 1 or not authorization[0].lower().startswith(_SCHEME):
            raise _unauthorized("no_token", "The Authorization header is not one of the form `Bearer …`.")
        return await self._granted(authorization[0][len(_SCHEME) :].strip())

    async def _granted(self, token: str) -> Grant:
        grant = find(self._tokens, token)
        try:
            if grant is None:
                grant = await self._verified(token)
        except BadToken as error:
            raise _unauthorized("bad_token", f"The token is not accepted: {error}.", "invalid_token") from None
        if grant.expires is not None and grant.expires <= self._now():
            raise _unauthorized("expired_token", "The token is not accepted: it has expired.", "invalid_token")
        return grant

    async def _verified(self, token: str) -> Grant:
        if self._keys is None:
            raise BadToken("it is not known")
        kid = key_id(token)
        try:
            key = await self._keys.find(kid)
        except KeysUnavailable:
            detail = "The keys of the tokens' issuer cannot be read now (TFDRIFT_AUTH_JWKS_URL)."
            problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after_seconds=5)
            raise Refused(problem, "keys_unavailable") from None
        return verify(token, key, self._rules)


def forbidden(detail: str) -> Refused:
    """The refusal of something that the token does not allow (RFC 6750 section 3.1)."""
    challenge = f'{_CHALLENGE}, error="insufficient_scope"'
    return Refused(Problem(HTTPStatus.FORBIDDEN, detail, challenge=challenge), "forbidden")


def _unauthorized(reason: str, detail: str, error: str | None = None) -> Refused:
    challenge = f'{_CHALLENGE}, error="{error}"' if error else _CHALLENGE
    return Refused(Problem(HTTPStatus.UNAUTHORIZED, detail, challenge=challenge), reason)
