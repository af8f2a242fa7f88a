"""Orders the facts about one attribute, or about the existence, of one resource by time.

The first state that was seen counts as valid for all time before it: audit events arrive late, and state files are
older than their first observation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from drift_detector.facts.call import Call, Operation
from drift_detector.facts.no_value import Absent
from tfdrift.events import Json

SINCE_EVER = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)

Value = Json | Absent


@dataclass(frozen=True, slots=True)
class Recorded:
    """A serial of the state has this value of the attribute, in one incarnation of the address."""

    at: datetime
    serial: int
    value: Value
    incarnation: int = 0


@dataclass(frozen=True, slots=True)
class Removed:
    """A serial of the state no longer has the resource; a replaced one has another in its place."""

    at: datetime
    serial: int
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call claims this of an incarnation's attribute, in one operation or in several that follow one another."""

    call: Call
    operations: tuple[Operation, ...]
    incarnation: int = 0


@dataclass(frozen=True, slots=True)
class Deleted:
    """A call deleted the incarnation that has the attribute."""

    call: Call
    incarnation: int = 0


Fact = Recorded | Removed | Claimed | Deleted


def time_line(facts: Iterable[Fact]) -> list[Fact]:
    """Returns the facts ordered by time: states by serial, calls by the cloud's clock, and a state before a call.

    A state whose clock went backwards counts as written when the serial before it was.
    """
    states: list[tuple[datetime, Recorded | Removed]] = []
    latest = SINCE_EVER
    given = list(facts)
    for state in sorted((fact for fact in given if isinstance(fact, Recorded | Removed)), key=lambda fact: fact.serial):
        latest = max(latest, state.at) if states else SINCE_EVER
        states.append((latest, state))
    calls: list[Claimed | Deleted] = [fact for fact in given if isinstance(fact, Deleted)]
    calls += _joined(fact for fact in given if isinstance(fact, Claimed))
    calls.sort(key=lambda fact: fact.call.order)
    merged: list[Fact] = []
    for call in calls:
        while states and states[0][0] <= call.call.occurred:
            merged.append(states.pop(0)[1])
        merged.append(call)
    return merged + [state for _, state in states]


def _joined(claims: Iterable[Claimed]) -> list[Claimed]:
    """Returns one claim for each call: a call changes an attribute at once, even by several operations."""
    joined: dict[str, Claimed] = {}
    for claim in claims:
        known = joined.get(claim.call.event_id)
        if known is not None:
            claim = Claimed(claim.call, (*known.operations, *claim.operations), claim.incarnation)  # noqa: PLW2901
        joined[claim.call.event_id] = claim
    return list(joined.values())
