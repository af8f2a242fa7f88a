"""The events that the gateway sends on its own account. They have no id, so they never move a client's cursor.

The format is the event stream of the WHATWG HTML standard, section 9.2.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from sse_gateway.fanout.cursor import Cursor, ResetReason
from tfdrift import __version__
from tfdrift.subjects import EventName

KEEP_ALIVE: Final = b": keep-alive\n\n"


def connected(stream_id: str, events: Sequence[EventName], replayed: int) -> bytes:
    """The first event of a stream: the events that can come, and how many of the past follow."""
    members = {
        "stream_id": stream_id,
        "message": "Connected to TFDrift-Falco SSE stream",
        "version": __version__,
        "events": events,
        "replayed": replayed,
    }
    return _event("connected", members)


def reset(reason: ResetReason, oldest: Cursor) -> bytes:
    """The event that tells a client that it starts again from the oldest event."""
    return _event("reset", {"reason": reason, "oldest": str(oldest)})


def closing(reason: str) -> bytes:
    """The event that tells a client that the stream ends, and that connecting again as before would not help."""
    return _event("closing", {"reason": reason})


def retry(milliseconds: int) -> bytes:
    """The reconnection time."""
    return b"retry: %d\n\n" % milliseconds


def _event(name: str, members: dict[str, object]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(members))
