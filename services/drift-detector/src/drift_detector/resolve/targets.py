"""Decides which of a group's alternative targets is meant, by the states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drift_detector.catalog.lookup import Catalog
from drift_detector.compare.values import is_unset
from drift_detector.facts.attribute_paths import SOMETHING, parse_attribute, recorded
from drift_detector.facts.call import Act, Call, Operation, Target, Verb
from drift_detector.facts.incarnations import incarnations_of
from drift_detector.facts.no_value import MISSING
from drift_detector.resolve.cloud_control import spelled
from drift_detector.resolve.renames import Renames
from drift_detector.resolve.state_index import IndexedResource, Match, StateIndex
from drift_detector.resolve.tokens import parents_of, target_tokens
from tfdrift.events import Json


@dataclass(frozen=True, slots=True)
class ResolvedTarget:
    """A target, and the incarnation of a managed resource that it means, by its index in the resource."""

    target: Target
    resource: IndexedResource
    incarnation: int

    @property
    def act(self) -> Act:
        """What the call did to the resource. One that has a part in itself is changed when the part comes or goes."""
        return Act.UPDATE if self._is_a_part else self.target.act

    @property
    def _is_a_part(self) -> bool:
        return self.resource.is_counterpart and self.target.type != self.resource.types_in_calls[0]

    def operations_on(self, attributes: Mapping[str, Json]) -> tuple[Operation, ...]:
        """Returns the target's operations, as the provider of a record with these attributes spells them."""
        if not self.resource.is_counterpart:
            return self.target.operations
        if self._is_a_part and self.target.act is Act.DELETE:
            return (Operation(attribute=SOMETHING, unknown=True),)
        return tuple(spelled(self.target.operations, attributes))


def resolve_group(
    group: tuple[Target, ...], call: Call, index: StateIndex, catalog: Catalog, renames: Renames
) -> list[ResolvedTarget]:
    """Returns the resources that a group means: the first alternative that a state had when the call was made.

    They may be in several workspaces. If no state had one then, it is the first alternative that a state has now, such
    as a resource that the call has just created, and else the first that a state ever had.
    """
    named: list[tuple[Target, Match]] = []
    for target in group:
        matches = [
            match
            for match in _named(target, call, index, renames)
            if _has_a_place_for(target, match, catalog, alone=len(group) == 1)
        ]
        then = _best_placed([match for match in matches if match.incarnation.includes(call.occurred)])
        if then:
            return [ResolvedTarget(target, match.resource, match.number) for match in then]
        named.extend((target, match) for match in matches)
    chosen = [pair for pair in named if pair[1].incarnation.ended is None] or named
    return [ResolvedTarget(target, match.resource, match.number) for target, match in chosen if target is chosen[0][0]]


def _best_placed(matches: list[Match]) -> list[Match]:
    """Returns the matches without those of which less is known of account and region than of another of the type."""

    def known_place(match: Match) -> tuple[bool, bool]:
        return match.resource.account_id is not None, match.incarnation.region is not None

    return [
        match
        for match in matches
        if known_place(match) == max(known_place(one) for one in matches if one.resource.type == match.resource.type)
    ]


def _named(target: Target, call: Call, index: StateIndex, renames: Renames) -> list[Match]:
    """Returns the incarnations that a target names by the states, unless a call gave the name to another since."""
    found = [
        match
        for match in index.matches(target, call.account_id, call.region)
        if not match.incarnation.former_tokens or match.incarnation.is_named(target_tokens(target), call.occurred)
    ]
    for rename, former in renames.latest(target, call):
        since = rename.call.occurred
        kept = [match for match in found if match.resource.type != rename.type or match.incarnation.began_after(since)]
        # Each step goes back in time, so the recursion ends.
        renamed = [match for match in _named(former, rename.call, index, renames) if match.resource.type == rename.type]
        found = [*kept, *(match for match in renamed if match not in kept)]
    return found


def _has_a_place_for(target: Target, match: Match, catalog: Catalog, *, alone: bool) -> bool:
    """Whether a resource records something of what a target's operations change.

    A set whose elements may be in another resource is null if they are. Other changes are only looked at if there is
    another alternative: a state has every attribute that its provider's version knows, and optional ones may be unset.
    """
    if match.resource.is_counterpart:
        return True
    elements = [
        operation
        for operation in target.operations
        if operation.verb is not Verb.SET
        and catalog.may_be_in_another_resource(match.resource.type, operation.attribute)
    ]
    if not elements and (alone or target.act is not Act.UPDATE):
        return True
    attributes = incarnations_of(match.resource.record())[match.number].attributes
    if any(recorded(attributes, operation.attribute) in (MISSING, None) for operation in elements):
        return False
    return target.act is not Act.UPDATE or any(
        _is_recorded(operation, target.type, attributes, catalog) for operation in target.operations
    )


def _is_recorded(operation: Operation, kind: str, attributes: dict[str, Json], catalog: Catalog) -> bool:
    if operation.attribute == SOMETHING:
        return True
    comparison = catalog.comparison(kind, operation.attribute)
    if comparison.optional:
        value = recorded(attributes, operation.attribute)
        return value is not MISSING and not is_unset(value, comparison)
    return parse_attribute(operation.attribute)[0] in attributes


def expected_creation(group: tuple[Target, ...], call: Call, index: StateIndex, catalog: Catalog) -> Target | None:
    """Returns the alternative that a group creates, if a state would be expected to have it.

    That is so if a state describes its account, or for a sub-resource, such as a bucket's policy, if a parent is
    managed. Some types are never expected.
    """
    target = next((target for target in group if target.act is Act.CREATE), None)
    if target is None or not catalog.is_expected(target.type):
        return None
    if not catalog.parents(target.type):
        return target if index.covers(call.provider, call.account_id) else None
    parents = parents_of(target, catalog)
    return target if any(index.matches(parent, call.account_id, call.region) for parent in parents) else None
