"""The routes of the public port besides the stream's own work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from random import Random
from typing import Final

from aiohttp import web

from sse_gateway.access.authorize import OPEN, forbidden
from sse_gateway.api import openapi, pages
from sse_gateway.api.answers import json_answer, listing, members
from sse_gateway.api.dismissal import Dismissal, dismiss, parse_reason
from sse_gateway.api.drifts import DRIFT_PARAMETERS, parse_drift_query
from sse_gateway.api.events import EVENT_PARAMETERS, event_json, newest_first, parse_event_query
from sse_gateway.api.http import ADDRESS, GRANT
from sse_gateway.api.mirror import Mirror
from sse_gateway.api.resources import find, shown
from sse_gateway.errors import Behind, Refused
from sse_gateway.fanout.cursor import Cursor, decode_token, encode_token
from sse_gateway.fanout.filters import Query, check_names, single
from sse_gateway.ledger.subscription import BEHIND_SECONDS, Ledger
from sse_gateway.problem import BadParameter, Problem
from sse_gateway.stream.admission import Admission
from sse_gateway.stream.lifetime import end_of
from sse_gateway.stream.streams import HEADERS, Sender, Streams, parse_request
from tfdrift import __version__
from tfdrift.bus import Bus

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000

# They show nothing of anybody's, and a page is needed to sign in on.


def is_public(path: str) -> bool:
    """Whether a path needs no token: it shows nothing of anybody's."""
    return path in ("/health", "/api/v1/openapi.json") or pages.is_page(path)


