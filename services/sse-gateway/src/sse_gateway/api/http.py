"""What every route goes through: access, CORS, problem documents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from sse_gateway.access.address import Network, client_address
from sse_gateway.access.authorize import Access, forbidden
from sse_gateway.access.scope import Grant
from sse_gateway.errors import Behind, Refused
from sse_gateway.metrics import REFUSED
from sse_gateway.problem import CONTENT_TYPE, BadParameter, Problem
from tfdrift.bus import BusError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# What the gate finds out for the handlers.
GRANT: Final = web.RequestKey("grant", Grant)
ADDRESS: Final = web.RequestKey("address", str)
_BEGUN: Final = web.RequestKey("begun", bool)

PREFLIGHT_SECONDS: Final = 600
_REQUEST_HEADERS: Final = "Authorization, Cache-Control, Content-Type, If-None-Match, Last-Event-ID"
_RESPONSE_HEADERS: Final = "ETag, Retry-After, WWW-Authenticate"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """The middleware of the public port.

    A request passes `_admit` before its handler runs: access rules belong there and nowhere else.
    """

    def __init__(
        self, origins: frozenset[str], access: Access, proxies: Sequence[Network], is_public: Callable[[str], bool]
    ) -> None:
        """`is_public` says which paths need no token, since they show nothing of anybody's."""
        self._origins = origins
        self._access = access
        self._proxies = proxies
        self._is_public = is_public
        self._log = structlog.get_logger()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Run the handler, or answer with the problem that it or we have with the request."""
        forwarded = request.headers.getall("X-Forwarded-For", [])
        request[ADDRESS] = client_address(request.remote or "", forwarded, self._proxies)
        try:
            if request.method == "OPTIONS":
                return self._preflight(request)
            await self._admit(request)
            return await handler(request)
        except (BadParameter, Refused, web.HTTPException, BusError, Behind) as error:
            if _BEGUN in request:
                raise
            return answer(_problem_of(request, error))
        except Exception:
            # The supervisor of one request: what went wrong in it ends it alone.
            if _BEGUN in request:
                raise
            self._log.exception("request_failed", method=request.method, path=request.path)
            return answer(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The gateway failed; its log says why."))

    async def on_prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put on the headers that every answer carries (Fetch standard, section 3.2)."""
        request[_BEGUN] = True
        response.headers.add("Vary", "Origin")
        response.headers["X-Content-Type-Options"] = "nosniff"
        origin = request.headers.get("Origin")
        if origin is not None and self._allowed(request, origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _RESPONSE_HEADERS
            if self._access.by_cookie:
                response.headers["Access-Control-Allow-Credentials"] = "true"

    async def _admit(self, request: web.Request) -> None:
        """Let the request pass with what its sender may do, or raise `Refused`."""
        if self._is_public(request.path) and request.method in _SAFE:
            return
        grant = await self._access.grant(request)
        if request.method not in _SAFE:
            self._check_origin(request, grant)
        request[GRANT] = grant

    def _check_origin(self, request: web.Request, grant: Grant) -> None:
        """No page of another site may make a browser write (cross-site request forgery).

        A browser names the origin of every such request; where it sends the token by itself, a request without an
        origin is not believed to come from a page of ours either.
        """
        origin = request.headers.get("Origin")
        if grant.by_cookie if origin is None else not self._allowed(request, origin):
            raise forbidden("Pages of this origin may not write here (TFDRIFT_CORS_ORIGINS).")

    def _allowed(self, request: web.Request, origin: str) -> bool:
        own = (f"http://{request.host}", f"https://{request.host}")
        return origin.lower() in self._origins or origin in own

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
    """The response that a problem document makes."""
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
