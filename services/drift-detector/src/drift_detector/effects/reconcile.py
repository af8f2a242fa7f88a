"""Writes what a plan asks for: the next versions of a subject's drifts, by compare-and-set, through the outbox.

Any number of replicas do this side by side. A drift is decided with its record as the mirror has it, after the state's
record was read again, and it is written at the revision of exactly that record. So a replica that knows less than
another cannot overwrite it: its write is refused, and it reads the record and decides anew. How each version reaches
the ledger: `tfdrift.outbox`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from drift_detector import metrics
from drift_detector.correlate.history import open_seconds
from drift_detector.correlate.plan import Plan, plan
from drift_detector.correlate.store import DriftSubject, FactStore, ManagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.failures import Failures
from tfdrift.bus import Bus, Conflict, Unavailable, bucket_stream
from tfdrift.outbox import Outbox, StoredRecord, next_version
from tfdrift.records import DRIFTS_BUCKET, STATE_BUCKET, DriftRecord

_DRIFTS_STREAM = bucket_stream(DRIFTS_BUCKET)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a subject is reconciled.

    Attributes:
        received: when the pipeline first saw the reason.
        occurred: when it happened in the cloud; None where it is no call.
        event_id: of the call, where it is one.
    """

    received: datetime
    occurred: datetime | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Decision:
    """A plan, and the version of the facts and the revision of the drift that it was made with."""

    plan: Plan
    version: tuple[int, int, int]
    revision: int


class Reconciler:
    """Reconciles any number of subjects at once; a subject must not be reconciled twice at once.

    Attributes:
        due: when subjects have to be reconciled without a new fact.
    """

    def __init__(self, bus: Bus, store: FactStore, stored: StoredDrifts, failures: Failures) -> None:
        self._bus = bus
        self._store = store
        self._stored = stored
        self._failures = failures
        self._outbox = Outbox(bus, self._on_published)
        self._states = bus.bucket(STATE_BUCKET)
        self._log = structlog.get_logger()
        self.due: dict[DriftSubject, datetime] = {}

    async def reconcile(self, subject: DriftSubject, cause: Cause) -> None:
        """Store and publish the drifts that the facts of a subject amount to.

        Raises:
            BusError: NATS went away; do it again.
        """
        metrics.RECONCILED.inc()
        version, planned = self._store.version, self._plan(subject)
        revisions = {key: self._stored.revision(key) for key in planned.keys}
        self._failures.note([*planned.failures, *self._store.take_failures()])
        self._note_due(subject, planned.due)
        for key in planned.keys:
            await self._write(subject, key, cause, _Decision(planned, version, revisions[key]))

    async def publish(self, key: str) -> None:
        """Publish a stored version that its writer did not publish.

        Raises:
            BusError: NATS went away.
        """
        with suppress(Conflict):  # somebody else marked it, or went on from there
            await self._read(key)

    def decode(self, key: str, value: bytes) -> DriftRecord:
        """Returns the drift in a value of the bucket; see `Outbox.decode`."""
        return self._outbox.decode(key, value)

    def _plan(self, subject: DriftSubject) -> Plan:
        return plan(subject, self._store, self._stored, datetime.now(UTC))

    def _note_due(self, subject: DriftSubject, due: datetime | None) -> None:
        if due is None:
            self.due.pop(subject, None)
        else:
            self.due[subject] = due
        metrics.WAITING.set(len(self.due))

    async def _write(self, subject: DriftSubject, key: str, cause: Cause, decision: _Decision) -> None:
        """Write the next version of a drift and publish it; decide again whenever somebody else wrote first."""
        is_behind = False
        while True:
            try:
                if is_behind or self._is_outstanding(key):
                    await self._read(key)
                await self._read_state(subject)
                # From here to the write nothing else runs: the plan is made with the record that it follows.
                stored, version = self._mirrored(key), self._store.version
                revision = stored.revision if stored is not None else 0
                if stored is not None and stored.outstanding:
                    continue
                if (version, revision) != (decision.version, decision.revision):
                    decision = _Decision(self._plan(subject), version, revision)
                wanted = decision.plan.writes.get(key)
                if wanted is not None:
                    following = next_version(stored, wanted, cause.received, cause.occurred)
                    self._note(key, await self._outbox.write(key, stored, following))
            except Conflict:
                metrics.CONFLICTS.inc()
                is_behind = True
                continue
            return

    def _mirrored(self, key: str) -> StoredRecord | None:
        record = self._stored.get(key)
        return StoredRecord(record, self._stored.revision(key)) if record is not None else None

    def _is_outstanding(self, key: str) -> bool:
        stored = self._mirrored(key)
        return stored is not None and stored.outstanding

    async def _read(self, key: str) -> None:
        """Brings the mirror to the drift as it is stored now, and publishes that version where it is outstanding.

        Raises:
            Conflict: somebody else has written it meanwhile.
            Unavailable: it was lost with its bucket; a first version would take the place of a later one.
        """
        stored = await self._outbox.read(key)
        if stored is None and self._stored.get(key) is not None and await self._bus.was_remade(_DRIFTS_STREAM):
            raise Unavailable("the drifts were lost with their bucket, and are not written back yet")
        if stored is None:
            self._stored.remove(key)
            return
        self._note(key, stored)
        self._note(key, await self._outbox.publish(key, stored))

    def _note(self, key: str, stored: StoredRecord) -> None:
        self._stored.put(key, stored.record, stored.revision)

    async def _read_state(self, subject: DriftSubject) -> None:
        """Read the resource's record again: the watch may be behind."""
        if isinstance(subject, ManagedSubject):
            entry = await self._states.get(subject.key)
            indexed = self._store.states.get(subject.key)
            if entry is not None and entry.value is not None and (indexed is None or indexed.data != entry.value):
                self._store.states.put(subject.key, entry.value)

    def _on_published(self, record: DriftRecord) -> None:
        metrics.DRIFTS.labels(record.drift.status, record.drift.kind).inc()
        metrics.DETECTION.observe((datetime.now(UTC) - record.received).total_seconds())
        if record.drift.resolution is not None:
            metrics.OPEN_SECONDS.labels(record.drift.resolution).observe(open_seconds(record.drift.history))
        self._log.info(
            "drift",
            id=record.drift.id,
            version=record.version,
            status=record.drift.status,
            kind=record.drift.kind,
            severity=record.drift.severity,
        )
