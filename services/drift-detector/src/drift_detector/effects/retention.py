"""Deletes what is not needed any more: calls after the retention time, superseded calls, and resolved drifts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from drift_detector import metrics
from drift_detector.correlate.store import DriftSubject, FactStore, ManagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.claims import Claims
from drift_detector.facts.call import Call
from tfdrift.bus import Bucket, Conflict
from tfdrift.events import DriftStatus

# A call of one operation takes 5.4 KB of memory, measured with tracemalloc: so this is some 1.1 GB.
MAX_CALLS: Final = 200_000
# A resource with more calls is folded: of the calls before the latest ones, those go that its drifts do not need.
# The cost of an alert grows with the calls that are left, by some 20 µs each.
FOLD_ABOVE: Final = 48
FOLD_KEEPS: Final = 24
# A replica may still be about to write what a younger call means.
FOLD_AFTER: Final = timedelta(seconds=10)
# Resolved drifts leave memory after this time; what concerns them later is read from the bucket.
IN_MEMORY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes calls and drifts; every method raises `BusError` when NATS is away, and goes on at the next call."""

    store: FactStore
    stored: StoredDrifts
    claims: Claims
    drifts: Bucket
    _unfolded: dict[ManagedSubject, int] = field(default_factory=dict)

    async def delete_expired_calls(self, now: datetime, cutoff: datetime, *, max_calls: int = MAX_CALLS) -> None:
        """Delete the calls before `cutoff`, and the oldest beyond `max_calls`, except those that drifts need."""
        needed = _Needed(self.store, self.stored, now, whole_history=True)
        oldest_first = sorted(self.store.calls, key=lambda call: call.order)
        surplus = len(oldest_first) - max_calls
        for number, call in enumerate(oldest_first):
            old = call.occurred < cutoff
            if not old and number >= surplus:
                return
            if not needed.has(call):
                await self._delete(call, "retention" if old else "too_many")

    async def fold(self, subject: DriftSubject, now: datetime) -> None:
        """Delete the superseded calls of a resource that has many.

        A call is superseded when a later one sets what it set, or when cloud and state have agreed since. Its steps
        stay in the stored history of the drift. Where calls are too young, or needed, this is tried again when there
        are as many more, or by `fold_the_rest`.
        """
        if not isinstance(subject, ManagedSubject):
            return
        count = self.store.count_calls(subject.key)
        if count > FOLD_ABOVE and count >= self._unfolded.get(subject, 0):
            await self._fold(subject, now)
            if (left := self.store.count_calls(subject.key)) > FOLD_ABOVE:
                self._unfolded[subject] = left + FOLD_KEEPS
            else:
                self._unfolded.pop(subject, None)

    async def fold_the_rest(self, now: datetime) -> None:
        """Fold the resources again that had too many calls left the last time."""
        unfolded = list(self._unfolded)
        self._unfolded.clear()
        for subject in unfolded:
            await self.fold(subject, now)

    async def _fold(self, subject: ManagedSubject, now: datetime) -> None:
        calls = {call.event_id: call for call, _ in self.store.targets_of(subject.key)}
        needed = _Needed(self.store, self.stored, now, whole_history=False)
        superseded = [
            call
            for call in list(calls.values())[:-FOLD_KEEPS]
            if call.operation is None
            and not self.store.calls.renames.of(call)
            and call.received < now - FOLD_AFTER
            and not needed.has(call)
        ]
        await asyncio.gather(*(self._delete(call, "superseded") for call in superseded))

    async def delete_resolved_drifts(self, now: datetime, cutoff: datetime) -> None:
        """Delete the drifts that were resolved before `cutoff` and that no stored call would derive again."""
        for key in self.stored.resolved_before(min(cutoff, now - IN_MEMORY)):
            record = self.stored.get(key)
            if record is None or any(step.event_id in self.store.calls for step in record.drift.history):
                continue
            with suppress(Conflict):  # somebody has written it again
                await self.drifts.delete(key, revision=self.stored.revision(key))
                self.stored.remove(key)
                metrics.AGED_OUT.inc()
        for key in self.stored.resolved_before(now - IN_MEMORY):
            self.stored.remove(key)

    async def _delete(self, call: Call, reason: str) -> None:
        await self.claims.delete(call.event_id)
        metrics.FORGOTTEN.labels(reason).inc()


class _Needed:
    """The calls without which some drift would be another, found subject by subject when they are asked for.

    Args:
        whole_history: every step of an open drift needs its call, and not the last one alone.
    """

    def __init__(self, store: FactStore, stored: StoredDrifts, now: datetime, *, whole_history: bool) -> None:
        self._store = store
        self._now = now
        self._of_subject: dict[DriftSubject, frozenset[str]] = {}
        self._reported = {
            event_id
            for record in stored
            if record.drift.status is DriftStatus.OPEN
            for event_id in (record.drift.event_id, *(step.event_id for step in record.drift.history if whole_history))
        }

    def has(self, call: Call) -> bool:
        """Whether a call is needed, or another entry of its operation is."""
        parts = {part.event_id for part in self._store.calls.parts(call)}
        if not parts.isdisjoint(self._reported):
            return True
        return any(not parts.isdisjoint(needed) for needed in self._needed(self._store.subjects_of_call(call)))

    def _needed(self, subjects: Iterable[DriftSubject]) -> Iterator[frozenset[str]]:
        for subject in subjects:
            if subject not in self._of_subject:
                derived = self._store.derive(subject, self._now)
                left_out = (failure.event_ids for failure in derived.failures)
                self._of_subject[subject] = derived.needed.union(*left_out)
            yield self._of_subject[subject]
