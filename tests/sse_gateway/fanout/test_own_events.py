"""The events that the gateway sends on its own account."""

from __future__ import annotations

from sse_gateway.fanout import own_events
from sse_gateway.fanout.cursor import Cursor, ResetReason
from tests.sse_gateway.gateway import Parser
from tfdrift.subjects import EventName


def test_own_events_have_no_id() -> None:
    """So they never move a client's cursor."""
    assert own_events.reset(ResetReason.EPOCH, Cursor("e", 7)) == (
        b'event: reset\ndata: {"reason":"epoch","oldest":"e-7"}\n\n'
    )
    sent = own_events.connected("s", [EventName.DRIFT], 3) + own_events.closing("token_expired")
    assert [event.id for event in Parser().feed(sent)] == [None, None]


def test_the_reconnection_time_is_in_milliseconds() -> None:
    """WHATWG HTML section 9.2.6: digits only."""
    assert own_events.retry(3000) == b"retry: 3000\n\n"
