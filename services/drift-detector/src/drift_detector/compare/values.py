"""Decides whether a claimed value and a recorded one are the same thing, as the mapping says for the attribute.

The answer has three values: if a value is hidden on either side, it may be neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from drift_detector.catalog.resource_types import PLAIN, Comparison
from drift_detector.compare.hidden_values import Hasher, same_as_hidden, same_as_shown
from drift_detector.compare.listener_actions import canonical_actions
from drift_detector.compare.policies import same_policy
from drift_detector.compare.scalars import (
    arn_or_name,
    choice,
    cidr,
    dns_name,
    dns_value,
    parsed,
    plain,
    protocol,
    quantity,
    text_folded,
    user_data,
    version,
)
from drift_detector.compare.security_group_rules import canonical_rules
from drift_detector.compare.verdict import DIFFERENT, SAME, UNKNOWN, Verdict
from drift_detector.facts.json_text import canonical_text
from drift_detector.facts.mapping_terms import Comparator
from drift_detector.facts.no_value import Absent, Unknown
from tfdrift.events import Json
from tfdrift.records import hidden_hash


def same(
    claimed: Json | Absent | Unknown,
    recorded: Json | Absent,
    comparison: Comparison = PLAIN,
    hasher: Hasher | None = None,
) -> Verdict:
    """Returns whether a claimed value and a recorded one are the same thing.

    ``hasher`` gives the keyed hash that a record has in place of a sensitive value; without it such a value is
    unknown.
    """
    if isinstance(claimed, Unknown):
        return UNKNOWN
    one, other = (None if isinstance(value, Absent) else value for value in (claimed, recorded))
    return _same(one, other, comparison, hasher)


def _same(  # noqa: PLR0911, PLR0912 - a table of cases
    claimed: Json, recorded: Json, comparison: Comparison, hasher: Hasher | None
) -> Verdict:
    if (found := hidden_hash(recorded)) is not None:
        return same_as_hidden(claimed, found, comparison, hasher)
    if (given := hidden_hash(claimed)) is not None:
        return same_as_shown(given, recorded, comparison, hasher)
    if comparison.how is Comparator.TAG:
        # A tag may have an empty value, which is not the same as having no tag.
        return DIFFERENT if (claimed is None) != (recorded is None) else _value(claimed, recorded, hasher)
    if (
        comparison.how is Comparator.CHOICE
        and isinstance(claimed, str)
        and recorded
        and isinstance(recorded, list | dict)
    ):
        # The chosen block may be empty, which is not the same as having none.
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
            return alike(_listed(claimed), _listed(recorded), lambda a, b: same_block(a, b, comparison, hasher))
        case Comparator.LB_ACTIONS:
            return _set(canonical_actions(claimed), canonical_actions(recorded), _action)
        case Comparator.JSON_POLICY:
            # Some services have policy documents of a format of their own.
            return same_policy(claimed, recorded) or _value(parsed(claimed), parsed(recorded), hasher)
        case Comparator.JSON_SETS:
            return _value(_unordered(parsed(claimed)), _unordered(parsed(recorded)), hasher)
        case Comparator.DNS_VALUES:
            return _set(_listed(claimed), _listed(recorded), lambda a, b: _value(dns_value(a), dns_value(b), hasher))
        case Comparator.JSON:
            return _value(parsed(claimed), parsed(recorded), hasher)
        case how:
            test = _TESTS.get(how)
            return (test(claimed, recorded) if test else None) or _value(claimed, recorded, hasher)


def is_unset(value: Json, comparison: Comparison) -> bool:
    """Whether a value means that the attribute is not set."""
    if _empty(value):
        return True
    return any(
        value == unset if isinstance(unset, list | dict) else plain(value, unset) is SAME for unset in comparison.unset
    )


def _empty(value: Json) -> bool:
    """Whether a value is null, "", or a list or block of nothing but such values."""
    if isinstance(value, dict):
        return all(_empty(inner) for inner in value.values())
    if isinstance(value, list):
        return all(_empty(inner) for inner in value)
    return value is None or value == ""


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
    """Returns whether every element of each list has an equal in the other."""
    if all(isinstance(one, str) for one in (*claimed, *recorded)) and set(claimed) == set(recorded):
        return SAME
    pairs = [[test(one, other) for other in recorded] for one in claimed]
    rows = [_any(row) for row in pairs]
    columns = [_any(row[index] for row in pairs) for index in range(len(recorded))]
    return _all([*rows, *columns])


def _sequence(claimed: list[Json], recorded: list[Json], test: Callable[[Json, Json], Verdict]) -> Verdict:
    """Returns whether the elements of both lists are equal one by one."""
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
    """Compares scalars by their meaning, lists in order, objects by members; an unset member equals a missing one."""
    if (found := hidden_hash(recorded)) is not None:
        return same_as_hidden(claimed, found, PLAIN, hasher)
    if (given := hidden_hash(claimed)) is not None:
        return same_as_shown(given, recorded, PLAIN, hasher)
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


def same_block(claimed: Json, recorded: Json, comparison: Comparison, hasher: Hasher | None) -> Verdict:
    """Compares two blocks by the claimed members: the provider fills in defaults for those that a call omits."""
    if not isinstance(claimed, dict) or not isinstance(recorded, dict):
        return _value(claimed, recorded, hasher)
    members = comparison.members
    return _all(same(claimed[key], recorded.get(key), members.get(key, PLAIN), hasher) for key in claimed)


def _unordered(document: Json) -> Json:
    """Returns a JSON value with every list in one order and without repeated elements."""
    if isinstance(document, dict):
        return {name: _unordered(value) for name, value in document.items()}
    if isinstance(document, list):
        by_text = {canonical_text(one): one for one in map(_unordered, document)}
        return [by_text[text] for text in sorted(by_text)]
    return document


def _action(claimed: Json, recorded: Json) -> Verdict:
    """Compares two actions of a listener by the claimed members, at each level."""
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
