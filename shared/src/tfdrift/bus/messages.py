"""The values of the bus: messages of a stream, entries of a bucket, acknowledgements."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from nats.js.api import RawStreamMsg

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Ack:
    """JetStream's acknowledgement of a message; ``duplicate`` when its id was stored before, at ``sequence``."""

    sequence: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Entry(Generic[V]):
    """A key of a bucket; ``value`` is bytes, or what a watch decoded them to, and None for a deleted key."""

    key: str
    value: V | None
    revision: int


@dataclass(frozen=True, slots=True)
class StreamState:
    """The state of a stream; its sequences run from ``first_sequence`` to ``last_sequence``."""

    created: datetime
    first_sequence: int
    last_sequence: int
    messages: int
    bytes: int


class Message(NamedTuple):
    """One message of a stream, as JetStream delivers it (nats-server ADR-15); its time and headers are parsed late.

    Attributes:
        sequence: the stream's sequence.
        consumer_sequence: its number among the messages that the consumer delivered, from 1.
        deliveries: how many times it was delivered, from 1.
        pending: how many matching messages wait behind it at the server.
        published_nanoseconds: when the stream stored it, in nanoseconds since 1970.
        header_block: its headers as they were sent (nats-server ADR-4); empty without headers.
        reply: the subject on which it is acknowledged.
    """

    subject: str
    data: bytes
    sequence: int
    consumer_sequence: int
    deliveries: int
    pending: int
    published_nanoseconds: int
    header_block: bytes
    reply: str

    @property
    def published(self) -> datetime:
        """Return when the stream stored it."""
        return datetime.fromtimestamp(self.published_nanoseconds / 1e9, UTC)

    def header(self, name: str) -> str | None:
        """Return one header, without parsing the others."""
        mark = _header_mark(name)
        start = self.header_block.find(mark)
        if start < 0:
            return None
        start += len(mark)
        return self.header_block[start : self.header_block.index(b"\r\n", start)].decode("utf-8", "replace").strip()

    @property
    def headers(self) -> Mapping[str, str]:
        """Return all headers."""
        lines = self.header_block.decode("utf-8", "replace").split("\r\n")[1:] if self.header_block else []
        pairs = (line.partition(":") for line in lines if line)
        return {name.strip(): value.strip() for name, _, value in pairs}


@lru_cache(maxsize=64)
def _header_mark(name: str) -> bytes:
    return f"\r\n{name}:".encode()


@lru_cache(maxsize=4096)
def _subject(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def delivered(subject: bytes, reply: bytes, header_block: bytes, data: bytes) -> Message:
    """Return a message, with the numbers that its reply subject carries.

    The subject is ``$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>``; the newer
    form has two tokens, domain and account hash, before the stream (nats-server ADR-15).

    Raises:
        ValueError: the reply subject is not of that form.
    """
    tokens = reply.split(b".")
    if len(tokens) < 9:
        raise ValueError(f"{reply!r} is no delivery's reply subject")
    first = 4 if len(tokens) == 9 else 6
    return Message(
        _subject(subject),
        data,
        int(tokens[first + 1]),
        int(tokens[first + 2]),
        int(tokens[first]),
        int(tokens[first + 4]),
        int(tokens[first + 3]),
        header_block,
        reply.decode("utf-8", "replace"),
    )


def stored(raw: RawStreamMsg, sequence: int) -> Message:
    """Return a message that was requested by its sequence, and not delivered by a consumer."""
    published = int(raw.time.timestamp() * 1e9) if raw.time is not None else 0
    header_block = b64decode(raw.hdrs or b"")
    return Message(raw.subject or "", raw.data or b"", sequence, 0, 0, 0, published, header_block, "")
