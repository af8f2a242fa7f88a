"""Looks at one source again and again, and gives what is new to the recorder.

What an observation calls for is decided in `ingest_tfstate.sources.status`; this is the shell that makes the
observations and executes the effects.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from ingest_tfstate import metrics
from ingest_tfstate.errors import ContentError, DuplicateWorkspace, Missing, OrderError, ReadError
from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.record.records import StateSnapshot, fingerprint
from ingest_tfstate.sources.conditions import report
from ingest_tfstate.sources.source import Content, Found, Source
from ingest_tfstate.sources.status import (
    Absent,
    Claimed,
    Clear,
    Count,
    Effect,
    HeadChanged,
    Listed,
    LookAgain,
    Mark,
    Observation,
    Read,
    Rejected,
    Replace,
    Report,
    SourceLost,
    Status,
    Stored,
    Unchanged,
    Unread,
    Unseen,
    report_changes,
    step,
)
from ingest_tfstate.state.v4 import parse_state
from tfdrift.bus import BusError

RETRY_SECONDS: Final = 1.0


@dataclass(slots=True)
class Shared:
    """What the watchers of all sources share.

    Attributes:
        turn: locked while a state is in memory, so that there is never more than one.
        owners: the URI that each workspace is read from; a second one is a condition.
    """

    recorder: Recorder
    log: Any
    turn: asyncio.Lock
    owners: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    """One state of the source: its path below the fixed part, its URI, and its workspace."""

    path: str
    where: str
    workspace: str


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
        self._statuses: dict[str, Status] = {}
        self._lost: ReadError | None = None
        self._look_in_seconds = poll_seconds

    async def run(self) -> None:
        """Look whenever the source notifies, and at every poll interval; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.source.notify(self.wake.set))
            while True:
                self.wake.clear()
                self._look_in_seconds = self._poll_seconds
                await self._look()
                self.looked.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_in_seconds):
                        await self.wake.wait()

    def head_changed(self, workspace: str) -> None:
        """Read a workspace again, though its content is the same: somebody else changed its head."""
        for path, status in self._statuses.items():
            if self.source.uri.workspace_of(path) == workspace:
                after, _ = step(status, HeadChanged(), time.monotonic())
                if after != status:
                    self._statuses[path] = after
                    self.wake.set()

    def expect(self, source: str) -> None:
        """A head says that a workspace was read from `source`; if that is ours, its absence is a condition."""
        prefix = self.source.uri.of("")
        path = source.removeprefix(prefix)
        if source.startswith(prefix) and self.source.uri.matches(path):
            self._statuses.setdefault(path, Unseen())

    async def _look(self) -> None:
        lost: ReadError | None = None
        found: list[Found] = []
        try:
            found = await self.source.states()
        except ReadError as error:
            lost = error
        self._report_source(lost)
        listed = {state.path: state for state in found}
        for path in (*listed, *sorted(self._statuses.keys() - listed.keys())):
            uri = self.source.uri
            place = _Place(path, uri.of(path), uri.workspace_of(path))
            try:
                await self._observe(place, listed.get(path), self._first_observation(place, listed.get(path), lost))
            except BusError as error:
                self._shared.log.warning("state_put_off", workspace=place.workspace, reason=str(error))
                self._look_again(RETRY_SECONDS)

    def _first_observation(self, place: _Place, found: Found | None, lost: ReadError | None) -> Observation:
        owners = self._shared.owners
        if found is None:
            is_owner = owners.get(place.workspace, place.where) == place.where
            if lost is not None and not isinstance(lost, Missing):
                return SourceLost(lost, is_owner)
            return Absent(place.where, is_owner)
        owner = owners.setdefault(place.workspace, place.where)
        return Listed(found.signature) if owner == place.where else Claimed(place.where, owner)

    async def _observe(self, place: _Place, found: Found | None, observation: Observation | None) -> None:
        """Step from observation to observation, until no effect makes another one."""
        while observation is not None:
            before = self._statuses.setdefault(place.path, Unseen())
            after, effects = step(before, observation, time.monotonic())
            observation = None
            for effect in effects:
                observation = await self._execute(effect, place, found) or observation
            if self._statuses[place.path] is before:  # else the head was changed meanwhile, and it is read again
                self._statuses[place.path] = after

    async def _execute(self, effect: Effect, place: _Place, found: Found | None) -> Observation | None:
        match effect:
            case Read(known):
                return await self._read(place, found or Found(place.path, None), known)
            case Mark(condition):
                await self._shared.recorder.mark(place.workspace, condition)
            case Report(error) | Replace(error) | Clear(error):
                # The workspace of a duplicate is well: the condition is that of the second state.
                name = place.where if isinstance(error, DuplicateWorkspace) else place.workspace
                report(effect, name, place.where, self._shared.log)
            case Count(outcome):
                self._count(outcome)
            case LookAgain(seconds):
                self._look_again(seconds)
        return None

    async def _read(self, place: _Place, found: Found, known: str | None) -> Observation:
        try:
            content = await self.source.read(found, known)
        except ReadError as error:
            return Unread(error)
        if content is None:
            return Unchanged()
        async with self._shared.turn:
            return await self._record(place, content)

    async def _record(self, place: _Place, content: Content) -> Observation:
        recorder = self._shared.recorder
        digest = await asyncio.to_thread(fingerprint, content.data)
        stored = await recorder.load_head(place.workspace)
        if stored.head is not None and stored.head.digest == digest:
            self._count("unchanged")
            _measure(place.workspace, stored.head.serial, stored.head.resource_count, content)
            return Stored(content.signature, stored.head.condition)
        try:
            started = time.perf_counter()
            state = await asyncio.to_thread(parse_state, content.data)
            metrics.PARSE_SECONDS.observe(time.perf_counter() - started)
            started = time.perf_counter()
            received = datetime.now(UTC)
            snapshot = StateSnapshot(place.workspace, place.where, state, digest, content.modified, received)
            events = await recorder.record(snapshot, stored)
            metrics.RECORD_SECONDS.observe(time.perf_counter() - started)
        except (ContentError, OrderError) as error:
            return Rejected(error, digest, content.signature)
        self._count("taken")
        self._shared.log.info(
            "state_taken", workspace=place.workspace, serial=state.serial, source=place.where, changes=len(events)
        )
        _measure(place.workspace, state.serial, len(state.instances), content)
        return Stored(content.signature, None)

    def _report_source(self, lost: ReadError | None) -> None:
        uri = str(self.source.uri)
        metrics.SOURCE_UP.labels(uri).set(lost is None)
        for effect in report_changes(self._lost, lost):
            report(effect, f"source:{uri}", uri, self._shared.log)
        self._lost = lost

    def _look_again(self, seconds: float) -> None:
        self._look_in_seconds = min(self._look_in_seconds, seconds)

    def _count(self, outcome: str) -> None:
        metrics.READS.labels(self.source.uri.scheme, outcome).inc()


def _measure(workspace: str, serial: int, resources: int, content: Content) -> None:
    metrics.STATE_BYTES.labels(workspace).set(len(content.data))
    metrics.RESOURCES.labels(workspace).set(resources)
    metrics.SERIAL.labels(workspace).set(serial)
    metrics.RECORDED.labels(workspace).set(content.modified.timestamp())
