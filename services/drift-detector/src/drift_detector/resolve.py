"""Which of a group's alternative targets is meant: the state decides."""

from __future__ import annotations

from dataclasses import dataclass

from drift_detector.catalog import Catalog
from drift_detector.facts import Act, Call, Target, Verb
from drift_detector.index import Held, StateIndex, parent_of
from drift_detector.normalise import MISSING
from drift_detector.paths import recorded


@dataclass(frozen=True, slots=True)
class Meant:
    """A target and a managed resource that it means."""

    target: Target
    held: Held


def resolve_group(group: tuple[Target, ...], call: Call, index: StateIndex) -> list[Meant]:
    """What a group means: the first alternative that some state holds, in every workspace that holds it."""
    for target in group:
        found = [
            Meant(target, held)
            for held in index.matches(target, call.account_id, call.region)
            if _has_a_place_for(target, held)
        ]
        if found:
            return found
    return []


def _has_a_place_for(target: Target, held: Held) -> bool:
    """Whether a resource holds the sets that a target's elements would be in; null means that they live elsewhere."""
    elements = [operation for operation in target.operations if operation.verb is not Verb.SET]
    if not elements:
        return True
    attributes = held.record().attributes
    return all(recorded(attributes, operation.attribute) not in (MISSING, None) for operation in elements)


def creation(group: tuple[Target, ...], call: Call, index: StateIndex, catalog: Catalog) -> Target | None:
    """The alternative that a group creates, if a state of its account would be expected to hold it.

    A sub-resource, such as a bucket's policy, is expected only where its parent is managed; some types never are.
    """
    target = next((target for target in group if target.act is Act.CREATE), None)
    if target is None or not catalog.is_expected(target.type) or not index.covers(call.provider, call.account_id):
        return None
    parent = parent_of(target, catalog)
    return target if parent is None or index.matches(parent, call.account_id, call.region) else None
