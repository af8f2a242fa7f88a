"""Encodes one ledger message as the bytes that every matching client is sent.

The format is the event stream of the WHATWG HTML standard, section 9.2.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from tfdrift.subjects import EventName


class Frame(NamedTuple):
    """An event of the ledger, encoded once.

    Attributes:
        sequence: its place in the ledger.
        subject: its subject, for the filters.
        workspace: its workspace, for the filters; None if it has none.
        published_nanoseconds: when the ledger stored it, since 1970.
        data: the event's bytes on the stream, with the empty line at the end.
    """

    sequence: int
    subject: str
    workspace: str | None
    published_nanoseconds: int
    data: bytes

    @property
    def published(self) -> datetime:
        """When the ledger stored it."""
        return datetime.fromtimestamp(self.published_nanoseconds / 1e9, UTC)


def encode(epoch: str, sequence: int, event: EventName, payload: bytes) -> bytes:
    """Returns the event as clients receive it; the payload's bytes stay as they are.

    A payload of the contract has no line breaks. A foreign publisher's payload may have some, and they would end the
    event early. So each of its lines gets a ``data:`` of its own, and clients join the lines again.
    """
    if b"\n" in payload or b"\r" in payload:
        payload = payload.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\ndata: ")
    return b"id: %b-%d\nevent: %b\ndata: %b\n\n" % (epoch.encode(), sequence, event.encode(), payload)


def payload_of(data: bytes) -> bytes:
    """Returns the payload of an event that `encode` made."""
    start = data.index(b"\ndata: ") + len(b"\ndata: ")
    return data[start:-2].replace(b"\ndata: ", b"\n")


def id_of(data: bytes) -> str:
    """Returns the id of an event that `encode` made."""
    return data[len(b"id: ") : data.index(b"\n")].decode()


def chunk(body: bytes) -> bytes:
    """Returns ``body`` as one chunk of HTTP/1.1's chunked transfer coding (RFC 9112 section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(body), body)


# The end of a body in that transfer coding.
LAST_CHUNK: Final = b"0\r\n\r\n"


def joined(frames: Iterable[Frame]) -> bytes:
    """Returns the frames as one piece of the stream."""
    return b"".join([frame.data for frame in frames])


def pieces(frames: Iterable[Frame], max_bytes: int) -> Iterator[list[Frame]]:
    """Yield the frames in runs of about ``max_bytes`` of data, at least one frame each."""
    piece: list[Frame] = []
    size = 0
    for frame in frames:
        piece.append(frame)
        size += len(frame.data)
        if size >= max_bytes:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
