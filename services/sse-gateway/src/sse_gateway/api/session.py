"""Signs a browser in and out: exchanges its token for a cookie that scripts cannot read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import orjson
from aiohttp import web

from sse_gateway.access.authorize import OPEN, Access
from sse_gateway.access.scope import Grant
from sse_gateway.api.gate import SESSION_PATH
from sse_gateway.errors import Refused
from sse_gateway.problem import Problem
from tfdrift.envelope import rfc3339

_NO_STORE = {"Cache-Control": "no-store"}


class Sessions:
    """The routes of a browser's session. It has no state here: the cookie carries the token."""

    def __init__(self, access: Access, now: Callable[[], datetime], *, secure: bool) -> None:
        """``secure`` says whether the gateway itself serves HTTPS, so that the cookie is sent over nothing else."""
        self._access = access
        self._now = now
        self._secure = secure

    def routes(self) -> list[web.RouteDef]:
        """Returns every route."""
        return [
            web.get(SESSION_PATH, self.show, allow_head=True),
            web.post(SESSION_PATH, self.sign_in),
            web.delete(SESSION_PATH, self.sign_out),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Answer who the request's token belongs to; 401 without a valid one."""
        authorization = request.headers.getall("Authorization", [])
        grant = await self._access.grant(authorization, self._access.token_in(request.cookies))
        return _answer(grant)

    async def sign_in(self, request: web.Request) -> web.Response:
        """Check the token in the body, and put it into the cookie."""
        token = _token(await request.read())
        grant = await self._access.grant([f"Bearer {token}"], None)
        answer = _answer(grant)
        if grant is not OPEN:
            answer.set_cookie(
                self._access.session_cookie,
                token,
                httponly=True,
                secure=self._secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https",
                samesite="Strict",
                path="/",
                max_age=self._max_age(grant),
            )
        return answer

    async def sign_out(self, _: web.Request) -> web.Response:
        """Remove the cookie."""
        answer = web.Response(status=HTTPStatus.NO_CONTENT, headers=_NO_STORE)
        answer.del_cookie(self._access.session_cookie, path="/", httponly=True, samesite="Strict")
        return answer

    def _max_age(self, grant: Grant) -> int | None:
        """The cookie ends with its token; without an end, with the browser."""
        if grant.expires is None:
            return None
        return max(0, int((grant.expires - self._now()).total_seconds()))


def _token(body: bytes) -> str:
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        members = None
    token = members.get("token") if isinstance(members, dict) and members.keys() == {"token"} else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or set(token) & set(' ",;\\'):
        detail = 'The body must be an object with the member "token", a text without spaces.'
        raise Refused(Problem(HTTPStatus.BAD_REQUEST, detail))
    return token


def _answer(grant: Grant) -> web.Response:
    members = {
        "name": grant.name,
        "authenticated": grant is not OPEN,
        "may_write": grant.may_write,
        "expires": rfc3339(grant.expires) if grant.expires is not None else None,
    }
    return web.Response(body=orjson.dumps(members), content_type="application/json", headers=_NO_STORE)
