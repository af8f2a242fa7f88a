"""The routes of the public port and their handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from random import Random
from typing import Final

import orjson
from aiohttp import web

from sse_gateway.access.authorize import OPEN, forbidden
from sse_gateway.access.scope import Grant
from sse_gateway.api import pages
from sse_gateway.api.answers import json_answer, listing, members
from sse_gateway.api.dismissal import dismiss, undo
from sse_gateway.api.events import EVENT_PARAMETERS, event_json, newest_first, parse_event_query
from sse_gateway.api.gate import ADDRESS, GRANT
from sse_gateway.api.health import Health
from sse_gateway.api.mirror import Mirror
from sse_gateway.api.resources import find, shown
from sse_gateway.contract import openapi
from sse_gateway.drifts.dismissal import parse_dismissal
from sse_gateway.drifts.people import people
from sse_gateway.drifts.query import DRIFT_PARAMETERS, parse_drift_query
from sse_gateway.drifts.remedies import remedies
from sse_gateway.errors import BadParameter, Behind, Refused
from sse_gateway.fanout.cursor import Cursor, decode_token, encode_token
from sse_gateway.fanout.filters import Query, check_names, single
from sse_gateway.ledger.subscription import BEHIND_SECONDS, Ledger
from sse_gateway.problem import Problem
from sse_gateway.stream.admission import Admission
from sse_gateway.stream.lifetime import end_of
from sse_gateway.stream.request import Sender, parse_request
from sse_gateway.stream.streams import HEADERS, Streams
from tfdrift import __version__
from tfdrift.bus import Bus
from tfdrift.events import Drift

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000


def is_public(path: str) -> bool:
    """Whether a path needs no token: it shows no data, and a browser needs a page to sign in on."""
    return path in ("/health", "/api/v1/openapi.json") or pages.is_page(path)


@dataclass(frozen=True)
class Api:
    """The handlers, and what they read from.

    Attributes:
        caught_up: set when this process has read up to the present.
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
    pipeline: Health
    random: Random = field(default_factory=Random)
    description: bytes = field(default_factory=openapi.encoded)

    def routes(self) -> list[web.RouteDef]:
        """Returns every route; GET routes answer HEAD too."""
        return [
            web.get("/health", self.health),
            web.get("/api/v1/health", self.pipeline_health),
            web.get("/api/v1/openapi.json", self.openapi),
            web.get("/api/v1/stream", self.stream),
            web.get("/api/v1/drifts", self.list_drifts),
            web.get("/api/v1/drifts/{id}", self.get_drift),
            web.post("/api/v1/drifts/{id}/dismiss", self.dismiss_drift),
            web.delete("/api/v1/drifts/{id}/dismiss", self.undo_dismissal),
            web.get("/api/v1/people", self.list_people),
            web.get("/api/v1/events", self.list_events),
            web.get("/api/v1/workspaces", self.list_workspaces),
            # An address may contain slashes: the keys of for_each are any text.
            web.get("/api/v1/resources/{address:.+}", self.get_resource),
            web.get("/api/v1/stats", self.stats),
            *pages.routes(),
        ]

    async def health(self, request: web.Request) -> web.Response:
        """Answer whether this process is alive and can read the ledger; a ``degraded`` one still serves clients."""
        connected = self.bus.connected
        return await members(
            request,
            {
                "status": "ok" if connected and self.caught_up.is_set() else "degraded",
                "version": __version__,
                "nats": connected,
                "caught_up": self.caught_up.is_set(),
                "clients": self.admission.open,
            },
        )

    async def pipeline_health(self, request: web.Request) -> web.Response:
        """Answer what can be known of the whole pipeline."""
        check_names(_query(request), ())
        return await members(request, await self.pipeline.members(request[GRANT].scope))

    async def openapi(self, request: web.Request) -> web.Response:
        """Answer with the OpenAPI document."""
        return await json_answer(request, self.description)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Serve the event stream; HEAD is answered with its headers."""
        grant, now = request[GRANT], self.now()
        token = None if grant is OPEN else grant.name
        withdrawals = self.streams.withdrawals.count(token)
        asked = parse_request(_query(request), request.headers, now, grant.scope)
        if request.method == "HEAD":
            return web.Response(headers=HEADERS)
        await self._until_ready()
        end = end_of(grant.expires, now, self.max_connection_seconds, self.random.random())
        return await self.streams.serve(request, asked, Sender(request[ADDRESS], token, end, withdrawals))

    async def list_drifts(self, request: web.Request) -> web.Response:
        """Answer with the drifts, newest first."""
        query = _query(request)
        check_names(query, DRIFT_PARAMETERS)
        wanted, limit = parse_drift_query(query, self.now(), request[GRANT].scope), _limit(query)
        await self._until_ready()
        page = self.mirror.drifts.page(wanted, limit)
        counted = {"total": page.total, "facets": page.facets, "groups": page.groups}
        return await listing(request, "drifts", [row.body for row in page.rows], page.next_cursor, counted)

    async def list_people(self, request: web.Request) -> web.Response:
        """Answer with the people behind the drifts."""
        query = _query(request)
        check_names(query, ("limit", "cursor"))
        limit, start = _limit(query), _start_at(query)
        await self._until_ready()
        found = people(self.mirror.drifts.visible(request[GRANT].scope))
        page, rest = found[start : start + limit], found[start + limit :]
        cursor = encode_token(str(start + limit)) if rest else None
        return await listing(request, "people", [orjson.dumps(person) for person in page], cursor)

    async def get_drift(self, request: web.Request) -> web.Response:
        """Answer with one drift, its history and what can be done about it."""
        check_names(_query(request), ())
        await self._until_ready()
        row = self.mirror.drifts.get(request.match_info["id"])
        if row is None or not row.visible(request[GRANT].scope):
            raise Refused(Problem(HTTPStatus.NOT_FOUND, f"There is no drift {request.match_info['id']!r}."))
        found = remedies(Drift.model_validate_json(row.body))
        return await json_answer(request, b'%b,"remedies":%b}' % (row.body[:-1], orjson.dumps(found)))

    async def dismiss_drift(self, request: web.Request) -> web.Response:
        """Resolve a drift as dismissed."""
        check_names(_query(request), ())
        grant = request[GRANT]
        if not grant.may_write:
            raise forbidden("This token may not dismiss drifts.")
        dismissal = parse_dismissal(await request.read(), _by(grant), self.now())
        return _written(await dismiss(self.bus, request.match_info["id"], dismissal, grant))

    async def undo_dismissal(self, request: web.Request) -> web.Response:
        """Open a dismissed drift again."""
        check_names(_query(request), ())
        grant = request[GRANT]
        if not grant.may_write:
            raise forbidden("This token may not undo dismissals.")
        return _written(await undo(self.bus, request.match_info["id"], _by(grant), self.now(), grant))

    async def list_events(self, request: web.Request) -> web.Response:
        """Answer with the events of the ledger, newest first."""
        query = _query(request)
        check_names(query, EVENT_PARAMETERS)
        await self._until_ready()
        wanted = parse_event_query(query, self.now(), self.ledger.epoch, request[GRANT].scope)
        limit = _limit(query)
        frames, cursor = await newest_first(self.ledger, wanted, limit)
        return await listing(
            request, "events", [event_json(frame) for frame in frames], str(cursor) if cursor else None
        )

    async def list_workspaces(self, request: web.Request) -> web.Response:
        """Answer with the workspaces by name."""
        query = _query(request)
        check_names(query, ("limit", "cursor"))
        limit, after = _limit(query), _name_after(query)
        await self._until_ready()
        heads = [head for head in self.mirror.heads(request[GRANT].scope) if after is None or head.workspace > after]
        cursor = encode_token(heads[limit - 1].workspace) if len(heads) > limit else None
        return await listing(request, "workspaces", [head.encode() for head in heads[:limit]], cursor)

    async def get_resource(self, request: web.Request) -> web.Response:
        """Answer with one resource as the state records it."""
        query = _query(request)
        check_names(query, ("workspace",))
        workspace = single(query, "workspace")
        await self._until_ready()
        known = [head.workspace for head in self.mirror.heads(request[GRANT].scope)]
        wanted = known if workspace is None else [name for name in known if name == workspace]
        record = await find(self.bus, wanted, request.match_info["address"], request[GRANT].scope)
        return await json_answer(request, shown(record))

    async def stats(self, request: web.Request) -> web.Response:
        """Answer with counts of what may be seen."""
        check_names(_query(request), ())
        await self._until_ready()
        scope = request[GRANT].scope
        heads, span = self.mirror.heads(scope), await self.ledger.span()
        return await members(
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
        """Wait until this process has read up to the present.

        While it starts, a client waits rather than being refused: an answer other than 200 ends an `EventSource`
        for good (WHATWG HTML section 9.2.3).

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


def _by(grant: Grant) -> str | None:
    return None if grant is OPEN else grant.name


def _written(drift: Drift) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=drift.encode(), content_type="application/json", headers=headers)


def _limit(query: Query) -> int:
    text = single(query, "limit")
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= MAX_LIMIT):
        raise BadParameter("limit", f"limit {text!r} is not a number from 1 to {MAX_LIMIT}", (f"1 to {MAX_LIMIT}",))
    return int(text)


def _start_at(query: Query) -> int:
    """Returns how many entries the pages before have."""
    cursor = single(query, "cursor")
    try:
        return max(0, int(decode_token(cursor))) if cursor is not None else 0
    except ValueError:
        raise BadParameter("cursor", "cursor is not one that this list gave as next_cursor") from None


def _name_after(query: Query) -> str | None:
    cursor = single(query, "cursor")
    try:
        return decode_token(cursor) if cursor is not None else None
    except ValueError:
        raise BadParameter("cursor", "cursor is not one that this list gave as next_cursor") from None
