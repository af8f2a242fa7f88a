"""Writes a workspace's state: records first, then the events, then the head.

Each step may be the last one of a process. Records tell by themselves what is to be announced
(`ingest_tfstate.record.announce`), JetStream drops an event that it has, and the head moves only after both, so the
next process does again what is not sure to be done. Events that are older than JetStream's memory of ids are looked up
in the ledger itself.
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
    Sighting,
    check_order,
    first_records,
    next_head,
    next_records,
    recorded_at,
)
from ingest_tfstate.record.stored_records import StoredRecords
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
from tfdrift.redaction import Redactor
from tfdrift.subjects import STREAM, EventName

# Writes under way at once; the loop turns between two batches.
_BATCH: Final = 256
# 100,000 records take some five seconds.
_LOAD_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class StoredWorkspace:
    """A workspace's head as the bucket holds it, with the revision that a change of it must name."""

    head: WorkspaceHead | None
    revision: int


class Recorder:
    """Takes the states of all workspaces; the caller takes one at a time."""

    def __init__(self, bus: Bus, redactor: Redactor) -> None:
        self._bus = bus
        self._redactor = redactor
        self._states = bus.bucket(STATE_BUCKET)
        self._workspaces = bus.bucket(WORKSPACES_BUCKET)

    async def held(self, workspace: str) -> StoredWorkspace:
        """The workspace's head."""
        entry = await self._workspaces.get(workspace_key(workspace))
        if entry is None or entry.value is None:
            return StoredWorkspace(None, 0)
        return StoredWorkspace(WorkspaceHead.model_validate_json(entry.value), entry.revision)

    async def take(self, sighting: Sighting, held: StoredWorkspace) -> list[StateChange]:
        """Record a state that differs from the head, announce it, and move the head.

        Raises:
            OrderError, TooDeep: it must not be taken.
            BusError: NATS failed, or another process moved the head; look again.
        """
        head = held.head
        check_order(sighting.state, head)
        kept = await self._load(sighting.workspace)
        if head is None:
            at = recorded_at(sighting, None, ())
            events = await self._take_first(sighting, at, kept)
            # Records come before events: without any, nobody has announced this, unless there are none to write.
            recovering = bool(kept) or not sighting.state.instances
        else:
            untold = await asyncio.to_thread(kept.since, head.recorded_at)
            recovering = bool(untold)
            at = recorded_at(sighting, head, untold.values())
            new = await asyncio.to_thread(next_records, sighting, at, self._redactor, kept, head)
            await self._write(new)
            changed = untold | {record.address: record for record in new}
            events = await asyncio.to_thread(announcements, changed.values(), head, sighting.state.terraform_version)
        await self._announce(events, sighting, recovering)
        await self._advance(next_head(sighting, at), held.revision)
        return events

    async def mark(self, workspace: str, condition: str | None) -> None:
        """Show in the head what keeps a newer state out, or that nothing does any more.

        Raises:
            BusError: it could not be written, or somebody else moved the head; do it again.
        """
        held = await self.held(workspace)
        if held.head is None or held.head.condition in (condition, LINEAGE_ACCEPTED):
            return
        await self._advance(held.head.model_copy(update={"condition": condition}), held.revision)

    async def accept_lineage(self, workspace: str) -> bool:
        """Let the workspace's next state in, whatever its lineage and serial; False when it is not known."""
        held = await self.held(workspace)
        if held.head is None:
            return False
        await self._advance(held.head.model_copy(update={"condition": LINEAGE_ACCEPTED}), held.revision)
        return True

    async def prune(self, workspace: str, before: datetime) -> int:
        """Delete the records of resources that were removed before a moment; returns how many."""
        kept = await self._load(workspace)
        old = await asyncio.to_thread(
            lambda: [r for r in kept.values() if r.removed and r.removed.recorded_at < before]
        )
        await _all([self._states.delete(resource_key(workspace, record.address)) for record in old])
        metrics.TOMBSTONES_PRUNED.inc(len(old))
        return len(old)

    async def _take_first(self, sighting: Sighting, at: datetime, kept: StoredRecords) -> list[StateChange]:
        """A workspace without a head: what records there are, a process that died left behind."""
        workspace = sighting.workspace
        left = kept.keys() - sighting.state.instances.keys()
        await _all([self._states.delete(resource_key(workspace, address)) for address in left])
        await self._write(first_records(sighting, at, self._redactor))
        return [await asyncio.to_thread(observed, sighting, at)]

    async def _load(self, workspace: str) -> StoredRecords:
        """Every record of a workspace by address; read for each change, so nothing large is kept meanwhile."""
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
        """Put records; while one batch waits to be acknowledged the next is made."""
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

    async def _announce(self, events: Sequence[StateChange], sighting: Sighting, recovering: bool) -> None:
        told = await self._told() if recovering else frozenset()
        fresh = [event for event in events if event.id not in told]
        for start in range(0, len(fresh), _BATCH):
            await _all([self._publish(event, sighting) for event in fresh[start : start + _BATCH]])

    async def _publish(self, event: StateChange, sighting: Sighting) -> None:
        envelope = Envelope(
            message_id=event.id,
            received=sighting.received,
            occurred=event.timestamp,
            workspace=sighting.workspace,
        )
        ack = await self._bus.publish_event(event, envelope)
        if not ack.duplicate:
            metrics.CHANGES.labels(event.action).inc()

    async def _told(self) -> frozenset[str]:
        """The ids of all state changes that the ledger holds."""
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
    """Await writes, all of them, before the first failure is raised: none goes on behind the caller's back."""
    results = await asyncio.gather(*writes, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


def _encode_records(rest: Iterator[ResourceRecord]) -> list[tuple[str, bytes]]:
    """The next batch of records, as keys and values; empty when there are no more."""
    return [(resource_key(record.workspace, record.address), record.encode()) for record in islice(rest, _BATCH)]
