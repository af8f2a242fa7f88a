"""The open streams of each token, so that they end when the token is withdrawn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

End = Callable[[], None]


class Withdrawals:
    """The open streams by the name of their token, and how often each token was withdrawn.

    A request may wait between the check of its token and the start of its stream. It carries the count of that check,
    so a withdrawal in between is noticed when the stream is added.
    """

    def __init__(self) -> None:
        self._ends: defaultdict[str, set[End]] = defaultdict(set)
        self._counts: Counter[str] = Counter()

    def count(self, token: str | None) -> int:
        """How often a token has been withdrawn."""
        return self._counts[token] if token is not None else 0

    def add(self, token: str, counted: int, end: End) -> None:
        """Add a stream; ``end`` is called when its token is withdrawn, at once if that happened since ``counted``."""
        self._ends[token].add(end)
        if self._counts[token] != counted:
            end()

    def remove(self, token: str, end: End) -> None:
        """Forget a stream that has ended."""
        self._ends[token].discard(end)
        if not self._ends[token]:
            del self._ends[token]

    def withdraw(self, token: str) -> None:
        """End the streams of a token that was removed or changed."""
        self._counts[token] += 1
        for end in list(self._ends.get(token, ())):
            end()
