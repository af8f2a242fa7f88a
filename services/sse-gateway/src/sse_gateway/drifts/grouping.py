"""Counts drifts together: by resource, by person, by call, and by each facet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sse_gateway.drifts.row import Row
from tfdrift.envelope import rfc3339
from tfdrift.events import DriftStatus

# Values of one facet that are listed, the most frequent first.
MAX_FACET_VALUES: Final = 100
# Ids of one group that are listed.
MAX_GROUP_IDS: Final = 100

Grouping = Callable[[Row], str | None]

GROUPINGS: Final[dict[str, Grouping]] = {
    "resource": lambda row: row.resource,
    "user": lambda row: row.person,
    "call": lambda row: row.event_id,
    "workspace": lambda row: row.workspace,
    "severity": lambda row: row.severity,
    "kind": lambda row: row.kind,
    "resource_type": lambda row: row.resource_type,
    "account": lambda row: row.account,
}


@dataclass(frozen=True, slots=True)
class Facet:
    """A dimension with its counts: ``parameter`` is the one that narrows it."""

    parameter: str
    value: Grouping


FACETS: Final = {
    "status": Facet("status", lambda row: row.status),
    "resolution": Facet("resolution", lambda row: row.resolution),
    "severity": Facet("severity", lambda row: row.severity),
    "workspace": Facet("workspace", lambda row: row.workspace),
    "provider": Facet("provider", lambda row: row.provider),
    "account": Facet("account", lambda row: row.account),
    "region": Facet("region", lambda row: row.region),
    "kind": Facet("kind", lambda row: row.kind),
    "resource_type": Facet("kind", lambda row: row.resource_type),
    "user": Facet("user", lambda row: row.person),
}


class Facets:
    """Counts rows by each facet.

    A row counts for a facet if it fulfils every parameter but that facet's own, so the counts show what choosing
    another value would give.
    """

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}

    def add(self, row: Row, missed: str | None) -> None:
        """Count a row that fulfils every parameter, or every one but ``missed``."""
        for name, facet in FACETS.items():
            if (missed is None or facet.parameter == missed) and (value := facet.value(row)) is not None:
                self._counts[name][str(value)] += 1

    def members(self) -> dict[str, dict[str, int]]:
        """Returns the counts by facet and value, the most frequent first."""
        return {name: dict(counts.most_common(MAX_FACET_VALUES)) for name, counts in self._counts.items()}


def groups(rows: Iterable[Row], grouping: Grouping) -> list[dict[str, object]]:
    """Returns the groups of rows in the order of their first rows; rows without the value are a group of null."""
    found: dict[str | None, list[Row]] = {}
    for row in rows:
        found.setdefault(grouping(row), []).append(row)
    return [_group(key, members) for key, members in found.items()]


def _group(key: str | None, rows: list[Row]) -> dict[str, object]:
    return {
        "key": key,
        "count": len(rows),
        "open": sum(row.status is DriftStatus.OPEN for row in rows),
        "severity": min((row.severity for row in rows), key=lambda severity: severity.rank),
        "timestamp": rfc3339(max(row.timestamp for row in rows)),
        "ids": list(_ids(rows)),
    }


def _ids(rows: list[Row]) -> Iterator[str]:
    return (row.id for row in rows[:MAX_GROUP_IDS])
