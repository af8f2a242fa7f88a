"""What the bus hands over: messages of a stream, entries of a bucket, acknowledgements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nats.aio.msg import Msg


@dataclass(frozen=True, slots=True)
class Ack:
    """JetStream has stored a message; ``duplicate`` when its id was stored before, under ``sequence``."""

    sequence: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a bucket; ``value`` is None for a deleted key."""

    key: str
    value: bytes | None
    revision: int


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a stream holds now; its sequences run from ``first_sequence`` to ``last_sequence``."""

    created: datetime
    first_sequence: int
    last_sequence: int
    messages: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream.

    Attributes:
        sequence: the stream's sequence.
        pending: how many matching messages stand behind it at the server.
        published: when the stream stored it.
        deliveries: how often it was delivered, from 1.
    """

    subject: str
    data: bytes
    sequence: int
    pending: int
    published: datetime
    deliveries: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The metadata that JetStream puts into a message's reply subject."""

    deliveries: int
    stream_sequence: int
    consumer_sequence: int
    published_nanoseconds: int
    pending: int

    @property
    def published(self) -> datetime:
        """When the stream stored the message."""
        return datetime.fromtimestamp(self.published_nanoseconds / 1e9, UTC)


def parse_delivery(reply: str) -> Delivery:
    """The metadata in ``$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>``.

    The newer form has two tokens, domain and account hash, before the stream (nats-server ADR-15).
    """
    tokens = reply.split(".")
    first = 4 if len(tokens) == 9 else 6
    deliveries, stream, consumer, published, pending = (int(token) for token in tokens[first : first + 5])
    return Delivery(deliveries, stream, consumer, published, pending)


def received(message: Msg, delivery: Delivery) -> Message:
    """A message as nats-py delivered it, with its metadata."""
    return Message(
        message.subject,
        message.data,
        delivery.stream_sequence,
        delivery.pending,
        delivery.published,
        delivery.deliveries,
        message.headers or {},
    )
