"""Makes the tokens by which targets and records are matched.

Both are reduced to *tokens*, each an attribute with its value. A record has one for each attribute by which some event
identifies its type; a target has one for each of its identity attributes.

A resource inside another, such as a detector's IP set, is often recorded under an id that the provider composes:
``detector:set``, ``set/server/user``. A target that also names the containing resource is matched by a part of such an
id.
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
from drift_detector.facts.names import recorded_spellings
from drift_detector.facts.no_value import MISSING
from drift_detector.resolve.cloud_control import counterpart, identity_of
from tfdrift.events import Json

_ANY_IDENTITY_ATTRIBUTES: Final = ("id", "arn", "name")
# The separators in an id that the provider composes.
_BETWEEN_PARTS: Final = re.compile(r"[:/|,#]")
_ANY_NAMES: Final = frozenset(_ANY_IDENTITY_ATTRIBUTES)


def target_tokens(target: Target) -> frozenset[str]:
    """Returns the tokens that a record must have for a target to mean it."""
    return _target_tokens(target.type, *target.identity.items())


@lru_cache(maxsize=1024)
def _target_tokens(resource_type: str, *identity: tuple[str, str]) -> frozenset[str]:
    # One call's targets are looked up a dozen times while the call is handled.
    inner = len(identity) > 1
    return frozenset(
        _any_token(value) if attribute == ANY_IDENTITY and not inner else _token(resource_type, attribute, value)
        for attribute, value in identity
    )


def parents_of(target: Target, catalog: Catalog) -> list[Target]:
    """Returns the resources that a sub-resource belongs to, as far as its identity or attributes name them."""
    parents = catalog.parents(target.type)
    if not parents:
        return []
    known = {operation.attribute: operation.value for operation in target.operations if operation.verb is Verb.SET}
    known |= target.identity
    return [
        Target(
            type=parent.type,
            identity={
                theirs: text.lower() if catalog.is_case_blind(parent.type) else text
                for theirs, ours in parent.via.items()
                if isinstance(text := known.get(ours), str) and text
            },
        )
        for parent in parents
    ]


class RecordTokens:
    """Makes the tokens of records, by the attributes with which the catalog's events identify each type."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        attributes: dict[str, set[str]] = defaultdict(set)
        inner: set[str] = set()
        for name, sets in catalog.tables.identities.items():
            attributes[name].update(*sets)
            if any(ANY_IDENTITY in one and len(one) > 1 for one in sets):
                inner.add(name)
        self._parts_of: dict[str, list[tuple[str, Mapping[str, str]]]] = defaultdict(list)
        for name, facts in catalog.types.items():
            for parent in facts.parents:
                attributes[parent.type].update(parent.via)
                self._parts_of[parent.type].append((name, parent.via))
        self._attributes: Mapping[str, frozenset[str]] = {
            name: frozenset(found) - {ANY_IDENTITY} for name, found in attributes.items()
        }
        self._types = frozenset(self._attributes)
        self._types_in_calls: dict[str, tuple[str, ...]] = {}
        self._inner = frozenset(inner)
        self._names: Mapping[str, frozenset[str]] = {
            name: frozenset(re.split(r"[.\[]", attribute)[0] for attribute in found).union(_ANY_IDENTITY_ATTRIBUTES)
            for name, found in self._attributes.items()
        }

    def types_in_calls(self, resource_type: str) -> tuple[str, ...]:
        """Returns the types by which calls name a record: its own, or its counterpart's and those of its parts."""
        found = self._types_in_calls.get(resource_type)
        if found is None:  # one tuple for all records of a type
            named = counterpart(resource_type, self._types)
            parts = () if named is None else (part for part, _ in self._parts_of[named])
            found = self._types_in_calls[resource_type] = (named or resource_type, *parts)
        return found

    def names(self, resource_type: str) -> frozenset[str]:
        """Returns the top-level attributes by which calls may name a type."""
        return self._names.get(resource_type, _ANY_NAMES)

    def former_tokens(self, resource_type: str, incarnation: Incarnation) -> dict[str, datetime]:
        """Returns the tokens that an incarnation once had and has no more, with the time since when.

        An id stays a token: a newer version of the provider may have another form of it.
        """
        former: dict[str, datetime] = {}
        before: frozenset[str] = frozenset()
        for version in incarnation.versions:
            now = self.of(resource_type, {name: value for name, value in version.attributes.items() if name != "id"})
            former |= dict.fromkeys(before - now, version.at)
            former = {token: since for token, since in former.items() if token not in now}
            before = now
        return former

    def of(self, resource_type: str, attributes: Mapping[str, Json]) -> frozenset[str]:
        """Returns every token of a record."""
        if (named := counterpart(resource_type, self._types)) is not None:
            return self._of_counterpart(named, attributes)
        found: set[str] = set()
        case_blind = self._catalog.is_case_blind(resource_type)
        for attribute in self._attributes.get(resource_type, frozenset()):
            if attribute == THE_ONLY:
                found.add(_token(resource_type, attribute, "true"))
                continue
            value = attributes.get(attribute) if attribute.isidentifier() else read(attributes, attribute)
            if value is MISSING:
                continue
            if value is None and attribute.endswith("_id"):
                # An older version of the provider had the thing's own id only in `id`.
                value = attributes.get("id")
            values = self._catalog.identity_values(resource_type, attribute, value)
            found.update(_token(resource_type, attribute, text) for text in values)
            if case_blind:
                found.update(_token(resource_type, attribute, text.lower()) for text in values)
        for attribute in _ANY_IDENTITY_ATTRIBUTES:
            value = attributes.get(attribute)
            if isinstance(value, str) and value:
                found.update(map(_any_token, recorded_spellings(value)))
                if case_blind:
                    found.add(_any_token(value.lower()))
                if resource_type in self._inner:
                    found.update(_token(resource_type, ANY_IDENTITY, part) for part in _parts(attribute, value))
        return frozenset(found)

    def _of_counterpart(self, resource_type: str, attributes: Mapping[str, Json]) -> frozenset[str]:
        """Returns the tokens that a record of another provider would have, and those of the parts it has in itself."""
        known = {name: identity_of(name, attributes) for name in self._attributes[resource_type]} | dict(attributes)
        parts = {
            _token(part, ours, value)
            for part, via in self._parts_of[resource_type]
            for theirs, ours in via.items()
            if isinstance(value := known.get(theirs), str)
        }
        return self.of(resource_type, known) | parts


@lru_cache(maxsize=4)
def record_tokens(catalog: Catalog) -> RecordTokens:
    """Returns the one `RecordTokens` of a catalog."""
    return RecordTokens(catalog)


def _token(resource_type: str, attribute: str, value: str) -> str:
    return f"{resource_type}\0{attribute}\0{value}"


def _parts(attribute: str, recorded: str) -> set[str]:
    """Returns a recorded name; for an id also the parts that it may be composed of."""
    is_composed = attribute == "id" and not recorded.startswith("arn:")
    return {recorded, *(part for part in _BETWEEN_PARTS.split(recorded) if part)} if is_composed else {recorded}


def _any_token(value: str) -> str:
    # The API lists a log group's ARN with ":*" for its streams, and older providers record it so.
    return f"*\0{value.removesuffix(':*')}"
