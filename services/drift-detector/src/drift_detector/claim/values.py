"""Finds the values that the mapping asks of a call, in the shape of a Terraform state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from drift_detector.catalog.event_rules import ANYTHING, EMPTY, Conditions, Source
from drift_detector.claim.transforms import Value, is_hidden, transformed
from drift_detector.facts.document import Document, Path, elements, is_truncated, scalar
from drift_detector.facts.mapping_terms import Transform
from drift_detector.facts.names import decoded_arn, identity_form
from drift_detector.facts.no_value import MISSING, UNKNOWN, Absent, Unknown
from tfdrift.events import Json

_NOTHING: Final[tuple[Json, ...]] = (None, "", {}, [])


def value_of(source: Source, document: Document) -> Value:
    """Returns what a source gives: a value in the state's shape, `MISSING`, or `UNKNOWN` if the log hides it."""
    if source.when and not meets(source.when, document):
        return source.default
    if source.each is not None and source.element is not None:
        return _each(source.each, source.element, source, document)
    if source.block is not None:
        block = _block(source.block, document)
        return source.default if block is MISSING else block
    if not source.paths:
        return source.const
    for path in source.paths:
        found = document.find(path)
        if found is MISSING:
            continue
        lost = document.incomplete and is_truncated(found)
        value = UNKNOWN if lost else transformed(source.transform, found, document, plural=path.plural)
        if value is not MISSING:
            return translated(source.values, value)
    return source.default


def meets(when: Conditions, document: Document) -> bool:
    """Whether a call meets the conditions of the mapping."""
    return all(_is_met([document.find(path) for path in paths], values) for paths, values in when)


def _is_met(found: list[Json | Absent], values: tuple[str | None, ...]) -> bool:
    there = [scalar(one) for one in found if not isinstance(one, Absent)]
    value = next((one for one in there if one not in _NOTHING), None)
    if value is None:
        return None in values or (EMPTY in values and bool(there))
    text = str(value).lower()
    return text in values or ANYTHING in values or any(fnmatchcase(text, one) for one in values if one)


def _each(each: Path, element: Source, source: Source, document: Document) -> Value:
    found = document.find(each)
    if found is MISSING:
        return source.default
    if is_hidden(scalar(found)) or (document.incomplete and is_truncated(found)):
        return UNKNOWN
    values: list[Json] = []
    for one in elements(found) or ():
        value = value_of(element, document.bind("it", one))
        if isinstance(value, Unknown):
            return UNKNOWN
        if not isinstance(value, Absent):
            values.extend(value if isinstance(value, list) and element.block is None else [value])
    if source.one:
        return values[0] if values else source.default
    return values


def identities_of(source: Source, document: Document) -> Iterator[tuple[str, str]]:
    """Yields the texts that name a resource, each with the call's own text. The first one identifies the resource."""
    for path in source.paths:
        found = document.find(path)
        if found is MISSING or is_hidden(found):
            continue
        if source.values is not None:
            found = translated(source.values, scalar(found))
        text = identity_form(source.transform, found)
        if text is not None:
            yield text, decoded_arn(str(scalar(found)))
    constant = source.default if source.paths else source.const
    if not isinstance(constant, Absent):
        text = identity_form(source.transform if source.paths else Transform.VALUE, constant)
        if text is not None:
            yield text, text


def translated(values: Mapping[str, Json] | None, value: Value) -> Value:
    """Returns the mapping's translation of a value; the value itself if it has none."""
    if values is None or not isinstance(value, str | bool | int):
        return value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return values.get(text, value)


def _block(members: Mapping[str, Source], document: Document) -> Value:
    block: dict[str, Json] = {}
    for name, source in members.items():
        value = value_of(source, document)
        if isinstance(value, Unknown):
            return UNKNOWN
        if not isinstance(value, Absent):
            block[name] = value
    return block or MISSING
