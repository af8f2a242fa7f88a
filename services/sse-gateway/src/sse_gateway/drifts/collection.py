"""All drifts of the bucket in memory, in the order in which they are listed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sse_gateway.access.scope import Scope
from sse_gateway.drifts.query import DriftQuery
from sse_gateway.drifts.row import Row
from sse_gateway.fanout.cursor import encode_token
from tfdrift.envelope import rfc3339
from tfdrift.events import DriftKind, DriftStatus
from tfdrift.severity import Severity


class Drifts:
    """Every drift of the bucket by its key, and all of them in order."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._order: list[tuple[datetime, str]] = []
        self._by_id: dict[str, Row] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def open_count(self) -> int:
        """How many are open."""
        return sum(row.status is DriftStatus.OPEN for row in self._by_id.values())

    def put(self, key: str, row: Row) -> None:
        """Set the drift of a key of the bucket."""
        self.remove(key)
        self._rows[key] = self._by_id[row.id] = row
        insort(self._order, row.order)

    def remove(self, key: str) -> None:
        """Remove the drift of a key, if there is one."""
        row = self._rows.pop(key, None)
        if row is not None:
            del self._by_id[row.id]
            del self._order[bisect_left(self._order, row.order)]

    def clear(self) -> None:
        """Remove all."""
        self._rows.clear()
        self._by_id.clear()
        self._order.clear()

    def get(self, identifier: str) -> Row | None:
        """Returns the drift with an id."""
        return self._by_id.get(identifier)

    def page(self, query: DriftQuery, limit: int) -> tuple[list[Row], str | None]:
        """Returns the newest drifts that match, and the cursor of the next page, None at the end."""
        found: list[Row] = []
        for row in self._newest_first(query):
            if not query.matches(row):
                continue
            if len(found) == limit:
                last = found[-1]
                return found, encode_token(f"{rfc3339(last.timestamp)}|{last.id}")
            found.append(row)
        return found, None

    def _newest_first(self, query: DriftQuery) -> Iterator[Row]:
        stop = len(self._order) if query.before is None else bisect_left(self._order, query.before)
        for index in range(stop - 1, -1, -1):
            moment, identifier = self._order[index]
            if query.since is not None and moment < query.since:
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
