"""The query of ``/api/v1/drifts``: its parameters, and which rows it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Final

from sse_gateway.access.scope import EVERYTHING, Scope
from sse_gateway.drifts.grouping import GROUPINGS, Grouping
from sse_gateway.drifts.order import Order, Place, parse_order, parse_place
from sse_gateway.drifts.row import Row
from sse_gateway.errors import BadParameter
from sse_gateway.fanout.details import any_matches, text_glob
from sse_gateway.fanout.filters import Query, choose, kind_glob, severities, single, values
from sse_gateway.fanout.since import parse_since
from tfdrift.events import DriftKind, DriftStatus, Resolution
from tfdrift.subjects import Provider

DRIFT_PARAMETERS: Final = (
    *("status", "resolution", "severity", "workspace", "provider", "account", "region", "kind", "attribute"),
    *("user", "resource", "q", "since", "sort", "group_by", "limit", "cursor"),
)

_KINDS: Final = frozenset(DriftKind)

Criterion = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class DriftQuery:
    """Which drifts a client asks for, and in which order.

    Attributes:
        criteria: by parameter, what a row must fulfil; a parameter that is absent asks for everything.
        since: the time since which a drift must have changed.
        order: the order of the list.
        after: the place in the list after which the page begins; None is the begin.
        grouping: how rows are counted together; None is not at all.
        scope: what the client may see.
    """

    criteria: tuple[tuple[str, Criterion], ...]
    since: datetime | None
    order: Order
    after: Place | None
    grouping: Grouping | None = None
    scope: Scope = EVERYTHING

    def missed(self, row: Row) -> Iterator[str]:
        """Yield the parameters that a row does not fulfil."""
        return (name for name, fulfils in self.criteria if not fulfils(row))


def parse_drift_query(query: Query, now: datetime, scope: Scope) -> DriftQuery:
    """Returns what the query of ``/api/v1/drifts`` asks for, within what its sender may see.

    Raises:
        BadParameter: a value is not known.
    """
    since, cursor = single(query, "since"), single(query, "cursor")
    order = parse_order(single(query, "sort"))
    return DriftQuery(
        criteria=tuple(_criteria(query)),
        since=parse_since(since, now) if since is not None else None,
        order=order,
        after=parse_place(cursor, order) if cursor is not None else None,
        grouping=_grouping(single(query, "group_by")),
        scope=scope,
    )


def _criteria(query: Query) -> Iterator[tuple[str, Criterion]]:
    """Yield a criterion for each parameter that is given."""
    if statuses := frozenset(choose("status", value, DriftStatus) for value in values(query, "status")):
        yield "status", lambda row: row.status in statuses
    if resolutions := frozenset(choose("resolution", value, Resolution) for value in values(query, "resolution")):
        yield "resolution", lambda row: row.resolution in resolutions
    if wanted := frozenset(severities(query)):
        yield "severity", lambda row: row.severity in wanted
    if workspaces := frozenset(values(query, "workspace")):
        yield "workspace", lambda row: row.workspace in workspaces
    if providers := frozenset(choose("provider", value, Provider) for value in values(query, "provider")):
        yield "provider", lambda row: row.provider in providers
    if accounts := frozenset(value.strip() for value in values(query, "account")):
        yield "account", lambda row: row.account in accounts
    if regions := frozenset(value.strip().lower() for value in values(query, "region")):
        yield "region", lambda row: row.region in regions
    if kinds := frozenset(value.strip().lower() for value in values(query, "kind")):
        yield "kind", _kind_criterion(kinds)
    if paths := frozenset(values(query, "attribute")):
        yield "attribute", lambda row: row.attribute is not None and any(_covers(p, row.attribute) for p in paths)
    if users := frozenset(text_glob(value) for value in values(query, "user")):
        yield "user", lambda row: any_matches(users, row.names)
    if resources := frozenset(text_glob(value) for value in values(query, "resource")):
        yield "resource", lambda row: any_matches(resources, row.resources)
    if (search := single(query, "q")) is not None:
        words = search.casefold().split()
        yield "q", lambda row: all(word in row.text for word in words)


def _kind_criterion(values: frozenset[str]) -> Criterion:
    """``kind`` names kinds of drift, or globs of resource types."""
    kinds = values & _KINDS
    globs = [kind_glob(value) for value in values - _KINDS]
    return lambda row: row.kind in kinds or any(fnmatchcase(row.resource_type, glob) for glob in globs)


def _covers(path: str, attribute: str) -> bool:
    """Whether an attribute is at a path or below it: ``tags`` covers ``tags.Env``."""
    return attribute == path or (attribute.startswith(path) and attribute[len(path)] in ".[")


def _grouping(name: str | None) -> Grouping | None:
    if name is None:
        return None
    if name not in GROUPINGS:
        raise BadParameter("group_by", f"group_by {name!r} is not known", GROUPINGS)
    return GROUPINGS[name]
