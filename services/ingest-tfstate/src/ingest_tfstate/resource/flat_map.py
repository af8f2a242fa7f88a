"""Reads the flat maps in which Terraform before 0.12 wrote attributes, and compares them with later spellings.

    {"ami": "ami-1", "tags.%": "1", "tags.Name": "web", "ingress.#": "1", "ingress.482069346.from_port": "22"}

A list's elements are named by index and a set's by hashes of the elements; ``#`` counts both. ``%`` counts a map's
members, whose names may have dots. Every value is a text, and unset attributes are mostly missing
(hashicorp/terraform 0.11, ``config/hcl2shim/flatmap.go`` and ``helper/schema/field_writer_map.go``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from typing import Any, Final

import orjson

from ingest_tfstate.errors import TooDeep
from tfdrift.records import hidden_hash

_COUNT, _SIZE, _ITSELF = "#", "%", ""
_INDEX: Final = re.compile(r"-?[0-9]+")
_COUNTED: Final = re.compile(r"[0-9]{1,6}")
_MAX_DEPTH: Final = 32
_MAX_EMPTY_BLOCKS: Final = 16
_UNSET: Final[tuple[object, ...]] = ("", "0", "false", [], {}, None)


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """Returns the attributes with lists, sets (as lists in the order of their hashes) and maps; values stay texts.

    Raises:
        TooDeep: a name has more steps than any provider's schema.
    """
    return _members(flat, _MAX_DEPTH)


def _members(flat: dict[str, Any], depth: int) -> dict[str, Any]:
    return {name: _value(below, depth) for name, below in _by_first_step(flat).items()}


def _by_first_step(flat: dict[str, Any]) -> dict[str, dict[str, Any]]:
    steps: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for name, value in flat.items():
        first, _, rest = name.partition(".")
        steps[first][rest] = value
    return steps


def _value(below: dict[str, Any], depth: int) -> Any:
    """Returns the value of one name.

    Args:
        below: the values by the rest of their names.
    """
    if depth <= 0:
        raise TooDeep(f"the state has flat attributes with more than {_MAX_DEPTH} steps")
    if len(below) == 1 and _ITSELF in below:
        return below[_ITSELF]
    if _SIZE in below:
        return {name: value for name, value in below.items() if name not in (_SIZE, _ITSELF)}
    rest = {name: value for name, value in below.items() if name not in (_COUNT, _ITSELF)}
    if _COUNT not in below:
        return _members(rest, depth - 1)
    elements = _by_first_step(rest)
    if not all(map(_INDEX.fullmatch, elements)):
        return rest  # Terraform before 0.7 counted maps like lists
    return [
        _value(elements[index], depth - 1) if index in elements else {} for index in _indices(elements, below[_COUNT])
    ]


def _indices(elements: dict[str, dict[str, Any]], count: object) -> list[str]:
    """Returns the elements' indices in order, in a list also those of blocks without a set attribute."""
    length = int(count) if isinstance(count, str) and _COUNTED.fullmatch(count) else 0
    if length <= len(elements) + _MAX_EMPTY_BLOCKS:
        positions = [str(position) for position in range(length)]
        if elements.keys() <= set(positions):
            return positions
    return sorted(elements, key=_as_number)


def _as_number(index: str) -> tuple[int, str]:
    digits = index.lstrip("-0")
    return len(digits), digits


def like(flat: Any, typed: Any) -> Any:
    """Returns a value of a flat map in the spelling of `typed`, the later value: equal to `typed` unless it changed.

    Numbers and booleans get their types, sets the order of `typed`, and unset attributes its spelling.
    """
    if _form(flat) == _form(typed):
        return typed
    if isinstance(flat, dict) and isinstance(typed, dict) and hidden_hash(flat) is None and hidden_hash(typed) is None:
        return {
            name: like(flat.get(name), typed.get(name))
            for name in flat.keys() | typed.keys()
            if name in flat or _form(typed[name]) is None
        }
    if isinstance(flat, list) and isinstance(typed, list):
        return _like_list(flat, typed)
    return flat


def _like_list(flat: list[Any], typed: list[Any]) -> list[Any]:
    """Puts equal elements in the places of `typed`, and the others in the places that are left."""
    same: defaultdict[bytes, list[int]] = defaultdict(list)
    for position, element in reversed(list(enumerate(flat))):
        same[_key(element)].append(position)
    found = [same[key].pop() if same.get(key := _key(element)) else None for element in typed]
    used = {position for position in found if position is not None}
    left = [element for position, element in enumerate(flat) if position not in used]
    out: list[Any] = []
    for element, position in zip(typed, found, strict=True):
        if position is not None:
            out.append(element)
        elif left:
            out.append(like(left.pop(0), element))
    return out + left


def _key(value: Any) -> bytes:
    return orjson.dumps(_form(value), option=orjson.OPT_SORT_KEYS)


def _form(value: Any) -> Any:
    """Returns one form for all spellings of a value: numbers and booleans as texts, and None for unset values."""
    if isinstance(value, dict):
        shown = {name: form for name, inner in value.items() if (form := _form(inner)) is not None}
        return shown or None
    if isinstance(value, list):
        return [_form(inner) for inner in value] or None
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, int | float):
        value = f"{Decimal(str(value)):f}".removesuffix(".0")
    return None if value in _UNSET else value
