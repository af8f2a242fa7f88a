"""Reads the mapping's files, merges them, and compiles them into a `Catalog`.

AWS has a generated file under curated ones. The other clouds have one file each, in the same format (explained at the
head of ``mapping/curated.yaml``). The service in an event's key is the API's endpoint (``compute.googleapis.com``), so
no key of one cloud can be one of another.
"""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

import orjson

from drift_detector.catalog.compile import build_catalog
from drift_detector.catalog.lookup import Catalog
from drift_detector.catalog.merge import merge
from drift_detector.catalog.rule_tables import tables_of
from drift_detector.catalog.yaml_text import parse_yaml
from drift_detector.errors import CatalogError

OTHER_CLOUDS: Final = ("gcp.yaml", "azure.yaml", "kubernetes.yaml")


def compiled_catalog() -> Catalog:
    """Returns the catalog of every provider, compiled from the mapping's files.

    Raises:
        CatalogError: a file is not of the format.
    """
    folder = resources.files("drift_detector") / "mapping"
    generated = orjson.loads((folder / "auto.json").read_bytes())
    aws = build_catalog(merge(generated, curated_document(folder)), "auto.json under curated.yaml")
    catalogs = [aws, *(load_mapping(file) for file in OTHER_CLOUDS)]
    events = {key: rule for catalog in catalogs for key, rule in catalog.events.items()}
    types = {name: facts for catalog in catalogs for name, facts in catalog.types.items()}
    return Catalog(events, types, tables_of(events.values()))


def load_mapping(file: str) -> Catalog:
    """Returns the catalog of one provider's file in the folder ``mapping``.

    Raises:
        CatalogError: it is not of the format.
    """
    text = (resources.files("drift_detector") / "mapping" / file).read_text(encoding="utf-8")
    return build_catalog(parse_yaml(text, file), file)


def curated_document(folder: Traversable) -> dict[str, Any]:
    """Returns ``curated.yaml`` and every file of ``curated/`` as one document.

    Raises:
        CatalogError: a file is not YAML, or two files have the same entry.
    """
    document = parse_yaml((folder / "curated.yaml").read_text(encoding="utf-8"), "curated.yaml")
    sections: dict[str, dict[str, Any]] = {"types": {}, "events": {}}
    for file in sorted((folder / "curated").iterdir(), key=lambda file: file.name):
        part = parse_yaml(file.read_text(encoding="utf-8"), file.name)
        for section, entries in part.items():
            if section not in sections:
                raise CatalogError(f"{file.name}: the section {section!r} is unknown; allowed: {', '.join(sections)}")
            for name, entry in entries.items():
                if name in sections[section]:
                    raise CatalogError(f"{file.name}: {name} is in another file too")
                sections[section][name] = entry
    return document | sections
