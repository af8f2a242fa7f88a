"""JSON texts: parsing those that a call or a state has as a value, and one text for equal values."""

from __future__ import annotations

import json
from typing import Final

import orjson

from drift_detector.facts.no_value import MISSING, Absent
from tfdrift.events import Json

# Documents nest some ten levels. A deeper text is left unparsed: Python's recursion ends near a thousand.
_MAX_DEPTH: Final = 64


def parse_json(text: str) -> Json | Absent:
    """Returns the value in a JSON text; `MISSING` if it is not JSON or nested too deeply."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return MISSING
    may_be_deep = text.count("{") + text.count("[") > _MAX_DEPTH
    return MISSING if may_be_deep and _is_deep(value) else value


def _is_deep(value: Json) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        containers = (one for one in level if isinstance(one, dict | list))
        level = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]
        if not level:
            return False
    return True


def canonical_text(value: Json) -> str:
    """Returns the same text for equal JSON values, to hash, sort or search them by.

    Every JSON value has one: objects and lists are not hashable, values of different types cannot be sorted, and orjson
    refuses integers of more than 64 bits.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
