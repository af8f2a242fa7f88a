"""What a request of ``GET /api/v1/stream`` asks for, and who sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sse_gateway.access.scope import Scope
from sse_gateway.errors import BadParameter
from sse_gateway.fanout.filters import FILTER_PARAMETERS, Filter, Query, check_names, compile_filter, single
from sse_gateway.fanout.since import parse_since
from sse_gateway.stream.lifetime import End

# event-source-polyfill, which many applications use, sends the second spelling.
_LAST_EVENT_ID: Final = ("last_event_id", "lastEventId")
_PARAMETERS: Final = (*FILTER_PARAMETERS, "since", *_LAST_EVENT_ID)


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """What a request asks for.

    Attributes:
        last_event_id: the last event that the client has. The header, which an EventSource sends when it reconnects,
            takes precedence over the parameter and over ``since``, because the URL never changes.
        since: the moment from which on events are replayed.
    """

    wanted: Filter
    last_event_id: str | None
    since: datetime | None


def parse_request(query: Query, headers: Mapping[str, str], now: datetime, scope: Scope) -> StreamRequest:
    """Returns what the request asks for, within what its sender may see.

    Raises:
        BadParameter: a parameter or a value is not known.
    """
    check_names(query, _PARAMETERS)
    since = single(query, "since")
    one, other = (single(query, name) for name in _LAST_EVENT_ID)
    if one is not None and other is not None and one != other:
        raise BadParameter("lastEventId", "lastEventId and last_event_id are given with different ids")
    return StreamRequest(
        wanted=compile_filter(query, scope),
        last_event_id=headers.get("Last-Event-ID") or one or other,
        since=parse_since(since, now) if since is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request.

    Attributes:
        address: the client's address.
        token: the name of its token; None for none.
        end: when its stream is to end; None is never.
        withdrawals: how often its token had been withdrawn when it was checked.
    """

    address: str
    token: str | None
    end: End | None
    withdrawals: int = 0
