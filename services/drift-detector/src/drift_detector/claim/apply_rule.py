"""Applies an event's rule to a call: which resources the call names, and what it does to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drift_detector.catalog.event_rules import ANY_IDENTITY, EventRule, Source, TargetRule
from drift_detector.claim.operations import operations_of
from drift_detector.claim.values import identities_of, meets, value_of
from drift_detector.facts.call import Act, Operation, Target
from drift_detector.facts.document import Document, elements
from drift_detector.facts.mapping_terms import Transform
from drift_detector.facts.no_value import Absent, Unknown

_OWN_ARN_TRANSFORMS: Final = frozenset({Transform.ARN_TAIL, Transform.LAMBDA_NAME, Transform.KMS_KEY_ID})
_OWN_ARN_ATTRIBUTES: Final = frozenset({"id", "arn", ANY_IDENTITY})


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """One group of what a call did.

    Attributes:
        targets: the alternatives, most specific first.
        arns: the names of the resource itself that the call gives, some of which are ARNs.
    """

    targets: tuple[Target, ...]
    arns: tuple[str, ...]


def apply_rule(rule: EventRule, document: Document, *, silent: bool = False) -> Iterator[AppliedRule]:
    """Yields the groups of targets that a call claims something of.

    Args:
        silent: whether to yield updates that set no attribute, too.
    """
    for bound in _loops(rule.each, document):
        for alternatives, each in zip(rule.groups, rule.group_each, strict=True):
            for inner in _loops(each, bound):
                arns: list[str] = []
                targets = (_target(alternative, inner, arns, silent) for alternative in alternatives)
                if group := tuple(target for target in targets if target is not None):
                    yield AppliedRule(group, tuple(arns))


def groups_of(rule: EventRule, document: Document) -> Iterator[tuple[Target, ...]]:
    """Yields the groups of `apply_rule` without the ARNs, for clouds that have none."""
    return (applied.targets for applied in apply_rule(rule, document))


def _loops(each: tuple[tuple[str, Source], ...], document: Document) -> Iterator[Document]:
    """Yields the document with the loops' variables bound, once for each combination of elements."""
    if not each:
        yield document
        return
    (variable, source), rest = each[0], each[1:]
    found = value_of(source, document)
    if isinstance(found, Absent | Unknown):
        return
    for element in found if isinstance(found, list) else elements(found) or ():
        yield from _loops(rest, document.bind(variable, element))


def _target(rule: TargetRule, document: Document, arns: list[str], silent: bool) -> Target | None:
    """Returns the target of a rule, and adds the names of the resource itself to `arns`."""
    if rule.when and not meets(rule.when, document):
        return None
    identity: dict[str, str] = {}
    own: list[str] = []
    names: list[str] = []
    for attribute, source in rule.identity.items():
        all_found = identities_of(source, document)
        found = next(all_found, None)
        if found is not None:
            text, given = found
            identity[attribute] = text.lower() if rule.case_blind else text
            if attribute in _OWN_ARN_ATTRIBUTES or source.transform in _OWN_ARN_TRANSFORMS:
                own += [given, text]
            if attribute == ANY_IDENTITY and rule.act is Act.CREATE:
                names += [text.lower() if rule.case_blind else text for text, _ in all_found]
        elif attribute not in rule.optional:
            return None
    operations = tuple(operations_of(rule, document))
    if rule.act is Act.UPDATE and not operations and not silent:
        return None
    if rule.case_blind:
        operations = tuple(_in_lower_case(one) if one.attribute in identity else one for one in operations)
    arns.extend(own)
    return Target(type=rule.type, identity=identity, names=tuple(names), act=rule.act, operations=operations)


def _in_lower_case(operation: Operation) -> Operation:
    """Returns an operation that gives a resource another name, as the API stores the name."""
    value = operation.value
    return operation.model_copy(update={"value": value.lower()}) if isinstance(value, str) else operation
