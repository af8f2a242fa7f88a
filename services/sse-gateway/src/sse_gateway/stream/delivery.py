"""Delivers the ledger to one client: what it missed first, then live.

    catch up ─▶ live ─▶ end
       ▲          │
       └─ lagging ┘

A client that catches up is not known to the hub. It is written bounded pieces, from JetStream where the ring does not
reach and from the ring after that, each only when its transport has sent most of the last one. At the loop turn at
which nothing is left it joins the hub.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp.abc import AbstractStreamWriter

from sse_gateway.errors import Disconnected
from sse_gateway.fanout import own_events
from sse_gateway.fanout.client import Client, Leaving
from sse_gateway.fanout.cursor import Cursor, ResetReason
from sse_gateway.fanout.frame import joined, pieces
from sse_gateway.fanout.replay import PIECE_BYTES, Replay
from sse_gateway.ledger.subscription import Ledger
from sse_gateway.metrics import REPLAYED, RESETS
from sse_gateway.stream.slow_client import LAGGING_SECONDS, SLOW, STALLED, STALLED_SECONDS, drained

_FROM_RING: Final = REPLAYED.labels("ring")
_FROM_LEDGER: Final = REPLAYED.labels("ledger")


class Delivery:
    """Delivers one ledger to any number of clients, each in a task of its own."""

    def __init__(
        self, ledger: Ledger, replay: Replay, draining: Callable[[], bool], farewell: Callable[[], bytes]
    ) -> None:
        """``draining`` says whether this process is going away; ``farewell`` makes a client's last bytes then."""
        self._ledger = ledger
        self._hub = ledger.hub
        self._replay = replay
        self._draining = draining
        self._farewell = farewell

    async def run(self, client: Client, writer: AbstractStreamWriter, position: int, epoch: str) -> None:
        """Deliver everything later than ``position`` until this process drains.

        Raises:
            Disconnected: the client reads too slowly.
            ConnectionError: the client is gone, or the ledger was made anew while it caught up.
            tfdrift.bus.BusError: the ledger cannot be read now.
        """
        await self._catch_up(client, writer, position, epoch)
        while not self._draining():
            if await self._live(client) is Leaving.DRAINING:
                return
            await drained(writer, LAGGING_SECONDS, SLOW)
            if client.position + 1 < self._hub.ring.first:
                raise Disconnected(SLOW)
            await self._catch_up(client, writer, client.position, epoch)
        self._hub.write(client, self._farewell())

    async def _live(self, client: Client) -> Leaving:
        """Join the hub; return why it let go of the client."""
        left: asyncio.Future[Leaving] = asyncio.get_running_loop().create_future()
        self._hub.join(client, lambda why: None if left.done() else left.set_result(why))
        return await left

    async def _catch_up(self, client: Client, writer: AbstractStreamWriter, position: int, epoch: str) -> None:
        """Write everything later than ``position``; at its return nothing is left, and no loop turn lies between."""
        ring, wanted = self._hub.ring, client.wanted
        while not self._draining():
            if self._ledger.epoch != epoch:
                raise ConnectionError("the ledger was made anew")
            if position + 1 < ring.first:
                position = await self._write_page(client, writer, position)
            elif position < ring.last:
                data, events, position = self._replay.next(position, wanted)
                if events:
                    self._hub.write(client, data)
                    _FROM_RING.inc(events)
            else:
                return
            if position < ring.last:
                await asyncio.sleep(0)  # others have their turn, even if nothing was written
            await drained(writer, STALLED_SECONDS, STALLED)

    async def _write_page(self, client: Client, writer: AbstractStreamWriter, position: int) -> int:
        """Write what matches of the page behind ``position``; return how far the page reaches."""
        page = await self._ledger.history.page_at(position + 1, self._hub.ring.first - 1)
        later = [frame for frame in page.frames if frame.sequence > position]
        if not later or later[0].sequence > position + 1:
            span = await self._ledger.expired_between(position)
            if span is not None:
                RESETS.labels(ResetReason.EXPIRED).inc()
                self._hub.write(client, own_events.reset(ResetReason.EXPIRED, Cursor(span.epoch, span.oldest)))
        matching = [frame for frame in later if client.wanted.matches(frame.subject, frame.workspace)]
        for piece in pieces(matching, PIECE_BYTES):
            self._hub.write(client, joined(piece))
            _FROM_LEDGER.inc(len(piece))
            await drained(writer, STALLED_SECONDS, STALLED)
        return page.end
