"""The other names that values use for resources of the states: the aliases of a key, the unique ids of roles and users.

A policy that named a deleted principal has its unique id, and KMS takes an alias wherever it takes a key
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids,
https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from drift_detector.catalog.resource_types import Comparison
from drift_detector.compare.hidden_values import Hasher
from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.no_value import Absent, Unknown
from tfdrift.arns import parse_arn
from tfdrift.events import Json

# The attribute with the other name, and the one with the name that it stands for.
_NAMED_BY: Final = {
    "aws_iam_role": ("unique_id", "arn"),
    "aws_iam_user": ("unique_id", "arn"),
    "aws_kms_alias": ("arn", "target_key_arn"),
}
_OTHER_NAME: Final = re.compile(
    r"\b(?:AROA|AIDA)[A-Z0-9]{12,124}\b|(?:arn:[a-z-]{3,20}:kms:[\w-]*:\d*:)?\balias/[\w/-]+"
)


class OtherNames:
    """Which name an other name stands for, by the states; of several the last that was stored."""

    def __init__(self) -> None:
        self._meant: dict[str, str] = {}
        self._of_key: dict[str, str] = {}

    def put(self, key: str, kind: str, attributes: Mapping[str, Json]) -> None:
        """Stores what a record says; nothing for a type that gives no other names."""
        if kind in _NAMED_BY:
            other, name = (attributes.get(attribute) for attribute in _NAMED_BY[kind])
            if isinstance(other, str) and isinstance(name, str):
                self._of_key[key] = _unqualified(other)
                self._meant[_unqualified(other)] = name

    def remove(self, key: str) -> None:
        """Forgets what the record of a key says."""
        other = self._of_key.pop(key, None)
        if other is not None:
            self._meant.pop(other, None)

    def of(self, key: str) -> str | None:
        """Returns the other name that the record of a key gives."""
        return self._of_key.get(key)

    def meant(self, other: str) -> str | None:
        """Returns the name that another one stands for; None if no state says so."""
        return self._meant.get(other)


@dataclass(frozen=True, slots=True)
class NamesInPlace:
    """The other names as values of one account and region use them.

    Attributes:
        asked: the names that were looked up, known or not: with a record that gives one, the answers may change.
    """

    names: OtherNames
    account_id: str | None
    region: str | None
    asked: set[str] = field(default_factory=set)

    def replaced(self, value: Json) -> Json:
        """Returns a value in whose texts the names stand that the other names mean; itself if there is none."""
        if isinstance(value, str):
            return _OTHER_NAME.sub(self._name, value) if _may_have_one(value) else value
        if isinstance(value, list):
            return [self.replaced(one) for one in value]
        if isinstance(value, dict):
            return {name: self.replaced(one) for name, one in value.items()}
        return value

    def _name(self, found: re.Match[str]) -> str:
        text = found[0]
        other = f"kms:{self.region}:{self.account_id}:{text}" if text.startswith("alias/") else _unqualified(text)
        self.asked.add(other)
        return self.names.meant(other) or text

    def same(
        self, claimed: Json | Absent | Unknown, recorded: Json | Absent, comparison: Comparison, hasher: Hasher | None
    ) -> Verdict:
        """Returns whether a claimed value and a recorded one are the same thing, whatever they call other resources."""
        verdict = same(claimed, recorded, comparison, hasher)
        if verdict is Verdict.SAME or isinstance(claimed, Unknown | Absent) or isinstance(recorded, Absent):
            return verdict
        one, other = self.replaced(claimed), self.replaced(recorded)
        if one == claimed and other == recorded:
            return verdict
        return same(one, other, comparison, hasher)


def _may_have_one(text: str) -> bool:
    return "alias/" in text or "AROA" in text or "AIDA" in text


def _unqualified(name: str) -> str:
    """Returns an ARN without its partition, which a bare alias does not tell; any other name as it is."""
    arn = parse_arn(name)
    return name if arn is None else ":".join(arn[1:])
