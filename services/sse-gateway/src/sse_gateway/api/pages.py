"""The dashboard's static files, which `npm run build` writes from ``dashboard/``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final

from aiohttp import web

_CONTENT_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
# Each view of the page has an address; the page itself reads which one it is.
_VIEWS: Final = ("/", "/drift/{id}", "/timeline", "/people", "/workspaces", "/system")
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def routes() -> list[web.RouteDef]:
    """Returns a route for each view and each file."""
    assets = [file.name for file in files("sse_gateway").joinpath("static").iterdir() if file.name != "index.html"]
    return [
        *(web.get(path, _handler("index.html")) for path in _VIEWS),
        *(web.get(f"/static/{name}", _handler(name)) for name in sorted(assets)),
    ]


def is_page(path: str) -> bool:
    """Whether a path belongs to the page: a view or one of its files, which anybody may load."""
    return path in _VIEWS or path.startswith(("/drift/", "/static/"))


def _handler(name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    body = files("sse_gateway").joinpath("static", name).read_bytes()
    content_type = _CONTENT_TYPES[name.rpartition(".")[2]]

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Type": content_type, **_HEADERS})

    return page
