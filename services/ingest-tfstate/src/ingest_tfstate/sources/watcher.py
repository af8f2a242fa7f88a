"""Looks at one source again and again, and hands what is new to the recorder."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from ingest_tfstate import metrics
from ingest_tfstate.errors import (
    ContentError,
    DuplicateWorkspace,
    Malformed,
    Missing,
    OrderError,
    ReadError,
    StateError,
    Truncated,
)
from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.record.records import StateSnapshot, fingerprint
from ingest_tfstate.sources.conditions import Conditions
from ingest_tfstate.sources.source import Content, Found, Source
from ingest_tfstate.state.v4 import parse_state
from tfdrift.bus import BusError

# A state that cannot be parsed may be half-written: it is looked at once more before anybody is told.
SETTLE_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 1.0


@dataclass(slots=True)
class Shared:
    """What the watchers of all sources share.

    Attributes:
        turn: held while a state is in memory, so that there is never more than one.
        owners: the URI that each workspace is read from; a second one is a condition.
    """

    recorder: Recorder
    conditions: Conditions
    log: Any
    turn: asyncio.Lock
    owners: dict[str, str] = field(default_factory=dict)


class Watcher:
    """One source's watcher.

    Attributes:
        wake: set it to have the source looked at now.
        looked: set once the source has been looked at for the first time.
    """

    def __init__(self, source: Source, shared: Shared, poll_seconds: float) -> None:
        self.source = source
        self.wake = asyncio.Event()
        self.looked = asyncio.Event()
        self._shared = shared
        self._poll_seconds = poll_seconds
        self._settled: dict[str, str] = {}
        self._doubtful: dict[str, str] = {}
        self._known: set[str] = set()
        self._cut_off: set[str] = set()
        self._retry_seconds: float | None = None

    async def run(self) -> None:
        """Look whenever the source notifies, and at every poll interval; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.source.notify(self.wake))
            while True:
                self.wake.clear()
                self._retry_seconds = None
                await self._look()
                self.looked.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._retry_seconds or self._poll_seconds):
                        await self.wake.wait()

    def forget(self, workspace: str) -> None:
        """Look at a workspace again though its content is the same: its head was changed by somebody else."""
        if self._settled.pop(workspace, None) is not None:
            self.wake.set()

    def expect(self, source: str) -> None:
        """A head says that a workspace was read from `source`; if that is ours, its absence is a condition."""
        prefix = self.source.uri.of("")
        path = source.removeprefix(prefix)
        if source.startswith(prefix) and self.source.uri.matches(path):
            self._known.add(path)

    async def _look(self) -> None:
        uri = self.source.uri
        try:
            states = await self.source.states()
        except ReadError as error:
            metrics.SOURCE_UP.labels(str(uri)).set(0)
            self._shared.conditions.set(f"source:{uri}", error, str(uri))
            if not isinstance(error, Missing):
                await self._tell_cut_off(error)
                return
            states = []
        else:
            metrics.SOURCE_UP.labels(str(uri)).set(1)
            self._shared.conditions.clear(f"source:{uri}")
        here = {found.path for found in states}
        due: list[tuple[str, Found | None]] = [(found.path, found) for found in states]
        due += [(path, None) for path in sorted(self._known - here)]
        self._known |= here
        for path, found in due:
            try:
                await (self._look_at(found) if found else self._miss(path))
            except BusError as error:
                self._shared.log.warning("state_put_off", workspace=uri.workspace_of(path), reason=str(error))
                self._retry_seconds = RETRY_SECONDS

    async def _tell_cut_off(self, error: ReadError) -> None:
        """Show in the heads that their states are out of sight; a state that is refused already stays so."""
        uri = self.source.uri
        for path in sorted(self._known):
            workspace, where = uri.workspace_of(path), uri.of(path)
            mine = self._shared.owners.get(workspace, where) == where
            if workspace in self._cut_off or not mine or self._shared.conditions.of(workspace) is not None:
                continue
            try:
                await self._shared.recorder.mark(workspace, error.condition)
            except BusError as put_off:
                self._shared.log.warning("state_put_off", workspace=workspace, reason=str(put_off))
                return
            self._cut_off.add(workspace)

    async def _miss(self, path: str) -> None:
        workspace, where = self.source.uri.workspace_of(path), self.source.uri.of(path)
        if self._shared.owners.get(workspace, where) != where:
            self._shared.conditions.clear(where)  # a second file of another's workspace
            return
        self._cut_off.discard(workspace)
        await self._not_taken(workspace, Missing(f"{where} is gone"), where)

    async def _look_at(self, found: Found) -> None:
        uri = self.source.uri
        workspace, where = uri.workspace_of(found.path), uri.of(found.path)
        settled = self._settled.get(workspace)
        if settled is not None and found.signature == settled:
            if workspace in self._cut_off:
                await self._shared.recorder.mark(workspace, None)
                self._cut_off.discard(workspace)
            return
        self._cut_off.discard(workspace)
        owner = self._shared.owners.setdefault(workspace, where)
        if owner != where:
            # The workspace itself is well; the condition is the second file's.
            second = DuplicateWorkspace(f"{where} would be the workspace that {owner} is already")
            self._shared.conditions.set(where, second, where)
            return
        try:
            content = await self.source.read(found, settled)
            if content is not None:
                async with self._shared.turn:
                    await self._take(workspace, where, content)
        except ReadError as error:
            await self._not_taken(workspace, error, where)

    async def _take(self, workspace: str, where: str, content: Content) -> None:
        digest = await asyncio.to_thread(fingerprint, content.data)
        stored = await self._shared.recorder.load_head(workspace)
        if stored.head is not None and stored.head.digest == digest:
            self._read("unchanged")
            self._measure(workspace, stored.head.serial, stored.head.resource_count, content)
            await self._well(workspace, stored.head.condition is not None, content)
            return
        try:
            started = time.perf_counter()
            state = await asyncio.to_thread(parse_state, content.data)
            metrics.PARSE_SECONDS.observe(time.perf_counter() - started)
            received = datetime.now(UTC)
            snapshot = StateSnapshot(workspace, where, state, digest, content.modified, received)
            started = time.perf_counter()
            events = await self._shared.recorder.record(snapshot, stored)
            metrics.RECORD_SECONDS.observe(time.perf_counter() - started)
        except (ContentError, OrderError) as error:
            if isinstance(error, Truncated | Malformed) and self._doubtful.get(workspace) != digest:
                self._doubtful[workspace] = digest
                self._retry_seconds = SETTLE_SECONDS
                return
            await self._not_taken(workspace, error, where, content.signature)
        else:
            self._read("taken")
            self._shared.log.info(
                "state_taken", workspace=workspace, serial=state.serial, source=where, changes=len(events)
            )
            self._measure(workspace, state.serial, len(state.instances), content)
            await self._well(workspace, False, content)

    async def _well(self, workspace: str, marked: bool, content: Content) -> None:
        if marked:
            await self._shared.recorder.mark(workspace, None)
        self._settled[workspace] = content.signature
        self._doubtful.pop(workspace, None)
        self._shared.conditions.clear(workspace)

    async def _not_taken(self, workspace: str, error: StateError, where: str, signature: str | None = None) -> None:
        """Tell a condition that is new; with a signature, it stands for as long as the content does."""
        if self._shared.conditions.of(workspace) != error.condition:
            await self._shared.recorder.mark(workspace, error.condition)
        if self._shared.conditions.set(workspace, error, where):
            self._read(error.condition)
        if signature is None:
            self._settled.pop(workspace, None)
        else:
            self._settled[workspace] = signature

    def _read(self, outcome: str) -> None:
        metrics.READS.labels(self.source.uri.scheme, outcome).inc()

    def _measure(self, workspace: str, serial: int, resources: int, content: Content) -> None:
        metrics.STATE_BYTES.labels(workspace).set(len(content.data))
        metrics.RESOURCES.labels(workspace).set(resources)
        metrics.SERIAL.labels(workspace).set(serial)
        metrics.RECORDED.labels(workspace).set(content.modified.timestamp())
