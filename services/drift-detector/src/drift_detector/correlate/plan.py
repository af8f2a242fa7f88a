"""Decides what has to be written so that the stored drifts of a subject are those that its facts amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.failure import Failure
from drift_detector.correlate.lifecycle import Evidence, next_drift
from drift_detector.correlate.payload import drift_id
from drift_detector.correlate.store import DriftSubject, FactStore, UnmanagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.facts.attribute_paths import recorded
from tfdrift.events import Drift
from tfdrift.records import ResourceRecord


@dataclass(frozen=True, slots=True)
class Plan:
    """What a subject needs.

    Attributes:
        writes: the drifts that are to be stored, by id.
        unpublished: the ids of stored drifts that the ledger may not have.
        due: when the subject has to be looked at without a new fact; None for never.
        failures: what could not be evaluated; the drifts that it concerns stay as they are stored.
        needed: the calls without which the drifts would be others.
    """

    writes: Mapping[str, Drift]
    unpublished: frozenset[str] = frozenset()
    due: datetime | None = None
    failures: tuple[Failure, ...] = ()
    needed: frozenset[str] = frozenset()

    @property
    def keys(self) -> list[str]:
        """The ids of all drifts that need something, in a fixed order."""
        return sorted(self.writes.keys() | self.unpublished)


def plan(subject: DriftSubject, store: FactStore, stored: StoredDrifts, now: datetime) -> Plan:
    """Returns what has to be written for a subject.

    Args:
        store: the facts.
        stored: the drifts as they are stored now.
    """
    derived = store.derive(subject, now)
    try:
        record = store.record(subject)
    except ValueError:  # `derived` has the failure
        record = None
    if record is not None and record.removed is not None and record.removed.moved_to is not None:
        return Plan({})  # its drifts are those of the address that it moved to
    if any(not failure.event_ids for failure in derived.failures):  # the whole subject failed
        return Plan({}, failures=derived.failures)
    left_out = frozenset[str]().union(*(failure.event_ids for failure in derived.failures))
    kept = {failure.key for failure in derived.failures}
    own = frozenset((subject.drift,)) if isinstance(subject, UnmanagedSubject) else frozenset()
    known = _known(record, stored) if record is not None else frozenset()
    writes: dict[str, Drift] = {}
    unpublished: set[str] = set()
    for key in derived.drifts.keys() | own | known:
        version = stored.get(key)
        drift = version.drift if version is not None else None
        if version is not None and version.published < version.version:
            unpublished.add(key)
        if key not in derived.drifts and (key in kept or (drift is not None and drift.event_id in left_out)):
            continue
        evidence = Evidence(
            is_known=store.calls.__contains__,
            record=record,
            ignored=key in derived.ignored,
            failure=store.calls.failure_of(drift.event_id) if drift is not None and drift.event_id else None,
            agreement=derived.agreements.get(key),
            is_recorded=drift is not None and record is not None and _is_recorded(drift, record, store.context),
            is_incomplete=derived.is_incomplete,
        )
        wanted = next_drift(drift, derived.drifts.get(key), evidence)
        if wanted is not None and wanted != drift:
            writes[key] = wanted
    return Plan(writes, frozenset(unpublished), derived.due, derived.failures, derived.needed)


def _known(record: ResourceRecord, stored: StoredDrifts) -> frozenset[str]:
    """Returns the ids of a resource's stored drifts, with those that it had at the addresses from which it moved."""
    found = stored.of_resource(record)
    if record.origin is None:
        return found
    before = {change.previous_address for change in record.changes if change.previous_address is not None}
    for address in sorted(before):
        found |= stored.of_resource(record.model_copy(update={"address": address}))
    versions = ((key, stored.get(key)) for key in found)
    # Another resource may have had the address before, or have it since.
    return frozenset(
        key for key, version in versions if version is not None and drift_id(record, version.drift.attribute) == key
    )


def _is_recorded(drift: Drift, record: ResourceRecord, context: EvaluationContext) -> bool:
    """Whether a state that was written after an open drift has the drift's new value."""
    if drift.attribute is None or drift.value_unknown or record.recorded_at <= drift.timestamp:
        return False
    comparison = context.catalog.comparison(record.type, drift.attribute)
    current = recorded(record.attributes, drift.attribute)
    return same(drift.new_value, current, comparison, context.hasher) is Verdict.SAME
