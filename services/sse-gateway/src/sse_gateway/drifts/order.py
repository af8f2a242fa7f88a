"""The orders in which drifts are listed, and a place in one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from sse_gateway.drifts.row import Row
from sse_gateway.errors import BadParameter
from sse_gateway.fanout.cursor import decode_token, encode_token
from tfdrift.envelope import parse_rfc3339, rfc3339

# The key of a sort, and after it time and id, so that no two rows have the same place.
Key = tuple[Any, datetime, str]

SORTS: Final[dict[str, Callable[[Row], Any]]] = {
    "timestamp": lambda row: 0,  # noqa: ARG005 - time follows in the key
    "severity": lambda row: -row.severity.rank,
    "resource": lambda row: row.resource or "",
    "attribute": lambda row: row.attribute or "",
    "user": lambda row: (row.person or "").casefold(),
    "workspace": lambda row: row.workspace or "",
    "kind": lambda row: str(row.kind),
    "status": lambda row: str(row.status),
}
DEFAULT_SORT: Final = "-timestamp"
ALLOWED_SORTS: Final = tuple(f"{sign}{name}" for name in SORTS for sign in ("", "-"))


@dataclass(frozen=True, slots=True)
class Order:
    """An order: ``name`` is one of `SORTS`; descending is the most severe or the newest first."""

    name: str
    descending: bool

    def key(self, row: Row) -> Key:
        """Returns what a row is sorted by."""
        return (SORTS[self.name](row), row.timestamp, row.id)

    def follows(self, key: Key, place: Place) -> bool:
        """Whether a row with that key comes after a place in the list."""
        return key < place.key if self.descending else key > place.key

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a row in a list."""

    key: Key


def parse_order(sort: str | None) -> Order:
    """Returns the order that ``sort`` names; a ``-`` before the name reverses it.

    Raises:
        BadParameter: it is not known.
    """
    text = sort or DEFAULT_SORT
    if text not in ALLOWED_SORTS:
        raise BadParameter("sort", f"sort {text!r} is not known", ALLOWED_SORTS)
    return Order(text.removeprefix("-"), descending=text.startswith("-"))


def place_token(order: Order, row: Row) -> str:
    """Returns the place of a row as an opaque token."""
    value, moment, identifier = order.key(row)
    return encode_token(orjson.dumps([str(order), value, rfc3339(moment), identifier]).decode())


def parse_place(token: str, order: Order) -> Place:
    """Returns the place that a token names.

    Raises:
        BadParameter: it is not a token of a list in this order.
    """
    try:
        name, value, moment, identifier = orjson.loads(decode_token(token))
        if name == str(order) and type(value) is type(_example(order)) and isinstance(identifier, str):
            return Place((value, parse_rfc3339(moment), identifier))
    except (ValueError, TypeError):
        pass
    raise BadParameter("cursor", "cursor is not one that this list gave as next_cursor")


def _example(order: Order) -> int | str:
    return 0 if order.name in ("timestamp", "severity") else ""
