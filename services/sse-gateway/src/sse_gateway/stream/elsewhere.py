"""What the other workers of this gateway have open, so that limits hold for them all.

Each worker writes its own counts into memory that all of them read: one of all its streams, and one for each of
`_PLACES` places, among which the addresses and tokens are spread by hash. Nothing is locked, so workers that admit at
the same moment may pass a limit by one each; and whoever shares a place with somebody else is counted with him, one
pair of a quarter of a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_PLACES: Final = 256 * 1024
_COUNT_BYTES: Final = 4

SHARED_BYTES: Final = (1 + _PLACES) * _COUNT_BYTES


class Elsewhere:
    """The counts of the other workers, and the way to tell them our own; one process alone has none to tell.

    Hashes must be alike in all of them, so they must be forked from one process.
    """

    def __init__(self, parts: Sequence[memoryview] = (), number: int = 0) -> None:
        counts = [part.cast("I") for part in parts]
        self._own = counts[number] if counts else None
        self._others = [part for other, part in enumerate(counts) if other != number]

    def total(self) -> int:
        """How many streams they have open."""
        return sum(other[0] for other in self._others)

    def of(self, kind: str, who: str) -> int:
        """How many of them are of one address or one token."""
        place = _place(kind, who) if self._others else 0
        return sum(other[place] for other in self._others)

    def tell(self, change: int, whose: Sequence[tuple[str, str]]) -> None:
        """Say that we have one stream more (1) or less (-1), and of which address and token."""
        if self._own is not None:
            self._own[0] += change
            for kind, who in whose:
                self._own[_place(kind, who)] += change


def _place(kind: str, who: str) -> int:
    return 1 + hash((kind, who)) % _PLACES
