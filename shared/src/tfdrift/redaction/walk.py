"""Walks a value of JSON and replaces by keyed hashes what its names and texts show to be secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson

from tfdrift.events import TRUNCATED
from tfdrift.records import SENSITIVE_MEMBER, hidden_hash
from tfdrift.redaction.depth import MAX_DEPTH, TooDeep, check, check_depth
from tfdrift.redaction.keyed_hash import keyed_hash
from tfdrift.redaction.names import is_boot_script, is_secret_name, word_set, words_of
from tfdrift.redaction.rules import NO_RULES, Rules
from tfdrift.redaction.texts import is_reference, is_secret_text

# What users name freely and clouds show to everybody; a tag called "token" is no secret.
_OPEN_MAPS: Final = word_set(
    "annotations default_tags effective_labels labels tag tag_set tag_specification tag_specification_set "
    "tag_specifications tags tags_all tags_list terraform_labels"
)
# How a pair says what it is called, and where it has the value.
_PAIR_NAMES: Final = ("name", "key", "Name", "Key", "parameterName", "ParameterName", "parameterKey", "ParameterKey")
_PAIR_NAME_SET: Final = frozenset(_PAIR_NAMES)
_PAIR_VALUES: Final = word_set("value Value values Values parameterValue ParameterValue stringValue")
# The object of a parameter: {"adminPassword": {"value": …}} of Azure's templates.
_WRAPPED: Final = frozenset({"value", "defaultValue", "stringValue", "Value"})
_SECURE_TYPES: Final = frozenset({"securestring", "secureobject"})
# How CloudTrail writes a list: {"items": [...]}.
_LIST_WRAPPERS: Final = frozenset({"items", "item", "member"})
_MANIFEST_MEMBERS: Final = frozenset({"data", "stringData"})
_NONE: Final = frozenset[str]()


@lru_cache(maxsize=16384)
def _is_open_map(name: str) -> bool:
    return "_".join(words_of(name)) in _OPEN_MAPS


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value is.

    Attributes:
        is_open: within tags or labels, whose names say nothing.
        is_script: within what a machine runs when it starts.
        members: the sensitive members below, by the schema.
    """

    name: str
    depth: int = MAX_DEPTH
    is_open: bool = False
    is_script: bool = False
    members: Mapping[str, Any] | None = None

    def below(self, name: str) -> _Place:
        """The place of a member."""
        return _Place(
            self.name if name in _LIST_WRAPPERS else name,
            self.depth - 1,
            self.is_open or _is_open_map(name),
            self.is_script or is_boot_script(name),
            self.members.get(name) if self.members else None,
        )


