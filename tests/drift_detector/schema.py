"""Whether a mapping's names are names of a provider's schema."""

from __future__ import annotations

from typing import Any

from drift_detector.catalog import Catalog
from drift_detector.paths import parse_attribute


def unknown_names(catalog: Catalog, schema: dict[str, Any]) -> list[str]:
    """The types and attributes of a catalog that a schema (attributes by type, blocks nested) does not have."""
    named: set[tuple[str, str]] = set()
    for rule in catalog.events.values():
        for target in (target for group in rule.groups for target in group):
            sources = (target.identity, target.set, target.add, target.remove)
            named |= {(target.type, attribute) for source in sources for attribute in source}
    for name, facts in catalog.types.items():
        named |= {(name, attribute) for attribute in (*facts.attributes, *facts.identity)}
        for parent in facts.parents:
            named |= {(name, attribute) for attribute in parent.via.values()}
            named |= {(parent.type, attribute) for attribute in parent.via}
    return sorted(f"{kind}.{attribute}" for kind, attribute in named if not _has(schema.get(kind), attribute))


def _has(attributes: Any, path: str) -> bool:
    for part in parse_attribute(path):
        if isinstance(part, str):
            if not isinstance(attributes, dict) or part not in attributes:
                return False
            attributes = attributes[part]
    return True
