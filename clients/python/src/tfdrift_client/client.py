"""The client: pages of drifts, and a stream that resumes."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import httpx
from httpx_sse import ServerSentEvent, SSEError, connect_sse

from tfdrift.events import Attribution, Drift, FalcoEvent, StateChange
from tfdrift_client.errors import Missed, Refused

_MODELS: Final[dict[str, type[Drift | FalcoEvent | StateChange | Attribution]]] = {
    "drift": Drift,
    "falco": FalcoEvent,
    "state_change": StateChange,
    "attribution": Attribution,
}
Payload = Drift | FalcoEvent | StateChange | Attribution
Filter = str | Sequence[str]

_PAGE: Final = 1000
# The gateway sends a keep-alive every 30 s by default; a longer silence is a dead connection.
_SILENCE_SECONDS: Final = 90.0
_DELAYS_SECONDS: Final = (1, 2, 4, 8, 16, 30)
# A gateway that is being deployed or has too many clients refuses for a while.
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
_log: Final = logging.getLogger("tfdrift_client")


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the ledger.

    Attributes:
        id: where the stream can be resumed.
        event: ``drift``, ``falco``, ``state_change`` or ``attribution``.
    """

    id: str
    event: str
    data: Payload


class Client:
    """Asks one gateway, until it is closed.

    Args:
        url: the gateway's, such as ``http://localhost:8080``.
        token: where the gateway needs one.
        timeout_seconds: for each answer, and for each connection of the stream to be made.
    """

    def __init__(self, url: str, *, token: str | None = None, timeout_seconds: float = 10.0) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout_seconds)
        self._silence = httpx.Timeout(timeout_seconds, read=_SILENCE_SECONDS)

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """End every connection."""
        self._http.close()

    def drifts(self, **filters: Filter) -> Iterator[Drift]:
        """Yields the drifts that the filters of ``GET /api/v1/drifts`` match, page by page.

        Raises:
            Refused: the gateway refuses the request.
            httpx.TransportError: the gateway does not answer.
        """
        cursor: dict[str, str] = {}
        while True:
            answer = self._http.get("/api/v1/drifts", params={**filters, "limit": str(_PAGE), **cursor})
            if answer.is_error:
                raise Refused.of(answer)
            page = answer.json()
            yield from (Drift.model_validate(one) for one in page["drifts"])
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def stream(self, *, since: str | None = None, last_event_id: str = "", **filters: Filter) -> Iterator[Event]:
        """Yields every event once and in order, over lost connections and restarts; does not end by itself.

        Args:
            since: starts in the past, at an RFC 3339 time or a duration such as ``15m``.
            last_event_id: starts after that event; it takes precedence over ``since``.
            filters: those of ``GET /api/v1/stream``, such as ``events`` and ``severity``.

        Raises:
            Refused: the gateway refuses the request, or the token is no longer valid.
            Missed: the ledger no longer reaches back to the last event.
        """
        opened_at, opened, failures, last = time.monotonic(), False, 0, last_event_id
        while True:
            try:
                for message in self._messages({**filters, **_start(last, since)}):
                    failures = 0
                    last = message.id or last
                    event = _read(message)
                    if event is not None:
                        yield event
            except (httpx.TransportError, SSEError) as error:
                _log.info("the stream is interrupted: %s", error)
            # The gateways of a deployment are not asked by all clients at once.
            time.sleep(_DELAYS_SECONDS[min(failures, len(_DELAYS_SECONDS) - 1)] * random.uniform(0.5, 1))  # noqa: S311
            failures += 1
            if since is None or opened:
                # Without an id to resume from: since it was opened. As a duration, because clocks differ.
                opened, since = True, f"{math.ceil(time.monotonic() - opened_at)}s"

    def _messages(self, parameters: dict[str, Filter]) -> Iterator[ServerSentEvent]:
        """Yields the messages of one connection; nothing if the gateway refuses it for a while."""
        with connect_sse(self._http, "GET", "/api/v1/stream", params=parameters, timeout=self._silence) as source:
            if source.response.status_code in _PASSING:
                _log.info("the stream is refused for now: %d", source.response.status_code)
                return
            if source.response.is_error:
                source.response.read()
                raise Refused.of(source.response)
            yield from source.iter_sse()


def _start(last: str, since: str | None) -> dict[str, str]:
    """Returns the parameter that says where a connection begins."""
    if last:
        return {"last_event_id": last}
    return {} if since is None else {"since": since}


def _read(message: ServerSentEvent) -> Event | None:
    """Returns the event of a message; None for one of the gateway's own, and for one that cannot be read."""
    try:
        data: Any = message.json()
        if message.event == "reset":
            raise Missed(data["reason"], data["oldest"])
        if message.event == "closing":
            raise Refused(401, f"The gateway ended the stream: {data['reason']}.")
        model = _MODELS.get(message.event)
        return None if model is None else Event(message.id, message.event, model.model_validate(data))
    except (ValueError, KeyError, TypeError) as error:
        _log.warning("the %s event %s cannot be read: %s", message.event, message.id, error)
        return None
