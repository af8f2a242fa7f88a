"""``GET /api/v1/stream``: one client from its request to its end.

    request ─▶ position ─▶ opening (retry, connected, reset) ─▶ catch up ─▶ live ─▶ end
                                                                 ▲            │
                                                                 └─ lagging ──┘

A client that catches up is not known to the hub. It is written bounded pieces, from JetStream where the ring does
not reach and from the ring after, each only when its transport has let go of the last one; at the loop turn at
which nothing is left it joins the hub. All of it runs in the request's own task.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final
from uuid import uuid4

import structlog
from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

from sse_gateway.access.scope import Scope
from sse_gateway.fanout.cursor import Cursor, ResetReason, Span
from sse_gateway.fanout.filters import FILTER_PARAMETERS, Filter, Query, check_names, compile_filter, single
from sse_gateway.fanout.frame import control, joined, pieces, retry
from sse_gateway.fanout.hub import Client, Hub, Leaving
from sse_gateway.fanout.replay import PIECE_BYTES, Replay
from sse_gateway.fanout.since import parse_since
from sse_gateway.ledger.history import PAGE_SEQUENCES
from sse_gateway.ledger.subscription import Ledger, reset_event
from sse_gateway.metrics import ENDED, EVICTIONS, REPLAYED, REPLAYS, RESETS
from sse_gateway.stream.admission import Admission
from sse_gateway.stream.lifetime import End, Ending
from tfdrift import __version__
from tfdrift.bus import BusError

HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
RETRY_MILLISECONDS: Final = 3000
# At shutdown clients come back after a time of their own, so that they don't all meet the next replica at once.
DRAIN_RETRY_MILLISECONDS: Final = (500, 5000)

# A client that was live and whose buffer filled has this long to empty it; one that is being replayed has longer,
# since it asked for more than it can read at once.
LAGGING_SECONDS: Final = 2.0
STALLED_SECONDS: Final = 30.0

# Pages that are read to count are still in memory when they are written, if they are no more than these; past it
# JetStream counts.
_COUNTED_SEQUENCES: Final = 2 * PAGE_SEQUENCES

_FROM_RING: Final = REPLAYED.labels("ring")

_PARAMETERS: Final = (*FILTER_PARAMETERS, "since", "last_event_id")


class Evicted(Exception):  # noqa: N818 - the name is what became of the client
    """The client cannot be served further; the argument is the reason."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for.

    Attributes:
        last_event_id: where it stopped; a header, which an EventSource sends when it reconnects, goes before the
            parameter and before ``since``, which stand in a URL that never changes.
    """

    wanted: Filter
    last_event_id: str | None
    since: datetime | None


def parse_request(query: Query, headers: Mapping[str, str], now: datetime, scope: Scope) -> Asked:
    """What the request asks for, within what its sender may see.

    Raises:
        BadParameter: a parameter or a value is not known.
    """
    check_names(query, _PARAMETERS)
    since = single(query, "since")
    parameter = single(query, "last_event_id")
    return Asked(
        wanted=compile_filter(query, scope),
        last_event_id=headers.get("Last-Event-ID") or parameter,
        since=parse_since(since, now) if since is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request: from which address, with which token (None for none), and when its stream is to end.

    Attributes:
        withdrawals: how often that token had been withdrawn when it was looked at.
    """

    address: str
    token: str | None
    end: End | None
    withdrawals: int = 0


@dataclass(frozen=True, slots=True)
class _Start:
    after: int
    reset: ResetReason | None = None
    span: Span | None = None


@dataclass(slots=True, eq=False)
class _Open:
    """An open stream: what ends it in time, and why it is to end."""

    timeout: asyncio.Timeout
    ending: Ending | None

    def withdraw(self) -> None:
        """End it now, unless it is ending already."""
        if not self.timeout.expired():
            self.ending = Ending.TOKEN_WITHDRAWN
            self.timeout.reschedule(asyncio.get_running_loop().time())


