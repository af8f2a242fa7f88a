"""Delivers the ledger to one client: what it missed first, then live.

    catch up ─▶ live ─▶ end
       ▲          │
       └─ lagging ┘

A client that catches up is not known to the hub. It is written bounded pieces, from JetStream where the ring does not
reach and from the ring after that, each only when its transport has sent most of the last one. At the loop turn at
which nothing is left it joins the hub, and its task ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from sse_gateway.errors import Disconnected
from sse_gateway.fanout import own_events
from sse_gateway.fanout.cursor import Cursor, ResetReason
from sse_gateway.fanout.frame import joined, pieces
from sse_gateway.fanout.replay import PIECE_BYTES, Replay
from sse_gateway.ledger.subscription import Ledger
from sse_gateway.metrics import REPLAYED, RESETS
from sse_gateway.stream.session import Session
from sse_gateway.stream.slow_client import LAGGING_SECONDS, SLOW, STALLED, STALLED_SECONDS

_FROM_RING: Final = REPLAYED.labels("ring")
_FROM_LEDGER: Final = REPLAYED.labels("ledger")


class Delivery:
    """Delivers one ledger to any number of clients."""

    def __init__(self, ledger: Ledger, replay: Replay, draining: Callable[[], bool]) -> None:
        """``draining`` says whether this process is going away."""
        self._ledger = ledger
        self._hub = ledger.hub
        self._replay = replay
        self._draining = draining

    async def begin(self, session: Session, position: int, epoch: str) -> None:
        """Deliver everything later than ``position``, then make the client live, unless this process drains.

        Raises:
            Disconnected: the client reads too slowly.
            ConnectionError: its connection is lost, or the ledger was created again meanwhile.
            tfdrift.bus.BusError: the ledger cannot be read now.
        """
        await self._catch_up(session, position, epoch)
        if not self._draining():
            self._hub.join(session.client, session.left)

    async def recover(self, session: Session, epoch: str) -> None:
        """Make a client live again whose buffer was full.

        Raises:
            Disconnected: the client reads too slowly.
            ConnectionError: its connection is lost, or the ledger was created again meanwhile.
            tfdrift.bus.BusError: the ledger cannot be read now.
        """
        await session.drained(LAGGING_SECONDS, SLOW)
        if session.client.position + 1 < self._hub.ring.first:
            raise Disconnected(SLOW)
        await self.begin(session, session.client.position, epoch)

    async def _catch_up(self, session: Session, position: int, epoch: str) -> None:
        """Write everything later than ``position``; at its return nothing is left, and no loop turn lies between."""
        ring, client = self._hub.ring, session.client
        while not self._draining():
            if self._ledger.epoch != epoch:
                raise ConnectionError("the ledger was created again")
            if position + 1 < ring.first:
                position = await self._write_page(session, position)
            elif position < ring.last:
                data, events, position = self._replay.next(position, client.wanted)
                if events:
                    self._hub.write(client, data)
                    _FROM_RING.inc(events)
            else:
                return
            if position < ring.last:
                await asyncio.sleep(0)  # others have their turn, even if nothing was written
            await session.drained(STALLED_SECONDS, STALLED)

    async def _write_page(self, session: Session, position: int) -> int:
        """Write what matches of the page behind ``position``; return how far the page reaches."""
        client = session.client
        page = await self._ledger.history.page_at(position + 1, self._hub.ring.first - 1)
        later = [frame for frame in page.frames if frame.sequence > position]
        if not later or later[0].sequence > position + 1:
            span = await self._ledger.expired_between(position)
            if span is not None:
                RESETS.labels(ResetReason.EXPIRED).inc()
                self._hub.write(client, own_events.reset(ResetReason.EXPIRED, Cursor(span.epoch, span.oldest)))
        matching = [frame for frame in later if client.wanted.takes(frame)]
        for piece in pieces(matching, PIECE_BYTES):
            self._hub.write(client, joined(piece))
            _FROM_LEDGER.inc(len(piece))
            await session.drained(STALLED_SECONDS, STALLED)
        return page.end
