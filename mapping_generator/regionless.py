"""Generates which AWS services and types belong to no region; `tfdrift.regionless` reads it."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from mapping_generator.sources import service_model
from mapping_generator.sources.provider_schema import Schema
from mapping_generator.sources.service_names import EVENT_SOURCES
from mapping_generator.types.nouns import types_by_service

OUTPUT: Final = Path(__file__).parents[1] / "shared/src/tfdrift/regionless.json"


def document(schema: Schema) -> dict[str, Any]:
    """Returns the services, the beginnings of names that only such types have, and the other such types."""
    families: dict[str, list[str]] = defaultdict(list)
    for name in schema.types:
        families["_".join(name.split("_")[:2]) + "_"].append(name)
    without = {name for name, attributes in schema.types.items() if "region" not in attributes}
    beginnings = sorted(one for one, names in families.items() if without.issuperset(names))
    return {
        "services": _services(schema),
        "beginnings": beginnings,
        "types": sorted(name for name in without if not name.startswith(tuple(beginnings))),
    }


def _services(schema: Schema) -> list[str]:
    found: set[str] = set()
    for name, kinds in types_by_service(schema, service_model.service_names()).items():
        if not any("region" in kind.attributes for kind in kinds):
            found.update(EVENT_SOURCES.get(name, service_model.load_service(name).prefixes[:1]))
    return sorted(found)


def dumped(lists: dict[str, Any]) -> str:
    """Returns the file's text."""
    return json.dumps(lists, indent=1) + "\n"
