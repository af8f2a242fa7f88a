"""JSON from senders that are not trusted: RFC 8259 to the letter, and no deeper than readers downstream can encode."""

from __future__ import annotations

from typing import Final

import orjson

from tfdrift.events import Json

# Real alerts nest some ten levels. pydantic encodes 255 and the readers of the call header fewer; all can read 64.
MAX_DEPTH: Final = 64


class InvalidJson(ValueError):  # noqa: N818 - the name is the condition
    """Not JSON, or too deep; the message says which and where."""


def parse(text: bytes | str) -> Json:
    """The value of one JSON text; NaN, invalid UTF-8, lone surrogates and trailing data are no JSON.

    Raises:
        InvalidJson: it is not JSON, or nests deeper than `MAX_DEPTH`.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidJson(str(error)) from error
    if _may_be_deep(text) and _is_deep(value):
        raise InvalidJson(f"nested deeper than {MAX_DEPTH} levels")
    return value


def _may_be_deep(text: bytes | str) -> bool:
    """Whether it has enough brackets: counting them is far cheaper than walking every alert."""
    if isinstance(text, bytes):
        return text.count(b"{") + text.count(b"[") > MAX_DEPTH
    return text.count("{") + text.count("[") > MAX_DEPTH


def _is_deep(value: Json) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [item for item in level if isinstance(item, (dict, list))]
        if not level:
            return False
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return True
