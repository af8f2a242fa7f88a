"""The existence of a resource that consists of elements of its sets, such as a security group's rule of its sources.

A call that takes the last element away deletes such a resource, and one that gives it an element again creates it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drift_detector.catalog.resource_types import Comparison
from drift_detector.compare.apply_operation import apply
from drift_detector.compare.values import is_unset, same
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.attribute_paths import recorded
from drift_detector.facts.call import Operation
from drift_detector.facts.incarnations import Incarnation
from drift_detector.facts.no_value import Absent, Unknown
from drift_detector.facts.time_line import Claimed, Recorded, Value, time_line

# The attribute that creations and deletions claim; it is in no state.
EXISTENCE: Final = "@existence"


@dataclass(frozen=True, slots=True)
class Parts:
    """What calls about a resource's parts amount to.

    Attributes:
        claims: what remains claimed of each part.
        existence: what is claimed of the resource's existence.
        needed: the calls that brought the parts from what is recorded to what they are.
    """

    claims: dict[str, list[Claimed]]
    existence: list[Claimed]
    needed: frozenset[str]


def existence_of(
    incarnations: Sequence[Incarnation],
    identity: Sequence[str],
    claims: Mapping[str, Sequence[Claimed]],
    comparisons: Mapping[str, Comparison],
) -> Parts:
    """Returns what calls claim of a resource's parts, and of its existence where the last part goes or the first comes.

    Args:
        incarnations: of the address.
        identity: what stands for each of them, once it exists.
        claims: by part.
        comparisons: of every part, by its attribute.
    """
    facts: list[Recorded | Claimed] = [claim for part in claims.values() for claim in part]
    for number, incarnation in enumerate(incarnations):
        for version in incarnation.versions:
            values: dict[str, Value] = {name: recorded(version.attributes, name) for name in comparisons}
            facts.append(Recorded(version.at, version.serial, values, number))
    reading = _Reading(comparisons)
    kept: dict[str, list[Claimed]] = {name: [] for name in claims}
    existence: list[Claimed] = []
    for fact in time_line(facts):
        if isinstance(fact, Recorded):
            reading.record(fact)
        elif isinstance(fact, Claimed) and fact.incarnation == reading.incarnation:
            existed = reading.exists
            changed = reading.claim(fact)
            if existed != reading.exists:
                value = identity[fact.incarnation] if reading.exists else None
                existence.append(_claimed(fact, Operation(attribute=EXISTENCE, value=value)))
            for name in changed if reading.exists else ():
                operations = fact.operations if existed else (reading.whole(name),)
                kept[name].append(_claimed(fact, *(one for one in operations if one.attribute == name)))
    return Parts(kept, existence, frozenset(reading.building))


def _claimed(fact: Claimed, *operations: Operation) -> Claimed:
    return Claimed(fact.call, operations, fact.incarnation)


class _Reading:
    """The parts in the cloud, as far as states and calls say."""

    def __init__(self, comparisons: Mapping[str, Comparison]) -> None:
        self.incarnation = -1
        self.building: list[str] = []
        self._comparisons = comparisons
        self._recorded: Mapping[str, Value] = {}
        self._cloud: dict[str, Value | Unknown] = {}

    @property
    def exists(self) -> bool:
        """Whether any part is left."""
        return any(not self._is_unset(name, value) for name, value in self._cloud.items())

    def _is_unset(self, name: str, value: Value | Unknown) -> bool:
        return isinstance(value, Absent) or (
            not isinstance(value, Unknown) and is_unset(value, self._comparisons[name])
        )

    def record(self, fact: Recorded) -> None:
        """Takes in what a state says; what it says as before is as calls have left it."""
        assert isinstance(fact.value, dict)  # noqa: S101 - `existence_of` makes it
        is_new = fact.incarnation != self.incarnation
        for name, value in fact.value.items():
            if is_new or value != self._recorded.get(name):
                self._cloud[name] = value
        self.incarnation, self._recorded = fact.incarnation, fact.value
        self._forget_if_recorded()

    def claim(self, fact: Claimed) -> list[str]:
        """Takes in what a call did; returns the parts that it is about."""
        for one in fact.operations:
            self._cloud[one.attribute] = apply(one, self._cloud[one.attribute], self._comparisons[one.attribute])
        self.building.append(fact.call.event_id)
        self._forget_if_recorded()
        return list(dict.fromkeys(one.attribute for one in fact.operations))

    def _forget_if_recorded(self) -> None:
        if all(self._is_recorded(name, value) for name, value in self._cloud.items()):
            self.building.clear()

    def _is_recorded(self, name: str, value: Value | Unknown) -> bool:
        recorded_value = self._recorded[name]
        if isinstance(value, Absent | Unknown) or isinstance(recorded_value, Absent):
            return value is recorded_value
        return same(value, recorded_value, self._comparisons[name]) is Verdict.SAME

    def whole(self, name: str) -> Operation:
        """Returns the operation that sets a part to what it is."""
        value = self._cloud[name]
        unknown = isinstance(value, Unknown)
        return Operation(attribute=name, value=None if isinstance(value, Absent | Unknown) else value, unknown=unknown)
