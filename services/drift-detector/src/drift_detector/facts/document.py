"""Looks up the members of a CloudTrail request or response, in whichever shape CloudTrail logged them.

CloudTrail logs one API's members in several spellings: ``dBInstanceIdentifier``, lists as ``{"items": [...]}`` or
``{"quantity": 1, "items": [...]}``, members as ``instancesSet``, whole requests inside ``CreateNatGatewayRequest``,
lists of one element as the element, text as ``{"tag": 1, "content": "vpc-1"}``. Nothing is rewritten here. A `Document`
is *looked up* by folded names, level by level along a path of the mapping. So a user's own maps (tags, the environment
of a function) keep their keys as they are, since no path goes into them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from drift_detector.facts.no_value import MISSING, Absent
from tfdrift.events import TRUNCATED, Json

_LIST_MEMBERS: Final = ("items", "item")
_NOISE: Final = frozenset({"xmlns", "tag", "quantity"})


def is_truncated(value: Json) -> bool:
    """Returns whether a part of a value was lost on the way of its alert."""
    if isinstance(value, dict):
        return any(is_truncated(inner) for inner in value.values())
    if isinstance(value, list):
        return any(is_truncated(inner) for inner in value)
    return bool(value == TRUNCATED)


def elements(value: Json) -> list[Json] | None:
    """Returns the elements of a list as CloudTrail logs it; None for an empty wrapper, which means "not given"."""
    if isinstance(value, list):
        return value
    if value is None or value in ("", {}):
        return None
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.lower() in _LIST_MEMBERS and all(k.lower() in _NOISE or k == key for k in value):
                return elements(inner)
    return [value]


def scalar(value: Json) -> Json:
    """Returns a single value without the wrappers that CloudTrail puts around it."""
    if isinstance(value, list) and len(value) == 1:
        return scalar(value[0])
    if isinstance(value, dict):
        if "content" in value and value.keys() <= {"content", "tag", "xmlns"}:
            return value["content"]
        if len(value) == 1 and next(iter(value)).lower() == "value":
            return next(iter(value.values()))
    return value


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One member of a path, in its possible spellings; ``each`` continues with every element of the list there."""

    spellings: tuple[str, ...]
    each: bool


def spellings(name: str) -> tuple[str, ...]:
    """Returns the folded names by which a member may be logged: ``groups`` may be ``groupSet``."""
    folded = name.lower()
    stem = folded[:-1] if folded.endswith("s") else folded
    return tuple(dict.fromkeys((folded, f"{folded}set", f"{stem}set")))


class Path(msgspec.Struct, frozen=True, array_like=True):
    """A place in a call: ``req.groupSet[].groupId``. The root is ``req``, ``resp``, ``arn`` or a loop's variable."""

    root: str
    steps: tuple[Step, ...]
    each: bool

    @property
    def plural(self) -> bool:
        """Whether the path leads to a list of values."""
        return self.each or any(step.each for step in self.steps)


_PATH: Final = re.compile(r"[A-Za-z_][\w-]*(\[\])?(\.[\w:-]+(\[\])?)*")


def parse_path(text: str) -> Path:
    """Returns the path that the mapping gives as text.

    Raises:
        ValueError: it is not of the form ``root.member[].member``.
    """
    if not _PATH.fullmatch(text):
        raise ValueError(f"{text!r} is not a path such as req.groupSet[].groupId")
    root, *members = text.split(".")
    steps = tuple(Step(spellings(member.removesuffix("[]")), member.endswith("[]")) for member in members)
    return Path(root.removesuffix("[]"), steps, root.endswith("[]"))


class Document:
    """The JSON values of one call by name (the roots), looked up by paths.

    Attributes:
        incomplete: a part of the call is missing.
    """

    def __init__(self, roots: Mapping[str, Json], *, incomplete: bool = False) -> None:
        self.incomplete = incomplete
        self._roots = dict(roots)
        # By the value's id. The value is stored too, so that its id cannot be used again.
        self._folded: dict[int, tuple[Json, dict[str, Any]]] = {}

    def bind(self, name: str, value: Json) -> Document:
        """Returns the document with one more root; both share what was folded already."""
        bound = Document(self._roots, incomplete=self.incomplete)
        bound._roots[name] = value
        bound._folded = self._folded
        return bound

    def find(self, path: Path) -> Json | Absent:
        """Returns the value at a path as it was logged, a list for a plural path; `MISSING` for null too."""
        value = self._roots.get(path.root)
        return self._walk(value, path.steps, path.each)

    def members(self, root: str) -> Collection[str]:
        """Returns the folded names of a root's members."""
        self._member(self._roots.get(root), ())
        known = self._folded.get(id(self._roots.get(root)))
        return known[1] if known is not None else ()

    def _walk(self, value: Json, steps: tuple[Step, ...], each: bool) -> Json | Absent:
        if each:
            return self._every(value, steps)
        for position, step in enumerate(steps):
            value = self._member(value, step.spellings)
            if value is MISSING:
                return MISSING
            if step.each:
                return self._every(value, steps[position + 1 :])
        return MISSING if value is None else value

    def _every(self, value: Json, rest: tuple[Step, ...]) -> Json | Absent:
        items = elements(value)
        if items is None:
            return MISSING
        if not rest:
            return items
        found = [inner for item in items if (inner := self._walk(item, rest, False)) is not MISSING]
        # An element that the list lost gives this path no value, and still counts.
        lost: list[Json] = [TRUNCATED] if self.incomplete and is_truncated(items) else []
        if items and not found:
            return lost or MISSING
        if any(step.each for step in rest):
            found = [inner for inners in found for inner in inners]
        return [*found, *lost]

    def member(self, value: Json, name: str) -> Json | Absent:
        """Returns a member of an API structure by its name in any case; ``groups`` finds ``groupSet`` too."""
        return self._member(value, spellings(name))

    def _member(self, value: Json, names: tuple[str, ...]) -> Json | Absent:
        known = self._folded.get(id(value))
        if known is None:
            structure = value[0] if isinstance(value, list) and len(value) == 1 else value
            if not isinstance(structure, dict):
                return MISSING
            known = self._folded[id(value)] = (value, {key.lower(): inner for key, inner in structure.items()})
        folded = known[1]
        for spelling in names:
            found = folded.get(spelling)
            if found is not None:
                return found
        return MISSING


def unwrapped(document: Json, operation: str, service: str) -> Json:
    """Returns a request or response without the envelope in which some APIs log it.

    S3 logs the sub-resource of the URL's query as an empty member (``"policy": ""``) beside the real body. Such members
    are removed, since they would mean "set to nothing".
    """
    if not isinstance(document, dict):
        return {}
    if service == "s3":
        return {key: value for key, value in document.items() if value not in ("", [""])}
    wrappers = {f"{operation.lower()}{suffix}" for suffix in ("request", "input", "response", "result")}
    plain: dict[str, Json] = {}
    for key, value in document.items():
        alone = len(document) == 1 and key.lower().endswith(("request", "req", "response"))
        if (key.lower() in wrappers or alone) and (isinstance(value, dict) or value == ""):
            plain.update(value or {})
        else:
            plain.setdefault(key, value)
    return plain
