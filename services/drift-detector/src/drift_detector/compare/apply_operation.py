"""Says what an operation makes of an attribute's value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from drift_detector.catalog.resource_types import PLAIN, Comparison
from drift_detector.compare.security_group_rules import add_rules, edit_rules, likeness, remove_rules
from drift_detector.compare.values import same, same_block
from drift_detector.compare.verdict import SAME
from drift_detector.facts.attribute_paths import format_attribute, parse_attribute
from drift_detector.facts.call import Operation, Verb
from drift_detector.facts.mapping_terms import Comparator
from drift_detector.facts.no_value import UNKNOWN, Absent, Unknown
from drift_detector.facts.policies import add_statements, parse_policy, remove_statements
from tfdrift.events import Json
from tfdrift.records import hidden_hash

_TAGS_PATH: Final = "tags"


def apply(operation: Operation, current: Json | Absent | Unknown, comparison: Comparison = PLAIN) -> Json | Unknown:  # noqa: PLR0911
    """Returns the value of an attribute after an operation; ``current`` is its value before.

    Adding an element that is there already, or removing one that is not there, changes nothing. The result is `UNKNOWN`
    where the cloud's log hides the new value, where elements are added to or removed from a value that is hidden or
    unknown, and where a statement is added to what is no policy: the service then makes a document around it
    (``Version``, ``Id``).
    """
    if operation.unknown:
        return UNKNOWN
    if operation.verb is Verb.SET:
        return operation.value
    if operation.verb in (Verb.RESTORE, Verb.KEEP):
        return None if isinstance(current, Absent) else current
    if isinstance(current, Unknown) or hidden_hash(current) is not None:
        return UNKNOWN
    value = None if isinstance(current, Absent) else current
    if comparison.how is Comparator.TAG:
        return None if any(same(one, value, comparison) is SAME for one in operation.value) else value
    elements: list[Json] = operation.value if isinstance(operation.value, list) else [operation.value]
    if comparison.how is Comparator.JSON_POLICY:
        return _with_statements(operation.verb, value, elements)
    there = list(value) if isinstance(value, list) else []
    if comparison.how is Comparator.SG_RULES:
        return _with_rules(operation.verb, there, elements)
    if operation.verb is Verb.EDIT:
        return UNKNOWN
    return _with_elements(operation.verb, there, elements, comparison)


def tags_claimed(operation: Operation) -> tuple[str, ...]:
    """Returns the keys of the tags that an operation sets, or changes."""
    if operation.attribute == _TAGS_PATH:
        return tuple(operation.value) if isinstance(operation.value, dict) else ()
    first, *rest = parse_attribute(operation.attribute) if operation.attribute.startswith(_TAGS_PATH) else ("",)
    return (str(rest[0]),) if first == _TAGS_PATH and len(rest) == 1 else ()


def _with_statements(verb: Verb, policy: Json, statements: list[Json]) -> Json | Unknown:
    if verb is Verb.REMOVE:
        return remove_statements(policy, statements)
    return UNKNOWN if parse_policy(policy) is None else add_statements(policy, statements)


def _with_rules(verb: Verb, there: list[Json], rules: list[Json]) -> list[Json] | Unknown:
    match verb:
        case Verb.ADD:
            return add_rules(there, rules)
        case Verb.REMOVE:
            return remove_rules(there, rules)
        case _:
            return edit_rules(there, rules[0])


def place_of_edit(operations: Iterable[Operation], attributes: Mapping[str, Json]) -> tuple[Operation, ...]:
    """Returns a target's operations; of several edits that whose recorded elements are most like the new form."""
    given = tuple(operations)
    edits = [one for one in given if one.verb is Verb.EDIT]
    best = max(edits, key=lambda one: likeness(attributes.get(one.attribute), one.value[0]), default=None)
    return tuple(one for one in given if one.verb is not Verb.EDIT or one is best)


def _with_elements(verb: Verb, there: list[Json], elements: list[Json], comparison: Comparison) -> list[Json]:
    has_keys = comparison.how is Comparator.BLOCKS and bool(comparison.key)
    for element in elements:
        others = [one for one in there if not _same_element(element, one, comparison)]
        if verb is Verb.REMOVE:
            there = others
        elif has_keys:
            there = [*others, element]
        elif len(others) == len(there):
            there = [*there, element]
    return there


def _same_element(element: Json, other: Json, comparison: Comparison) -> bool:
    if comparison.how is Comparator.BLOCKS:
        if comparison.key and isinstance(element, dict) and isinstance(other, dict):
            members = comparison.members
            return all(
                same(element.get(name), other.get(name), members.get(name, PLAIN)) is SAME for name in comparison.key
            )
        return same_block(element, other, comparison, None) is SAME
    inner = PLAIN if comparison.how is Comparator.SET else comparison
    return same(element, other, inner) is SAME


def per_tag(
    operation: Operation, recorded_tags: Json | Absent, claimed_tags: Iterable[str] = ()
) -> tuple[Operation, ...]:
    """Returns an operation that sets all tags as one operation for each tag, given, recorded or claimed by some call.

    A tag that is not given is unset by it. Other operations are returned unchanged, and so are Google's network tags,
    which are a list.
    """
    is_list = isinstance(operation.value, list) or isinstance(recorded_tags, list)
    if operation.attribute != _TAGS_PATH or operation.verb is not Verb.SET or operation.unknown or is_list:
        return (operation,)
    given = operation.value if isinstance(operation.value, dict) else {}
    known = recorded_tags if isinstance(recorded_tags, dict) and hidden_hash(recorded_tags) is None else {}
    keys = dict.fromkeys((*given, *known, *claimed_tags))
    return tuple(Operation(attribute=format_attribute(_TAGS_PATH, key), value=given.get(key)) for key in keys)
