"""All drifts of the bucket in memory, in the order of their time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from sse_gateway.access.scope import Scope
from sse_gateway.drifts.grouping import Facets, groups
from sse_gateway.drifts.order import DEFAULT_SORT, place_token
from sse_gateway.drifts.query import DriftQuery
from sse_gateway.drifts.row import Row
from tfdrift.events import DriftKind, DriftStatus
from tfdrift.severity import Severity


@dataclass(frozen=True, slots=True)
class Page:
    """A page of drifts.

    Attributes:
        next_cursor: the cursor of the next page; None at the end.
        total: how many drifts match in all.
        facets: counts by facet and value.
        groups: the groups of all that match; None if no grouping was asked for.
    """

    rows: list[Row]
    next_cursor: str | None
    total: int
    facets: dict[str, dict[str, int]]
    groups: list[dict[str, object]] | None


# Resolved drifts that are kept in memory, whatever the retention. One takes some 4 KB.
MAX_RESOLVED: Final = 20_000


class Drifts:
    """The drifts of the bucket by key, and all of them in order.

    Resolved ones leave the memory when they are older than the retention, or when they are too many; the ledger has
    their history as long as it reaches. The detector deletes their records in its own time.
    """

    def __init__(self, max_resolved: int = MAX_RESOLVED) -> None:
        self._max_resolved = max_resolved
        self._resolved: list[tuple[datetime, str]] = []
        self._keys: dict[str, str] = {}
        self._rows: dict[str, Row] = {}
        self._by_id: dict[str, Row] = {}
        self._order: list[tuple[datetime, str]] = []
        self._until: dict[str, datetime] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def open_count(self) -> int:
        """How many are open."""
        return sum(row.status is DriftStatus.OPEN for row in self._by_id.values())

    def put(self, key: str, row: Row) -> None:
        """Set the drift of a key of the bucket."""
        self.remove(key)
        self._rows[key] = self._by_id[row.id] = row
        self._keys[row.id] = key
        if row.status is DriftStatus.RESOLVED:
            insort(self._resolved, row.order)
        if row.until is not None:
            self._until[row.id] = row.until
        insort(self._order, row.order)
        while len(self._resolved) > self._max_resolved:
            self._forget_oldest_resolved()

    def age_out(self, before: datetime) -> None:
        """Forget the resolved drifts that last changed before a time."""
        while self._resolved and self._resolved[0][0] < before:
            self._forget_oldest_resolved()

    def remove(self, key: str) -> None:
        """Remove the drift of a key, if there is one."""
        row = self._rows.pop(key, None)
        if row is not None:
            del self._by_id[row.id]
            del self._keys[row.id]
            if row.status is DriftStatus.RESOLVED:
                del self._resolved[bisect_left(self._resolved, row.order)]
            self._until.pop(row.id, None)
            del self._order[bisect_left(self._order, row.order)]

    def clear(self) -> None:
        """Remove all."""
        self._rows.clear()
        self._by_id.clear()
        self._order.clear()
        self._until.clear()
        self._resolved.clear()
        self._keys.clear()

    def get(self, identifier: str) -> Row | None:
        """Returns the drift with an id."""
        return self._by_id.get(identifier)

    def expired(self, now: datetime) -> list[str]:
        """Returns the ids of the drifts whose dismissal has expired."""
        return [identifier for identifier, until in self._until.items() if until <= now]

    def visible(self, scope: Scope) -> Iterator[Row]:
        """Yield the drifts that may be seen, the newest first."""
        return (row for row in self._newest_first(None) if row.visible(scope))

    def page(self, query: DriftQuery, limit: int) -> Page:
        """Returns the first drifts that match after the query's place, and counts of all that match."""
        facets, matching = Facets(), list[Row]()
        for row in self._newest_first(query.since):
            if not row.visible(query.scope):
                continue
            missed = list(islice(query.missed(row), 2))
            if len(missed) <= 1:
                facets.add(row, missed[0] if missed else None)
            if not missed:
                matching.append(row)
        order, after = query.order, query.after
        if str(order) != DEFAULT_SORT:
            matching.sort(key=order.key, reverse=order.descending)
        rest = matching if after is None else [row for row in matching if order.follows(order.key(row), after)]
        rows = rest[:limit]
        return Page(
            rows=rows,
            next_cursor=place_token(order, rows[-1]) if len(rest) > limit else None,
            total=len(matching),
            facets=facets.members(),
            groups=groups(matching, query.grouping) if query.grouping is not None else None,
        )

    def _forget_oldest_resolved(self) -> None:
        self.remove(self._keys[self._resolved[0][1]])

    def _newest_first(self, since: datetime | None) -> Iterator[Row]:
        for moment, identifier in reversed(self._order):
            if since is not None and moment < since:
                return
            yield self._by_id[identifier]

    def counts(self, scope: Scope) -> dict[str, object]:
        """Returns totals by status, and the open ones by severity and kind, of what may be seen."""
        rows = [row for row in self._by_id.values() if row.visible(scope)]
        open_rows = [row for row in rows if row.status is DriftStatus.OPEN]
        by_severity = Counter(row.severity for row in open_rows)
        by_kind = Counter(row.kind for row in open_rows)
        return {
            "open": len(open_rows),
            "resolved": len(rows) - len(open_rows),
            "open_by_severity": {str(severity): by_severity[severity] for severity in Severity},
            "open_by_kind": {str(kind): by_kind[kind] for kind in DriftKind},
        }
