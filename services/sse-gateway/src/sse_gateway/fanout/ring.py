"""The most recent part of the ledger in memory: encoded frames without a gap, limited by their bytes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sse_gateway.fanout.frame import Frame

# What a frame costs beyond its data: the object, its sequence, its time, its places in the lists.
FRAME_OVERHEAD_BYTES: Final = 250

_COMPACT_AT: Final = 1024


class Ring:
    """Every frame from ``first`` up to ``last``, both sequences of the ledger.

    A sequence in between without a frame is one that the ledger no longer holds, or a message that is not an event.
    `last` is 0 before the ledger's first event. `making` counts how often the ring was emptied.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.making = 0
        self.begin(1)

    def begin(self, first: int) -> None:
        """Empty the ring; the next frames are those from sequence ``first`` on."""
        self.making += 1
        self.first = first
        self.last = first - 1
        self.size_bytes = 0
        # Two parallel lists, so that positions are found by bisection; entries before `_head` are dropped.
        self._frames: list[Frame | None] = []
        self._sequences: list[int] = []
        self._head = 0

    def __len__(self) -> int:
        return len(self._frames) - self._head

    def append(self, frame: Frame) -> None:
        """Append the next frame and drop the oldest ones above the limit."""
        self._frames.append(frame)
        self._sequences.append(frame.sequence)
        self.last = frame.sequence
        self.size_bytes += len(frame.data) + FRAME_OVERHEAD_BYTES
        while self.size_bytes > self.max_bytes:
            self._drop_oldest()

    def skip(self, sequence: int) -> None:
        """Note a sequence that has no frame."""
        self.last = max(self.last, sequence)

    def count(self, after: int) -> int:
        """Returns how many frames are later than ``after``."""
        return len(self._frames) - self._index_after(after)

    def between(self, after: int, end: int, max_bytes: int) -> tuple[Sequence[Frame], int]:
        """Returns the frames later than ``after`` and up to ``end``, and how far they reach, at most to `last`.

        They end earlier where they exceed ``max_bytes``, but never before the first frame.
        """
        start = self._index_after(after)
        taken: list[Frame] = []
        size = 0
        for index in range(start, max(start, bisect_right(self._sequences, end))):
            frame = self._frames[index]
            assert frame is not None  # noqa: S101 -- only entries before the head are None
            size += len(frame.data)
            if taken and size > max_bytes:
                return taken, taken[-1].sequence
            taken.append(frame)
        return taken, max(after, min(end, self.last))

    def before(self, sequence: int, max_frames: int) -> Sequence[Frame]:
        """Returns the last frames earlier than ``sequence``, newest first."""
        stop = max(self._head, bisect_left(self._sequences, sequence))
        found = self._frames[max(self._head, stop - max_frames) : stop]
        return [frame for frame in reversed(found) if frame is not None]

    def position_at(self, moment: datetime) -> int | None:
        """Returns the sequence before everything stored at ``moment`` or later; None if that is before `first`."""
        if not len(self) or self._oldest().published >= moment:
            return None
        index = bisect_right(self._frames, False, self._head, key=lambda f: f is not None and f.published >= moment)
        return self._sequences[index - 1]

    def _oldest(self) -> Frame:
        frame = self._frames[self._head]
        assert frame is not None  # noqa: S101 -- only entries before the head are None
        return frame

    def _index_after(self, sequence: int) -> int:
        return max(self._head, bisect_right(self._sequences, sequence))

    def _drop_oldest(self) -> None:
        frame = self._oldest()
        self.first = frame.sequence + 1
        self.size_bytes -= len(frame.data) + FRAME_OVERHEAD_BYTES
        self._frames[self._head] = None
        self._head += 1
        if self._head >= _COMPACT_AT and self._head * 2 > len(self._frames):
            del self._frames[: self._head]
            del self._sequences[: self._head]
            self._head = 0
