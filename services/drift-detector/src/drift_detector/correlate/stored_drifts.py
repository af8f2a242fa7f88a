"""The drifts of ``tfdrift_drifts`` as far as they are known here, by id and by resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime

from tfdrift.events import DriftStatus
from tfdrift.records import DriftRecord, ResourceRecord
from tfdrift.severity import Severity


class StoredDrifts:
    """The latest known version of each drift."""

    def __init__(self) -> None:
        self._records: dict[str, DriftRecord] = {}
        self._revisions: dict[str, int] = {}
        self._by_resource: dict[tuple[str, str], set[str]] = defaultdict(set)

    def put(self, key: str, record: DriftRecord, revision: int) -> None:
        """Add a version, unless a later one is known."""
        if revision < self._revisions.get(key, 0):
            return
        self.remove(key)  # it may have moved to another address
        self._revisions[key] = revision
        self._records[key] = record
        if record.drift.workspace is not None and record.drift.address is not None:
            self._by_resource[record.drift.workspace, record.drift.address].add(key)

    def remove(self, key: str) -> None:
        """Forget a drift."""
        record = self._records.pop(key, None)
        self._revisions.pop(key, None)
        if record is None or record.drift.workspace is None or record.drift.address is None:
            return
        place = record.drift.workspace, record.drift.address
        self._by_resource[place].discard(key)
        if not self._by_resource[place]:
            del self._by_resource[place]

    def clear(self) -> None:
        """Forget everything."""
        self._records.clear()
        self._revisions.clear()
        self._by_resource.clear()

    def get(self, key: str) -> DriftRecord | None:
        """Returns the latest known version of a drift."""
        return self._records.get(key)

    def of_resource(self, record: ResourceRecord) -> frozenset[str]:
        """Returns the ids of a resource's drifts."""
        return frozenset(self._by_resource.get((record.workspace, record.address), ()))

    def __iter__(self) -> Iterator[DriftRecord]:
        return iter(tuple(self._records.values()))

    def __len__(self) -> int:
        return len(self._records)

    def open_without(self, is_known: Callable[[str], bool]) -> int:
        """Returns how many open drifts there are whose call is not known."""
        return sum(
            record.drift.event_id is not None and not is_known(record.drift.event_id)
            for record in self
            if record.drift.status is DriftStatus.OPEN
        )

    def resolved_before(self, moment: datetime) -> list[str]:
        """Returns the ids of drifts that are published and whose last step, a resolution, was before a moment."""
        return [
            key
            for key, record in self._records.items()
            if record.drift.status is DriftStatus.RESOLVED
            and record.published == record.version
            and max((step.timestamp for step in record.drift.history), default=record.received) < moment
            and record.received < moment
        ]

    def revision(self, key: str) -> int:
        """Returns the revision of the latest known version; 0 for none."""
        return self._revisions.get(key, 0)

    def open_counts(self) -> dict[tuple[Severity, str], int]:
        """Returns how many drifts of each severity and workspace are open; those in no state have the workspace "".

        Each workspace that a drift is known of is there, with 0 for what it has none of.
        """
        workspaces = {"", *(record.drift.workspace or "" for record in self)}
        counts = {(severity, workspace): 0 for severity in Severity for workspace in workspaces}
        for record in self:
            if record.drift.status is DriftStatus.OPEN:
                counts[record.drift.severity, record.drift.workspace or ""] += 1
        return counts
