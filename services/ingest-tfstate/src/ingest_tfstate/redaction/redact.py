"""Replaces secrets, and values too large for a record, by keyed hashes before they leave this process.

A hash object (`tfdrift.records`) still shows *that* a value changed, since equal values have equal hashes.
A value is secret for one of three reasons: the state's own ``sensitive_attributes``; the provider's schema, which
Terraform writes into ``sensitive_attributes`` only since 1.10 (so `ingest_tfstate.redaction.secret_names` has it); or
a name or value by which secrets are recognised.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Final

import orjson

from ingest_tfstate.errors import TooDeep
from ingest_tfstate.redaction.secret_names import (
    SECRET_BY_TYPE,
    is_boot_script,
    is_secret_name,
    may_be_secret_json,
    secret_members,
)
from ingest_tfstate.redaction.secret_texts import is_secret_text
from ingest_tfstate.resource.instances import Path
from tfdrift.envelope import canonical_json
from tfdrift.records import OVERSIZED_MEMBER, SENSITIVE_MEMBER, hidden_hash

# Raised when more is hidden than before, so that every state is recorded anew
# (`ingest_tfstate.record.records.fingerprint`).
RULES_VERSION: Final = 3
# Provider schemas nest some ten levels deep; orjson writes 254.
MAX_DEPTH: Final = 64
MAX_ATTRIBUTE_BYTES: Final = 32 * 1024
# NATS takes messages of 1 MiB. A record has its attributes, those before its last change, and names.
MAX_ATTRIBUTES_BYTES: Final = 384 * 1024

# Users name these members freely and clouds show them to everybody: a tag called "token" is no secret.
_OPEN_MAPS: Final = frozenset({"tags", "tags_all", "labels", "effective_labels", "terraform_labels", "annotations"})
# Booleans as Terraform before 0.12 writes them, such as whether a pod gets a token.
_FLAGS: Final = ("true", "false")


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces values by their hashes under one key.

    Attributes:
        key: the HMAC key. Whoever has it can test guesses of a secret, so it stays inside the pipeline.
    """

    key: bytes

    def keyed_hash(self, value: Any) -> str:
        """Returns the HMAC-SHA256 of the value's canonical JSON, in hex."""
        return hmac.new(self.key, canonical_json(value), hashlib.sha256).hexdigest()

    def redact(self, kind: str, attributes: dict[str, Any], sensitive: tuple[Path, ...] = ()) -> dict[str, Any]:
        """Returns a copy of a resource's attributes that may leave the process; redacting it again changes nothing.

        Raises:
            TooDeep: the attributes are nested deeper than `MAX_DEPTH`.
        """
        by_type = SECRET_BY_TYPE.get(kind, frozenset())
        shown: dict[str, Any] = {}
        for name, value in attributes.items():
            if name in by_type and value is not None:
                check_depth(value)
                shown[name] = self._hide(value)
            else:
                shown[name] = self._walk(name, value, MAX_DEPTH, name in _OPEN_MAPS)
        for path in sensitive:
            self._hide_path(shown, attributes, path)
        return self._fit(shown, attributes)

    def _hide(self, value: Any) -> Any:
        if value is None or hidden_hash(value) is not None:
            return value
        return {SENSITIVE_MEMBER: self.keyed_hash(value)}

    def _walk(self, name: str, value: Any, depth: int, is_open: bool) -> Any:
        if isinstance(value, str):
            return self._hide(value) if value and self._is_secret(name, value, is_open) else value
        if isinstance(value, dict):
            _check(depth)
            if hidden_hash(value) is not None:
                return value
            hidden = secret_members(value)
            return {
                key: self._hide(inner) if key in hidden else self._walk(key, inner, depth - 1, is_open)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            _check(depth)
            return [self._walk(name, inner, depth - 1, is_open) for inner in value]
        return value

    def _is_secret(self, name: str, text: str, is_open: bool) -> bool:
        return (
            (not is_open and text not in _FLAGS and (is_secret_name(name) or is_boot_script(name, text)))
            or is_secret_text(text)
            or self._is_secret_json(text)
        )

    def _is_secret_json(self, text: str) -> bool:
        """Whether a text is JSON with a secret in it, such as the containers of a task; policies stay readable."""
        if text[0] not in "[{" or not may_be_secret_json(text):
            return False
        try:
            value = orjson.loads(text)
            if isinstance(value, dict) and "Statement" in value:
                return False
            return bool(self._walk("", value, MAX_DEPTH, False) != value)
        except orjson.JSONDecodeError:
            return False
        except TooDeep:
            return True

    def _hide_path(self, shown: dict[str, Any], raw: dict[str, Any], path: Path) -> None:
        """Hides the value at `path`, or the last value on the way if the path leads no further."""
        if not path:
            shown.update({name: self._hide(value) for name, value in raw.items()})
            return
        holder, original = shown, raw
        for depth, step in enumerate(path):
            if not _has(original, step) or not _has(holder, step):
                return  # only at the top level: an attribute that this instance does not have
            inner, inner_raw = holder[step], original[step]  # type: ignore[index]
            rest = path[depth + 1 :]
            if hidden_hash(inner) is not None or inner is None:
                return
            if not rest or not _has(inner, rest[0]) or not _has(inner_raw, rest[0]):
                holder[step] = self._hide(inner_raw)  # type: ignore[index]
                return
            holder, original = inner, inner_raw

    def _fit(self, shown: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
        if len(canonical_json(shown)) <= MAX_ATTRIBUTE_BYTES:
            return shown
        sizes = {name: _size(value) for name, value in shown.items()}
        total = sum(sizes.values())
        for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
            if sizes[name] <= MAX_ATTRIBUTE_BYTES and total <= MAX_ATTRIBUTES_BYTES:
                break
            if hidden_hash(shown[name]) is None:
                shown[name] = {OVERSIZED_MEMBER: self.keyed_hash(raw[name])}
                total -= sizes[name]
        return shown


def _size(value: Any) -> int:
    """Returns the JSON length of a value; an upper bound for short scalars."""
    if value is None or isinstance(value, bool | int | float):
        return 24
    if isinstance(value, str) and len(value) < 1024:
        return 6 * len(value) + 2
    return len(canonical_json(value))


def _has(holder: Any, step: str | int) -> bool:
    if isinstance(holder, dict):
        return step in holder
    return isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder)


def _check(depth: int) -> None:
    if depth <= 0:
        raise TooDeep(f"the state has attributes nested deeper than {MAX_DEPTH} levels")


def check_depth(value: Any, depth: int = MAX_DEPTH) -> None:
    """Checks that attributes are nested within `MAX_DEPTH`.

    Raises:
        TooDeep: they are nested deeper.
    """
    if isinstance(value, dict | list):
        _check(depth)
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list):
                check_depth(inner, depth - 1)
