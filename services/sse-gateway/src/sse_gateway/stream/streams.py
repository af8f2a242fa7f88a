"""``GET /api/v1/stream``: one client from its request to its end.

    request ─▶ place ─▶ start ─▶ head, opening (retry, connected, reset) ─▶ session ─▶ end

Everything up to the opening runs in the request's own task, and may still be refused. Then a `Session` takes the
connection over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from random import Random
from typing import Final
from uuid import uuid4

import structlog
from aiohttp import HttpVersion11, web

from sse_gateway.errors import Disconnected
from sse_gateway.fanout import own_events
from sse_gateway.fanout.client import Client, Leaving
from sse_gateway.fanout.cursor import Cursor
from sse_gateway.fanout.filters import Filter
from sse_gateway.fanout.replay import Replay
from sse_gateway.ledger.subscription import Ledger
from sse_gateway.metrics import ENDED, EVICTIONS
from sse_gateway.stream.admission import Admission, Place
from sse_gateway.stream.delivery import Delivery
from sse_gateway.stream.lifetime import Ending
from sse_gateway.stream.request import Sender, StreamRequest
from sse_gateway.stream.session import Session
from sse_gateway.stream.start import Start, count_replayed, find_start
from sse_gateway.stream.withdrawal import Withdrawals
from tfdrift.bus import BusError

HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
RETRY_MILLISECONDS: Final = 3000
# At shutdown clients connect again after a time of their own, so that they do not all reach the next replica at once.
DRAIN_RETRY_MILLISECONDS: Final = (500, 5000)
# At shutdown clients have this long to read what they were sent.
_CLOSE_SECONDS: Final = 2.0


class Streams:
    """Serves streams from one ledger.

    Attributes:
        withdrawals: the open streams by token.
    """

    def __init__(self, ledger: Ledger, admission: Admission) -> None:
        self.withdrawals = Withdrawals()
        self._ledger = ledger
        self._hub = ledger.hub
        self._replay = Replay(self._hub.ring)
        self._admission = admission
        self._delivery = Delivery(ledger, self._replay, lambda: self._draining)
        self._random = Random()  # noqa: S311 - spreads reconnections, protects no secret
        self._draining = False
        self._sessions: set[Session] = set()
        self._all_closed: asyncio.Event | None = None
        self._log = structlog.get_logger()

    async def serve(self, request: web.Request, asked: StreamRequest, sender: Sender) -> web.StreamResponse:
        """Open a stream; its connection is a session's when this returns.

        Raises:
            Refused: there is no place for it.
            tfdrift.bus.BusError, Behind: its position cannot be found now.
        """
        place = self._admission.admit(sender.address, sender.token)
        response = web.StreamResponse(headers=HEADERS)
        try:
            epoch = self._ledger.epoch
            start = await find_start(self._ledger, asked)
            replayed = await count_replayed(self._ledger, self._hub, self._replay, start.after, asked.wanted)
            with suppress(ConnectionError):  # the client may have left meanwhile
                await response.prepare(request)
        except BaseException:
            place.release()
            raise
        transport = request.transport
        if transport is None or transport.is_closing():
            place.release()
        else:
            client = Client(transport, asked.wanted, chunked=request.version >= HttpVersion11)
            self._hub.write(client, _opening(asked.wanted, replayed, start))
            self._open(request, client, sender, place, start.after, epoch)
        return response

    def drain(self) -> None:
        """End every stream, and refuse new ones."""
        self._draining = True
        self._admission.close()
        self._hub.drain(self._farewell)

    async def wait_closed(self) -> None:
        """Wait until every connection is closed, or until a slow client's time is over."""
        self._all_closed = asyncio.Event()
        if not self._sessions:
            return
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._all_closed.wait()
        except TimeoutError:
            for session in list(self._sessions):
                session.abort()

    def left(self, session: Session, why: Leaving) -> None:
        """Called when the hub has let go of a live session: it recovers, or this process drains."""
        if why is Leaving.DRAINING:
            session.end()
        else:
            session.run(self._supervised(session, self._delivery.recover(session, self._ledger.epoch)))

    def withdrawn(self, session: Session) -> None:
        """Called when a session's token is withdrawn."""
        self._end(session, Ending.TOKEN_WITHDRAWN)

    def ended(self, session: Session) -> None:
        """Called when a session has ended: its place is free."""
        self._hub.leave(session.client)
        session.place.release()
        if session.token is not None:
            self.withdrawals.remove(session.token, session.withdraw)

    def closed(self, session: Session) -> None:
        """Called when a session's connection is closed."""
        self._sessions.discard(session)
        if self._all_closed is not None and not self._sessions:
            self._all_closed.set()

    def _open(self, request: web.Request, client: Client, sender: Sender, place: Place, after: int, epoch: str) -> None:
        """Give the connection to a session, and deliver everything later than ``after``."""
        session = Session(client, place, sender.token, self)
        self._sessions.add(session)
        session.take_over(request)
        session.run(self._supervised(session, self._delivery.begin(session, after, epoch)))
        if sender.end is not None:
            session.call_later(sender.end.after_seconds, partial(self._end, session, sender.end.reason))
        if sender.token is not None:
            self.withdrawals.add(sender.token, sender.withdrawals, session.withdraw)

    async def _supervised(self, session: Session, delivery: Coroutine[None, None, None]) -> None:
        """Run a delivery, and end the session if it fails or this process drains."""
        try:
            await delivery
        except Disconnected as disconnected:
            EVICTIONS.labels(disconnected.reason).inc()
            self._log.info("client_evicted", reason=disconnected.reason, address=session.place.address)
            session.abort()
        except (BusError, ConnectionError) as error:
            # The client has its last id, so ending the stream loses nothing.
            if not session.over:
                self._log.info("stream_broken_off", reason=str(error), address=session.place.address)
            session.end()
        except Exception:  # noqa: BLE001 - the supervisor of one stream: its error ends this stream alone
            self._log.exception("stream_failed", address=session.place.address)
            session.end()
        else:
            if self._draining:
                session.end(self._farewell())

    def _end(self, session: Session, reason: Ending) -> None:
        """Say when to connect again, and, where connecting as before would not help, why the stream ends."""
        if session.over:
            return
        ENDED.labels(reason).inc()
        closing = own_events.closing(reason) if reason is not Ending.MAX_AGE else b""
        session.end(closing + self._farewell())

    def _farewell(self) -> bytes:
        return own_events.retry(self._random.randint(*DRAIN_RETRY_MILLISECONDS))


def _opening(wanted: Filter, replayed: int, start: Start) -> bytes:
    """Returns the first bytes of a stream."""
    reset = b""
    if start.reset is not None and start.span is not None:
        reset = own_events.reset(start.reset, Cursor(start.span.epoch, start.span.oldest))
    connected = own_events.connected(str(uuid4()), wanted.events, replayed)
    return own_events.retry(RETRY_MILLISECONDS) + connected + reset
