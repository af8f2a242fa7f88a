"""A mirror of the drifts in memory, in the order in which they are listed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from sse_gateway.access.scope import EVERYTHING, Scope
from sse_gateway.fanout.cursor import decode_token, encode_token
from sse_gateway.fanout.filters import Query, choose, kind_glob, severities, single, values
from sse_gateway.fanout.since import parse_since
from sse_gateway.problem import BadParameter
from tfdrift.envelope import rfc3339
from tfdrift.events import DriftKind, DriftStatus
from tfdrift.records import DriftRecord
from tfdrift.severity import Severity

DRIFT_PARAMETERS = ("status", "severity", "workspace", "kind", "attribute", "user", "since", "limit", "cursor")

_KINDS = frozenset(DriftKind)


@dataclass(frozen=True, slots=True)
class Row:
    """A drift as it is filtered and shown.

    Attributes:
        subject: what it is published on, which decides who may see it.
        body: the JSON that clients get, as on the stream.
    """

    id: str
    subject: str
    timestamp: datetime
    status: DriftStatus
    severity: Severity
    workspace: str | None
    kind: DriftKind
    resource_type: str
    attribute: str | None
    names: tuple[str, ...]
    body: bytes

    @property
    def order(self) -> tuple[datetime, str]:
        """Where it stands in the list, the oldest first."""
        return (self.timestamp, self.id)

    def visible(self, scope: Scope) -> bool:
        """Whether somebody of that scope may see it."""
        return scope.allows(self.subject, self.workspace)


def row_of(value: bytes) -> Row:
    """The row of a `DriftRecord` in JSON.

    Raises:
        ValueError: it is none.
    """
    drift = DriftRecord.model_validate_json(value).drift
    identity = drift.user_identity
    names = (identity.user_name, identity.arn, identity.principal_id) if identity is not None else ()
    return Row(
        id=drift.id,
        subject=str(drift.subject()),
        timestamp=drift.timestamp,
        status=drift.status,
        severity=drift.severity,
        workspace=drift.workspace,
        kind=drift.kind,
        resource_type=drift.resource_type.lower(),
        attribute=drift.attribute,
        names=tuple(name.casefold() for name in names if name),
        body=drift.encode(),
    )


@dataclass(frozen=True, slots=True)
class DriftQuery:
    """Which drifts are asked for; an empty set asks for all.

    Attributes:
        kinds: kinds of drift; resource_types: globs of resource types. ``kind`` may hold either.
        attributes: attribute paths, each with everything below it (``tags`` asks for ``tags.Env`` too).
        user: a user name, ARN or principal id, whatever its case.
        before: the place in the order before which the page begins.
        scope: what may be seen at all.
    """

    statuses: frozenset[DriftStatus]
    severities: frozenset[Severity]
    workspaces: frozenset[str]
    kinds: frozenset[DriftKind]
    resource_types: frozenset[str]
    attributes: frozenset[str]
    user: str | None
    since: datetime | None
    before: tuple[datetime, str] | None
    scope: Scope = EVERYTHING

    def matches(self, row: Row) -> bool:
        """Whether a drift is asked for."""
        return (
            row.visible(self.scope)
            and (not self.statuses or row.status in self.statuses)
            and (not self.severities or row.severity in self.severities)
            and (not self.workspaces or row.workspace in self.workspaces)
            and self._matches_kind(row)
            and (not self.attributes or any(_covers(path, row.attribute) for path in self.attributes))
            and (self.user is None or self.user in row.names)
        )

    def _matches_kind(self, row: Row) -> bool:
        if not self.kinds and not self.resource_types:
            return True
        return row.kind in self.kinds or any(fnmatchcase(row.resource_type, glob) for glob in self.resource_types)


def _covers(path: str, attribute: str | None) -> bool:
    if attribute is None:
        return False
    return attribute == path or (attribute.startswith(path) and attribute[len(path)] in ".[")


def parse_drift_query(query: Query, now: datetime, scope: Scope) -> DriftQuery:
    """What the query of ``/api/v1/drifts`` asks for, within what its sender may see.

    Raises:
        BadParameter: a value is not known.
    """
    kinds = frozenset(value.strip().lower() for value in values(query, "kind"))
    user, since, cursor = single(query, "user"), single(query, "since"), single(query, "cursor")
    return DriftQuery(
        statuses=frozenset(choose("status", value, DriftStatus) for value in values(query, "status")),
        severities=frozenset(severities(query)),
        workspaces=frozenset(values(query, "workspace")),
        kinds=frozenset(DriftKind(kind) for kind in kinds & _KINDS),
        resource_types=frozenset(kind_glob(kind) for kind in kinds - _KINDS),
        attributes=frozenset(values(query, "attribute")),
        user=user.casefold() if user is not None else None,
        since=parse_since(since, now) if since is not None else None,
        before=_parse_order(cursor) if cursor is not None else None,
        scope=scope,
    )


def _parse_order(cursor: str) -> tuple[datetime, str]:
    try:
        moment, identifier = decode_token(cursor).split("|", 1)
        return datetime.fromisoformat(moment), identifier
    except ValueError:
        raise BadParameter("cursor", "cursor is not one that this list gave as next_cursor") from None


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
        """Set the drift that stands under a key of the bucket."""
        self.remove(key)
        self._rows[key] = self._by_id[row.id] = row
        insort(self._order, row.order)

    def remove(self, key: str) -> None:
        """Forget the drift under a key, if there is one."""
        row = self._rows.pop(key, None)
        if row is not None:
            del self._by_id[row.id]
            del self._order[bisect_left(self._order, row.order)]

    def clear(self) -> None:
        """Forget them all."""
        self._rows.clear()
        self._by_id.clear()
        self._order.clear()

    def get(self, identifier: str) -> Row | None:
        """The drift with this id."""
        return self._by_id.get(identifier)

    def page(self, query: DriftQuery, limit: int) -> tuple[list[Row], str | None]:
        """The newest drifts that match, and the cursor of the next page, None at the end."""
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
        """Totals by status, and the open ones by severity and kind, of what may be seen."""
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
