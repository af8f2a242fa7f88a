"""Limits the pieces of work in one turn of the event loop, so that a flood of them delays nothing else."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Turns:
    """Does at most `per_turn` pieces of work in a turn of the loop; the others wait, in order of arrival.

    Between two turns the loop does its other work. Up to `per_turn` pieces never wait.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, per_turn: int) -> None:
        self._loop = loop
        self._per_turn = self._free = per_turn
        self._waiting: deque[Callable[[], None]] = deque()
        self._scheduled = False

    def do(self, work: Callable[[], None]) -> None:
        """Do the work now, or in a later turn."""
        if self._free and not self._waiting:
            self._free -= 1
            self._schedule()
            work()
        else:
            self._waiting.append(work)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        self._scheduled = False
        self._free = self._per_turn
        while self._waiting and self._free:
            self._free -= 1
            self._schedule()  # before the work, which may fail
            self._waiting.popleft()()
