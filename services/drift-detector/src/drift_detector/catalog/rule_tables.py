"""What is known of all rules together. It is stored with the compiled catalog, so that no start reads every rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from drift_detector.catalog.event_rules import EventRule, TargetRule
from drift_detector.facts.attribute_paths import without_indexes
from drift_detector.facts.call import Act

_Value = TypeVar("_Value", str, tuple[str, ...])

# By type, the sets of attributes by which events identify it, each in the order of its names.
Identities = dict[str, tuple[tuple[str, ...], ...]]


class RuleTables(msgspec.Struct, frozen=True):
    """Tables of all rules.

    Attributes:
        shared: the sets, attributes without indexes by type, whose elements may be resources of their own.
        identities: how events identify each type, with the optional attributes.
        identities_of_existence: how those events do that create or delete it.
    """

    shared: dict[str, tuple[str, ...]]
    identities: Identities
    identities_of_existence: Identities


def tables_of(rules: Iterable[EventRule]) -> RuleTables:
    """Returns the tables of all rules."""
    groups = [group for rule in rules for group in rule.groups]
    targets = [target for group in groups for target in group]
    return RuleTables(
        _by_type(_shared_sets(groups)),
        _identities(targets),
        _identities(target for target in targets if target.act is not Act.UPDATE),
    )


def _identities(targets: Iterable[TargetRule]) -> Identities:
    return _by_type((target.type, tuple(sorted(target.identity))) for target in targets)


def _by_type(pairs: Iterable[tuple[str, _Value]]) -> dict[str, tuple[_Value, ...]]:
    found: dict[str, set[_Value]] = defaultdict(set)
    for name, value in pairs:
        found[name].add(value)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def _shared_sets(groups: Iterable[tuple[TargetRule, ...]]) -> Iterator[tuple[str, str]]:
    """Yields the sets that an event adds to or removes from, if it may create or delete a resource instead.

    A rule of a security group is such a resource. A target that has the same set is no such resource: it is the
    same cloud object under another type.
    """
    for group in groups:
        for target in group if len(group) > 1 else ():
            for attribute in (*target.add, *target.remove):
                if any(_is_its_element(other, target.type, attribute) for other in group):
                    yield target.type, without_indexes(attribute)


def _is_its_element(other: TargetRule, resource_type: str, attribute: str) -> bool:
    has_the_set = attribute in other.add or attribute in other.remove
    return other.type != resource_type and other.act is not Act.UPDATE and not has_the_set
