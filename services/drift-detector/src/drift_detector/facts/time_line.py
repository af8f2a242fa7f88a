"""The facts about one attribute, or about the existence, of one resource, in the order of time.

The first state that was seen counts as in force since ever: audit events come late, and state files are older than
their first sight.
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
    """A state's serial says this of the attribute, in one of the address's lives."""

    at: datetime
    serial: int
    value: Value
    incarnation: int = 0


@dataclass(frozen=True, slots=True)
class Removed:
    """A state's serial no longer holds the resource."""

    at: datetime
    serial: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call says this of a life's attribute, in one operation or in several that follow one another."""

    call: Call
    operations: tuple[Operation, ...]
    incarnation: int = 0


Fact = Recorded | Removed | Claimed


def time_line(facts: Iterable[Fact]) -> list[Fact]:
    """Facts in the order of time: states by their serial, calls by the cloud's clock, a state before a call.

    A state whose clock went backwards is not older than the serial before it.
    """
    states: list[tuple[datetime, Recorded | Removed]] = []
    latest = SINCE_EVER
    given = list(facts)
    for state in sorted((fact for fact in given if not isinstance(fact, Claimed)), key=lambda fact: fact.serial):
        latest = max(latest, state.at) if states else SINCE_EVER
        states.append((latest, state))
    calls = sorted(_joined(fact for fact in given if isinstance(fact, Claimed)), key=lambda fact: fact.call.order)
    merged: list[Fact] = []
    for call in calls:
        while states and states[0][0] <= call.call.occurred:
            merged.append(states.pop(0)[1])
        merged.append(call)
    return merged + [state for _, state in states]


def _joined(claims: Iterable[Claimed]) -> list[Claimed]:
    """One claim for each call: what a call does to one attribute in several operations, it does at once."""
    joined: dict[str, Claimed] = {}
    for claim in claims:
        known = joined.get(claim.call.event_id)
        operations = (*known.operations, *claim.operations) if known else claim.operations
        joined[claim.call.event_id] = Claimed(claim.call, operations, claim.incarnation)
    return list(joined.values())
