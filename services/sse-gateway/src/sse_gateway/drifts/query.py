"""The query of ``/api/v1/drifts``: its parameters, and which rows it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from sse_gateway.access.scope import EVERYTHING, Scope
from sse_gateway.drifts.row import Row
from sse_gateway.errors import BadParameter
from sse_gateway.fanout.cursor import decode_token
from sse_gateway.fanout.filters import Query, choose, kind_glob, severities, single, values
from sse_gateway.fanout.since import parse_since
from tfdrift.events import DriftKind, DriftStatus
from tfdrift.severity import Severity

DRIFT_PARAMETERS = ("status", "severity", "workspace", "kind", "attribute", "user", "since", "limit", "cursor")

_KINDS = frozenset(DriftKind)


@dataclass(frozen=True, slots=True)
class DriftQuery:
    """Which drifts a client asks for; an empty set asks for all.

    Attributes:
        kinds: kinds of drift; resource_types: globs of resource types. The parameter ``kind`` may name either.
        attributes: attribute paths, each with everything below it (``tags`` asks for ``tags.Env`` too).
        user: a user name, ARN or principal id, in any case.
        before: the place in the list before which the page begins.
        scope: what the client may see.
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
        """Whether the client asks for a drift."""
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
    """Returns what the query of ``/api/v1/drifts`` asks for, within what its sender may see.

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
