"""Compares two maps of attributes, and returns what changed as attribute paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tfdrift.attribute_paths import element_path, member_path
from tfdrift.events import SENSITIVE_DISPLAY, AttributeChange
from tfdrift.records import OVERSIZED_MEMBER, hidden_hash

OVERSIZED_DISPLAY: Final = "(oversized)"


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal: numbers by value, and ``true`` is not 1."""
    if left is right:
        return True
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(same(value, right[name]) for name, value in left.items())
        )
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def diff(before: dict[str, Any], after: dict[str, Any]) -> tuple[AttributeChange, ...]:
    """Returns the paths at which `after` differs from `before`, in their order; a missing side is None.

    Maps and objects are compared by member, and equally long lists of objects by entry. Any other list is one value,
    since a state does not distinguish a set from a list. A hidden value is shown as ``(sensitive)`` or ``(oversized)``.
    """
    return tuple(_members("", before, after))


def _members(prefix: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[AttributeChange]:
    for name in sorted(before.keys() | after.keys()):
        yield from _values(member_path(prefix, name), before.get(name), after.get(name))


def _values(path: str, before: Any, after: Any) -> Iterator[AttributeChange]:
    if same(before, after):
        return
    if hidden_hash(before) is not None or hidden_hash(after) is not None:
        shown = _display(before, after)
        yield AttributeChange(attribute=path, old_value=_or_none(before, shown), new_value=_or_none(after, shown))
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _members(path, before, after)
    elif _are_objects(before) and _are_objects(after) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _values(element_path(path, index), old, new)
    else:
        yield AttributeChange(attribute=path, old_value=reveal(before), new_value=reveal(after))


def _display(before: Any, after: Any) -> str:
    """Returns ``(sensitive)`` if either side is sensitive: a value that was marked only later is then hidden, too."""
    both = [value for value in (before, after) if hidden_hash(value) is not None]
    return OVERSIZED_DISPLAY if all(OVERSIZED_MEMBER in value for value in both) else SENSITIVE_DISPLAY


def _or_none(value: Any, shown: str) -> Any:
    if value is None:
        return None
    if shown == OVERSIZED_DISPLAY and hidden_hash(value) is None:
        return value
    return shown


def reveal(value: Any) -> Any:
    """Returns ``value`` with each hash object in it replaced by the words for people."""
    if hidden_hash(value) is not None:
        return OVERSIZED_DISPLAY if OVERSIZED_MEMBER in value else SENSITIVE_DISPLAY
    if isinstance(value, dict):
        return {name: reveal(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [reveal(inner) for inner in value]
    return value


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)
