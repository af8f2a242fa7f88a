"""Mirrors of the buckets, and of the ledger's state changes: they fill the store and queue the subjects concerned."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from drift_detector import metrics
from drift_detector.compare.hidden_values import hasher_of
from drift_detector.correlate.store import FactStore, ManagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.attributions import SUBJECTS, Attributions
from drift_detector.effects.dead_letters import DeadLetters
from drift_detector.effects.reconcile import Cause
from drift_detector.effects.takeover import Takeover
from drift_detector.effects.work_queue import WorkQueue
from drift_detector.facts.call import Call
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
    attributions: Attributions
    takeover: Takeover
    queue: WorkQueue
    dead_letters: DeadLetters
    _caught_up: dict[str, asyncio.Event] = field(default_factory=_events)

    def watches(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Yields the coroutines that follow the buckets and the ledger, each until cancelled."""
        yield self._watch(STATE_BUCKET, bytes, self._on_state, self.store.states.clear)
        yield self._watch(WORKSPACES_BUCKET, bytes, self._on_head, self.store.heads.clear)
        yield self._watch(CLAIMS_BUCKET, Call.model_validate_json, self._on_claim, self.store.calls.clear)
        yield self._watch(DRIFTS_BUCKET, DriftRecord.model_validate_json, self._on_drift, self.stored.clear)
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

    def _on_state(self, entry: Entry[bytes]) -> None:
        if entry.value is None:
            self.store.states.remove(entry.key)
        else:
            subjects = self.store.put_state(entry.key, entry.value)
            if self._complete:
                self.queue.add(subjects)
        metrics.RESOURCES.set(len(self.store.states))

    def _on_head(self, entry: Entry[bytes]) -> None:
        if entry.value is None:
            self.store.heads.pop(entry.key, None)
        elif entry.key == HASH_KEY:
            self._on_hash_key(entry.value)
        else:
            self.store.heads[entry.key] = WorkspaceHead.model_validate_json(entry.value)

    def _on_hash_key(self, key: bytes) -> None:
        """Compare sensitive values from now on; a key of the settings takes precedence over the one in the bucket."""
        if self.store.context.hasher is not None:
            return
        self.store.context = replace(self.store.context, hasher=hasher_of(key))
        if self._complete:
            self.queue.add(self.store.subjects_of_all_calls())

    def _on_claim(self, entry: Entry[Call]) -> None:
        call = entry.value
        if call is not None and self.store.calls.put(call) and self._complete:  # another replica handled it
            self.queue.add(self.store.subjects_of_call(call), Cause(call.received, call.occurred))
        metrics.CLAIMING_CALLS.set(len(self.store.calls))

    def _on_drift(self, entry: Entry[DriftRecord]) -> None:
        if entry.value is None:
            self.stored.remove(entry.key)
            self.takeover.forget(entry.key)
        else:
            self.stored.put(entry.key, entry.value, entry.revision)
            self.takeover.note(entry.key, entry.value)

    def _on_change(self, message: Message) -> None:
        try:
            key = self.attributions.read(message)
        except ValueError as error:
            self.dead_letters.add(message, f"the event at sequence {message.sequence} cannot be read: {error}")
            return
        if key is not None and self._complete:
            self.queue.add({ManagedSubject(key)})
