"""Which of a group's alternative targets is meant: the state decides."""

from __future__ import annotations

from dataclasses import dataclass

from drift_detector.catalog.lookup import Catalog
from drift_detector.compare.values import is_unset
from drift_detector.facts.attribute_paths import parse_attribute, recorded
from drift_detector.facts.call import Act, Call, Operation, Target, Verb
from drift_detector.facts.incarnations import incarnations_of
from drift_detector.facts.no_value import MISSING
from drift_detector.resolve.renames import Renames
from drift_detector.resolve.state_index import IndexedResource, Match, StateIndex
from drift_detector.resolve.tokens import parents_of, target_tokens
from tfdrift.events import Json


@dataclass(frozen=True, slots=True)
class ResolvedTarget:
    """A target, and the life of a managed resource that it means, by its place in `IndexedResource.incarnations`."""

    target: Target
    resource: IndexedResource
    incarnation: int


def resolve_group(
    group: tuple[Target, ...], call: Call, index: StateIndex, catalog: Catalog, renames: Renames
) -> list[ResolvedTarget]:
    """What a group means: the first alternative that some state held when the call was made, in every workspace.

    Where none did, it is the first that some state holds now, as what a call has only just created, and else the first
    that some state held ever.
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
    """Without what tells less of its place than another of its type, which is known to be in the call's."""

    def told(match: Match) -> tuple[bool, bool]:
        return match.resource.account_id is not None, match.incarnation.region is not None

    return [
        match
        for match in matches
        if told(match) == max(told(one) for one in matches if one.resource.type == match.resource.type)
    ]


def _named(target: Target, call: Call, index: StateIndex, renames: Renames) -> list[Match]:
    """The lives that a target names: by what the states say, unless a call has given the name to another since."""
    found = [
        match
        for match in index.matches(target, call.account_id, call.region)
        if not match.incarnation.given_up or match.incarnation.is_named(target_tokens(target), call.occurred)
    ]
    for rename, former in renames.latest(target, call):
        since = rename.call.occurred
        kept = [match for match in found if match.resource.type != rename.type or match.incarnation.began_after(since)]
        # Each step goes back in time, so there is an end of them.
        renamed = [match for match in _named(former, rename.call, index, renames) if match.resource.type == rename.type]
        found = [*kept, *(match for match in renamed if match not in kept)]
    return found


def _has_a_place_for(target: Target, match: Match, catalog: Catalog, *, alone: bool) -> bool:
    """Whether a resource records something of what a target's operations are about.

    The sets that elements would be in are null where they live elsewhere, if they may. What changes a resource
    otherwise than by its elements is only asked about where there is another alternative: a state spells all
    attributes that its provider's version knows, and leaves those unset that are optional.
    """
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
    comparison = catalog.comparison(kind, operation.attribute)
    if comparison.optional:
        value = recorded(attributes, operation.attribute)
        return value is not MISSING and not is_unset(value, comparison)
    return parse_attribute(operation.attribute)[0] in attributes


def creation(group: tuple[Target, ...], call: Call, index: StateIndex, catalog: Catalog) -> Target | None:
    """The alternative that a group creates, if some state would be expected to hold it.

    That is where a state describes its account; of a sub-resource, such as a bucket's policy, where a parent is
    managed, whether or not a state tells the account. Some types are never expected.
    """
    target = next((target for target in group if target.act is Act.CREATE), None)
    if target is None or not catalog.is_expected(target.type):
        return None
    if not catalog.parents(target.type):
        return target if index.covers(call.provider, call.account_id) else None
    parents = parents_of(target, catalog)
    return target if any(index.matches(parent, call.account_id, call.region) for parent in parents) else None