@dataclass(frozen=True)
class Api:
    """The handlers, over everything that they read from.

    Attributes:
        caught_up: set once this process has read up to the present.
        max_connection_seconds: how long a stream may last; 0 is unbounded.
    """

    bus: Bus
    ledger: Ledger
    mirror: Mirror
    streams: Streams
    admission: Admission
    caught_up: asyncio.Event
    now: Callable[[], datetime]
    max_connection_seconds: float
    random: Random = field(default_factory=Random)
    description: bytes = field(default_factory=openapi.encoded)

    def routes(self) -> list[web.RouteDef]:
        """Every route; GET routes answer HEAD too."""
        return [
            web.get("/health", self.health),
            web.get("/api/v1/openapi.json", self.openapi),
            web.get("/api/v1/stream", self.stream),
            web.get("/api/v1/drifts", self.list_drifts),
            web.get("/api/v1/drifts/{id}", self.get_drift),
            web.post("/api/v1/drifts/{id}/dismiss", self.dismiss_drift),
            web.get("/api/v1/events", self.list_events),
            web.get("/api/v1/workspaces", self.list_workspaces),
            # An address may hold slashes: the keys of for_each are any text.
            web.get("/api/v1/resources/{address:.+}", self.get_resource),
            web.get("/api/v1/stats", self.stats),
            *pages.routes(),
        ]

    async def health(self, request: web.Request) -> web.Response:
        """Whether this process is alive, and whether it can read the ledger: ``degraded`` still serves clients."""
        connected = self.bus.connected
        return members(
            request,
            {
                "status": "ok" if connected and self.caught_up.is_set() else "degraded",
                "version": __version__,
                "nats": connected,
                "caught_up": self.caught_up.is_set(),
                "clients": self.admission.open,
            },
        )

    async def openapi(self, request: web.Request) -> web.Response:
        """The description of all this."""
        return json_answer(request, self.description)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The event stream; HEAD gets its headers."""
        grant, now = request[GRANT], self.now()
        token = None if grant is OPEN else grant.name
        withdrawals = self.streams.withdrawals(token)
        asked = parse_request(_query(request), request.headers, now, grant.scope)
        if request.method == "HEAD":
            return web.Response(headers=HEADERS)
        await self._until_ready()
        end = end_of(grant.expires, now, self.max_connection_seconds, self.random)
        return await self.streams.serve(request, asked, Sender(request[ADDRESS], token, end, withdrawals))

    async def list_drifts(self, request: web.Request) -> web.Response:
        """The drifts, newest first."""
        query = _query(request)
        check_names(query, DRIFT_PARAMETERS)
        wanted, limit = parse_drift_query(query, self.now(), request[GRANT].scope), _limit(query)
        await self._until_ready()
        rows, cursor = self.mirror.drifts.page(wanted, limit)
        return listing(request, "drifts", [row.body for row in rows], cursor)

    async def get_drift(self, request: web.Request) -> web.Response:
        """One drift with its history."""
        check_names(_query(request), ())
        await self._until_ready()
        row = self.mirror.drifts.get(request.match_info["id"])
        if row is None or not row.visible(request[GRANT].scope):
            raise Refused(Problem(HTTPStatus.NOT_FOUND, f"There is no drift {request.match_info['id']!r}."))
        return json_answer(request, row.body)

    async def dismiss_drift(self, request: web.Request) -> web.Response:
        """Resolve a drift as dismissed."""
        check_names(_query(request), ())
        grant = request[GRANT]
        if not grant.may_write:
            raise forbidden("This token may not dismiss drifts.")
        dismissal = Dismissal(None if grant is OPEN else grant.name, parse_reason(await request.read()), self.now())
        drift = await dismiss(self.bus, request.match_info["id"], dismissal, grant)
        headers = {"Cache-Control": "no-store"}
        return web.Response(body=drift.encode(), content_type="application/json", headers=headers)

    async def list_events(self, request: web.Request) -> web.Response:
        """The ledger, newest first."""
        query = _query(request)
        check_names(query, EVENT_PARAMETERS)
        await self._until_ready()
        wanted = parse_event_query(query, self.now(), self.ledger.epoch, request[GRANT].scope)
        limit = _limit(query)
        frames, cursor = await newest_first(self.ledger, wanted, limit)
        return listing(request, "events", [event_json(frame) for frame in frames], str(cursor) if cursor else None)

    async def list_workspaces(self, request: web.Request) -> web.Response:
        """The workspaces by name."""
        query = _query(request)
        check_names(query, ("limit", "cursor"))
        limit, after = _limit(query), _name_after(query)
        await self._until_ready()
        heads = [head for head in self.mirror.heads(request[GRANT].scope) if after is None or head.workspace > after]
        cursor = encode_token(heads[limit - 1].workspace) if len(heads) > limit else None
        return listing(request, "workspaces", [head.encode() for head in heads[:limit]], cursor)

    async def get_resource(self, request: web.Request) -> web.Response:
        """One resource as the state records it."""
        query = _query(request)
        check_names(query, ("workspace",))
        workspace = single(query, "workspace")
        await self._until_ready()
        known = [head.workspace for head in self.mirror.heads(request[GRANT].scope)]
        wanted = known if workspace is None else [name for name in known if name == workspace]
        record = await find(self.bus, wanted, request.match_info["address"], request[GRANT].scope)
        return json_answer(request, shown(record))

    async def stats(self, request: web.Request) -> web.Response:
        """Counts, for a page's head."""
        check_names(_query(request), ())
        await self._until_ready()
        scope = request[GRANT].scope
        heads, span = self.mirror.heads(scope), await self.ledger.span()
        return members(
            request,
            {
                "drifts": self.mirror.drifts.counts(scope),
                "ledger": {
                    "first_id": str(Cursor(span.epoch, span.oldest)) if span.oldest <= span.last else None,
                    "last_id": str(Cursor(span.epoch, span.last)) if span.oldest <= span.last else None,
                },
                "workspaces": len(heads),
                "resources": sum(head.resource_count for head in heads),
                "clients": self.admission.open,
            },
        )

    async def _until_ready(self) -> None:
        """Return when this process has read up to the present.

        Whoever comes while it starts is kept waiting rather than refused: an answer other than 200 ends an
        `EventSource` for good (WHATWG HTML section 9.2.3).

        Raises:
            Behind: it takes too long.
        """
        try:
            async with asyncio.timeout(BEHIND_SECONDS):
                await self.caught_up.wait()
        except TimeoutError as error:
            raise Behind("this gateway has not yet read up to the present") from error


def _query(request: web.Request) -> Query:
    return tuple(request.query.items())


def _limit(query: Query) -> int:
    text = single(query, "limit")
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= MAX_LIMIT):
        raise BadParameter("limit", f"limit {text!r} is not a number from 1 to {MAX_LIMIT}", (f"1 to {MAX_LIMIT}",))
    return int(text)


def _name_after(query: Query) -> str | None:
    cursor = single(query, "cursor")
    try:
        return decode_token(cursor) if cursor is not None else None
    except ValueError:
        raise BadParameter("cursor", "cursor is not one that this list gave as next_cursor") from None
