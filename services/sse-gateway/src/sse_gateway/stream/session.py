"""One client's stream after its request was answered: the protocol of its connection, without a task while it is live.

Theory of operation. aiohttp serves the request up to the head of the answer. Then `take_over` gives the connection to a
`Session`, and everything that aiohttp needs for a request is freed; that is most of what an idle client would cost.
A task exists only while the client catches up. A live session is woken by its transport, by the hub, by its timer or by
a withdrawal of its token.

A session ends once: `end` writes last bytes and closes in order, `abort` closes at once, and a lost connection ends it
by itself. Each way frees its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Protocol

from aiohttp import web

from sse_gateway.errors import Disconnected
from sse_gateway.fanout.client import Client, Leaving
from sse_gateway.fanout.frame import LAST_CHUNK
from sse_gateway.stream.admission import Place

# A client that does not read its last bytes is disconnected after this time.
CLOSING_SECONDS: Final = 30.0


class Owner(Protocol):
    """Who decides for sessions."""

    def left(self, session: Session, why: Leaving) -> None:
        """The hub has let go of a live session."""
        ...

    def withdrawn(self, session: Session) -> None:
        """The session's token was withdrawn."""
        ...

    def ended(self, session: Session) -> None:
        """The session has ended; its connection may still be closing."""
        ...

    def closed(self, session: Session) -> None:
        """The session's connection is closed."""
        ...


class Session(asyncio.Protocol):
    """The connection of one client.

    Attributes:
        client: what the hub writes to.
        place: its place among the open streams.
        token: the name of its token; None for none.
        over: whether it has ended.
    """

    __slots__ = ("_drained", "_owner", "_paused", "_task", "_timer", "client", "over", "place", "token")

    def __init__(self, client: Client, place: Place, token: str | None, owner: Owner) -> None:
        self.client = client
        self.place = place
        self.token = token
        self.over = False
        self._owner = owner
        self._paused = False
        self._drained: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def take_over(self, request: web.Request) -> None:
        """Take the connection from aiohttp, whose task for the request is cancelled."""
        handler, transport = request.protocol, request.transport
        assert transport is not None  # noqa: S101 - the caller has just written to it
        transport.set_protocol(self)
        handler.transport = None  # or aiohttp would close it
        handler.connection_lost(None)
        if not transport.is_reading():  # aiohttp paused it because of requests behind this one
            transport.resume_reading()

    def left(self, why: Leaving) -> None:
        """Called by the hub when it lets go of the client."""
        self._owner.left(self, why)

    def withdraw(self) -> None:
        """Called when the session's token is withdrawn."""
        self._owner.withdrawn(self)

    def run(self, catching_up: Coroutine[None, None, None]) -> None:
        """Run a coroutine that ends when the client is live; it is cancelled when the session ends."""
        self._task = asyncio.get_running_loop().create_task(catching_up)
        self._task.add_done_callback(self._caught_up)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back after a time, unless the session has ended by then."""
        self._timer = asyncio.get_running_loop().call_later(seconds, callback)

    async def drained(self, seconds: float, reason: str) -> None:
        """Wait until the client has read most of what it was written.

        Raises:
            Disconnected: it has not within that time.
            ConnectionError: its connection is lost.
        """
        if self.client.transport.is_closing():
            raise ConnectionError("the connection is closed")
        if not self._paused:
            return
        self._drained = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._drained
        except TimeoutError:
            raise Disconnected(reason) from None
        finally:
            self._drained = None

    def end(self, body: bytes = b"") -> None:
        """Write last bytes and end the stream in order."""
        if self.over:
            return
        self._end()
        transport = self.client.transport
        if not transport.is_closing():
            if body:
                self.client.write(body)
            if self.client.chunked:
                transport.write(LAST_CHUNK)
            transport.close()
            self._timer = asyncio.get_running_loop().call_later(CLOSING_SECONDS, transport.abort)

    def abort(self) -> None:
        """Close the connection at once; what the client has not read yet is dropped."""
        self._end()
        self.client.transport.abort()

    def pause_writing(self) -> None:
        """Called by the transport when its buffer is full."""
        self._paused = True

    def resume_writing(self) -> None:
        """Called by the transport when its buffer has emptied."""
        self._paused = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Called by the transport when the connection is closed by either side."""
        self._end()
        self._stop_timer()
        self._owner.closed(self)

    def _end(self) -> None:
        if self.over:
            return
        self.over = True
        self._stop_timer()
        if self._task is not None:
            self._task.cancel()
        self._owner.ended(self)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _caught_up(self, task: asyncio.Task[None]) -> None:
        if self._task is task:
            self._task = None
