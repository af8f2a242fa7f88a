"""Notices when the ledger deletes messages that a reader has not read yet.

The ledger has a limited size and age. A reader that is away or slow for longer than it reaches loses messages, and
nothing else would show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import Counter

OVERRUN: Final = Counter(
    "tfdrift_overrun_messages_total",
    "Messages that a stream deleted before a reader had read them, at most",
    ["stream", "reader"],
)


def report_overrun(stream: str, reader: str, lost: int) -> None:
    """Count and log messages that a reader lost."""
    OVERRUN.labels(stream, reader).inc(lost)
    structlog.get_logger().error(
        "stream_overran_reader",
        stream=stream,
        reader=reader,
        lost_at_most=lost,
        remedy="raise TFDRIFT_RETENTION_BYTES or TFDRIFT_RETENTION_HOURS, or find what slows the reader down",
    )


@dataclass(frozen=True, slots=True)
class Position:
    """Where a durable consumer stands in its stream.

    Attributes:
        delivered: the last sequence of the stream that was delivered.
        deliveries: how many messages were delivered in all.
        pending: how many messages wait for delivery.
        first: the first sequence that the stream still has.
    """

    delivered: int
    deliveries: int
    pending: int
    first: int


def overrun(before: Position, now: Position) -> int:
    """Return how many messages the stream deleted unread between two looks, at most.

    Nothing was lost if nothing waited. Otherwise it is what was deleted behind the old position, less what was
    delivered meanwhile; messages that the consumer's filter does not match are counted too.
    """
    if not before.pending:
        return 0
    deleted = now.first - 1 - max(before.delivered, before.first - 1)
    return max(0, deleted - (now.deliveries - before.deliveries))
