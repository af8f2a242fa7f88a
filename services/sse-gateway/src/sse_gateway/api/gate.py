"""The gate of every route: access, CORS, problem documents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from sse_gateway.access.address import Network, client_address
from sse_gateway.access.authorize import Access, forbidden
from sse_gateway.access.scope import Grant
from sse_gateway.errors import BadParameter, Behind, Refused
from sse_gateway.metrics import REFUSED
from sse_gateway.problem import CONTENT_TYPE, Problem
from tfdrift.bus import BusError
from tfdrift.harness import Browsers

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# What the gate puts into a request for its handler.
GRANT: Final = web.RequestKey("grant", Grant)
ADDRESS: Final = web.RequestKey("address", str)
_BEGUN: Final = web.RequestKey("begun", bool)

# Where a browser exchanges its token for a cookie, and gives it back.
SESSION_PATH: Final = "/api/v1/session"

PREFLIGHT_SECONDS: Final = 600
_REQUEST_HEADERS: Final = "Authorization, Cache-Control, Content-Type, If-None-Match, Last-Event-ID"
_RESPONSE_HEADERS: Final = "ETag, Retry-After, WWW-Authenticate"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """The middleware of the public port.

    A request passes `_admit` before its handler runs. Access rules belong there and nowhere else.
    """

    def __init__(
        self, browsers: Browsers, access: Access, proxies: Sequence[Network], is_public: Callable[[str], bool]
    ) -> None:
        """`is_public` says which paths need no token, because they show no data."""
        self._browsers = browsers
        self._access = access
        self._proxies = proxies
        self._is_public = is_public
        self._log = structlog.get_logger()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Run the handler. A request that the gate or the handler refuses is answered with a problem document."""
        forwarded = request.headers.getall("X-Forwarded-For", [])
        request[ADDRESS] = client_address(request.remote or "", forwarded, self._proxies)
        try:
            if (refusal := self._browsers.refusal(request.method, request.headers)) is not None:
                raise forbidden(refusal[1])
            if request.method == "OPTIONS":
                return self._preflight(request)
            await self._admit(request)
            return await handler(request)
        except (BadParameter, Refused, web.HTTPException, BusError, Behind) as error:
            if _BEGUN in request:
                raise
            return answer(_problem_of(request, error))
        except Exception:
            # The supervisor of one request: its error ends this request alone.
            if _BEGUN in request:
                raise
            self._log.exception("request_failed", method=request.method, path=request.path)
            return answer(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The gateway failed; its log says why."))

    async def on_prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add the headers of every answer (Fetch standard, section 3.2)."""
        request[_BEGUN] = True
        response.headers["Vary"] = ", ".join([*response.headers.getall("Vary", []), "Origin"])
        response.headers["X-Content-Type-Options"] = "nosniff"
        origin = request.headers.get("Origin")
        if origin is not None and self._allowed(request, origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _RESPONSE_HEADERS
            if self._access.by_cookie:
                response.headers["Access-Control-Allow-Credentials"] = "true"

    async def _admit(self, request: web.Request) -> None:
        """Find out what the sender may do, or raise `Refused`."""
        if self._is_public(request.path) and request.method in _SAFE:
            return
        if request.path == SESSION_PATH:  # whoever signs in or out has no token yet, or an expired one
            return
        cookie = self._access.token_in(request.cookies)
        grant = await self._access.grant(request.headers.getall("Authorization", []), cookie)
        if request.method not in _SAFE:
            self._check_origin(request, grant)
        request[GRANT] = grant

    def _check_origin(self, request: web.Request, grant: Grant) -> None:
        """Refuse a write without an origin, where the browser sends the token by itself (cross-site request forgery).

        A browser sends the origin with every such request; other origins are refused before.
        """
        if grant.by_cookie and "Origin" not in request.headers:
            raise forbidden("Pages of this origin may not write here (TFDRIFT_CORS_ORIGINS).")

    def _allowed(self, request: web.Request, origin: str) -> bool:
        return self._browsers.is_own(origin.lower(), request.headers.get("Host"))

    def _preflight(self, request: web.Request) -> web.Response:
        failure = request.match_info.http_exception
        if not isinstance(failure, web.HTTPMethodNotAllowed):
            raise failure or web.HTTPNotFound
        methods = ", ".join(sorted({*failure.allowed_methods, "OPTIONS"}))
        headers = {"Allow": methods}
        origin = request.headers.get("Origin")
        if origin is not None and self._allowed(request, origin):
            headers["Access-Control-Allow-Methods"] = methods
            headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
            headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)


def answer(problem: Problem) -> web.Response:
    """Returns the response for a problem document."""
    return web.Response(
        status=problem.status,
        body=problem.body(),
        headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store", **problem.headers()},
    )


def _problem_of(request: web.Request, error: Exception) -> Problem:
    if isinstance(error, BadParameter):
        REFUSED.labels("bad_parameter").inc()
        return error.problem()
    if isinstance(error, Refused):
        if error.reason is not None:
            REFUSED.labels(error.reason).inc()
        return error.problem
    if isinstance(error, web.HTTPException):
        return _problem_of_route(request, error)
    REFUSED.labels("ledger_unavailable").inc()
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"NATS cannot be used now: {error}.", retry_after_seconds=2)


def _problem_of_route(request: web.Request, error: web.HTTPException) -> Problem:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = tuple(sorted({*error.allowed_methods, "OPTIONS"}))
        detail = f"{request.method} is not allowed on {request.path}."
        return Problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, allow=allowed)
    if isinstance(error, web.HTTPNotFound):
        return Problem(HTTPStatus.NOT_FOUND, f"There is nothing at {request.path}.")
    return Problem(HTTPStatus(error.status), error.text or error.reason)
