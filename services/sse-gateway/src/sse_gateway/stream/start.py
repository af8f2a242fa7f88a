"""Finds where a stream starts in the ledger, and how many events of the past it will replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sse_gateway.fanout.cursor import ResetReason, Span
from sse_gateway.fanout.filters import Filter
from sse_gateway.fanout.hub import Hub
from sse_gateway.fanout.replay import Replay
from sse_gateway.ledger.history import PAGE_SEQUENCES
from sse_gateway.ledger.subscription import Ledger
from sse_gateway.metrics import REPLAYS, RESETS
from sse_gateway.stream.request import StreamRequest

# Pages that are read to count are still in memory when they are written, if there are no more than these. Beyond
# that JetStream counts.
_COUNTED_SEQUENCES: Final = 2 * PAGE_SEQUENCES


@dataclass(frozen=True, slots=True)
class Start:
    """Where a stream starts.

    Attributes:
        after: everything later than this sequence is sent.
        reset: why the client cannot go on from its id; None if it can.
        span: what the ledger held when that was found out.
    """

    after: int
    reset: ResetReason | None = None
    span: Span | None = None


async def find_start(ledger: Ledger, request: StreamRequest) -> Start:
    """Returns where the stream starts.

    Raises:
        tfdrift.bus.BusError, Behind: that cannot be found out now.
    """
    if request.last_event_id is not None:
        found, span = await ledger.resume(request.last_event_id)
        if found.reset is not None:
            RESETS.labels(found.reset).inc()
        return Start(found.after, found.reset, span)
    if request.since is not None:
        return Start(await ledger.position_at(request.since))
    return Start(ledger.hub.ring.last)


async def count_replayed(ledger: Ledger, hub: Hub, replay: Replay, after: int, wanted: Filter) -> int:
    """Returns how many events match that are later than ``after``, up to now.

    Raises:
        tfdrift.bus.BusError: the ledger cannot be read now.
    """
    ring, matching = hub.ring, 0
    if after < ring.last:
        REPLAYS.labels("ring" if after + 1 >= ring.first else "ledger").inc()
    if ring.first - after > _COUNTED_SEQUENCES and (subjects := wanted.subjects) is not None:
        matching = await ledger.history.count(after + 1, ring.first - 1, subjects)
        after = ring.first - 1
    while after + 1 < ring.first:
        page = await ledger.history.page_at(after + 1, ring.first - 1)
        matching += sum(f.sequence > after and wanted.takes(f) for f in page.frames)
        after = page.end
    return matching + replay.count(after, wanted)
