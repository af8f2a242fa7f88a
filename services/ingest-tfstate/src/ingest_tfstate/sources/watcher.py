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
from ingest_tfstate.errors import (
    ContentError,
    DuplicateState,
    DuplicateWorkspace,
    Failed,
    Incomplete,
    Missing,
    OrderError,
    ReadError,
)
from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.record.records import Failures, StateSnapshot, fingerprint
from ingest_tfstate.resource.instances import State
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
    is_missing,
    report_changes,
    reported,
    step,
)
from ingest_tfstate.state.v4 import parse_state
from tfdrift.bus import BusError
from tfdrift.records import WorkspaceHead

RETRY_SECONDS: Final = 1.0
SHOWN_FAILURES: Final = 5


@dataclass(slots=True)
class Shared:
    """What the watchers of all sources share.

    Attributes:
        turn: locked while a state is in memory, so that there is never more than one.
        statuses: that of each state by its URI.
        owners: the URI that each workspace is read from; a second one is a condition.
        heads: that of each workspace, as far as the bucket's watch has come.
        watchers: those of all sources.
    """

    recorder: Recorder
    log: Any
    turn: asyncio.Lock
    statuses: dict[str, Status] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    heads: dict[str, WorkspaceHead] = field(default_factory=dict)
    watchers: list[Watcher] = field(default_factory=list)


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
        self._paths: set[str] = set()
        self._lost: ReadError | None = None
        self._look_in_seconds = poll_seconds

    async def run(self) -> None:
        """Look whenever the source notifies, and at every poll interval; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.source.notify(self.wake.set))
            while True:
                self.wake.clear()
                self._look_in_seconds = self._poll_seconds
                if await self._look():
                    self.looked.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_in_seconds):
                        await self.wake.wait()

    def head_changed(self, workspace: str) -> None:
        """Read a workspace again, though its content is the same: somebody else changed its head."""
        for path in self._paths:
            if self.source.uri.workspace_of(path) == workspace:
                self._read_again(path)

    def head_deleted(self, workspace: str) -> None:
        """Forget the states of a workspace that are gone, since it was retired; read those again that are not."""
        for path in [path for path in self._paths if self.source.uri.workspace_of(path) == workspace]:
            if is_missing(self._shared.statuses.get(self.source.uri.of(path))):
                self._drop(path)
            else:
                self._read_again(path)

    def forget(self) -> None:
        """Read every state again, since what was recorded of it is lost; `looked` is set once that is done."""
        self.looked.clear()
        self.wake.set()
        for path in self._paths:
            self._read_again(path)

    def _read_again(self, path: str) -> None:
        where = self.source.uri.of(path)
        status = self._shared.statuses.get(where, Unseen())
        after, _ = step(status, HeadChanged(), time.monotonic())
        if after != status:
            self._shared.statuses[where] = after
            self.wake.set()

    def expect(self, source: str) -> None:
        """A head says that a workspace was read from `source`; if that is ours, its absence is a condition."""
        prefix = self.source.uri.of("")
        path = source.removeprefix(prefix)
        if source.startswith(prefix) and self.source.uri.matches(path):
            self._paths.add(path)
            self._shared.statuses.setdefault(source, Unseen())

    async def _look(self) -> bool:
        """Looks at every state, first at those that are gone; False if one is put off."""
        lost: ReadError | None = None
        found: list[Found] = []
        try:
            found = await self.source.states()
        except ReadError as error:
            lost = error
        self._report_source(lost)
        listed = {state.path: state for state in sorted(found, key=_order)}
        gone = sorted(self._paths - listed.keys())
        self._paths |= listed.keys()
        is_whole = True
        for path in (*gone, *listed):
            uri = self.source.uri
            place = _Place(path, uri.of(path), uri.workspace_of(path))
            if path not in listed and place.workspace not in self._shared.heads and _is_sure(lost):
                self._drop(path)  # nothing of it is recorded, or it was retired
                continue
            try:
                if path in listed:
                    await self._take_over(place)
                await self._observe(place, listed.get(path), self._first_observation(place, listed.get(path), lost))
            except BusError as error:
                is_whole = False
                self._shared.log.warning("state_put_off", workspace=place.workspace, reason=str(error))
                self._look_again(RETRY_SECONDS)
        return is_whole

    async def _take_over(self, place: _Place) -> None:
        """Gives a workspace's name to this state, if the state that has it is gone."""
        owner = self._shared.owners.get(place.workspace)
        if owner is not None and owner != place.where and is_missing(self._shared.statuses.get(owner)):
            self._shared.log.info("state_moved", workspace=place.workspace, before=owner, source=place.where)
            self._succeed(owner)
            self._shared.owners[place.workspace] = place.where

    def _succeed(self, gone: str) -> None:
        """Forgets the state of a URI, since another one goes on in its place."""
        for watcher in self._shared.watchers:
            for path in [path for path in watcher._paths if watcher.source.uri.of(path) == gone]:
                watcher._drop(path)

    def _drop(self, path: str) -> None:
        """Ends the condition of a state that is gone, and expects it no longer."""
        place = _Place(path, self.source.uri.of(path), self.source.uri.workspace_of(path))
        for effect in report_changes(reported(self._shared.statuses.pop(place.where, Unseen())), None):
            self._report(effect, place)
        if self._shared.owners.get(place.workspace) == place.where:
            del self._shared.owners[place.workspace]
        self._paths.discard(path)

    def _first_observation(self, place: _Place, found: Found | None, lost: ReadError | None) -> Observation:
        owners = self._shared.owners
        if found is None:
            is_owner = owners.get(place.workspace, place.where) == place.where
            if lost is not None and not _is_sure(lost):
                return SourceLost(lost, is_owner)
            return Absent(place.where, is_owner)
        owner = owners.setdefault(place.workspace, place.where)
        return Listed(found.signature) if owner == place.where else Claimed(place.where, owner)

    async def _observe(self, place: _Place, found: Found | None, observation: Observation | None) -> None:
        """Step from observation to observation, until no effect makes another one."""
        while observation is not None:
            before = self._shared.statuses.setdefault(place.where, Unseen())
            after, effects = step(before, observation, time.monotonic())
            observation = None
            for effect in effects:
                observation = await self._execute(effect, place, found) or observation
            if (
                self._shared.statuses.get(place.where) is before
            ):  # else the head was changed meanwhile: it is read again
                self._shared.statuses[place.where] = after
            if is_missing(after) and not is_missing(before):
                self._wake_duplicates(place.workspace)

    def _wake_duplicates(self, workspace: str) -> None:
        """Has the sources looked at whose states may take over a workspace."""
        for watcher in self._shared.watchers:
            if watcher is not self and any(
                watcher.source.uri.workspace_of(path) == workspace for path in watcher._paths
            ):
                watcher.wake.set()

    async def _execute(self, effect: Effect, place: _Place, found: Found | None) -> Observation | None:
        match effect:
            case Read(known):
                return await self._read(place, found or Found(place.path, None), known)
            case Mark(condition):
                await self._shared.recorder.mark(place.workspace, condition)
            case Report() | Replace() | Clear():
                self._report(effect, place)
            case Count(outcome):
                self._count(outcome)
            case LookAgain(seconds):
                self._look_again(seconds)
        return None

    def _report(self, effect: Report | Replace | Clear, place: _Place) -> None:
        # The workspace of a duplicate is well: the condition is that of the second state.
        name = place.where if isinstance(effect.error, DuplicateWorkspace) else place.workspace
        report(effect, name, place.where, self._shared.log)

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
        digest = await asyncio.to_thread(fingerprint, content.data, self._shared.recorder.rules)
        stored = await recorder.load_head(place.workspace)
        if stored.head is not None and stored.has(digest) and stored.head.condition != Incomplete.condition:
            await recorder.move_source(stored, place.where)
            self._count("unchanged")
            _measure(place.workspace, stored.head.serial, stored.head.resource_count, content)
            return Stored(content.signature, stored.head.condition)
        try:
            started = time.perf_counter()
            known = recorder.known(place.workspace, stored)
            state = await asyncio.to_thread(parse_state, content.data, known.by_digest if known else {})
            metrics.PARSE_SECONDS.observe(time.perf_counter() - started)
            if stored.head is None:
                await self._follow_rename(place, state)
            started = time.perf_counter()
            received = datetime.now(UTC)
            snapshot = StateSnapshot(place.workspace, place.where, state, digest, content.modified, received)
            recording = await recorder.record(snapshot, stored)
            metrics.RECORD_SECONDS.observe(time.perf_counter() - started)
        except (ContentError, OrderError) as error:
            return Rejected(error, digest, content.signature)
        except BusError:
            raise
        except Exception as error:
            self._shared.log.exception("state_failed", workspace=place.workspace, source=place.where)
            metrics.FAILED.labels("state").inc()
            return Rejected(Failed(f"{place.where}: an unexpected {type(error).__name__}"), digest, content.signature)
        self._count("taken")
        self._shared.log.info(
            "state_taken",
            workspace=place.workspace,
            serial=state.serial,
            source=place.where,
            changes=len(recording.events),
        )
        _measure(place.workspace, state.serial, state.resource_count, content)
        return Stored(content.signature, None, _incomplete(recording.failures, state.resource_count))

    async def _follow_rename(self, place: _Place, state: State) -> None:
        """Retires the workspace that a new one goes on for: it has the same lineage and resources, and is gone.

        Raises:
            DuplicateState: that workspace is not gone.
        """
        for twin in [head for head in self._shared.heads.values() if head.lineage and head.lineage == state.lineage]:
            status = self._shared.statuses.get(twin.source)
            if twin.workspace == place.workspace or status is None:
                continue  # nothing is known of a state that no source of this process has
            if not await self._shared.recorder.shares_resources(state, twin.workspace):
                continue
            if not is_missing(status):
                raise DuplicateState(
                    f"{place.where} has the lineage and resources of the workspace {twin.workspace}, read from "
                    f"{twin.source}; remove one of the two, or leave it out of TFDRIFT_STATE_SOURCES"
                )
            await self._shared.recorder.forget(twin.workspace, f"renamed to {place.workspace}")
            self._shared.heads.pop(twin.workspace, None)
            self._succeed(twin.source)
            self._shared.log.info("workspace_renamed", workspace=place.workspace, before=twin.workspace)

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


def _is_sure(lost: ReadError | None) -> bool:
    """Whether a source that listed its states, or is gone itself, shows that a state is gone."""
    return lost is None or isinstance(lost, Missing)


def _order(state: Found) -> tuple[bool, str]:
    """Puts last what Terraform writes when it cannot store a state: where both are there, the other one counts."""
    return state.path.rpartition("/")[2] == "errored.tfstate", state.path


def _incomplete(failures: Failures, count: int) -> Incomplete | None:
    if not failures:
        return None
    shown = "; ".join(f"{address}: {reason}" for address, reason in sorted(failures.items())[:SHOWN_FAILURES])
    more = f"; and {len(failures) - SHOWN_FAILURES} more" if len(failures) > SHOWN_FAILURES else ""
    return Incomplete(f"{len(failures)} of {count} resources keep their last records: {shown}{more}")


def _measure(workspace: str, serial: int, resources: int, content: Content) -> None:
    metrics.STATE_BYTES.labels(workspace).set(len(content.data))
    metrics.RESOURCES.labels(workspace).set(resources)
    metrics.SERIAL.labels(workspace).set(serial)
    metrics.RECORDED.labels(workspace).set(content.modified.timestamp())
