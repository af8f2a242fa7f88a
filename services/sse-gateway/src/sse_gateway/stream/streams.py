"""``GET /api/v1/stream``: one client from its request to its end.

    request ─▶ place ─▶ start ─▶ opening (retry, connected, reset) ─▶ delivery ─▶ end

All of it runs in the request's own task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Final
from uuid import uuid4

import structlog
from aiohttp import HttpVersion11, web

from sse_gateway.errors import Disconnected
from sse_gateway.fanout import own_events
from sse_gateway.fanout.client import Client
from sse_gateway.fanout.cursor import Cursor
from sse_gateway.fanout.filters import Filter
from sse_gateway.fanout.replay import Replay
from sse_gateway.ledger.subscription import Ledger
from sse_gateway.metrics import ENDED, EVICTIONS
from sse_gateway.stream.admission import Admission
from sse_gateway.stream.delivery import Delivery
from sse_gateway.stream.lifetime import Ending
from sse_gateway.stream.request import Sender, StreamRequest
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
        self._delivery = Delivery(ledger, self._replay, lambda: self._draining, self._farewell)
        self._random = Random()  # noqa: S311 - spreads reconnections, protects no secret
        self._draining = False
        self._log = structlog.get_logger()

    async def serve(self, request: web.Request, asked: StreamRequest, sender: Sender) -> web.StreamResponse:
        """Stream to one client until it leaves, is disconnected, its time is over, or this process drains.

        Raises:
            Refused: there is no place for it.
            tfdrift.bus.BusError, Behind: its position cannot be found now.
        """
        with self._admission.admitted(sender.address, sender.token):
            epoch = self._ledger.epoch
            start = await find_start(self._ledger, asked)
            replayed = await count_replayed(self._ledger, self._hub, self._replay, start.after, asked.wanted)
            response = web.StreamResponse(headers=HEADERS)
            writer = await response.prepare(request)
            transport = request.transport
            if writer is None or transport is None:
                return response
            client = Client(transport, asked.wanted, chunked=request.version >= HttpVersion11)
            self._hub.write(client, _opening(asked.wanted, replayed, start))
            response.force_close()
            try:
                running = self._delivery.run(client, writer, start.after, epoch)
                await self._until_its_end(client, sender, running)
            except Disconnected as disconnected:
                EVICTIONS.labels(disconnected.reason).inc()
                self._log.info("client_evicted", reason=disconnected.reason, address=sender.address)
                transport.abort()
            except (BusError, ConnectionError) as error:
                # The client has its last id, so ending the stream loses nothing.
                self._log.info("stream_broken_off", reason=str(error), address=sender.address)
            finally:
                self._hub.leave(client)
            return response

    def drain(self) -> None:
        """End every stream, and refuse new ones."""
        self._draining = True
        self._admission.close()
        self._hub.drain(self._farewell)

    async def _until_its_end(self, client: Client, sender: Sender, running: Coroutine[None, None, None]) -> None:
        """Run the delivery, at most until the token or the longest time of a stream ends."""
        timeout = asyncio.timeout(sender.end.after_seconds if sender.end is not None else None)
        reason = sender.end.reason if sender.end is not None else None

        def withdraw() -> None:
            nonlocal reason
            if not timeout.expired():
                reason = Ending.TOKEN_WITHDRAWN
                timeout.reschedule(asyncio.get_running_loop().time())

        try:
            async with timeout:
                if sender.token is not None:
                    self.withdrawals.add(sender.token, sender.withdrawals, withdraw)
                await running
        except TimeoutError:
            if reason is not None:
                self._end(client, reason)
        finally:
            if sender.token is not None:
                self.withdrawals.remove(sender.token, withdraw)

    def _end(self, client: Client, reason: Ending) -> None:
        """Say when to connect again, and, where connecting as before would not help, why the stream ends."""
        self._hub.leave(client)
        ENDED.labels(reason).inc()
        closing = own_events.closing(reason) if reason is not Ending.MAX_AGE else b""
        self._hub.write(client, closing + self._farewell())

    def _farewell(self) -> bytes:
        return own_events.retry(self._random.randint(*DRAIN_RETRY_MILLISECONDS))


def _opening(wanted: Filter, replayed: int, start: Start) -> bytes:
    """The first bytes of a stream."""
    reset = b""
    if start.reset is not None and start.span is not None:
        reset = own_events.reset(start.reset, Cursor(start.span.epoch, start.span.oldest))
    connected = own_events.connected(str(uuid4()), wanted.events, replayed)
    return own_events.retry(RETRY_MILLISECONDS) + connected + reset
