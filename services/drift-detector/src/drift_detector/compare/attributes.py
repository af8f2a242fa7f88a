"""When a claimed value and a recorded one are the same thing, and what an operation makes of a value.

The answer has three values: where a value is hidden, on either side, it may be neither yes nor no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from drift_detector.catalog.catalog import PLAIN, Comparison
from drift_detector.compare.actions import canonical_actions
from drift_detector.compare.values import (
    DIFFERENT,
    SAME,
    UNKNOWN,
    Verdict,
    arn_or_name,
    choice,
    cidr,
    dns_name,
    json_policy,
    parsed,
    plain,
    protocol,
    quantity,
    text_folded,
    user_data,
    version,
)
from drift_detector.facts.calls import Operation, Verb
from drift_detector.facts.normalise import MISSING, Absent
from drift_detector.facts.paths import format_attribute
from drift_detector.facts.policies import add_statements, parse_policy, remove_statements
from drift_detector.facts.security_group_rules import add_rules, canonical_rules, remove_rules
from drift_detector.facts.terms import Comparator
from tfdrift.events import Json
from tfdrift.records import hidden_hash

Hasher = Callable[[object], str]


_TAGS_PATH: Final = "tags"
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")


def judge(
    operation: Operation, recorded: Json | Absent, comparison: Comparison = PLAIN, hasher: Hasher | None = None
) -> Verdict:
    """Whether a record agrees with what an operation says of its attribute.

    ``recorded`` is the attribute's value in the record; `MISSING` counts as unset.
    """
    if operation.unknown:
        return UNKNOWN
    current = None if isinstance(recorded, Absent) else recorded
    if not can_apply(operation, current, comparison):
        return UNKNOWN
    return same(apply(operation, current, comparison), current, comparison, hasher)


def can_apply(operation: Operation, current: Json | Absent, comparison: Comparison = PLAIN) -> bool:
    """Whether what an operation makes of a value can be told.

    Not where the value is hidden, nor where a statement is added to no policy: the service then makes a document
    (``Version``, ``Id``) around it.
    """
    if operation.verb is Verb.SET:
        return True
    makes_a_policy = operation.verb is Verb.ADD and comparison.how is Comparator.JSON_POLICY
    return hidden_hash(current) is None and not (makes_a_policy and parse_policy(current) is None)


def apply(operation: Operation, current: Json | Absent, comparison: Comparison = PLAIN) -> Json:
    """The value of an attribute after an operation; ``current`` is its value before.

    An element that is there already is not added again, and one that is not there cannot be removed. A current value
    that is hidden stays as it is under ADD and REMOVE.
    """
    if operation.verb is Verb.SET:
        return operation.value
    if hidden_hash(current) is not None:
        return current
    if comparison.how is Comparator.TAG:
        return None if any(same(one, current, comparison) is SAME for one in operation.value) else current
    elements: list[Json] = operation.value if isinstance(operation.value, list) else [operation.value]
    if comparison.how is Comparator.JSON_POLICY:
        policy = None if isinstance(current, Absent) else current
        return (add_statements if operation.verb is Verb.ADD else remove_statements)(policy, elements)
    there = list(current) if isinstance(current, list) else []
    if comparison.how is Comparator.SG_RULES:
        return add_rules(there, elements) if operation.verb is Verb.ADD else remove_rules(there, elements)
    for element in elements:
        if operation.verb is Verb.REMOVE:
            there = [one for one in there if not _same_element(element, one, comparison)]
        elif comparison.how is Comparator.BLOCKS and comparison.key:
            there = [one for one in there if not _same_element(element, one, comparison)] + [element]
        elif not any(_same_element(element, one, comparison) for one in there):
            there.append(element)
    return there


def _same_element(element: Json, other: Json, comparison: Comparison) -> bool:
    if comparison.how is Comparator.BLOCKS:
        if comparison.key and isinstance(element, dict) and isinstance(other, dict):
            members = comparison.members
            return all(
                same(element.get(name), other.get(name), members.get(name, PLAIN)) is SAME for name in comparison.key
            )
        return _block(element, other, comparison, None) is SAME
    inner = PLAIN if comparison.how is Comparator.SET else comparison
    return same(element, other, inner) is SAME


def per_tag(operation: Operation, recorded_tags: Json | Absent) -> tuple[Operation, ...]:
    """An operation that sets all tags as one operation for each tag, given or recorded.

    Others are passed on, and so are Google's network tags, which are a list. Tags that are recorded and not given are
    unset by it.
    """
    is_list = isinstance(operation.value, list) or isinstance(recorded_tags, list)
    if operation.attribute != _TAGS_PATH or operation.verb is not Verb.SET or operation.unknown or is_list:
        return (operation,)
    given = operation.value if isinstance(operation.value, dict) else {}
    known = recorded_tags if isinstance(recorded_tags, dict) and hidden_hash(recorded_tags) is None else {}
    keys = [*given, *(key for key in known if key not in given)]
    return tuple(Operation(attribute=format_attribute(_TAGS_PATH, key), value=given.get(key)) for key in keys)


def same(  # noqa: PLR0911 - a table of cases
    claimed: Json, recorded: Json | Absent, comparison: Comparison = PLAIN, hasher: Hasher | None = None
) -> Verdict:
    """Whether a claimed value and a recorded one are the same thing.

    ``hasher`` gives the keyed hash that stands in a record in place of a sensitive value; without it such a value
    is unknown.
    """
    recorded = None if isinstance(recorded, Absent) else recorded
    if (found := hidden_hash(recorded)) is not None:
        return _same_hidden(claimed, found, comparison, hasher)
    if hidden_hash(claimed) is not None:
        return UNKNOWN
    if comparison.how is Comparator.TAG:
        # A tag may have an empty value, which is not the same as no tag.
        return DIFFERENT if (claimed is None) != (recorded is None) else _value(claimed, recorded, hasher)
    if (
        comparison.how is Comparator.CHOICE
        and isinstance(claimed, str)
        and recorded
        and isinstance(recorded, list | dict)
    ):
        # The chosen block may well be empty, which is not the same as none.
        return choice(claimed, recorded)
    if is_unset(recorded, comparison):
        return SAME if comparison.optional or is_unset(claimed, comparison) else DIFFERENT
    if is_unset(claimed, comparison):
        return DIFFERENT
    match comparison.how:
        case Comparator.SET:
            return _set(_listed(claimed), _listed(recorded), lambda a, b: _value(a, b, hasher))
        case Comparator.BLOCKS:
            alike = _sequence if comparison.ordered else _set
            return alike(_listed(claimed), _listed(recorded), lambda a, b: _block(a, b, comparison, hasher))
        case Comparator.LB_ACTIONS:
            return _set(canonical_actions(claimed), canonical_actions(recorded), _action)
        case Comparator.JSON_POLICY:
            # What is called a policy may be a document of a service's own.
            return json_policy(claimed, recorded) or _value(parsed(claimed), parsed(recorded), hasher)
        case Comparator.JSON:
            return _value(parsed(claimed), parsed(recorded), hasher)
        case how:
            test = _TESTS.get(how)
            return (test(claimed, recorded) if test else None) or _value(claimed, recorded, hasher)


def is_unset(value: Json, comparison: Comparison) -> bool:
    """Whether a value says nothing of an attribute."""
    if _empty(value):
        return True
    return any(
        value == unset if isinstance(unset, list | dict) else plain(value, unset) is SAME for unset in comparison.unset
    )


def _empty(value: Json) -> bool:
    """Whether a value says nothing: null, "", or a list or block in which nothing is said."""
    if isinstance(value, dict):
        return all(_empty(inner) for inner in value.values())
    if isinstance(value, list):
        return all(_empty(inner) for inner in value)
    return value is None or value == ""


def _same_hidden(claimed: Json, found: str, comparison: Comparison, hasher: Hasher | None) -> Verdict:
    if hidden_hash(claimed) == found:
        return SAME
    if hasher is None or hidden_hash(claimed) is not None:
        return UNKNOWN
    if any(hasher(spelling) == found for spelling in _spellings(claimed)):
        return SAME
    simple = comparison.how is Comparator.VALUE and not isinstance(claimed, list | dict)
    # A structure has more spellings than can be tried: another hash need not be another thing.
    return DIFFERENT if simple else UNKNOWN


def _spellings(value: Json) -> Iterable[Json]:
    yield value
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, str):
        if value in ("true", "false"):
            yield value == "true"
        elif _INTEGER.fullmatch(value):
            yield int(value)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _all(verdicts: Iterable[Verdict]) -> Verdict:
    answer = SAME
    for verdict in verdicts:
        if verdict is DIFFERENT:
            return DIFFERENT
        if verdict is UNKNOWN:
            answer = UNKNOWN
    return answer


def _set(claimed: list[Json], recorded: list[Json], test: Callable[[Json, Json], Verdict]) -> Verdict:
    """Whether every element of each has its like in the other."""
    if all(isinstance(one, str) for one in (*claimed, *recorded)) and set(claimed) == set(recorded):
        return SAME
    pairs = [[test(one, other) for other in recorded] for one in claimed]
    rows = [_any(row) for row in pairs]
    columns = [_any(row[index] for row in pairs) for index in range(len(recorded))]
    return _all([*rows, *columns])


def _sequence(claimed: list[Json], recorded: list[Json], test: Callable[[Json, Json], Verdict]) -> Verdict:
    """Whether the elements of both are alike one after another."""
    if len(claimed) != len(recorded):
        return DIFFERENT
    return _all(test(one, other) for one, other in zip(claimed, recorded, strict=True))


def _any(verdicts: Iterable[Verdict]) -> Verdict:
    answer = DIFFERENT
    for verdict in verdicts:
        if verdict is SAME:
            return SAME
        if verdict is UNKNOWN:
            answer = UNKNOWN
    return answer


def _value(claimed: Json, recorded: Json, hasher: Hasher | None = None) -> Verdict:
    """Scalars by what they say, lists in order, objects by members; an unset member is as good as none."""
    if (found := hidden_hash(recorded)) is not None:
        return _same_hidden(claimed, found, PLAIN, hasher)
    if hidden_hash(claimed) is not None:
        return UNKNOWN
    if isinstance(claimed, dict) and isinstance(recorded, dict):
        return _all(same(claimed.get(key), recorded.get(key), PLAIN, hasher) for key in {**claimed, **recorded})
    if isinstance(claimed, list) and isinstance(recorded, list):
        return _sequence(claimed, recorded, lambda a, b: _value(a, b, hasher))
    if isinstance(claimed, list | dict) or isinstance(recorded, list | dict):
        # A nested block is a list of one in a state and an object in an API.
        one, other = (v[0] if isinstance(v, list) and len(v) == 1 else v for v in (claimed, recorded))
        nested = one is not claimed or other is not recorded
        return _value(one, other, hasher) if nested else DIFFERENT
    return plain(claimed, recorded)


def _block(claimed: Json, recorded: Json, comparison: Comparison, hasher: Hasher | None) -> Verdict:
    """Two blocks by the members that the claim gives: what a call leaves out, the provider fills with defaults."""
    if not isinstance(claimed, dict) or not isinstance(recorded, dict):
        return _value(claimed, recorded, hasher)
    members = comparison.members
    return _all(same(claimed[key], recorded.get(key), members.get(key, PLAIN), hasher) for key in claimed)


def _action(claimed: Json, recorded: Json) -> Verdict:
    """Two actions of a listener by what the claim gives, at each level."""
    if not isinstance(claimed, dict) or not isinstance(recorded, dict):
        return same(claimed, recorded)
    return _all(_action(value, recorded.get(key)) for key, value in claimed.items())


def _sg_rules(claimed: Json, recorded: Json) -> Verdict:
    return SAME if canonical_rules(_listed(claimed)) == canonical_rules(_listed(recorded)) else DIFFERENT


_TESTS: Final[dict[Comparator, Callable[[Json, Json], Verdict | None]]] = {
    Comparator.TEXT_FOLDED: text_folded,
    Comparator.ARN_OR_NAME: arn_or_name,
    Comparator.CIDR: cidr,
    Comparator.DNS_NAME: dns_name,
    Comparator.PROTOCOL: protocol,
    Comparator.VERSION: version,
    Comparator.USER_DATA: user_data,
    Comparator.QUANTITY: quantity,
    Comparator.SG_RULES: _sg_rules,
}

__all__ = ["MISSING", "Verdict", "apply", "can_apply", "is_unset", "judge", "per_tag", "same"]
