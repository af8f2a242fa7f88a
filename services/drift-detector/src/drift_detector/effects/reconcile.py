"""Bringing the stored drifts to what the facts amount to, and telling the ledger.

Any number of replicas do this side by side. A drift is written by compare-and-set, after the facts were read anew,
so a replica that knows less than another cannot overwrite it. How each version reaches the ledger: `tfdrift.outbox`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakValueDictionary

import structlog

from drift_detector import metrics
from drift_detector.correlate.derive import Derived
from drift_detector.correlate.settle import settled
from drift_detector.correlate.store import DriftSubject, FactStore, ManagedSubject
from tfdrift.bus import Bus, Conflict
from tfdrift.events import Drift, DriftStatus
from tfdrift.outbox import Outbox, StoredRecord, next_version
from tfdrift.records import STATE_BUCKET, DriftRecord, ResourceRecord
from tfdrift.severity import Severity


@dataclass(frozen=True, slots=True)
class Cause:
    """What made a case be looked at: when the pipeline first saw it, and when it happened in the cloud."""

    received: datetime
    occurred: datetime | None = None


class StoredDrifts:
    """A mirror of ``tfdrift_drifts``, by id and by resource."""

    def __init__(self) -> None:
        self._records: dict[str, DriftRecord] = {}
        self._revisions: dict[str, int] = {}
        self._by_resource: dict[tuple[str, str], set[str]] = defaultdict(set)

    def put(self, key: str, record: DriftRecord, revision: int) -> None:
        """Take in a version, unless a later one is known."""
        if revision < self._revisions.get(key, 0):
            return
        self._revisions[key] = revision
        self._records[key] = record
        if record.drift.workspace is not None and record.drift.address is not None:
            self._by_resource[record.drift.workspace, record.drift.address].add(key)

    def remove(self, key: str) -> None:
        """Forget a drift."""
        record = self._records.pop(key, None)
        self._revisions.pop(key, None)
        if record is not None and record.drift.workspace is not None and record.drift.address is not None:
            self._by_resource[record.drift.workspace, record.drift.address].discard(key)

    def clear(self) -> None:
        """Forget everything."""
        for key in list(self._records):
            self.remove(key)

    def get(self, key: str) -> DriftRecord | None:
        """The latest known version of a drift."""
        return self._records.get(key)

    def of_resource(self, record: ResourceRecord) -> set[str]:
        """The ids of a resource's drifts."""
        return set(self._by_resource.get((record.workspace, record.address), ()))

    def __iter__(self) -> Iterator[DriftRecord]:
        return iter(tuple(self._records.values()))

    def count_open(self) -> None:
        """Set the gauge of open drifts."""
        counts = dict.fromkeys(Severity, 0)
        for record in self:
            if record.drift.status is DriftStatus.OPEN:
                counts[record.drift.severity] += 1
        for severity, count in counts.items():
            metrics.OPEN_DRIFTS.labels(severity).set(count)


class Reconciler:
    """Reconciles one case at a time per case, any number of cases at once."""

    def __init__(self, bus: Bus, store: FactStore, stored: StoredDrifts) -> None:
        self._bus = bus
        self._store = store
        self._stored = stored
        self._outbox = Outbox(bus, self._on_published)
        self._states = bus.bucket(STATE_BUCKET)
        # A lock lives for as long as somebody holds it or waits for it.
        self._locks: WeakValueDictionary[DriftSubject, asyncio.Lock] = WeakValueDictionary()
        self._log = structlog.get_logger()
        self.due: dict[DriftSubject, datetime] = {}

    async def reconcile(self, case: DriftSubject, cause: Cause) -> None:
        """Make the stored drifts of a case what its facts amount to.

        Raises:
            BusError: NATS went away; do it again.
        """
        lock = self._locks.setdefault(case, asyncio.Lock())
        async with lock:
            await self._reconcile(case, cause)

    async def _reconcile(self, case: DriftSubject, cause: Cause) -> None:
        metrics.RECONCILED.inc()
        now = datetime.now(UTC)
        derived = self._store.derive(case, now)
        if derived.due is None:
            self.due.pop(case, None)
        else:
            self.due[case] = derived.due
        metrics.WAITING.set(len(self.due))
        record = self._record(case)
        ids = set(derived.drifts) | ({case.drift} if not isinstance(case, ManagedSubject) else set())
        if record is not None:
            ids |= self._stored.of_resource(record)
        for drift in sorted(ids):
            known = self._stored.get(drift)
            wanted = self._settled(drift, known, derived, record)
            if wanted is not None and (known is None or wanted != known.drift or known.published < known.version):
                await self._write(case, drift, cause)

    def _record(self, case: DriftSubject) -> ResourceRecord | None:
        held = self._store.states.get(case.key) if isinstance(case, ManagedSubject) else None
        return held.record() if held is not None else None

    def _settled(
        self, drift: str, known: DriftRecord | None, derived: Derived, record: ResourceRecord | None
    ) -> Drift | None:
        return settled(drift, known.drift if known else None, derived, record, self._store.calls)

    async def _write(self, case: DriftSubject, drift: str, cause: Cause) -> None:
        """Write the next version of a drift and publish it, deciding anew whenever somebody else wrote first."""
        while True:
            try:
                stored = await self._read(drift)
                await self._read_state_anew(case)
                now = datetime.now(UTC)
                known = stored.record if stored is not None else None
                wanted = self._settled(drift, known, self._store.derive(case, now), self._record(case))
                if wanted is None or (known is not None and wanted == known.drift):
                    return
                following = next_version(stored, wanted, cause.received, cause.occurred)
                self._take_in(drift, await self._outbox.write(drift, stored, following))
            except Conflict:
                metrics.CONFLICTS.inc()
                continue
            return

    async def _read(self, drift: str) -> StoredRecord | None:
        """The drift as it is stored now, its version published."""
        stored = await self._outbox.read(drift)
        if stored is not None:
            self._take_in(drift, stored)
            stored = await self._outbox.publish(drift, stored)
            self._take_in(drift, stored)
        return stored

    def _take_in(self, drift: str, stored: StoredRecord) -> None:
        self._stored.put(drift, stored.record, stored.revision)

    async def _read_state_anew(self, case: DriftSubject) -> None:
        if isinstance(case, ManagedSubject):
            entry = await self._states.get(case.key)
            held = self._store.states.get(case.key)
            if entry is not None and entry.value is not None and (held is None or held.data != entry.value):
                self._store.states.put(case.key, entry.value)

    async def publish(self, drift: str) -> None:
        """Publish a stored version that whoever wrote it did not get to.

        Raises:
            BusError: NATS went away.
        """
        with suppress(Conflict):  # somebody else marked it, or went on from there
            await self._read(drift)

    def _on_published(self, record: DriftRecord) -> None:
        metrics.DRIFTS.labels(record.drift.status, record.drift.kind).inc()
        metrics.DETECTION.observe((datetime.now(UTC) - record.received).total_seconds())
        self._log.info(
            "drift",
            id=record.drift.id,
            version=record.version,
            status=record.drift.status,
            kind=record.drift.kind,
            severity=record.drift.severity,
        )
