"""The local spool, seen from the event loop: alerts wait here while NATS is away.

Writes go to one thread. Alerts that arrive while it fsyncs share the next transaction, so a hundred alerts at once
cost one or two fsyncs. The bound counts reserved bytes, so it includes alerts that are still being written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from ingest_falco.alert.message import LedgerMessage
from ingest_falco.errors import SpoolFull, SpoolRefused
from ingest_falco.metrics import SPOOL_BYTES, SPOOL_ENTRIES
from ingest_falco.spool.file import SpooledAlert, SpoolFile
from ingest_falco.spool.routing import BATCH_ENTRIES, Route, holds_back, route

_BATCH_BYTES: Final = 8 * 1024 * 1024

_Waiting = tuple[LedgerMessage, "asyncio.Future[bool]"]


class Spool:
    """A bounded queue on disk; opened by `Spool.open`, and written to while `write` runs."""

    def __init__(self, file: SpoolFile, thread: ThreadPoolExecutor, max_bytes: int) -> None:
        self._file = file
        self._thread = thread
        self._max_bytes = max_bytes
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._filled = asyncio.Event()
        self._released = asyncio.Event()
        self._released.set()
        depth = file.depth()
        self._entries = self._bytes = 0
        self._count(depth.entries, depth.size_bytes)

    @classmethod
    async def open(cls, folder: Path, max_bytes: int) -> Spool:
        """The spool of a folder, with the alerts that an earlier process left in it.

        Raises:
            SpoolRefused: the folder is not writable, or another process uses it.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        try:
            file = await asyncio.get_running_loop().run_in_executor(thread, SpoolFile, folder)
        except SpoolRefused:
            thread.shutdown(wait=False)
            raise
        return cls(file, thread, max_bytes)

    async def close(self) -> None:
        """Release the file, once its thread is idle."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        self._thread.shutdown(wait=False)

    @property
    def entries(self) -> int:
        """The number of messages that wait, on disk or on their way there."""
        return self._entries

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._entries == 0

    async def filled(self) -> None:
        """Return as soon as something waits."""
        await self._filled.wait()

    async def route(self, is_connected: Callable[[], bool]) -> Route:
        """The way of an alert that has arrived, as soon as newer alerts are not held back."""
        await self._released.wait()
        return route(entries=self._entries, connected=is_connected())

    def hold_back(self, *, connected: bool, moving: int = 0, failed: bool = False) -> None:
        """Decide anew whether newer alerts wait in `route`; see `holds_back`."""
        held = not self._released.is_set()
        if holds_back(held, entries=self._entries, connected=connected, moving=moving, failed=failed):
            self._released.clear()
        else:
            self._released.set()

    async def append(self, message: LedgerMessage) -> bool:
        """Write a message behind all others and return when it is on disk; False when it waits already.

        Raises:
            SpoolFull: it would exceed the bound.
            SpoolRefused: the disk did not take it.
        """
        if self._bytes + message.size_bytes > self._max_bytes:
            raise SpoolFull(f"the spool has {self._bytes} of {self._max_bytes} bytes")
        self._count(1, message.size_bytes)
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, written))
        self._arrived.set()
        return await written

    async def write(self) -> None:
        """Write the messages of `append`, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            batch, self._waiting = self._waiting, []
            messages = [message for message, _ in batch]
            try:
                is_new = await asyncio.get_running_loop().run_in_executor(self._thread, self._file.add, messages)
            except SpoolRefused as error:
                self._refuse(batch, error)
                continue
            for (message, written), new in zip(batch, is_new, strict=True):
                if not new:
                    self._count(-1, -message.size_bytes)
                if not written.done():  # its request may be gone
                    written.set_result(new)

    def _refuse(self, batch: list[_Waiting], error: SpoolRefused) -> None:
        for message, written in batch:
            self._count(-1, -message.size_bytes)
            if not written.done():
                written.set_exception(type(error)(str(error)))

    async def oldest(self) -> list[SpooledAlert]:
        """The alerts to forward next, in the order of arrival.

        Raises:
            SpoolRefused: the disk did not give them.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._file.oldest, BATCH_ENTRIES, _BATCH_BYTES)

    async def remove(self, forwarded: list[SpooledAlert]) -> None:
        """Delete the oldest messages, which the ledger has now.

        Raises:
            SpoolRefused: the disk did not take it.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._file.remove_through, forwarded[-1].position)
        self._count(-len(forwarded), -sum(alert.message.size_bytes for alert in forwarded))

    def _count(self, entries: int, size_bytes: int) -> None:
        self._entries += entries
        self._bytes += size_bytes
        SPOOL_ENTRIES.set(self._entries)
        SPOOL_BYTES.set(self._bytes)
        if self._entries:
            self._filled.set()
        else:
            self._filled.clear()
