"""Records a state: raises the fence, writes the records, then the events, then the head.

A process may end, or be paused, after any of these steps. The events are derived from the records alone
(`ingest_tfstate.record.announce`), JetStream drops an event that it has already, and the head moves last. So the next
process repeats what may be undone. Events that are older than JetStream's memory of ids are looked up in the ledger.

Theory of operation with several processes: the fence (`tfdrift.bus.fence`) is raised before the records are read, and
every write of a record names it. So the records that were read stay as they are for as long as the fence stands, and a
process that was paused behind an older fence can write nothing any more. The head names the fence under which its
records were written; a head that names another fence than the one that stands is not trusted, and its state is recorded
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Final

import structlog
from pydantic import ValidationError

from ingest_tfstate import metrics
from ingest_tfstate.record.announce import announcements, observed, without_values
from ingest_tfstate.record.fence_note import decode_note, encode_note, is_under_way, next_note
from ingest_tfstate.record.known import Compared, Known, KnownStates, compared, remember
from ingest_tfstate.record.records import (
    LINEAGE_ACCEPTED,
    Failures,
    StateSnapshot,
    Stored,
    check_order,
    first_records,
    next_head,
    next_records,
    recorded_at,
)
from ingest_tfstate.record.state_bucket import BATCH, StateBucket, all_of
from ingest_tfstate.record.stored_records import StoredRecords
from ingest_tfstate.resource.instances import State
from tfdrift.bus import Bus, Conflict, Fence, Rejected
from tfdrift.envelope import MSG_ID, Envelope, parse_header_text
from tfdrift.events import StateChange
from tfdrift.records import WORKSPACES_BUCKET, Removal, ResourceRecord, WorkspaceHead, workspace_key
from tfdrift.redaction import Redactor, Rules
from tfdrift.subjects import STREAM, EventName

# So many resources are compared to see whether two workspaces are one.
COMPARED: Final = 32


@dataclass(frozen=True, slots=True)
class StoredWorkspace:
    """The head of a workspace in the bucket, None if it has none, the revision that an update must name, the fence."""

    head: WorkspaceHead | None
    revision: int
    fence: Fence

    def has(self, digest: str) -> bool:
        """Whether the state of a digest is recorded, wholly and by nobody but the head's process."""
        head = self.head
        return head is not None and head.digest == digest and 0 < head.fence == self.fence.revision


@dataclass(frozen=True, slots=True)
class Recording:
    """What became of a state: its events, and why some of its resources could not be recorded, by address."""

    events: Sequence[StateChange]
    failures: Failures


@dataclass(slots=True)
class _Work:
    """One state that is being recorded behind a fence."""

    snapshot: StateSnapshot
    stored: StoredWorkspace
    fence: Fence
    moment: datetime
    refills: bool
    failures: Failures


