"""The local spool, seen from the event loop: alerts wait here while NATS is away.

Writes go to one thread. Alerts that arrive while it fsyncs share the next transaction, so a hundred alerts at once
cost one or two fsyncs. The bound counts reserved bytes, so it includes alerts that are still being written.

The disk may fail in two ways, and neither stops the service. A damaged file is moved aside, and the alerts that can
still be read out of it go on in a new one. On a disk that takes no writes, forwarded alerts cannot be deleted: they
are remembered as forwarded, and the file is deleted as a whole once it contains nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from ingest_falco.alert.message import LedgerMessage
from ingest_falco.conditions import Condition, Conditions
from ingest_falco.errors import SpoolCorrupt, SpoolDiskFull, SpoolFull, SpoolInUse, SpoolRefused
from ingest_falco.metrics import SPOOL_BYTES, SPOOL_ENTRIES, SPOOL_SALVAGED
from ingest_falco.spool.file import FILE_NAME, Depth, SpoolFile, depth_of
from ingest_falco.spool.routing import BATCH_ENTRIES, Route, holds_back, route
from ingest_falco.spool.rows import SpooledAlert

_BATCH_BYTES: Final = 8 * 1024 * 1024
_CORRUPT_SUFFIX: Final = ".corrupt-%Y%m%dT%H%M%S.%fZ"

_Waiting = tuple[LedgerMessage, "asyncio.Future[bool]"]
P = ParamSpec("P")
R = TypeVar("R")


class Spool:
    """A bounded queue on disk; opened by `Spool.open`, and written to while `write` runs."""

    def __init__(self, file: SpoolFile, thread: ThreadPoolExecutor, max_bytes: int, conditions: Conditions) -> None:
        self._file = file
        self._thread = thread
        self._max_bytes = max_bytes
        self._conditions = conditions
        self._siblings: list[Path] = []
        self._waiting: list[_Waiting] = []
        self._forwarded_through = 0
        self._undeleted = False
        self._arrived = asyncio.Event()
        self._filled = asyncio.Event()
        self._released = asyncio.Event()
        self._released.set()
        self._stored = Depth()
        self._pending = Depth()

    @classmethod
    async def open(cls, folder: Path, max_bytes: int, conditions: Conditions, siblings: Sequence[Path] = ()) -> Spool:
        """The spool of a folder, with the alerts that an earlier process left in it.

        A damaged file is moved aside; on a full disk the spool opens empty, and refuses alerts until there is room.

        Args:
            siblings: folders of spools whose alerts `adopt` takes over, once no process has them.

        Raises:
            SpoolInUse: another process uses it.
            SpoolRefused: the folder is not writable.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        spool = cls(SpoolFile(folder), thread, max_bytes, conditions)
        spool._siblings = [each for each in siblings if each != folder]
        try:
            await spool._measure()
        except SpoolRefused:
            thread.shutdown(wait=False)
            raise
        return spool

    async def close(self) -> None:
        """Release the file, once its thread is idle."""
        await self._in_thread(self._file.close)
        self._thread.shutdown(wait=False)

    @property
    def entries(self) -> int:
        """The number of messages that wait, on disk or on their way there."""
        return self._stored.entries + self._pending.entries

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return self.entries == 0

    async def filled(self) -> None:
        """Return as soon as something waits."""
        await self._filled.wait()

    async def route(self, is_connected: Callable[[], bool]) -> Route:
        """The way of an alert that has arrived, as soon as newer alerts are not held back."""
        if not self._released.is_set():
            await self._released.wait()
        return route(entries=self.entries, connected=is_connected())

    def hold_back(self, *, connected: bool, moving: int = 0, failed: bool = False) -> None:
        """Decide anew whether newer alerts wait in `route`; see `holds_back`."""
        held = not self._released.is_set()
        if holds_back(held, entries=self.entries, connected=connected, moving=moving, failed=failed):
            self._released.clear()
        else:
            self._released.set()

    async def append(self, message: LedgerMessage) -> bool:
        """Write a message behind all others and return when it is on disk; False when it waits already.

        Raises:
            SpoolFull: it would exceed the bound.
            SpoolRefused: the disk did not take it.
        """
        size_bytes = self._stored.size_bytes + self._pending.size_bytes
        if size_bytes + message.size_bytes > self._max_bytes:
            raise SpoolFull(f"the spool has {size_bytes} of {self._max_bytes} bytes")
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, written))
        self._pending += depth_of([message])
        self._show()
        self._arrived.set()
        return await written

    async def write(self) -> None:
        """Write the messages of `append`, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            batch, self._waiting = self._waiting, []
            messages = [message for message, _ in batch]
            result: list[bool] | SpoolRefused
            try:
                result = await self._written(messages)
            except SpoolRefused as error:
                result = error
            self._pending -= depth_of(messages)
            if not isinstance(result, SpoolRefused):
                self._stored += depth_of(message for message, new in zip(messages, result, strict=True) if new)
            self._show()
            _resolve([written for _, written in batch], result)

    async def oldest(self) -> list[SpooledAlert]:
        """The alerts to forward next, in the order of arrival.

        Raises:
            SpoolRefused: the disk did not give them.
        """
        try:
            return await self._read()
        except SpoolCorrupt as error:
            await self._replace(error)
            return await self._read()

    async def remove(self, forwarded: list[SpooledAlert]) -> None:
        """Remove the oldest messages, which the ledger has now.

        Where the disk does not allow it they count as removed; a process that starts later forwards them again, and
        the ledger deduplicates them.
        """
        self._forwarded_through = forwarded[-1].position
        self._stored -= depth_of(alert.message for alert in forwarded)
        self._show()
        try:
            await self._in_thread(self._file.remove_through, self._forwarded_through)
        except SpoolCorrupt as error:
            await self._replace(error)
        except SpoolRefused as error:
            self._undeleted = True
            self._report(error)
            await self._restart_if_done()
        else:
            self._undeleted = False
            self._conditions.end(Condition.SPOOL_DISK_FULL)

    async def look_at_disk(self) -> None:
        """End the condition of a full disk once the disk takes writes again."""
        if not self._conditions.has(Condition.SPOOL_DISK_FULL):
            return
        try:
            await self._restart_if_done()
            await self._in_thread(self._file.write_nothing)
        except SpoolRefused:
            return
        self._conditions.end(Condition.SPOOL_DISK_FULL)

    async def adopt(self) -> None:
        """Take over the alerts that processes beside this one have left in spools of their own."""
        for folder in self._siblings:
            if not (folder / FILE_NAME).exists():
                continue
            try:
                moved = await self._in_thread(self._file.take_over, folder)
            except SpoolInUse:
                continue
            except SpoolRefused as error:
                self._report(error)
                continue
            self._stored += moved
            self._show()

    async def _measure(self) -> None:
        """Take the depth of the file, which is moved aside where it is damaged."""
        try:
            depth = await self._in_thread(self._file.depth)
        except SpoolCorrupt as error:
            await self._replace(error)
        except SpoolDiskFull as error:
            self._report(error)
        else:
            self._stored = depth
            self._show()

    async def _read(self) -> list[SpooledAlert]:
        return await self._in_thread(self._file.oldest, BATCH_ENTRIES, _BATCH_BYTES, self._forwarded_through)

    async def _written(self, messages: list[LedgerMessage]) -> list[bool]:
        """Write messages; once more where the reason of a failure could be removed.

        Raises:
            SpoolRefused: the disk did not take them.
        """
        try:
            return await self._in_thread(self._file.add, messages)
        except SpoolCorrupt as error:
            await self._replace(error)
        except SpoolRefused as error:
            self._report(error)
            if not await self._restart_if_done():
                raise
        return await self._in_thread(self._file.add, messages)

    async def _restart_if_done(self) -> bool:
        """Delete a file in which every alert is forwarded, which frees its room; whether there was one."""
        if not self._undeleted or self._stored.entries:
            return False
        await self._in_thread(self._file.restart)
        self._undeleted = False
        self._forwarded_through = 0
        return True

    async def _replace(self, error: SpoolCorrupt) -> None:
        """Move the damaged file aside, and go on with the alerts that can still be read out of it.

        Raises:
            SpoolRefused: the disk takes no new file.
        """
        suffix = datetime.now(UTC).strftime(_CORRUPT_SUFFIX)
        moved = await self._in_thread(self._file.replace, suffix, self._forwarded_through)
        lost = self._stored.entries - moved.salvaged
        self._stored = await self._in_thread(self._file.depth)
        self._forwarded_through = 0
        self._undeleted = False
        self._show()
        SPOOL_SALVAGED.inc(moved.salvaged)
        self._conditions.begin(
            Condition.SPOOL_CORRUPT,
            f"{error}; the file is now {moved.path}. {moved.salvaged} of its alerts go on"
            + (f", {lost} could not be read" if lost > 0 else ""),
        )

    def _report(self, error: SpoolRefused) -> None:
        self._conditions.begin(Condition.SPOOL_DISK_FULL, f"{error}; free some room on the disk of TFDRIFT_SPOOL_DIR")

    async def _in_thread(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))

    def _show(self) -> None:
        SPOOL_ENTRIES.set(self.entries)
        SPOOL_BYTES.set(self._stored.size_bytes + self._pending.size_bytes)
        if self.empty:
            self._filled.clear()
        else:
            self._filled.set()


def _resolve(written: list[asyncio.Future[bool]], result: list[bool] | SpoolRefused) -> None:
    """Give each waiting `append` its result; the request of one may be gone."""
    for number, future in enumerate(written):
        if future.done():
            continue
        if isinstance(result, SpoolRefused):
            future.set_exception(type(result)(str(result)))
        else:
            future.set_result(result[number])
