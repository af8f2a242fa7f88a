"""Decides what has to be written so that the stored drifts of a subject are those that its facts amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from drift_detector.correlate.lifecycle import Evidence, next_drift
from drift_detector.correlate.store import DriftSubject, FactStore, UnmanagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from tfdrift.events import Drift


@dataclass(frozen=True, slots=True)
class Plan:
    """What a subject needs.

    Attributes:
        writes: the drifts that are to be stored, by id.
        unpublished: the ids of stored drifts that the ledger may not have.
        due: when the subject has to be looked at without a new fact; None for never.
    """

    writes: Mapping[str, Drift]
    unpublished: frozenset[str] = frozenset()
    due: datetime | None = None

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
    record = store.record(subject)
    own = frozenset((subject.drift,)) if isinstance(subject, UnmanagedSubject) else frozenset()
    known = stored.of_resource(record) if record is not None else frozenset()
    writes: dict[str, Drift] = {}
    unpublished: set[str] = set()
    for key in derived.drifts.keys() | own | known:
        version = stored.get(key)
        drift = version.drift if version is not None else None
        evidence = Evidence(
            is_known=store.calls.__contains__,
            record=record,
            ignored=key in derived.ignored,
            failure=store.calls.failure_of(drift.event_id) if drift is not None and drift.event_id else None,
        )
        wanted = next_drift(drift, derived.drifts.get(key), evidence)
        if wanted is not None and wanted != drift:
            writes[key] = wanted
        if version is not None and version.published < version.version:
            unpublished.add(key)
    return Plan(writes, frozenset(unpublished), derived.due)