class Streams:
    """Serves streams from one ledger."""

    def __init__(self, ledger: Ledger, hub: Hub, admission: Admission) -> None:
        self._ledger = ledger
        self._hub = hub
        self._replay = Replay(hub.ring)
        self._admission = admission
        self._random = Random()  # noqa: S311 - spreads reconnections, keeps no secret
        self._draining = False
        self._by_token: defaultdict[str, set[_Open]] = defaultdict(set)
        self._withdrawals: Counter[str] = Counter()
        self._log = structlog.get_logger()

    async def serve(self, request: web.Request, asked: Asked, sender: Sender) -> web.StreamResponse:
        """Stream to one client until it goes, is cut off, its time is over, or this process drains.

        Raises:
            Refused: there is no place for it.
            tfdrift.bus.BusError, Behind: its position cannot be found now.
        """
        with self._admission.admitted(sender.address, sender.token):
            epoch = self._ledger.epoch
            start = await self._start(asked)
            replayed = await self._count(start.after, asked.wanted)
            response = web.StreamResponse(headers=HEADERS)
            writer = await response.prepare(request)
            transport = request.transport
            if writer is None or transport is None:
                return response
            client = Client(transport, asked.wanted, chunked=request.version >= HttpVersion11)
            client.write(self._opening(asked.wanted, replayed, start))
            response.force_close()
            try:
                await self._until_its_end(client, sender, self._run(client, writer, start.after, epoch))
            except Evicted as evicted:
                EVICTIONS.labels(str(evicted)).inc()
                self._log.info("client_evicted", reason=str(evicted), address=sender.address)
                transport.abort()
            except (BusError, ConnectionError) as error:
                # The client has its last id, so ending the stream loses nothing.
                self._log.info("stream_broken_off", reason=str(error), address=sender.address)
            finally:
                self._hub.leave(client)
            return response

    def withdraw(self, token: str) -> None:
        """End the streams of a token that is no longer what it was."""
        self._withdrawals[token] += 1
        for stream in self._by_token.get(token, ()):
            stream.withdraw()

    def withdrawals(self, token: str | None) -> int:
        """How often a token has been withdrawn."""
        return self._withdrawals[token] if token is not None else 0

    def drain(self) -> None:
        """End every stream, and refuse new ones."""
        self._draining = True
        self._admission.close()
        self._hub.drain(self._farewell)

    async def _start(self, asked: Asked) -> _Start:
        if asked.last_event_id is not None:
            found, span = await self._ledger.resume(asked.last_event_id)
            if found.reset is not None:
                RESETS.labels(found.reset).inc()
            return _Start(found.after, found.reset, span)
        if asked.since is not None:
            return _Start(await self._ledger.position_at(asked.since))
        return _Start(self._hub.ring.last)

    async def _count(self, after: int, wanted: Filter) -> int:
        """How many events will be replayed: those that match, up to now."""
        ring, matching = self._hub.ring, 0
        if after < ring.last:
            REPLAYS.labels("ring" if after + 1 >= ring.first else "ledger").inc()
        if ring.first - after > _COUNTED_SEQUENCES and (subjects := wanted.subjects) is not None:
            matching = await self._ledger.history.count(after + 1, ring.first - 1, subjects)
            after = ring.first - 1
        while after + 1 < ring.first:
            page = await self._ledger.history.page_at(after + 1, ring.first - 1)
            matching += sum(f.sequence > after and wanted.matches(f.subject, f.workspace) for f in page.frames)
            after = page.end
        return matching + self._replay.count(after, wanted)

    def _opening(self, wanted: Filter, replayed: int, start: _Start) -> bytes:
        connected = control(
            "connected",
            {
                "stream_id": str(uuid4()),
                "message": "Connected to TFDrift-Falco SSE stream",
                "version": __version__,
                "events": wanted.events,
                "replayed": replayed,
            },
        )
        reset = b""
        if start.reset is not None and start.span is not None:
            reset = reset_event(start.reset, Cursor(start.span.epoch, start.span.oldest))
        return retry(RETRY_MILLISECONDS) + connected + reset

    async def _until_its_end(self, client: Client, sender: Sender, running: Coroutine[None, None, None]) -> None:
        timeout = asyncio.timeout(sender.end.after_seconds if sender.end is not None else None)
        stream = _Open(timeout, sender.end.reason if sender.end is not None else None)
        token = sender.token
        try:
            async with timeout:
                if token is not None:
                    self._by_token[token].add(stream)
                    if self._withdrawals[token] != sender.withdrawals:  # while its request waited
                        stream.withdraw()
                await running
        except TimeoutError:
            if stream.ending is not None:
                self._end(client, stream.ending)
        finally:
            if token is not None:
                self._by_token[token].discard(stream)
                if not self._by_token[token]:
                    del self._by_token[token]

    def _end(self, client: Client, reason: Ending) -> None:
        """Say why, where coming back as before would not help, and when to come back."""
        self._hub.leave(client)
        ENDED.labels(reason).inc()
        closing = control("closing", {"reason": reason}) if reason is not Ending.MAX_AGE else b""
        client.write(closing + self._farewell())

    def _farewell(self) -> bytes:
        return retry(self._random.randint(*DRAIN_RETRY_MILLISECONDS))

    async def _run(self, client: Client, writer: AbstractStreamWriter, position: int, epoch: str) -> None:
        await self._catch_up(client, writer, position, epoch)
        while not self._draining:
            left = self._hub.join(client)
            if await left is Leaving.DRAINING:
                return
            await self._drained(writer, LAGGING_SECONDS, "slow")
            if client.position + 1 < self._hub.ring.first:
                raise Evicted("slow")
            await self._catch_up(client, writer, client.position, epoch)
        client.write(self._farewell())

    async def _catch_up(self, client: Client, writer: AbstractStreamWriter, position: int, epoch: str) -> None:
        """Write everything later than ``position``; at its return nothing is left, and no loop turn lies between."""
        ring, wanted = self._hub.ring, client.wanted
        while not self._draining:
            if self._ledger.epoch != epoch:
                raise ConnectionError("the ledger was made anew")
            if position + 1 < ring.first:
                position = await self._write_page(client, writer, position)
            elif position < ring.last:
                data, events, position = self._replay.next(position, wanted)
                if events:
                    client.write(data)
                    _FROM_RING.inc(events)
            else:
                return
            if position < ring.last:
                await asyncio.sleep(0)  # others have their turn, even if nothing was written
            await self._drained(writer, STALLED_SECONDS, "stalled")

    async def _write_page(self, client: Client, writer: AbstractStreamWriter, position: int) -> int:
        page = await self._ledger.history.page_at(position + 1, self._hub.ring.first - 1)
        later = [frame for frame in page.frames if frame.sequence > position]
        if not later or later[0].sequence > position + 1:
            span = await self._ledger.expired_between(position)
            if span is not None:
                RESETS.labels(ResetReason.EXPIRED).inc()
                client.write(reset_event(ResetReason.EXPIRED, Cursor(span.epoch, span.oldest)))
        matching = [frame for frame in later if client.wanted.matches(frame.subject, frame.workspace)]
        for piece in pieces(matching, PIECE_BYTES):
            client.write(joined(piece))
            REPLAYED.labels("ledger").inc(len(piece))
            await self._drained(writer, STALLED_SECONDS, "stalled")
        return page.end

    async def _drained(self, writer: AbstractStreamWriter, seconds: float, reason: str) -> None:
        try:
            async with asyncio.timeout(seconds):
                await writer.drain()
        except TimeoutError:
            raise Evicted(reason) from None
