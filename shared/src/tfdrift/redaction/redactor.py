"""Replaces the secrets of a resource's attributes by keyed hashes, and values that are too large for a record too.

A hash object (`tfdrift.records`) still shows *that* a value changed, and equals the hash of an equal value. Four things
make a value secret: a mark of the state (``sensitive_attributes``), the provider's schema (`tfdrift.redaction.schema`),
its name (`tfdrift.redaction.names`), and the text itself (`tfdrift.redaction.texts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tfdrift.envelope import canonical_json
from tfdrift.records import OVERSIZED_MEMBER, hidden_hash
from tfdrift.redaction.schema import sensitive_members
from tfdrift.redaction.walk import Walk

Path = tuple[str | int, ...]
"""Steps from the attributes down: attribute names and map keys as text, list indices as numbers."""

# Raised when more is hidden than before, so that every state is recorded again
# (`ingest_tfstate.record.records.fingerprint`).
RULES_VERSION: Final = 4
MAX_ATTRIBUTE_BYTES: Final = 32 * 1024
# NATS takes messages of 1 MiB: a record has its attributes, those of before its last change, and names.
MAX_ATTRIBUTES_BYTES: Final = 384 * 1024


@dataclass(frozen=True, slots=True)
class Redactor(Walk):
    """Replaces values by their hashes under one key."""

    def redact(self, kind: str, attributes: dict[str, Any], sensitive: tuple[Path, ...] = ()) -> dict[str, Any]:
        """Returns a copy of a resource's attributes without secrets; redacting it again changes nothing.

        Args:
            kind: the resource type.
            sensitive: the paths that the state marks.

        Raises:
            TooDeep: the attributes are nested deeper than `MAX_DEPTH`.
        """
        shown: dict[str, Any] = self.members(attributes, sensitive_members(kind))
        for path in sensitive:
            self._hide_path(shown, attributes, path)
        return self._fit(shown, attributes)

    def _hide_path(self, shown: dict[str, Any], raw: dict[str, Any], path: Path) -> None:
        """Hide what `path` points at; where it leads nowhere, the last value that it reached."""
        if not path:
            shown.update({name: self.hide(value) for name, value in raw.items()})
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
                holder[step] = self.hide(inner_raw)  # type: ignore[index]
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
    """An upper bound of the JSON length for short scalars, the length itself for the rest."""
    if value is None or isinstance(value, bool | int | float):
        return 24
    if isinstance(value, str) and len(value) < 1024:
        return 6 * len(value) + 2
    return len(canonical_json(value))


def _has(holder: Any, step: str | int) -> bool:
    if isinstance(holder, dict):
        return step in holder
    return isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder)
