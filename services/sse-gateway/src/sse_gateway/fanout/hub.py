"""The hub: every event, encoded once, to every client that asks for it.

Theory of operation. Clients with equal filters form a *group*. `publish` appends an event to the pending list of
each matching group and schedules one flush with ``call_soon``; the flush joins what is pending once and hands the
same bytes to every transport of the group: one write per client and loop turn, however many events came in. There
is no task and no queue per client. The first burst of a loop turn does not wait for the next one, which other requests
may hold up: `end_burst` flushes it at once, and what comes later in that turn is coalesced.

A client whose transport still holds more than the limit is *lagging*: it leaves the group, with the sequence up to
which it was served, and the coroutine that owns it (`stream`) either catches up with the ring and joins again, or cuts
it off. So one flush may pass the limit once, and nobody waits for anybody.

A client joins at a loop turn at which everything before has been flushed, hence `join` flushes first: what it was
replayed ends exactly where its live flow begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from sse_gateway.fanout.filters import Filter
from sse_gateway.fanout.frame import KEEP_ALIVE, Frame, chunk
from sse_gateway.fanout.ring import Ring
from sse_gateway.metrics import DELIVERIES, EVENTS, FAN_OUT_SECONDS, LAGGING, PIPELINE_SECONDS, SENT_BYTES

# A burst that a subscription hands over within one loop turn is flushed in pieces of this size.
FLUSH_BYTES: Final = 256 * 1024

_REMEMBERED_ROUTES: Final = 4096


class Transport(Protocol):
    """What the hub needs of an ``asyncio.Transport``."""

    def write(self, data: bytes) -> None:
        """Send, or buffer what cannot be sent yet."""
        ...

    def get_write_buffer_size(self) -> int:
        """Bytes that are buffered."""
        ...

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be; uvloop's raises an error when it is written to then."""
        ...


class Leaving(StrEnum):
    """Why a client left the hub other than by itself."""

    LAGGING = "lagging"
    DRAINING = "draining"


class Client:
    """One open stream.

    Attributes:
        chunked: whether its HTTP version has chunked transfer coding (1.1 has, 1.0 has not).
        position: once it left: everything up to this sequence has been written to it.
        left: done when the hub let go of it, while it is joined.
        wrote_at: the hub's clock when it was last written to by other means than a flush.
    """

    __slots__ = ("chunked", "left", "position", "transport", "wanted", "wrote_at")

    def __init__(self, transport: Transport, wanted: Filter, *, chunked: bool) -> None:
        self.transport = transport
        self.wanted = wanted
        self.chunked = chunked
        self.position = 0
        self.wrote_at = 0.0
        self.left: asyncio.Future[Leaving] | None = None

    def write(self, body: bytes) -> None:
        """Write to this client alone; one that is gone is about to find out by itself."""
        if self.transport.is_closing():
            return
        self.transport.write(chunk(body) if self.chunked else body)
        SENT_BYTES.inc(len(body))


@dataclass(slots=True, eq=False)
class _Group:
    """Clients with one filter and one transfer coding; a dict keeps their order and forgets in constant time."""

    wanted: Filter
    chunked: bool
    clients: dict[Client, None] = field(default_factory=dict)
    pending: list[bytes] = field(default_factory=list)
    wrote_at: float = 0.0


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
        self._groups: dict[tuple[Filter, bool], _Group] = {}
        self._routes: dict[tuple[str, str | None], tuple[_Group, ...]] = {}
        self._pending_groups: dict[_Group, None] = {}
        self._pending_bytes = 0
        self._pending_stamps: list[tuple[str, datetime, str | None]] = []
        self._flush_scheduled = False
        self._flushed_in_turn = False
        self._flushed = ring.last

    def __len__(self) -> int:
        return sum(len(group.clients) for group in self._groups.values())

    @property
    def buffered_bytes(self) -> int:
        """What waits in the transports of the clients that are joined."""
        return sum(c.transport.get_write_buffer_size() for group in self._groups.values() for c in group.clients)

    def restart(self, first: int) -> None:
        """The ledger begins anew at sequence ``first``; clients stay."""
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
        groups = self._routes.get((frame.subject, frame.workspace))
        if groups is None:
            groups = self._route(frame)
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
        """Say that nothing more has arrived for now."""
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
            self._observe()
            FAN_OUT_SECONDS.observe(self._loop.time() - started)
        self._pending_stamps.clear()  # of events whose only readers have gone
        self._pending_bytes = 0
        self._flushed = self.ring.last

    def announce(self, body: bytes) -> None:
        """Write an event of the gateway's own to every client, after what is pending."""
        self.flush()
        for group in list(self._groups.values()):
            self._deliver(group, body, 0)

    def join(self, client: Client) -> asyncio.Future[Leaving]:
        """Make a client live that has everything up to `Ring.last`; the future tells when it was let go."""
        self.flush()
        key = (client.wanted, client.chunked)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(*key)
            self._routes.clear()
        group.clients[client] = None
        client.wrote_at = self._loop.time()
        client.left = self._loop.create_future()
        return client.left

    def leave(self, client: Client) -> None:
        """Forget a client, whether it is joined or not."""
        key = (client.wanted, client.chunked)
        group = self._groups.get(key)
        if group is None or client not in group.clients:
            return
        del group.clients[client]
        if not group.clients:
            del self._groups[key]
            self._pending_groups.pop(group, None)
            self._routes.clear()

    def drain(self, body: Callable[[], bytes]) -> None:
        """Let every client go, each with a last ``body`` of its own."""
        self.flush()
        for client in [client for group in self._groups.values() for client in group.clients]:
            client.write(body())
            self._let_go(client, Leaving.DRAINING)

    async def keep_alive(self, after_seconds: float) -> None:
        """Write a comment to each client that was written nothing for that long; runs until cancelled."""
        while True:
            await asyncio.sleep(min(after_seconds / 4, 1.0))
            latest = self._loop.time() - after_seconds * 0.99
            for group in list(self._groups.values()):
                if group.wrote_at > latest:
                    continue
                for count, client in enumerate(list(group.clients)):
                    if count % 256 == 255:
                        await asyncio.sleep(0)  # ten thousand idle clients must not hold up an event
                    if client.wrote_at <= latest and group.wrote_at <= latest and client in group.clients:
                        client.write(KEEP_ALIVE)
                        client.wrote_at = self._loop.time()

    def _scheduled_flush(self) -> None:
        self._flush_scheduled = self._flushed_in_turn = False
        self.flush()

    def _deliver(self, group: _Group, body: bytes, events: int) -> None:
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
        if client.left is not None and not client.left.done():
            client.left.set_result(why)

    def _route(self, frame: Frame) -> tuple[_Group, ...]:
        if len(self._routes) >= _REMEMBERED_ROUTES:
            self._routes.clear()
        groups = tuple(group for group in self._groups.values() if group.wanted.matches(frame.subject, frame.workspace))
        self._routes[frame.subject, frame.workspace] = groups
        return groups

    def _observe(self) -> None:
        now = self._now()
        for event, received, trace in self._pending_stamps:
            exemplar = {"trace_id": trace} if trace is not None else None
            PIPELINE_SECONDS.labels(event).observe(max(0.0, (now - received).total_seconds()), exemplar)
