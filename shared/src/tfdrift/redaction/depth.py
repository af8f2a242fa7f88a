"""The limit of nesting: values that go deeper are refused instead of exhausting the stack."""

from __future__ import annotations

from typing import Any, Final

# Provider schemas nest some ten levels deep; orjson writes 254.
MAX_DEPTH: Final = 64


class RedactionError(ValueError):
    """A value that cannot be redacted."""


class TooDeep(RedactionError):  # noqa: N818 - as the conditions of a state are named
    """A value is nested deeper than `MAX_DEPTH`."""


def check(depth: int) -> None:
    """Refuse to go deeper when no levels are left.

    Raises:
        TooDeep: none are.
    """
    if depth <= 0:
        raise TooDeep(f"values nested deeper than {MAX_DEPTH} levels")


def check_depth(value: Any, depth: int = MAX_DEPTH) -> None:
    """Refuse a value that is nested deeper than `MAX_DEPTH`.

    Raises:
        TooDeep: it is.
    """
    if isinstance(value, dict | list):
        check(depth)
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list):
                check_depth(inner, depth - 1)
