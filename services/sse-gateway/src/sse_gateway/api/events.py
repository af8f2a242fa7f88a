"""Reads the ledger backwards for ``/api/v1/events``: from the ring, and before that from JetStream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from sse_gateway.access.scope import Scope
from sse_gateway.errors import BadParameter
from sse_gateway.fanout.cursor import Cursor, parse_cursor
from sse_gateway.fanout.filters import FILTER_PARAMETERS, Filter, Query, compile_filter, single
from sse_gateway.fanout.frame import Frame, id_of, payload_of
from sse_gateway.fanout.since import parse_since
from sse_gateway.ledger.subscription import Ledger
from tfdrift.subjects import parse

EVENT_PARAMETERS: Final = (*FILTER_PARAMETERS, "resource", "since", "limit", "cursor")

# A rare filter would read the whole ledger for one answer. After so many pages the answer is what was found so far,
# with the cursor to go on from.
MAX_PAGES: Final = 32
_RING_STEP: Final = 1000


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Asks for events that are earlier than ``before`` and were stored since ``since``."""

    wanted: Filter
    since: datetime | None
    before: Cursor | None


def parse_event_query(query: Query, now: datetime, epoch: str, scope: Scope) -> EventQuery:
    """Returns what the query of ``/api/v1/events`` asks for, within what its sender may see.

    Raises:
        BadParameter: a value is not known, or the cursor has another epoch.
    """
    since, text = single(query, "since"), single(query, "cursor")
    before = parse_cursor(text) if text is not None else None
    if text is not None and before is None:
        raise BadParameter("cursor", f"cursor {text!r} is not one that this list gave as next_cursor")
    if before is not None and before.epoch != epoch:
        raise BadParameter("cursor", f"cursor {text!r} is of a ledger that was created again since; begin again")
    wanted = compile_filter(query, scope, also=("resource",))
    return EventQuery(wanted, parse_since(since, now) if since is not None else None, before)


async def newest_first(ledger: Ledger, query: EventQuery, limit: int) -> tuple[list[Frame], Cursor | None]:
    """Returns at most ``limit`` events, newest first, and the cursor of older ones, None at the end.

    Raises:
        tfdrift.bus.BusError: the ledger cannot be read now.
    """
    ring, found = ledger.hub.ring, list[Frame]()
    epoch = ledger.epoch
    before = query.before.sequence if query.before is not None else ring.last + 1
    before = min(before, ring.last + 1)
    oldest, pages = (await ledger.span()).oldest, 0
    while before > oldest:
        if before > ring.first:
            frames = ring.before(before, _RING_STEP)
            scanned = frames[-1].sequence if len(frames) == _RING_STEP else ring.first
        elif pages < MAX_PAGES:
            pages += 1
            page = await ledger.history.page_before(before)
            frames, scanned = tuple(reversed(page.frames)), page.start
        else:
            return found, Cursor(epoch, before)
        for frame in frames:
            if query.since is not None and frame.published < query.since:
                return found, None
            if query.wanted.takes(frame):
                if len(found) == limit:
                    return found, Cursor(epoch, found[-1].sequence)
                found.append(frame)
        before = scanned
    return found, None


def event_json(frame: Frame) -> bytes:
    """Returns one event of the list: its id, its name, and its data as on the stream."""
    payload = payload_of(frame.data)
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError:
        payload = orjson.dumps(payload.decode(errors="replace"))  # a foreign publisher's payload is shown as text
    return b'{"id":"%b","event":"%b","data":%b}' % (
        id_of(frame.data).encode(),
        parse(frame.subject).event.encode(),
        payload,
    )
