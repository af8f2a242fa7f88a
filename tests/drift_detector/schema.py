"""Whether a mapping's names are names of a provider's schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from mapping_generator.sources.provider_schema import Attribute, Schema, load_snapshot

from drift_detector.catalog.event_rules import ANY_IDENTITY
from drift_detector.catalog.lookup import Catalog
from drift_detector.catalog.sources import load_mapping
from drift_detector.facts.attribute_paths import parse_attribute

FIXTURES = Path(__file__).parent / "fixtures"


@lru_cache
def schema_of(cloud: str) -> Schema:
    """The schema of the types that the mapping of ``gcp``, ``azure`` or ``kubernetes`` names."""
    return load_snapshot(FIXTURES / f"provider_schema_{cloud}.json.gz")


def unknown_names(cloud: str) -> list[str]:
    """The types and attributes of a cloud's mapping that its provider does not have, at any depth.

    What a mapping sets it must name as a state holds it, a block by its place in a list; how attributes are compared
    it names without places.
    """
    catalog, types = load_mapping(f"{cloud}.yaml"), schema_of(cloud).types
    unknown = {f"{kind}.{path}" for kind, path in _set_by(catalog) if not _holds(types.get(kind), path)}
    unknown |= {f"{kind}.{path}" for kind, path in _facts_of(catalog) if not _has(types.get(kind), path)}
    return sorted(unknown)


def unknown_in_state(cloud: str, kind: str, attributes: Mapping[str, object]) -> list[str]:
    """What a test has in a state's resource, at any depth, that its type does not have."""
    members = schema_of(cloud).types.get(kind)
    return [] if members is None else sorted(_strange(members, attributes, kind))


def _strange(members: Mapping[str, Attribute], attributes: Mapping[str, object], path: str) -> Iterator[str]:
    for name, value in attributes.items():
        attribute = members.get(name)
        if attribute is None:
            yield f"{path}.{name}"
        elif attribute.members and value is not None:
            if not isinstance(value, list):
                yield f"{path}.{name}, which is a list of blocks"
                continue
            for block in value:
                yield from _strange(attribute.members, block, f"{path}.{name}")


def _set_by(catalog: Catalog) -> set[tuple[str, str]]:
    named: set[tuple[str, str]] = set()
    for rule in catalog.events.values():
        for target in (target for group in rule.groups for target in group):
            sources = (target.identity, target.set, target.add, target.remove, target.maps)
            named |= {(target.type, attribute) for source in sources for attribute in source}
    return {(kind, attribute) for kind, attribute in named if attribute != ANY_IDENTITY}


def _facts_of(catalog: Catalog) -> set[tuple[str, str]]:
    named: set[tuple[str, str]] = set()
    for name, facts in catalog.types.items():
        named |= {(name, attribute) for attribute in (*facts.attributes, *facts.identity)}
        for attribute, comparison in facts.attributes.items():
            named |= {(name, f"{attribute}.{member}") for member in (*comparison.key, *comparison.members)}
        for parent in facts.parents:
            named |= {(name, attribute) for attribute in parent.via.values()}
            named |= {(parent.type, attribute) for attribute in parent.via}
    return named


def _has(members: Mapping[str, Attribute] | None, path: str) -> bool:
    return _holds(members, re.sub(r"\[\d+\]", "", path), indexed=False)


def _holds(members: Mapping[str, Attribute] | None, path: str, *, indexed: bool = True) -> bool:
    inside: Attribute | None = None
    for part in parse_attribute(path):
        if isinstance(part, int):
            if inside is None or inside.kind != "block":
                return False
            inside = None
            continue
        if indexed and inside is not None and inside.kind == "block":
            return False  # a state holds blocks in lists
        if inside is not None and inside.kind == "map":
            return True  # of a map, every name may be a key
        if members is None or part not in members:
            return False
        inside, members = members[part], members[part].members
    return True
