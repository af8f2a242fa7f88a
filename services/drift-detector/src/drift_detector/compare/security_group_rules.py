"""The rules of a security group as elements of ``aws_security_group.ingress`` and ``egress``.

EC2 keeps one rule for each source. Terraform merges rules of equal protocol, ports and description into one element
with lists of sources. So single sources are compared and changed, and the elements are composed again afterwards.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any, Final

from drift_detector.facts.json_text import canonical_text
from drift_detector.facts.no_value import UNKNOWN, Unknown
from drift_detector.facts.numbers import whole_number
from drift_detector.facts.protocols import ALL, protocol_number
from tfdrift.events import Json

_LISTS: Final = ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
_OWNER: Final = re.compile(r"^\d{12}/(?=sg-)")

# A port; what a record has in its place as text, if it is none.
Port = int | str
# Protocol, from, to, kind of source, source.
Source = tuple[str, Port, Port, str, str]


def canonical_rules(elements: Sequence[Json]) -> frozenset[tuple[Source, str]]:
    """Returns what a list of rule elements allows: each single source with its description."""
    return frozenset((source, str(element.get("description") or "")) for element, source in _sources(elements))


def add_rules(current: Sequence[Json], elements: Sequence[Json]) -> list[Json]:
    """Returns the elements after rules were authorized. EC2 refuses a rule that is there, whatever its description."""
    result = [dict(one) for one in current if isinstance(one, dict)]
    there = {source for _, source in _sources(result)}
    for element in elements:
        for _, source in list(_sources([element])):
            if source not in there:
                there.add(source)
                _merge(result, element, source)
    return result


def remove_rules(current: Sequence[Json], elements: Sequence[Json]) -> list[Json]:
    """Returns the elements after rules were revoked, whatever their descriptions."""
    gone = {source for _, source in _sources(elements)}
    result = []
    for element in (dict(one) for one in current if isinstance(one, dict)):
        head = _head(element)
        for attribute in _LISTS:
            if given := _listed(element.get(attribute)):
                element[attribute] = [one for one in given if (*head, attribute, _canonical(one)) not in gone]
        if element.get("self") and (*head, "self", "self") in gone:
            element["self"] = False
        if element.get("self") or any(element.get(attribute) for attribute in _LISTS):
            result.append(element)
    return result


def edit_rules(current: Sequence[Json], element: Json) -> list[Json] | Unknown:
    """Returns the elements after one single rule got this new form; unknown where it may have been several of them."""
    best = likeness(current, element)
    if best is Likeness.NONE or not isinstance(element, dict):
        return UNKNOWN
    found = [(one, source) for one, source in _sources(current) if _likeness(one, source, element) is best]
    if best is Likeness.EQUAL:
        return list(current)
    if len(found) > 1:
        return UNKNOWN
    (edited, source), *_ = found
    kind = source[3]
    single = {**edited, **{attribute: [] for attribute in _LISTS}, "self": kind == "self"}
    if kind != "self":
        single[kind] = [one for one in _listed(edited[kind]) if _canonical(one) == source[4]]
    return add_rules(remove_rules(current, [single]), [element])


class Likeness(IntEnum):
    """How much a rule is like the most similar one of a list, in ascending order."""

    NONE = 0
    SOURCE = 1
    PORTS = 2
    ALL_BUT_DESCRIPTION = 3
    EQUAL = 4


def likeness(current: Json, element: Json) -> Likeness:
    """Returns how much a single rule is like the most similar one of a list."""
    there = _sources(_listed(current))
    return max((_likeness(one, source, element) for one, source in there), default=Likeness.NONE)


def _likeness(one: dict[str, Any], source: Source, element: Json) -> Likeness:
    wanted = next((given for _, given in _sources([element])), None)
    if wanted is None or not isinstance(element, dict):
        return Likeness.NONE
    if source == wanted:
        same = str(one.get("description") or "") == str(element.get("description") or "")
        return Likeness.EQUAL if same else Likeness.ALL_BUT_DESCRIPTION
    if source[:3] == wanted[:3]:
        return Likeness.PORTS
    return Likeness.SOURCE if source[3:] == wanted[3:] else Likeness.NONE


def _sources(elements: Sequence[Json]) -> Iterator[tuple[dict[str, Any], Source]]:
    for element in elements:
        if not isinstance(element, dict):
            continue
        head = _head(element)
        for attribute in _LISTS:
            for one in _listed(element.get(attribute)):
                yield element, (*head, attribute, _canonical(one))
        if element.get("self"):
            yield element, (*head, "self", "self")


def _head(element: dict[str, Any]) -> tuple[str, Port, Port]:
    protocol = protocol_number(element.get("protocol", ""))
    if protocol == ALL:
        return ALL, 0, 0
    return protocol, _port(element.get("from_port")), _port(element.get("to_port"))


def _port(value: Json) -> Port:
    if value is None or value == "":
        return 0
    number = whole_number(value)
    return canonical_text(value) if number is None else number


def _listed(value: Json) -> list[Json]:
    """Returns a list of sources; a value in its place is one source, which equals none that EC2 knows."""
    if isinstance(value, list):
        return value
    return [] if value in (None, "", {}) else [value]


def _canonical(source: Json) -> str:
    try:
        return str(ipaddress.ip_network(str(source), strict=False))
    except ValueError:
        # A group of another account is recorded with that account, which not every call gives. Group ids are unique.
        return _OWNER.sub("", str(source))


def _merge(result: list[Json], element: dict[str, Any], source: Source) -> None:
    """Adds one source to the element in which Terraform would show it."""
    kind, description = source[3], str(element.get("description") or "")
    for one in result:
        if _head(one) == source[:3] and str(one.get("description") or "") == description:
            home = one
            break
    else:
        home = {**element, **{attribute: [] for attribute in _LISTS}, "self": False}
        result.append(home)
    if kind == "self":
        home["self"] = True
    else:
        given = next(one for one in _listed(element[kind]) if _canonical(one) == source[4])
        home[kind] = [*_listed(home.get(kind)), given]
