"""Which clients an event goes to: clients with equal filters form a group, and each subject has its groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sse_gateway.fanout.client import Client
from sse_gateway.fanout.filters import Filter
from sse_gateway.fanout.frame import Frame

# Subjects and workspaces are few; past this many the remembered routes are dropped.
_REMEMBERED_ROUTES: Final = 4096


@dataclass(slots=True, eq=False)
class Group:
    """Clients with one filter and one transfer coding.

    Attributes:
        clients: in the order in which they joined; a dict removes one in constant time.
        pending: the events that are still to be written to them.
        wrote_at: the hub's clock when they were last written to.
    """

    wanted: Filter
    chunked: bool
    clients: dict[Client, None] = field(default_factory=dict)
    pending: list[bytes] = field(default_factory=list)
    wrote_at: float = 0.0


@dataclass(frozen=True, slots=True)
class _Route:
    """The groups of a subject and workspace; ``detailed`` if one of them also looks into the payload."""

    groups: tuple[Group, ...]
    detailed: bool


class Groups:
    """All joined clients by group, and the groups of each subject and workspace that was asked for."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Filter, bool], Group] = {}
        self._routes: dict[tuple[str, str | None], _Route] = {}

    def __iter__(self) -> Iterator[Group]:
        """The groups; they may change while the caller writes to them."""
        return iter(list(self._groups.values()))

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return sum(len(group.clients) for group in self._groups.values())

    def add(self, client: Client) -> None:
        """Put a client into the group of its filter."""
        key = (client.wanted, client.chunked)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(*key)
            self._routes.clear()
        group.clients[client] = None

    def remove(self, client: Client) -> Group | None:
        """Forget a client, if it is in a group; returns the group that became empty by this."""
        key = (client.wanted, client.chunked)
        group = self._groups.get(key)
        if group is None or client not in group.clients:
            return None
        del group.clients[client]
        if group.clients:
            return None
        del self._groups[key]
        self._routes.clear()
        return group

    def route(self, frame: Frame) -> tuple[Group, ...]:
        """The groups that an event goes to."""
        route = self._routes.get((frame.subject, frame.workspace))
        if route is None:
            if len(self._routes) >= _REMEMBERED_ROUTES:
                self._routes.clear()
            groups = tuple(g for g in self._groups.values() if g.wanted.matches(frame.subject, frame.workspace))
            route = _Route(groups, any(group.wanted.details is not None for group in groups))
            self._routes[frame.subject, frame.workspace] = route
        if not route.detailed:
            return route.groups
        return tuple(group for group in route.groups if group.wanted.takes_payload(frame.data))
