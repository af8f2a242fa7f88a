"""Applies the rule of an event to a call: which resources the call names, and what it does to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drift_detector.catalog.event_rules import ANY_IDENTITY, EventRule, Source, TargetRule
from drift_detector.claim.operations import _operations
from drift_detector.claim.transforms import Hidden
from drift_detector.claim.values import identities_of, meets, value_of
from drift_detector.facts.call import Act, Target
from drift_detector.facts.document import Document, elements
from drift_detector.facts.mapping_terms import Transform
from drift_detector.facts.no_value import Absent

_OWN_ARN_TRANSFORMS: Final = frozenset({Transform.ARN_TAIL, Transform.LAMBDA_NAME, Transform.KMS_KEY_ID})


_OWN_ARN_ATTRIBUTES: Final = frozenset({"id", "arn", ANY_IDENTITY})


def groups_of(
    rule: EventRule, document: Document, places: list[str], *, silent: bool = False
) -> Iterator[tuple[Target, ...]]:
    """The groups of alternative targets that an event claims; ARNs of the resource itself are added to `places`.

    Args:
        silent: whether to give those too of which nothing is claimed.
    """
    for bound in _loops(rule.each, document):
        for alternatives, each in zip(rule.groups, rule.group_each, strict=True):
            for inner in _loops(each, bound):
                targets = (_target(alternative, inner, places, silent) for alternative in alternatives)
                if group := tuple(target for target in targets if target is not None):
                    yield group


def _loops(each: tuple[tuple[str, Source], ...], document: Document) -> Iterator[Document]:
    """The document with the loops' variables bound, once for each combination of elements."""
    if not each:
        yield document
        return
    (variable, source), rest = each[0], each[1:]
    found = value_of(source, document)
    if isinstance(found, Absent | Hidden):
        return
    for element in found if isinstance(found, list) else elements(found) or ():
        yield from _loops(rest, document.bind(variable, element))


def _target(rule: TargetRule, document: Document, places: list[str], silent: bool) -> Target | None:
    if rule.when and not meets(rule.when, document):
        return None
    identity: dict[str, str] = {}
    own: list[str] = []
    names: list[str] = []
    for attribute, source in rule.identity.items():
        all_found = identities_of(source, document)
        found = next(all_found, None)
        if found is not None:
            identity[attribute], given = found
            if attribute in _OWN_ARN_ATTRIBUTES or source.transform in _OWN_ARN_TRANSFORMS:
                own += [given, identity[attribute]]
            if attribute == ANY_IDENTITY and rule.act is Act.CREATE:
                names += [text for text, _ in all_found]
        elif attribute not in rule.optional:
            return None
    operations = tuple(_operations(rule, document))
    if rule.act is Act.UPDATE and not operations and not silent:
        return None
    places.extend(own)
    return Target(type=rule.type, identity=identity, names=tuple(names), act=rule.act, operations=operations)
