"""Which of a group's alternative targets is meant: the state decides."""

from __future__ import annotations

from dataclasses import dataclass

from drift_detector.catalog import Catalog
from drift_detector.facts import Act, Call, Target, Verb
from drift_detector.index import Held, Match, StateIndex, parents_of
from drift_detector.lives import lives_of
from drift_detector.normalise import MISSING
from drift_detector.paths import recorded


@dataclass(frozen=True, slots=True)
class Meant:
    """A target, and the life of a managed resource that it means, by its place in `Held.lifetimes`."""

    target: Target
    held: Held
    life: int


def resolve_group(group: tuple[Target, ...], call: Call, index: StateIndex) -> list[Meant]:
    """What a group means: the first alternative that some state held when the call was made, in every workspace.

    Where none did, it is the first that some state holds now, as what a call has only just created, and else the first
    that some state held ever.
    """
    named: list[tuple[Target, Match]] = []
    for target in group:
        matches = [
            match for match in index.matches(target, call.account_id, call.region) if _has_a_place_for(target, match)
        ]
        then = [match for match in matches if match.lifetime.includes(call.occurred)]
        if then:
            return [Meant(target, match.held, match.life) for match in then]
        named.extend((target, match) for match in matches)
    chosen = [pair for pair in named if pair[1].lifetime.ended is None] or named
    return [Meant(target, match.held, match.life) for target, match in chosen if target is chosen[0][0]]


def _has_a_place_for(target: Target, match: Match) -> bool:
    """Whether a resource holds the sets that a target's elements would be in; null means that they live elsewhere."""
    elements = [operation for operation in target.operations if operation.verb is not Verb.SET]
    if not elements:
        return True
    attributes = lives_of(match.held.record())[match.life].attributes
    return all(recorded(attributes, operation.attribute) not in (MISSING, None) for operation in elements)


def creation(group: tuple[Target, ...], call: Call, index: StateIndex, catalog: Catalog) -> Target | None:
    """The alternative that a group creates, if a state of its account would be expected to hold it.

    A sub-resource, such as a bucket's policy, is expected only where a parent is managed; some types never are.
    """
    target = next((target for target in group if target.act is Act.CREATE), None)
    if target is None or not catalog.is_expected(target.type) or not index.covers(call.provider, call.account_id):
        return None
    parents = parents_of(target, catalog)
    managed = any(index.matches(parent, call.account_id, call.region) for parent in parents)
    return target if managed or not catalog.parents(target.type) else None
