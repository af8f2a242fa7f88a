"""Bounds on what senders can cause: log lines about the same thing, and label values that they invent."""

from __future__ import annotations

from collections.abc import Hashable
from time import monotonic
from typing import Final

_MAX_KEYS: Final = 1024
_OTHER: Final = "other"


class Throttle:
    """Lets the first line about a thing pass, and then one in an interval."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due: dict[Hashable, float] = {}

    def due(self, key: Hashable) -> bool:
        """Whether a line about this thing is due."""
        now = monotonic()
        if self._due.get(key, 0.0) > now:
            return False
        if len(self._due) >= _MAX_KEYS:
            self._due.clear()
        self._due[key] = now + self._seconds
        return True


class Labels:
    """The first values of a label by their own names, and all others together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def label(self, value: str) -> str:
        """The label of a value."""
        if value in self._known or len(self._known) < self._most:
            self._known.add(value)
            return value
        return _OTHER
