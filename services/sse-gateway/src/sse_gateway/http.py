"""What every route goes through: CORS, problem documents, and the one place where access is decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from sse_gateway.errors import Behind, Refused
from sse_gateway.metrics import REFUSED
from sse_gateway.problem import CONTENT_TYPE, BadParameter, Problem
from tfdrift.bus import BusError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PREFLIGHT_SECONDS: Final = 600
_REQUEST_HEADERS: Final = "Authorization, Cache-Control, Last-Event-ID"


class Gate:
    """The middleware of the public port.

    A request passes `_admit` before its handler runs: access rules belong there and nowhere else.
    """

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins = origins

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Run the handler, or answer with the problem that it or we have with the request."""
        try:
            if request.method == "OPTIONS":
                return self._preflight(request)
            self._admit(request)
            return await handler(request)
        except BadParameter as error:
            REFUSED.labels("bad_parameter").inc()
            return answer(error.problem())
        except Refused as error:
            return answer(error.problem)
        except web.HTTPException as error:
            return answer(_problem_of(request, error))
        except (BusError, Behind) as error:
            REFUSED.labels("ledger_unavailable").inc()
            detail = f"The ledger cannot be read now: {error}."
            return answer(Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after_seconds=2))

    async def on_prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put on the headers that every answer carries (Fetch standard, section 3.2)."""
        response.headers.add("Vary", "Origin")
        response.headers["X-Content-Type-Options"] = "nosniff"
        origin = request.headers.get("Origin")
        if origin is not None and self._allowed(request, origin):
            response.headers["Access-Control-Allow-Origin"] = origin

    def _admit(self, request: web.Request) -> None:
        """Let the request pass; an open gateway lets every request pass."""

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


def _problem_of(request: web.Request, error: web.HTTPException) -> Problem:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = tuple(sorted({*error.allowed_methods, "OPTIONS"}))
        detail = f"{request.method} is not allowed on {request.path}."
        return Problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, allow=allowed)
    if isinstance(error, web.HTTPNotFound):
        return Problem(HTTPStatus.NOT_FOUND, f"There is nothing at {request.path}.")
    return Problem(HTTPStatus(error.status), error.text or error.reason)
