"""The compiled catalog as bytes: what a wheel carries in place of the mapping's files.

A rule is decoded when its event is first met, since most of an estate's days have a hundred of the five thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from drift_detector.catalog.event_rules import EventRule
from drift_detector.catalog.lookup import Catalog
from drift_detector.catalog.resource_types import ResourceType
from drift_detector.catalog.rule_tables import RuleTables
from drift_detector.errors import CatalogError


class _Artifact(msgspec.Struct, frozen=True):
    sources: str
    tables: RuleTables
    types: dict[str, ResourceType]
    events: dict[str, msgspec.Raw]


class _Head(msgspec.Struct, frozen=True):
    sources: str


_ENCODER: Final = msgspec.msgpack.Encoder()
_RULE: Final = msgspec.msgpack.Decoder(EventRule)
_ARTIFACT: Final = msgspec.msgpack.Decoder(_Artifact)
_HEAD: Final = msgspec.msgpack.Decoder(_Head)


class StoredRules(Mapping[str, EventRule]):
    """The rules of an artifact by event, each decoded at its first use."""

    def __init__(self, stored: Mapping[str, msgspec.Raw]) -> None:
        self._stored = stored
        self._decoded: dict[str, EventRule] = {}

    def __getitem__(self, key: str) -> EventRule:
        """Returns the rule of an event."""
        rule = self._decoded.get(key)
        if rule is None:
            rule = self._decoded[key] = _RULE.decode(self._stored[key])
        return rule

    def __contains__(self, key: object) -> bool:
        """Whether an event has a rule."""
        return key in self._stored

    def __iter__(self) -> Iterator[str]:
        """Yields the events."""
        return iter(self._stored)

    def __len__(self) -> int:
        """Returns how many events have rules."""
        return len(self._stored)


def encoded(catalog: Catalog, sources: str) -> bytes:
    """Returns a catalog as bytes, with the digest of the files that it was compiled from."""
    events = {key: msgspec.Raw(_ENCODER.encode(rule)) for key, rule in catalog.events.items()}
    artifact = _Artifact(sources, catalog.tables, dict(catalog.types), events)
    return _ENCODER.encode(artifact)


def decoded(data: bytes) -> Catalog:
    """Returns the catalog of an artifact.

    Raises:
        CatalogError: it is of another version of this program.
    """
    try:
        artifact = _ARTIFACT.decode(data)
    except msgspec.DecodeError as error:
        raise CatalogError(f"the compiled mapping cannot be read; compile it anew by `make mapping`: {error}") from None
    return Catalog(StoredRules(artifact.events), artifact.types, artifact.tables)


def sources_of(data: bytes) -> str | None:
    """Returns the digest of the files that an artifact was compiled from; None if it is none of this version."""
    try:
        return _HEAD.decode(data).sources
    except msgspec.DecodeError:
        return None
