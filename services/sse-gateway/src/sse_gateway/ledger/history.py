"""Reads the part of the ledger before the ring: pages from JetStream, shared by all who need the same.

Pages start at multiples of `PAGE_SEQUENCES`, whatever a client asks for, so clients that resume from about the same
place share one read. At most `CONCURRENT_READS` run at a time, and the cache is limited by its bytes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sse_gateway.fanout.frame import Frame
from sse_gateway.fanout.ring import FRAME_OVERHEAD_BYTES
from sse_gateway.metrics import HISTORY_BYTES, LEDGER_READS
from tfdrift.bus import Bus, Message
from tfdrift.subjects import STREAM

PAGE_SEQUENCES: Final = 4096
PAGE_BYTES: Final = 4 * 1024 * 1024
CONCURRENT_READS: Final = 4
CACHE_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """All events of the ledger from sequence ``start`` to ``end``, both included."""

    start: int
    end: int
    frames: tuple[Frame, ...]
    size_bytes: int


class History:
    """Reads pages; ``frame_of`` makes a message a frame, or None for one that is not an event."""

    def __init__(self, bus: Bus, frame_of: Callable[[Message], Frame | None]) -> None:
        self._bus = bus
        self._frame_of = frame_of
        self._reads = asyncio.Semaphore(CONCURRENT_READS)
        self._running: dict[tuple[int, int], asyncio.Task[Page]] = {}
        self._cache: OrderedDict[tuple[int, int], Page] = OrderedDict()
        self._cached_bytes = 0

    def forget(self) -> None:
        """Drop every page, because the ledger was created again."""
        self._running.clear()
        self._cache.clear()
        self._cached_bytes = 0
        HISTORY_BYTES.set(0)

    async def page_at(self, sequence: int, end: int) -> Page:
        """Returns the page that contains ``sequence``, at most up to ``end``; it may begin before and end earlier.

        Raises:
            tfdrift.bus.BusError: NATS cannot be read now.
        """
        start = sequence - sequence % PAGE_SEQUENCES
        page = await self._page(start, min(start + PAGE_SEQUENCES - 1, end))
        while page.end < sequence:  # very large events: the page ended at its limit of bytes
            page = await self._page(page.end + 1, min(start + PAGE_SEQUENCES - 1, end))
        return page

    async def count(self, start: int, end: int, subjects: tuple[str, ...]) -> int:
        """Returns how many events the subjects have from sequence ``start`` to ``end``, both included.

        Raises:
            tfdrift.bus.BusError: NATS cannot be asked now.
        """
        async with self._reads:
            return await self._bus.count(STREAM, start=start, end=end, subjects=subjects)

    async def page_before(self, sequence: int) -> Page:
        """Returns the page that ends right before ``sequence``; it may begin anywhere."""
        last = sequence - 1
        start = last - last % PAGE_SEQUENCES
        page = await self._page(start, last)
        while page.end < last:
            page = await self._page(page.end + 1, last)
        return page

    async def _page(self, start: int, end: int) -> Page:
        key = (start, end)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._read(start, end))
            task.add_done_callback(lambda done: self._finish(key, done))
        # The first client may leave while others still wait for the page.
        return await asyncio.shield(task)

    async def _read(self, start: int, end: int) -> Page:
        async with self._reads:
            LEDGER_READS.inc()
            frames: list[Frame] = []
            size = 0
            batches = self._bus.read(STREAM, start=max(start, 1), end=end)
            try:
                async for messages in batches:
                    for frame in filter(None, map(self._frame_of, messages)):
                        frames.append(frame)
                        size += len(frame.data) + FRAME_OVERHEAD_BYTES
                        if size >= PAGE_BYTES:
                            return Page(start, frame.sequence, tuple(frames), size)
            finally:
                await batches.aclose()  # type: ignore[attr-defined]
            return Page(start, end, tuple(frames), size)

    def _finish(self, key: tuple[int, int], task: asyncio.Task[Page]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
            if not task.cancelled() and task.exception() is None:
                self._remember(key, task.result())
        elif not task.cancelled():
            task.exception()

    def _remember(self, key: tuple[int, int], page: Page) -> None:
        self._cache[key] = page
        self._cached_bytes += page.size_bytes
        while self._cached_bytes > CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= dropped.size_bytes
        HISTORY_BYTES.set(self._cached_bytes)
