"""The hub: every event, encoded once, to every client that asks for it.

Theory of operation. Clients with equal filters form a *group*. `publish` appends an event to the pending list of
each matching group and schedules one flush with ``call_soon``. The flush joins what is pending once and hands the
same bytes to every transport of the group: one write per client and loop turn, however many events came in. There
is no task and no queue per client. The first burst of a loop turn does not wait for the next turn, which other
requests may delay: `end_burst` flushes it at once, and what comes later in that turn is coalesced.

A client whose transport still holds more than the limit is *lagging*. It leaves its group, with the sequence up to
which it was served. The coroutine that owns it (`stream.delivery`) either catches up from the ring and joins again, or
disconnects it. So one flush may exceed the limit once, and nobody waits for anybody.

A client joins at a loop turn at which everything before has been flushed, so `join` flushes first: its replay ends
exactly where its live flow begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sse_gateway.fanout.client import Client, Leaving
from sse_gateway.fanout.frame import Frame, chunk
from sse_gateway.fanout.groups import Group, Groups
from sse_gateway.fanout.own_events import KEEP_ALIVE
from sse_gateway.fanout.ring import Ring
from sse_gateway.metrics import DELIVERIES, EVENTS, FAN_OUT_SECONDS, LAGGING, PIPELINE_SECONDS, SENT_BYTES

# A burst that a subscription hands over within one loop turn is flushed in pieces of this size.
FLUSH_BYTES: Final = 256 * 1024

# So many idle clients are written to before an event may have its turn.
_KEEP_ALIVE_BATCH: Final = 256


class Hub:
    """All clients of this process, and the ring from which they catch up.

    Attributes:
        events: how many events came in; deliveries: how many were written to a client. Both only grow.
    """

    def __init__(self, ring: Ring, client_buffer_bytes: int, now: Callable[[], datetime]) -> None:
        self.ring = ring
        self.events = 0
        self.deliveries = 0
        self._limit = client_buffer_bytes
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._groups = Groups()
        self._pending_groups: dict[Group, None] = {}
        self._pending_bytes = 0
        self._pending_stamps: list[tuple[str, datetime, str | None]] = []
        self._flush_scheduled = False
        self._flushed_in_turn = False
        self._flushed = ring.last

    def __len__(self) -> int:
        return self._groups.clients

    @property
    def buffered_bytes(self) -> int:
        """What waits in the transports of the joined clients."""
        return sum(c.transport.get_write_buffer_size() for group in self._groups for c in group.clients)

    def restart(self, first: int) -> None:
        """Begin the ledger anew at sequence ``first``; clients stay."""
        self.flush()
        self.ring.begin(first)
        self._flushed = first - 1

    def publish(self, frame: Frame, event: str, received: datetime | None, trace: str | None = None) -> None:
        """Take the next event of the ledger.

        Args:
            received: when the pipeline first saw its cause.
            trace: the trace id that the cause came with.
        """
        self.ring.append(frame)
        self.events += 1
        EVENTS.labels(event).inc()
        groups = self._groups.route(frame)
        if not groups:
            if not self._pending_groups:
                self._flushed = frame.sequence
            return
        for group in groups:
            group.pending.append(frame.data)
            self._pending_groups[group] = None
        if received is not None:
            self._pending_stamps.append((event, received, trace))
        self._pending_bytes += len(frame.data)
        if self._pending_bytes >= FLUSH_BYTES:
            self.flush()
        elif not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self._scheduled_flush)

    def end_burst(self) -> None:
        """Take note that nothing more has arrived for now."""
        if self._flush_scheduled and not self._flushed_in_turn:
            self._flushed_in_turn = True
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        if self._pending_groups:
            started = self._loop.time()
            groups, self._pending_groups = self._pending_groups, {}
            for group in groups:
                events, group.pending = group.pending, []
                self._deliver(group, b"".join(events), len(events))
            self._observe_latency()
            FAN_OUT_SECONDS.observe(self._loop.time() - started)
        self._pending_stamps.clear()  # of events whose only readers have left
        self._pending_bytes = 0
        self._flushed = self.ring.last

    def announce(self, body: bytes) -> None:
        """Write one of the gateway's own events to every client, after what is pending."""
        self.flush()
        for group in self._groups:
            self._deliver(group, body, 0)

    def join(self, client: Client, on_left: Callable[[Leaving], None]) -> None:
        """Make a client live that has everything up to `Ring.last`; ``on_left`` is called when the hub lets go of it.

        A client that leaves by itself (`leave`) is not called back.
        """
        self.flush()
        self._groups.add(client)
        client.wrote_at = self._loop.time()
        client.on_left = on_left

    def leave(self, client: Client) -> None:
        """Forget a client, whether it is joined or not."""
        emptied = self._groups.remove(client)
        if emptied is not None:
            self._pending_groups.pop(emptied, None)

    def drain(self, body: Callable[[], bytes]) -> None:
        """Let every client go, each with a last ``body`` of its own."""
        self.flush()
        for client in [client for group in self._groups for client in group.clients]:
            self.write(client, body())
            self._let_go(client, Leaving.DRAINING)

    def write(self, client: Client, body: bytes) -> None:
        """Write to one client, joined or not."""
        if client.write(body):
            SENT_BYTES.inc(len(body))

    async def keep_alive(self, after_seconds: float) -> None:
        """Write a comment to each client that was written nothing for that long; runs until cancelled."""
        while True:
            await asyncio.sleep(min(after_seconds / 4, 1.0))
            latest = self._loop.time() - after_seconds * 0.99
            for group in self._groups:
                if group.wrote_at > latest:
                    continue
                for count, client in enumerate(list(group.clients)):
                    if count % _KEEP_ALIVE_BATCH == _KEEP_ALIVE_BATCH - 1:
                        await asyncio.sleep(0)
                    if client.wrote_at <= latest and group.wrote_at <= latest and client in group.clients:
                        self.write(client, KEEP_ALIVE)
                        client.wrote_at = self._loop.time()

    def _scheduled_flush(self) -> None:
        self._flush_scheduled = self._flushed_in_turn = False
        self.flush()

    def _deliver(self, group: Group, body: bytes, events: int) -> None:
        data = chunk(body) if group.chunked else body
        limit, lagging, gone = self._limit, [], 0
        for client in group.clients:
            transport = client.transport
            if transport.is_closing():  # its own task is about to leave; the others must not suffer for it
                gone += 1
            elif transport.get_write_buffer_size() > limit:
                lagging.append(client)
            else:
                transport.write(data)
        group.wrote_at = self._loop.time()
        served = len(group.clients) - len(lagging) - gone
        self.deliveries += served * events
        DELIVERIES.inc(served * events)
        SENT_BYTES.inc(served * len(body))
        for client in lagging:
            LAGGING.inc()
            self._let_go(client, Leaving.LAGGING)

    def _let_go(self, client: Client, why: Leaving) -> None:
        client.position = self._flushed
        self.leave(client)
        if client.on_left is not None:
            client.on_left(why)
            client.on_left = None

    def _observe_latency(self) -> None:
        now = self._now()
        for event, received, trace in self._pending_stamps:
            exemplar = {"trace_id": trace} if trace is not None else None
            PIPELINE_SECONDS.labels(event).observe(max(0.0, (now - received).total_seconds()), exemplar)
