"""Serves the files of the dashboard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final

from aiohttp import web

_FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/static/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/static/style.css": ("style.css", "text/css; charset=utf-8"),
}
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

PATHS: Final = frozenset(_FILES)


def routes() -> list[web.RouteDef]:
    """Returns a route for each file."""
    return [web.get(path, _handler(*_FILES[path])) for path in _FILES]


def _handler(name: str, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    body = files("sse_gateway").joinpath("static", name).read_bytes()

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Type": content_type, **_HEADERS})

    return page
