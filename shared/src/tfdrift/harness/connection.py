"""One HTTP connection of a public port: aiohttp's, with deadlines, and cheap refusals of malformed requests.

Theory of operation. aiohttp waits without end for the rest of a request that has begun, so half-open connections pile
up. Here a connection has `HEAD_SECONDS` for its first head, and as long for each later one from its first byte on; a
body has `BODY_SECONDS` from the end of its head. Between requests aiohttp's own time for idle connections applies. A
stream has no deadline: its head has arrived, and it has no body.

A few reads are parsed in each turn of the loop (`tfdrift.harness.turns`), in the order in which they arrived.

aiohttp answers a malformed request like any other, with tasks and objects of its own, and logs a traceback. Here it is
counted and answered with fixed bytes.

This is the only module that uses private names of aiohttp (`_PRIVATE_NAMES`). With a version that lacks one of them,
connections are aiohttp's own: without deadlines, and the same otherwise.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import StreamReader, web, web_protocol
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import Counter

from tfdrift.harness.turns import Turns

MALFORMED: Final = Counter("tfdrift_http_malformed_total", "Requests that are not HTTP, or whose head is too long")
OVERDUE: Final = Counter(
    "tfdrift_http_overdue_total", "Connections closed because a part of a request did not arrive in time", ["part"]
)

HEAD_SECONDS: Final = 10.0
# The largest body that any service takes, 768 KiB, in this time is 25 KiB a second.
BODY_SECONDS: Final = 30.0
KEEP_ALIVE_SECONDS: Final = 75.0
# How many reads are parsed in one turn of the loop. A request takes some 0.2 ms, so a burst of them delays other work,
# such as an event for all clients, by a millisecond at most.
READS_PER_TURN: Final = 4
# How many connections may wait to be accepted; many clients connect at once.
BACKLOG: Final = 4096
# How often a draining port looks whether its connections are done.
_LOOK_SECONDS: Final = 0.02

_PRIVATE_NAMES: Final = (
    "_loop",
    "_messages",
    "_request_count",
    "_request_in_progress",
    "_task_handler",
    "_waiter",
)
# What the parser puts in place of a message that it could not parse.
_UNPARSED: Final[Any] = getattr(web_protocol, "_ErrInfo", None)

_PROBLEM: Final = (
    b'{"type":"about:blank","title":"Bad Request","status":400,"detail":"This is not a well-formed HTTP/1.1 request, '
    b'or its first line or a header field is longer than 8190 bytes."}'
)
_CONTENT_TYPE: Final = "application/problem+json"
_ANSWER: Final = (
    f"HTTP/1.1 400 Bad Request\r\nContent-Type: {_CONTENT_TYPE}\r\nContent-Length: {len(_PROBLEM)}\r\n"
    "Connection: close\r\n\r\n"
).encode() + _PROBLEM


class Connection(web.RequestHandler):
    """aiohttp's protocol of one connection, with deadlines; see the module's docstring."""

    __slots__ = ("_body_seconds", "_deadline", "_head_seconds", "_turns")

    def __init__(
        self, server: web.Server, turns: Turns, head_seconds: float, body_seconds: float, **options: Any
    ) -> None:
        super().__init__(server, **options)
        self._turns = turns
        self._head_seconds = head_seconds
        self._body_seconds = body_seconds
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the deadline of the first head."""
        super().connection_made(transport)
        self._deadline = self._loop.call_later(self._head_seconds, self._head_overdue)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Cancel the deadline."""
        self._cancel_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the data, in this turn of the loop or in a later one."""
        self._turns.do(partial(self._receive, data))

    def _receive(self, data: bytes) -> None:
        """Parse the data, and start or cancel the deadline of the part that began or ended."""
        if self.transport is None:  # it was closed while it waited
            return
        requests = self._request_count
        super().data_received(data)
        if self._request_count != requests and self._messages:
            self._cancel_deadline()
            message, payload = self._messages[-1]
            if isinstance(message, _UNPARSED):
                self._refuse()
            elif not payload.is_eof():
                self._deadline = self._loop.call_later(self._body_seconds, self._body_overdue, payload)
                payload.on_eof(self._cancel_deadline)
        elif self._deadline is None and self._idle:
            self._deadline = self._loop.call_later(self._head_seconds, self._head_overdue)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a malformed request in its turn, behind well-formed ones."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        MALFORMED.inc()
        response = web.Response(status=HTTPStatus.BAD_REQUEST, body=_PROBLEM, content_type=_CONTENT_TYPE)
        response.force_close()
        return response

    @property
    def is_owed_an_answer(self) -> bool:
        """Whether its first request is on its way, or one waits for its answer."""
        return self._request_count == 0 or bool(self._messages) or bool(self._request_in_progress)

    @property
    def _idle(self) -> bool:
        """Whether no request is being handled, so that arriving data belongs to a head."""
        return self._waiter is not None and not self._waiter.done()

    def _refuse(self) -> None:
        """Answer a malformed request at once, unless earlier requests must be answered first."""
        if len(self._messages) > 1 or self._request_in_progress or self.transport is None:
            return
        MALFORMED.inc()
        self._messages.clear()
        if self._task_handler is not None:
            self._task_handler.cancel()
        self.transport.write(_ANSWER)
        self.force_close()

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_overdue(self) -> None:
        self._deadline = None
        if self._idle:
            OVERDUE.labels("head").inc()
            self.force_close()

    def _body_overdue(self, payload: StreamReader) -> None:
        self._deadline = None
        if not payload.is_eof() and self.transport is not None:
            OVERDUE.labels("body").inc()
            self.force_close()


