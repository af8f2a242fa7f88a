"""What browsers may do at a public port: nothing that a page of another origin makes them do.

A page of any origin can make a browser send a POST to an address that only this machine or network reaches (cross-site
request forgery). Browsers name the page's origin in ``Origin`` (Fetch standard, section 3.1), and its relation to the
address in ``Sec-Fetch-Site`` (W3C Fetch Metadata, section 2.3). Programs such as Falco send neither.

A page can also make its own host name resolve to this machine (DNS rebinding); then the page's origin is the address.
The name in ``Host`` gives it away: it is neither an IP address nor a name of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import orjson
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import Counter

REFUSED: Final = Counter(
    "tfdrift_http_foreign_total",
    "Requests of browsers that a page of another origin, or under a foreign host name, made them send",
    ["reason"],
)

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK: Final = "localhost"


@dataclass(frozen=True, slots=True)
class Browsers:
    """The rules of one public port.

    Attributes:
        hosts: host names, in lower case, under which the port may be addressed, besides loopback names and addresses.
        origins: origins, in lower case, whose pages may change something, besides the port's own.
        any_host: whether the port may be addressed under any host name, because it asks for credentials.
        every_request: whether the host name is checked for programs too, not only for browsers.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    any_host: bool = False
    every_request: bool = False

    def refusal(self, method: str, headers: Mapping[str, str]) -> tuple[str, str] | None:
        """Return a label and a sentence about why a request is refused; None when it is not."""
        origin, site, host = headers.get("Origin"), headers.get("Sec-Fetch-Site"), headers.get("Host")
        of_browser = origin is not None or site is not None
        changes = method not in _SAFE
        if host is not None and (self.every_request or (of_browser and changes)) and not self._is_ours(host):
            return "host", (
                f"Requests for the host name {host_name(host)!r} are refused, since any page can take such a name; "
                "add it to TFDRIFT_HTTP_HOSTS if it is a name of this service."
            )
        if not changes:
            return None
        if origin is None and site == "cross-site":
            return "origin", "A page of another site made the browser send this request."
        if origin is not None and not self.is_own(origin.lower(), host):
            return "origin", f"Pages of the origin {origin!r} may not send this request."
        return None

    def _is_ours(self, host: str) -> bool:
        name = host_name(host)
        if self.any_host or name == _LOOPBACK or name.endswith(f".{_LOOPBACK}") or name in self.hosts:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True

    def is_own(self, origin: str, host: str | None) -> bool:
        """Whether an origin, in lower case, is that of the port itself, or one of the allowed ones."""
        return origin in self.origins or origin in (f"http://{host}".lower(), f"https://{host}".lower())


def host_name(host: str) -> str:
    """Return the name in a ``Host`` header, in lower case, without port, brackets and the dot of the root."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")


def guard(browsers: Browsers) -> Middleware:
    """Return the middleware that refuses requests with 403 and a problem document (RFC 9457)."""

    @web.middleware
    async def refuse_foreign(request: web.Request, handler: Handler) -> web.StreamResponse:
        found = browsers.refusal(request.method, request.headers)
        if found is None:
            return await handler(request)
        reason, detail = found
        REFUSED.labels(reason).inc()
        structlog.get_logger().warning("request_refused", reason=reason, path=request.path, detail=detail)
        problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": detail}
        return web.Response(status=403, body=orjson.dumps(problem), content_type="application/problem+json")

    return refuse_foreign
