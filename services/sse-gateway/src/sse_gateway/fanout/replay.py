"""Pieces of the stream for clients that resume from the ring, shared by all clients that need the same.

After a deployment many clients resume from about the same place. A piece ends at a multiple of `PIECE_SEQUENCES`, so
clients that begin at different places share all but the first piece. A piece that has reached such an end, or its
limit of bytes, never changes, so it is shared while further events arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sse_gateway.fanout.filters import Filter
from sse_gateway.fanout.frame import joined
from sse_gateway.fanout.ring import Ring

PIECE_SEQUENCES: Final = 128
PIECE_BYTES: Final = 256 * 1024
# Enough for many clients with many filters; past it all pieces are dropped.
REMEMBERED_BYTES: Final = 8 * 1024 * 1024

_ENTRY_BYTES: Final = 300
_EVERYTHING: Final = Filter()


@dataclass(frozen=True, slots=True)
class Piece:
    """The matching events up to sequence ``reach``, as ``data``; ``final`` if no further event will be in it."""

    data: bytes
    events: int
    reach: int
    final: bool


class Replay:
    """Pieces of a ring."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._making = ring.making
        self._pieces: dict[tuple[int, Filter], Piece] = {}
        self._size_bytes = 0

    def next(self, after: int, wanted: Filter) -> tuple[bytes, int, int]:
        """Returns what matches after a sequence: at most about `PIECE_BYTES`, how many events, and how far it reaches.

        ``after`` must be in the ring: at least ``ring.first - 1``, and less than ``ring.last``.
        """
        data: list[bytes] = []
        size = events = 0
        while after < self._ring.last and size < PIECE_BYTES:
            piece = self._piece(after, wanted)
            data.append(piece.data)
            size += len(piece.data)
            events += piece.events
            after = piece.reach
        return b"".join(data), events, after

    def count(self, after: int, wanted: Filter) -> int:
        """Returns how many events later than ``after`` match."""
        if wanted == _EVERYTHING:
            return self._ring.count(after)
        events = 0
        while after < self._ring.last:
            piece = self._piece(after, wanted)
            events += piece.events
            after = piece.reach
        return events

    def _piece(self, after: int, wanted: Filter) -> Piece:
        if self._making != self._ring.making:
            self._forget()
        piece = self._pieces.get((after, wanted))
        if piece is None or not (piece.final or piece.reach == self._ring.last):
            piece = self._pieces[after, wanted] = self._make(after, wanted)
            self._size_bytes += len(piece.data) + _ENTRY_BYTES
            if self._size_bytes > REMEMBERED_BYTES:
                self._forget()
        return piece

    def _make(self, after: int, wanted: Filter) -> Piece:
        boundary = after - after % PIECE_SEQUENCES + PIECE_SEQUENCES
        frames, reach = self._ring.between(after, boundary, PIECE_BYTES)
        if wanted != _EVERYTHING:
            frames = [frame for frame in frames if wanted.takes(frame)]
        return Piece(joined(frames), len(frames), reach, final=reach < self._ring.last or reach == boundary)

    def _forget(self) -> None:
        self._making = self._ring.making
        self._pieces.clear()
        self._size_bytes = 0