def _is_owed_an_answer(connection: web.RequestHandler) -> bool:
    return isinstance(connection, Connection) and connection.is_owed_an_answer


def missing_private_names() -> list[str]:
    """Returns what the installed aiohttp lacks of the private names that `Connection` uses."""
    missing = [name for name in _PRIVATE_NAMES if not hasattr(web.RequestHandler, name)]
    return missing if _UNPARSED is not None else [*missing, "_ErrInfo"]


class Listening(web.AppRunner):
    """Serves an application on such connections.

    Attributes:
        head_seconds, body_seconds: the deadlines.
    """

    __slots__ = ("_listeners", "_turns", "body_seconds", "head_seconds")

    def __init__(self, app: web.Application, **options: Any) -> None:
        super().__init__(app, **options)
        self.head_seconds = HEAD_SECONDS
        self.body_seconds = BODY_SECONDS
        self._turns = Turns(asyncio.get_running_loop(), READS_PER_TURN)
        self._listeners: list[asyncio.Server] = []

    async def listen(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext | None = None,
        *,
        reuse_port: bool = False,
        inherited: Sequence[socket.socket] = (),
    ) -> None:
        """Accept connections; with `tls`, over TLS; with `reuse_port`, beside other processes that allow it too.

        Args:
            inherited: sockets that listen already, in place of new ones.

        Raises:
            OSError: the port is taken, or the host is not an address of this machine.
        """
        await self.setup()
        loop = asyncio.get_running_loop()
        missing = missing_private_names()
        factory = self._connection if not missing else self._plain_connection
        if missing:
            remedy = "connections have no deadlines; install aiohttp below 4"
            structlog.get_logger().warning("deadlines_off", missing=missing, remedy=remedy)
        options: dict[str, Any] = {"ssl": tls, "backlog": BACKLOG}
        if tls is not None:
            options["ssl_handshake_timeout"] = self.head_seconds
        if inherited:
            self._listeners = [await loop.create_server(factory, sock=one, **options) for one in inherited]
        else:
            options |= {"reuse_address": True, "reuse_port": reuse_port}
            self._listeners = [await loop.create_server(factory, host, port, **options)]

    @property
    def listening(self) -> Sequence[socket.socket]:
        """Return the sockets on which connections are accepted."""
        return [one for listener in self._listeners for one in listener.sockets]

    async def drain(self, seconds: float) -> None:
        """Accept no more connections, and wait until those that were accepted have the answers that they are owed.

        Args:
            seconds: how long to wait; a client may connect and send nothing.
        """
        self._close_listeners()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                # Connections come and go in aiohttp, which has no event for it.
                while self.server is not None and any(map(_is_owed_an_answer, self.server.connections)):  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_SECONDS)

    async def cleanup(self) -> None:
        """Accept no more connections, and close the open ones."""
        self._close_listeners()
        await super().cleanup()

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()

    def _plain_connection(self) -> web.RequestHandler:
        if self.server is None:  # accepted while cleaning up
            raise ConnectionAbortedError
        return self.server()

    def _connection(self) -> Connection:
        if self.server is None:  # accepted while cleaning up
            raise ConnectionAbortedError
        loop = asyncio.get_running_loop()
        return Connection(
            self.server,
            self._turns,
            self.head_seconds,
            self.body_seconds,
            loop=loop,
            access_log=None,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
        )