@dataclass(frozen=True, slots=True)
class Walk:
    """Replaces values by their hashes under one key.

    Attributes:
        key: the HMAC key; whoever has it can test guesses of a secret, so it stays inside the pipeline. Without a key
            all hashes are empty: a secret is hidden, and cannot be compared.
        rules: what the operator hides beside the built-in rules.
        secret: members that are hidden as a whole whatever their names say, in lower case, each with the member that
            it is within: ``basic.password``, ``.password``.
        shown: members, in lower case, whose names say that they are secret and which are not.
    """

    key: bytes | None
    rules: Rules = NO_RULES
    secret: frozenset[str] = _NONE
    shown: frozenset[str] = _NONE

    def keyed_hash(self, value: Any) -> str:
        """Returns the keyed hash of a value, in hex; empty without a key, or for a value that JSON cannot express."""
        try:
            return keyed_hash(self.key, value) if self.key is not None else ""
        except orjson.JSONEncodeError:
            return ""

    def hide(self, value: Any) -> Any:
        """Returns the hash object of a value; null, hash objects and the mark of a truncated value stay."""
        if value is None or value == TRUNCATED or hidden_hash(value) is not None:
            return value
        return {SENSITIVE_MEMBER: self.keyed_hash(value)}

    def members(self, value: Mapping[str, Any], sensitive: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Returns an object without secrets.

        Args:
            sensitive: the members that are secret as a whole or in part, as `tfdrift.redaction.schema` has them.

        Raises:
            TooDeep: it is nested deeper than `MAX_DEPTH`.
        """
        return self._object(value, _Place("", MAX_DEPTH + 1, members=sensitive))

    def value(self, name: str, value: Any) -> Any:
        """Returns the value of a name without secrets; raises as `members` does."""
        return self._walk(value, _Place("").below(name))

    def _walk(self, value: Any, place: _Place) -> Any:
        if isinstance(value, str):
            secret = value and self._is_secret(value, place.name, place.is_open, place.is_script)
            return self.hide(value) if secret else value
        if isinstance(value, dict):
            check(place.depth)
            return value if hidden_hash(value) is not None else self._object(value, place)
        if isinstance(value, list):
            check(place.depth)
            inner = _Place(place.name, place.depth - 1, place.is_open, place.is_script, place.members)
            return self._list(value, inner)
        return value

    def _object(self, value: Mapping[str, Any], place: _Place) -> dict[str, Any]:
        hidden = self._hidden_members(value, place)
        members = place.members or {}
        shown = {}
        for name, inner in value.items():
            if (
                name in hidden
                or (name in members and not members[name])
                or (self._is_secret_member(name, place) and not (isinstance(inner, str) and is_reference(inner)))
            ):
                check_depth(inner, max(place.depth - 1, 1))
                shown[name] = self.hide(inner)
            elif isinstance(inner, str):
                # Most values are texts: without a place of their own they take half the time.
                is_open, is_script = place.is_open or _is_open_map(name), place.is_script or is_boot_script(name)
                secret = inner and self._is_secret(inner, name, is_open, is_script)
                shown[name] = self.hide(inner) if secret else inner
            elif isinstance(inner, dict | list):
                shown[name] = self._walk(inner, place.below(name))
            else:
                shown[name] = inner
        return shown

    def _hidden_members(self, value: Mapping[str, Any], place: _Place) -> frozenset[str]:
        """The members that are secret for what another member says, or for the name of the whole object."""
        if value.get("kind") == "Secret" and value.get("apiVersion") == "v1":
            return _MANIFEST_MEMBERS
        if place.is_open:
            return _NONE
        if not _WRAPPED.isdisjoint(value):
            if place.name and len(value) <= 3 and self._is_secret_name(place.name):
                return _only_texts(value, _WRAPPED)
            if str(value.get("type", "")).lower() in _SECURE_TYPES:
                return _only_texts(value, _WRAPPED)
        for key in () if _PAIR_NAME_SET.isdisjoint(value) else _PAIR_NAMES:
            named = value.get(key)
            if isinstance(named, str) and (self._is_secret_name(named) or is_boot_script(named)):
                return _only_texts(value, _PAIR_VALUES)
        return _NONE

    def _list(self, values: list[Any], place: _Place) -> list[Any]:
        """A list; after an argument that names a secret (``--password``), the next one is the secret."""
        shown = []
        follows = False
        for value in values:
            if follows and isinstance(value, str) and value and not is_reference(value):
                shown.append(self.hide(value))
                follows = False
                continue
            shown.append(self._walk(value, place))
            follows = (
                isinstance(value, str)
                and value[:1] == "-"
                and "=" not in value
                and self._is_secret_name(value.lstrip("-"))
            )
        return shown

    def _is_secret(self, text: str, name: str, is_open: bool, is_script: bool) -> bool:
        if is_script:
            return is_boot_script(name, text) or not is_boot_script(name)
        if not is_open and self._is_secret_name(name) and not is_reference(text):
            return True
        parsed = self._parsed(text)
        if parsed is None:
            return is_secret_text(text) or self.rules.matches(text)
        return self._has_secret(parsed) or self.rules.matches(text)

    def _is_secret_member(self, name: str, place: _Place) -> bool:
        if not self.secret or place.is_open:
            return False
        parent, folded = place.name.lower(), name.lower()
        # CloudTrail wraps some requests once more: {"CreateNatGatewayRequest": {…}}.
        return f"{parent}.{folded}" in self.secret or (parent.endswith("request") and f".{folded}" in self.secret)

    def _is_secret_name(self, name: str) -> bool:
        if self.shown and name.lower() in self.shown:
            return False
        return is_secret_name(name) or self.rules.names(name)

    def _has_secret(self, parsed: dict[str, Any] | list[Any]) -> bool:
        """Whether JSON within a text has a secret; of a policy only texts count, since its conditions name tags."""
        try:
            is_open = isinstance(parsed, dict) and "Statement" in parsed
            return bool(self._walk(parsed, _Place("", is_open=is_open)) != parsed)
        except TooDeep:
            return True

    @staticmethod
    def _parsed(text: str) -> dict[str, Any] | list[Any] | None:
        """The JSON object or list that a text is, such as the containers of a task; None for any other text."""
        if text[0] not in "[{":
            return None
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        return value if isinstance(value, dict | list) else None


def _only_texts(value: Mapping[str, Any], names: frozenset[str]) -> frozenset[str]:
    """The members of these names that may be secrets: flags are none, nor are references."""
    return frozenset(
        name
        for name in names & value.keys()
        if not isinstance(value[name], bool) and not (isinstance(value[name], str) and is_reference(value[name]))
    )