class Recorder:
    """Records the states of all workspaces; the caller gives it one at a time."""

    def __init__(self, bus: Bus, redactor: Redactor) -> None:
        self._bus = bus
        self.redactor = redactor
        self._states = StateBucket(bus)
        self._workspaces = bus.bucket(WORKSPACES_BUCKET)
        self._known = KnownStates()

    @property
    def rules(self) -> Rules:
        """What the operator hides beside the built-in rules."""
        return self.redactor.rules

    async def load_head(self, workspace: str) -> StoredWorkspace:
        """Returns the head of a workspace. One that cannot be read counts as missing; one that is lost is restored."""
        fence = await self._states.fence(workspace)
        entry = await self._workspaces.get(workspace_key(workspace))
        if entry is None or entry.value is None:
            lost = self._known.head_behind(workspace, fence.revision)
            if lost is None:
                return StoredWorkspace(None, 0, fence)
            return StoredWorkspace(lost, await self._workspaces.create(workspace_key(workspace), lost.encode()), fence)
        try:
            head = WorkspaceHead.model_validate_json(entry.value)
        except ValidationError:
            return StoredWorkspace(None, entry.revision, fence)
        return StoredWorkspace(head, entry.revision, fence)

    def known(self, workspace: str, stored: StoredWorkspace) -> Known | None:
        """Returns what is remembered of the recorded state, None unless it is known to be the last one."""
        if is_under_way(stored.fence.revision, stored.head):
            return None
        return self._known.get(workspace, stored.head)

    async def record(self, snapshot: StateSnapshot, stored: StoredWorkspace) -> Recording:
        """Records a state that differs from the head, publishes its events, and moves the head.

        Raises:
            OrderError: the state is refused.
            BusError: NATS failed, or another process records the workspace; read the state again.
        """
        check_order(snapshot.state, stored.head)
        known = self.known(snapshot.workspace, stored)
        work = await self._begin(snapshot, stored)
        state, found = work.snapshot.state, await asyncio.to_thread(compared, work.snapshot.state)
        if state.parsed_whole is not None and not _is_enough(work, found, known):
            work.snapshot = replace(snapshot, state=await asyncio.to_thread(state.parsed_whole))
            state, found, known = work.snapshot.state, await asyncio.to_thread(compared, work.snapshot.state), None
        work.failures.update(state.unreadable)
        metrics.FAILED.labels("read").inc(len(state.unreadable))
        if stored.head is None or work.refills:
            events, at, recovering = await self._record_first(work, found)
        else:
            events, at, recovering = await self._record_next(work, stored.head, found, known)
        await self._announce(events, work, recovering)
        head = next_head(work.snapshot, at, work.fence.revision, work.failures)
        await self._advance(head, stored.revision)
        if (await self._states.fence(snapshot.workspace)).revision != work.fence.revision:
            raise Conflict(f"another process began to record {snapshot.workspace}")
        self._known.put(snapshot.workspace, await asyncio.to_thread(remember, state, head, found, work.failures))
        return Recording(events, work.failures)

    async def mark(self, workspace: str, condition: str | None) -> None:
        """Shows in the head the condition that keeps a newer state out, or that there is none any more.

        Raises:
            BusError: NATS failed, or another process moved the head; try again.
        """
        stored = await self.load_head(workspace)
        if stored.head is None or stored.head.condition in (condition, LINEAGE_ACCEPTED):
            return
        await self._advance(stored.head.model_copy(update={"condition": condition}), stored.revision)

    async def accept_lineage(self, workspace: str) -> bool:
        """Accepts the next state of a workspace, whatever its lineage and serial; False if it has no head."""
        stored = await self.load_head(workspace)
        if stored.head is None:
            return False
        await self._advance(stored.head.model_copy(update={"condition": LINEAGE_ACCEPTED}), stored.revision)
        return True

    async def move_source(self, stored: StoredWorkspace, source: str) -> None:
        """Shows in the head that its state is read from another place now."""
        if stored.head is not None and stored.head.source != source:
            await self._advance(stored.head.model_copy(update={"source": source}), stored.revision)

    async def shares_resources(self, state: State, workspace: str) -> bool:
        """Whether a workspace has a resource of a state at the same address, by its type and id."""
        some = {address: one for address, one in islice(state.instances.items(), COMPARED) if one.id is not None}
        records = await self._states.get(workspace, some.keys())
        return any(
            record.removed is None and (record.type, record.id) == (some[address].type, some[address].id)
            for address, record in records.items()
        )

    async def forget(self, workspace: str, reason: str) -> bool:
        """Retires a workspace: its resources count as removed, and its head is deleted; False if it has no head.

        Raises:
            BusError: NATS failed, or another process records the workspace; try again.
        """
        stored = await self.load_head(workspace)
        if stored.head is None:
            return False
        fence = await self._states.raise_fence(stored.fence, b"")
        await self._expect_head(workspace, stored)
        records = await self._load(workspace_key(workspace))
        at = recorded_at(datetime.now(UTC), stored.head, ())
        removal = Removal(serial=stored.head.serial, recorded_at=at, reason=reason)
        left = (record for address in records if (record := records.get(address)) and record.removed is None)
        failures: Failures = {}
        await self._states.write((record.model_copy(update={"removed": removal}) for record in left), fence, failures)
        await self._workspaces.delete(workspace_key(workspace), revision=stored.revision)
        return True

    async def prune(self, key: str, before: datetime) -> int:
        """Deletes the records of resources that were removed before a moment; returns their number.

        Args:
            key: the key of the workspace, which may be retired.
        """
        records = await self._load(key)
        pruned = await self._states.prune(key, records.removed_before(before))
        metrics.TOMBSTONES_PRUNED.inc(pruned)
        return pruned

    async def _begin(self, snapshot: StateSnapshot, stored: StoredWorkspace) -> _Work:
        """Raises the fence, or joins a process that records the same state behind it."""
        fence, note = stored.fence, decode_note(stored.fence.note)
        if not is_under_way(fence.revision, stored.head) or note.digest != snapshot.digest:
            note = next_note(snapshot, fence.revision, note, stored.head)
            fence = await self._states.raise_fence(fence, encode_note(note))
        # A process that was done before the fence was raised has moved the head; any other one cannot write any more.
        await self._expect_head(snapshot.workspace, stored)
        return _Work(snapshot, stored, fence, note.moment, note.refills, {})

    async def _record_first(self, work: _Work, found: Compared) -> tuple[list[StateChange], datetime, bool]:
        """Records a workspace without a head, or without its records, which a lost bucket took with it.

        The records that it has all the same are those of a process that died.
        """
        workspace, head = work.snapshot.workspace, work.stored.head
        records = await self._load(workspace_key(workspace))
        at = recorded_at(work.moment, head, ())
        left = [address for address in records if address not in work.snapshot.state]
        await self._states.delete(workspace, left, work.fence)
        await self._write(first_records(work.snapshot, at, self.redactor, work.failures, found.places()), work)
        # Records are written before the event. Without any, nobody has published it, unless the state is empty.
        recovering = bool(records) or not work.snapshot.state.instances or work.refills
        if head is not None and head.digest == work.snapshot.digest:
            return [], at, recovering
        return [await asyncio.to_thread(observed, work.snapshot, at)], at, recovering

    async def _record_next(
        self, work: _Work, head: WorkspaceHead, found: Compared, known: Known | None
    ) -> tuple[list[StateChange], datetime, bool]:
        state, workspace = work.snapshot.state, work.snapshot.workspace
        if known is None:
            records = await self._load(workspace_key(workspace))
        else:
            gone = [address for address in known.addresses() if address not in state]
            records = await self._states.get(workspace, [*state.instances, *gone])
        # Those of a process that died, or that joined this recording and was faster.
        unannounced = await asyncio.to_thread(records.since, head.recorded_at)
        at = recorded_at(work.moment, head, unannounced.values())
        new = await asyncio.to_thread(
            next_records, work.snapshot, at, self.redactor, Stored(head, records, found.places()), work.failures
        )
        await self._write(new, work)
        changed = unannounced | {record.address: record for record in new if record.address not in work.failures}
        events = await asyncio.to_thread(announcements, changed.values(), head, state.terraform_version)
        return events, at, bool(unannounced)

    async def _load(self, key: str) -> StoredRecords:
        return await self._states.load(key)

    async def _write(self, records: Iterable[ResourceRecord], work: _Work) -> None:
        await self._states.write(records, work.fence, work.failures)

    async def _announce(self, events: Sequence[StateChange], work: _Work, recovering: bool) -> None:
        published = await self._published_ids() if recovering else frozenset()
        fresh = [event for event in events if event.id not in published]
        for start in range(0, len(fresh), BATCH):
            # JetStream remembers ids for a while only. A process that was paused for longer publishes nothing again.
            await self._expect_head(work.snapshot.workspace, work.stored)
            await all_of([self._publish(event, work.snapshot) for event in fresh[start : start + BATCH]])

    async def _publish(self, event: StateChange, snapshot: StateSnapshot) -> None:
        envelope = Envelope(
            message_id=event.id,
            received=snapshot.received,
            occurred=event.timestamp,
            workspace=snapshot.workspace,
        )
        try:
            ack = await self._bus.publish_event(event, envelope)
        except Rejected:
            try:
                ack = await self._bus.publish_event(without_values(event), envelope)
            except Rejected as error:
                metrics.FAILED.labels("announce").inc()
                structlog.get_logger().warning(
                    "state_change_refused", workspace=event.workspace, resource=event.resource, reason=str(error)
                )
                return
        if not ack.duplicate:
            metrics.CHANGES.labels(event.action).inc()

    async def _published_ids(self) -> frozenset[str]:
        """Returns the ids of all state changes in the ledger."""
        ledger = await self._bus.stream_state(STREAM)
        if not ledger.messages:
            return frozenset()
        subjects = (f"tfdrift.{EventName.STATE_CHANGE}.>",)
        return frozenset(
            [
                parse_header_text(message.headers.get(MSG_ID, ""))
                async for messages in self._bus.read(
                    STREAM, start=ledger.first_sequence, end=ledger.last_sequence, subjects=subjects
                )
                for message in messages
            ]
        )

    async def _expect_head(self, workspace: str, stored: StoredWorkspace) -> None:
        entry = await self._workspaces.get(workspace_key(workspace))
        revision = 0 if entry is None or entry.value is None else entry.revision
        if revision != stored.revision:
            raise Conflict(f"another process moved the head of {workspace}")

    async def _advance(self, head: WorkspaceHead, revision: int) -> None:
        key = workspace_key(head.workspace)
        if revision:
            await self._workspaces.update(key, head.encode(), revision)
        else:
            await self._workspaces.create(key, head.encode())


def _is_enough(work: _Work, found: Compared, known: Known | None) -> bool:
    """Whether the instances that were not parsed are recorded as they are, with the same places."""
    if not work.snapshot.state.unchanged:
        return True
    return known is not None and not work.refills and found.inferred == known.inferred
