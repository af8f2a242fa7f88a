"""Mirrors of the buckets, and of the ledger's state changes: they fill the store and queue the subjects concerned."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from drift_detector import metrics
from drift_detector.compare.hidden_values import hasher_of
from drift_detector.correlate.store import FactStore, ManagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.attributions import SUBJECTS, Attributions
from drift_detector.effects.claims import Claims
from drift_detector.effects.dead_letters import DeadLetters
from drift_detector.effects.reconcile import Cause
from drift_detector.effects.refill import Refill
from drift_detector.effects.takeover import Takeover
from drift_detector.effects.work_queue import WorkQueue
from tfdrift.bus import Bus, Entry, Follow, Message
from tfdrift.records import (
    CLAIMS_BUCKET,
    DRIFTS_BUCKET,
    HASH_KEY,
    STATE_BUCKET,
    WORKSPACES_BUCKET,
    DriftRecord,
    WorkspaceHead,
)
from tfdrift.subjects import STREAM


def _events() -> dict[str, asyncio.Event]:
    return {name: asyncio.Event() for name in (STATE_BUCKET, WORKSPACES_BUCKET, CLAIMS_BUCKET, DRIFTS_BUCKET, STREAM)}


@dataclass
class Mirrors:
    """What the mirrors fill, and where they queue subjects once all of them have caught up."""

    bus: Bus
    store: FactStore
    stored: StoredDrifts
    claims: Claims
    attributions: Attributions
    takeover: Takeover
    queue: WorkQueue
    dead_letters: DeadLetters
    refill: Refill
    decode_drift: Callable[[str, bytes], DriftRecord]
    _outdated: set[str] = field(default_factory=set)
    _recorded: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _caught_up: dict[str, asyncio.Event] = field(default_factory=_events)

    def watches(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Yields the coroutines that follow the buckets and the ledger, each until cancelled."""
        yield self._watch(STATE_BUCKET, bytes, self._on_state, self._expect_states)
        yield self._watch(WORKSPACES_BUCKET, bytes, self._on_head, lambda: None)
        yield self._watch(CLAIMS_BUCKET, bytes, self._on_claim, self._refill_claims)
        yield self._watch(DRIFTS_BUCKET, bytes, self._on_drift, self._refill_drifts)
        caught_up = self._caught_up[STREAM].set
        yield self.bus.follow(Follow(STREAM, self._on_change, SUBJECTS, on_caught_up=caught_up))

    async def caught_up(self) -> None:
        """Return when every mirror has what there was at the start."""
        for event in self._caught_up.values():
            await event.wait()

    def queue_all(self) -> None:
        """Queue every subject that some call or state change concerns."""
        self.queue.add(self.store.subjects_of_all_calls())
        self.queue.add({ManagedSubject(key) for key in self.attributions.resources()})

    @property
    def _complete(self) -> bool:
        return all(event.is_set() for event in self._caught_up.values())

    def _watch(
        self,
        bucket: str,
        decode: Callable[[bytes], Any],
        on_entry: Callable[[Entry[Any]], None],
        on_remade: Callable[[], None],
    ) -> Coroutine[Any, Any, None]:
        return self.bus.bucket(bucket).watch(
            decode,
            on_entry,
            on_unreadable=lambda _: metrics.UNREADABLE.labels(bucket).inc(),
            on_caught_up=self._caught_up[bucket].set,
            on_remade=on_remade,
        )

    def _expect_states(self) -> None:
        """Keep what is known of each workspace until ingest-tfstate has recorded it anew, as its head says."""
        self._outdated.update(resource.key for resource in self.store.states)
        self._recorded.clear()

    def _drop_outdated(self, workspace: str) -> None:
        """Forget the records that a workspace had before its bucket was lost, once it has those of its head again."""
        head = self.store.heads.get(workspace)
        if head is None or len(self._recorded[workspace]) < head.resource_count:
            return
        gone = {key for key in self._outdated if key.startswith(f"{workspace}.")}
        self._outdated -= gone
        for key in gone:
            self.store.states.remove(key)
        self.queue.add({ManagedSubject(key) for key in gone})

    def _refill_claims(self) -> None:
        self.refill.add(CLAIMS_BUCKET, self.claims.lost())

    def _refill_drifts(self) -> None:
        values = {record.drift.id: record.encode() for record in self.stored}
        self.stored.clear()  # their revisions are those of the lost bucket
        self.refill.add(DRIFTS_BUCKET, values)

    def _on_state(self, entry: Entry[bytes]) -> None:
        if entry.value is None:
            self.store.states.remove(entry.key)
        else:
            subjects = self.store.put_state(entry.key, entry.value)
            if self._complete:
                self.queue.add(subjects)
        if self._outdated and entry.value is not None:
            workspace = entry.key.partition(".")[0]
            self._outdated.discard(entry.key)
            self._recorded[workspace].add(entry.key)
            self._drop_outdated(workspace)
        metrics.RESOURCES.set(len(self.store.states))

    def _on_head(self, entry: Entry[bytes]) -> None:
        if entry.value is None:
            self.store.heads.pop(entry.key, None)
        elif entry.key == HASH_KEY:
            self._on_hash_key(entry.value)
        else:
            subjects = self.store.put_head(entry.key, WorkspaceHead.model_validate_json(entry.value))
            if self._complete:
                self.queue.add(subjects)
            if self._outdated:
                self._drop_outdated(entry.key)
            metrics.RESOURCES.set(len(self.store.states))

    def _on_hash_key(self, key: bytes) -> None:
        """Compare sensitive values from now on; a key of the settings takes precedence over the one in the bucket."""
        if self.store.context.hasher is not None:
            return
        self.store.context = replace(self.store.context, hasher=hasher_of(key))
        if self._complete:
            self.queue.add(self.store.subjects_of_all_calls())

    def _on_claim(self, entry: Entry[bytes]) -> None:
        call = self.claims.watched(entry)
        if call is not None and self._complete:  # another replica handled it
            cause = Cause(call.received, call.occurred, call.event_id)
            self.queue.add(self.store.subjects_of_call(call), cause)
        metrics.CLAIMING_CALLS.set(len(self.store.calls))

    def _on_drift(self, entry: Entry[bytes]) -> None:
        if entry.value is None:
            self.stored.remove(entry.key)
            self.takeover.forget(entry.key)
            return
        record = self.stored.get(entry.key)
        if record is None or entry.revision > self.stored.revision(entry.key):  # else this process wrote it
            record = self.decode_drift(entry.key, entry.value)
            self.stored.put(entry.key, record, entry.revision)
        self.takeover.note(entry.key, record)

    def _on_change(self, message: Message) -> None:
        try:
            key = self.attributions.read(message)
        except ValueError as error:
            self.dead_letters.add(message, f"the event at sequence {message.sequence} cannot be read: {error}")
            return
        if key is not None and self._complete:
            self.queue.add({ManagedSubject(key)})
