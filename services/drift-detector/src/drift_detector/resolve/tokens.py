"""How targets and records are named, in one form for both.

Both sides are reduced to *tokens*, an attribute with its value: a record has one for each attribute that some event
identifies its type by, a target has one for each identity attribute that it gives.

What is named within another thing, as a detector's IP set is, the provider often records under an id of its own
making: ``detector:set``, ``set/server/user``. A target that names the whole too is met by the part of such an id.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from drift_detector.catalog.event_rules import ANY_IDENTITY, THE_ONLY
from drift_detector.catalog.lookup import Catalog
from drift_detector.facts.attribute_paths import read
from drift_detector.facts.call import Target, Verb
from drift_detector.facts.incarnations import Incarnation
from drift_detector.facts.no_value import MISSING
from tfdrift.events import Json

_ANY_IDENTITY_ATTRIBUTES: Final = ("id", "arn", "name")
# What stands between the parts of an id that the provider made of several.
_BETWEEN_PARTS: Final = re.compile(r"[:/|,#]")
_ANY_NAMES: Final = frozenset(_ANY_IDENTITY_ATTRIBUTES)


def target_tokens(target: Target) -> frozenset[str]:
    """The tokens that a record must have to be meant by a target."""
    inner = len(target.identity) > 1
    return frozenset(
        _any_token(value) if attribute == ANY_IDENTITY and not inner else _token(target.type, attribute, value)
        for attribute, value in target.identity.items()
    )


def parents_of(target: Target, catalog: Catalog) -> list[Target]:
    """The resources that a sub-resource belongs to, as far as its own identity, or what it sets, names them."""
    parents = catalog.parents(target.type)
    if not parents:
        return []
    told = {operation.attribute: operation.value for operation in target.operations if operation.verb is Verb.SET}
    told |= target.identity
    return [
        Target(
            type=parent.type,
            identity={
                theirs: text for theirs, ours in parent.via.items() if isinstance(text := told.get(ours), str) and text
            },
        )
        for parent in parents
    ]


class RecordTokens:
    """Makes the tokens of records; knows by which attributes the catalog's events identify each type."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        attributes: dict[str, set[str]] = defaultdict(set)
        inner: set[str] = set()
        for name, sets in catalog.identity_attributes().items():
            attributes[name].update(*sets)
            if any(ANY_IDENTITY in one and len(one) > 1 for one in sets):
                inner.add(name)
        for facts in catalog.types.values():
            for parent in facts.parents:
                attributes[parent.type].update(parent.via)
        self._attributes: Mapping[str, frozenset[str]] = {
            name: frozenset(found) - {ANY_IDENTITY} for name, found in attributes.items()
        }
        self._inner = frozenset(inner)
        self._names: Mapping[str, frozenset[str]] = {
            name: frozenset(re.split(r"[.\[]", attribute)[0] for attribute in found).union(_ANY_IDENTITY_ATTRIBUTES)
            for name, found in self._attributes.items()
        }

    def names(self, resource_type: str) -> frozenset[str]:
        """The attributes of a type, top level, that calls may name it by."""
        return self._names.get(resource_type, _ANY_NAMES)

    def given_up(self, resource_type: str, life: Incarnation) -> dict[str, datetime]:
        """The names that a life has had and has no more, and since when.

        An id stays a name: a newer version of the provider may have another form of it.
        """
        given_up: dict[str, datetime] = {}
        before: frozenset[str] = frozenset()
        for version in life.versions:
            now = self.of(resource_type, {name: value for name, value in version.attributes.items() if name != "id"})
            given_up |= dict.fromkeys(before - now, version.at)
            given_up = {token: since for token, since in given_up.items() if token not in now}
            before = now
        return given_up

    def of(self, resource_type: str, attributes: Mapping[str, Json]) -> frozenset[str]:
        """Every token of a record."""
        found: set[str] = set()
        for attribute in self._attributes.get(resource_type, frozenset()):
            if attribute == THE_ONLY:
                found.add(_token(resource_type, attribute, "true"))
                continue
            recorded = attributes.get(attribute) if attribute.isidentifier() else read(attributes, attribute)
            if recorded is MISSING:
                continue
            values = self._catalog.identity_values(resource_type, attribute, recorded)
            found.update(_token(resource_type, attribute, value) for value in values)
        for attribute in _ANY_IDENTITY_ATTRIBUTES:
            recorded = attributes.get(attribute)
            if isinstance(recorded, str) and recorded:
                found.add(_any_token(recorded))
                if resource_type in self._inner:
                    found.update(_token(resource_type, ANY_IDENTITY, part) for part in _parts(attribute, recorded))
        return frozenset(found)


@lru_cache(maxsize=4)
def record_tokens(catalog: Catalog) -> RecordTokens:
    """The one `RecordTokens` of a catalog."""
    return RecordTokens(catalog)


def _token(resource_type: str, attribute: str, value: str) -> str:
    return f"{resource_type}\0{attribute}\0{value}"


def _parts(attribute: str, recorded: str) -> set[str]:
    """A recorded name, and of an id the parts that it may be made of."""
    is_made = attribute == "id" and not recorded.startswith("arn:")
    return {recorded, *(part for part in _BETWEEN_PARTS.split(recorded) if part)} if is_made else {recorded}


def _any_token(value: str) -> str:
    # A log group's ARN has a form for its streams too, which the API lists and older providers record.
    return f"*\0{value.removesuffix(':*')}"
