"""Keeps the streams: creates those that are missing, and notices those that were deleted or created anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from nats.js import JetStreamContext
from prometheus_client import Counter, Gauge

from tfdrift.bus.topology import Found, Retention, ensure

DIFFERENCES: Final = Gauge("tfdrift_stream_differences", "Settings of existing streams that differ from ours")
REMADE: Final = Counter("tfdrift_streams_remade_total", "Streams that were deleted and created anew", ["stream"])
MESSAGES: Final = Gauge("tfdrift_stream_messages", "Messages of a stream", ["stream"])
BYTES: Final = Gauge("tfdrift_stream_bytes", "Size of a stream", ["stream"])
MAX_BYTES: Final = Gauge("tfdrift_stream_limit_bytes", "How large a stream may grow, if it has a limit", ["stream"])

OnRemade = Callable[[str], None]


class Streams:
    """The streams of the pipeline, as one connection sees them.

    A stream that was created anew has lost its messages. Its fault stays until the next `verify`, so that /readyz shows
    it, and so that whoever is deleting streams one by one has come to an end.

    Attributes:
        faults: a sentence for each stream that is missing or was just created anew.
    """

    def __init__(self, jetstream: JetStreamContext, retention: Retention) -> None:
        self._jetstream = jetstream
        self._retention = retention
        self._created: dict[str, datetime] = {}
        self._listeners: list[OnRemade] = []
        self._log = structlog.get_logger()
        self.faults: dict[str, str] = {}

    def on_remade(self, listener: OnRemade) -> None:
        """Call `listener` with the name of each stream that is created anew from now on."""
        self._listeners.append(listener)

    async def verify(self) -> bool:
        """Create what is missing; returns whether every stream is the one that it was at the last call.

        Raises:
            Differs: a stream with one of our names belongs to somebody else.
            NoRoom: JetStream has less storage than the ledger is to have.
            BusError: NATS did not answer.
        """
        found = await ensure(self._jetstream, self._retention, self._note_missing)
        _measure(found)
        first = not self._created
        remade = [one.name for one in found if self._created.get(one.name, one.created) != one.created]
        self._created = {one.name: one.created for one in found}
        self.faults = {name: f"the stream {name} was deleted, and is created anew" for name in remade}
        if first:
            self._report_differences(found)
        for name in remade:
            REMADE.labels(name).inc()
            self._log.error("stream_remade", stream=name, remedy="its messages are lost; what can be refilled, is")
            for listener in self._listeners:
                listener(name)
        return not remade

    def is_known(self, name: str, created: datetime) -> bool:
        """Whether a stream is the one that it was at the last `verify`."""
        return self._created.get(name) == created

    def _note_missing(self, name: str) -> None:
        if name in self._created:
            self.faults[name] = f"the stream {name} is missing"
            self._log.error("stream_missing", stream=name, remedy="it is created anew")

    def _report_differences(self, found: list[Found]) -> None:
        differences = [difference for one in found for difference in one.differences]
        DIFFERENCES.set(len(differences))
        for difference in differences:
            self._log.warning(
                "stream_differs",
                stream=difference.stream,
                setting=difference.setting,
                wanted=difference.wanted,
                found=difference.found,
                remedy="change it with `nats stream edit`, or set the variable to the value that was found",
            )


def _measure(found: list[Found]) -> None:
    for one in found:
        MESSAGES.labels(one.name).set(one.messages)
        BYTES.labels(one.name).set(one.bytes)
        if one.max_bytes is not None:
            MAX_BYTES.labels(one.name).set(one.max_bytes)
