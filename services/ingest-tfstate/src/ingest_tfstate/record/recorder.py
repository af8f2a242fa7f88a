"""Records a state: writes the records first, then the events, then the head.

A process may end after any of these steps. The events are derived from the records alone
(`ingest_tfstate.record.announce`), JetStream drops an event that it has already, and the head moves last. So the next
process repeats what may be undone. Events that are older than JetStream's memory of ids are looked up in the ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from ingest_tfstate import metrics
from ingest_tfstate.record.announce import announcements, observed
from ingest_tfstate.record.records import (
    LINEAGE_ACCEPTED,
    StateSnapshot,
    check_order,
    first_records,
    next_head,
    next_records,
    recorded_at,
)
from ingest_tfstate.record.stored_records import StoredRecords
from ingest_tfstate.redaction.redact import Redactor
from tfdrift.bus import Bus, Entry, Unavailable
from tfdrift.envelope import MSG_ID, Envelope, parse_header_text
from tfdrift.events import StateChange
from tfdrift.records import (
    STATE_BUCKET,
    WORKSPACES_BUCKET,
    ResourceRecord,
    WorkspaceHead,
    resource_key,
    workspace_key,
)
from tfdrift.subjects import STREAM, EventName

# Writes that are under way at once; other tasks run between two batches.
_BATCH: Final = 256
# 100,000 records take some five seconds.
_LOAD_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class StoredWorkspace:
    """The head of a workspace in the bucket, None if it has none, and the revision that an update must name."""

    head: WorkspaceHead | None
    revision: int


class Recorder:
    """Records the states of all workspaces; the caller gives it one at a time."""

    def __init__(self, bus: Bus, redactor: Redactor) -> None:
        self._bus = bus
        self._redactor = redactor
        self._states = bus.bucket(STATE_BUCKET)
        self._workspaces = bus.bucket(WORKSPACES_BUCKET)

    async def load_head(self, workspace: str) -> StoredWorkspace:
        """Returns the head of a workspace."""
        entry = await self._workspaces.get(workspace_key(workspace))
        if entry is None or entry.value is None:
            return StoredWorkspace(None, 0)
        return StoredWorkspace(WorkspaceHead.model_validate_json(entry.value), entry.revision)

    async def record(self, snapshot: StateSnapshot, stored: StoredWorkspace) -> list[StateChange]:
        """Records a state that differs from the head, publishes its events, and moves the head.

        Raises:
            OrderError, TooDeep: the state is refused.
            BusError: NATS failed, or another process moved the head; read the state again.
        """
        head = stored.head
        check_order(snapshot.state, head)
        records = await self._load(snapshot.workspace)
        if head is None:
            at = recorded_at(snapshot, None, ())
            events = await self._record_first(snapshot, at, records)
            # Records are written before the event. Without any, nobody has published it, unless the state is empty.
            recovering = bool(records) or not snapshot.state.instances
        else:
            unannounced = await asyncio.to_thread(records.since, head.recorded_at)
            recovering = bool(unannounced)
            at = recorded_at(snapshot, head, unannounced.values())
            new = await asyncio.to_thread(next_records, snapshot, at, self._redactor, records, head)
            await self._write(new)
            changed = unannounced | {record.address: record for record in new}
            events = await asyncio.to_thread(announcements, changed.values(), head, snapshot.state.terraform_version)
        await self._announce(events, snapshot, recovering)
        await self._advance(next_head(snapshot, at), stored.revision)
        return events

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

    async def prune(self, workspace: str, before: datetime) -> int:
        """Deletes the records of resources that were removed before a moment; returns their number."""
        records = await self._load(workspace)
        old = await asyncio.to_thread(
            lambda: [r for r in records.values() if r.removed and r.removed.recorded_at < before]
        )
        await _all([self._states.delete(resource_key(workspace, record.address)) for record in old])
        metrics.TOMBSTONES_PRUNED.inc(len(old))
        return len(old)

    async def _record_first(self, snapshot: StateSnapshot, at: datetime, records: StoredRecords) -> list[StateChange]:
        """Records a workspace without a head; its present records are those of a process that died."""
        workspace = snapshot.workspace
        left = records.keys() - snapshot.state.instances.keys()
        await _all([self._states.delete(resource_key(workspace, address)) for address in left])
        await self._write(first_records(snapshot, at, self._redactor))
        return [await asyncio.to_thread(observed, snapshot, at)]

    async def _load(self, workspace: str) -> StoredRecords:
        """Returns every record of a workspace by address. They are read for each change, so that memory stays small."""
        values: dict[str, bytes] = {}
        complete = asyncio.Event()

        def on_entry(entry: Entry[bytes]) -> None:
            if entry.value is None:
                values.pop(entry.key, None)
            else:
                values[entry.key] = entry.value

        watch = asyncio.create_task(
            self._states.watch(
                bytes,
                on_entry,
                on_caught_up=complete.set,
                on_remade=values.clear,
                keys=f"{workspace_key(workspace)}.>",
            )
        )
        caught_up = asyncio.create_task(complete.wait())
        try:
            await asyncio.wait({watch, caught_up}, timeout=_LOAD_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                await watch
            if not complete.is_set():
                raise Unavailable(f"the records of {workspace} were not delivered within {_LOAD_SECONDS:g} s")
        finally:
            watch.cancel()
            caught_up.cancel()
            await asyncio.wait({watch, caught_up})
        return await asyncio.to_thread(StoredRecords, values.values())

    async def _write(self, records: Iterable[ResourceRecord]) -> None:
        """Puts records; the next batch is encoded while one waits for its acknowledgements."""
        rest = iter(records)
        under_way: asyncio.Task[None] | None = None
        try:
            while batch := await asyncio.to_thread(_encode_records, rest):
                if under_way is not None:
                    await under_way
                under_way = asyncio.create_task(self._put_all(batch))
        finally:
            if under_way is not None:
                await under_way

    async def _put_all(self, batch: Sequence[tuple[str, bytes]]) -> None:
        await _all([self._states.put(key, value) for key, value in batch])
        metrics.RECORDS.inc(len(batch))

    async def _announce(self, events: Sequence[StateChange], snapshot: StateSnapshot, recovering: bool) -> None:
        published = await self._published_ids() if recovering else frozenset()
        fresh = [event for event in events if event.id not in published]
        for start in range(0, len(fresh), _BATCH):
            await _all([self._publish(event, snapshot) for event in fresh[start : start + _BATCH]])

    async def _publish(self, event: StateChange, snapshot: StateSnapshot) -> None:
        envelope = Envelope(
            message_id=event.id,
            received=snapshot.received,
            occurred=event.timestamp,
            workspace=snapshot.workspace,
        )
        ack = await self._bus.publish_event(event, envelope)
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

    async def _advance(self, head: WorkspaceHead, revision: int) -> None:
        key = workspace_key(head.workspace)
        if revision:
            await self._workspaces.update(key, head.encode(), revision)
        else:
            await self._workspaces.create(key, head.encode())


async def _all(writes: Iterable[Awaitable[object]]) -> None:
    """Awaits all writes, then raises the first failure; none goes on after the caller has returned."""
    results = await asyncio.gather(*writes, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


def _encode_records(rest: Iterator[ResourceRecord]) -> list[tuple[str, bytes]]:
    """Returns the next batch of records as keys and values; empty when there are no more."""
    return [(resource_key(record.workspace, record.address), record.encode()) for record in islice(rest, _BATCH)]
