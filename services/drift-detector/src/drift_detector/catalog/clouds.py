"""The catalog of all clouds: AWS' as `catalog_load` makes it, and the mapping of each other provider.

Their files have the format of AWS' (see the head of ``mapping/curated.yaml``). The service of an event's key is the
API's endpoint (``compute.googleapis.com``), so no key of one cloud can be one of another.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Final

from drift_detector.catalog.catalog import Catalog
from drift_detector.catalog.load import build_catalog, load_catalog, parse_yaml

FILES: Final = ("gcp.yaml", "azure.yaml", "kubernetes.yaml")


@cache
def load_catalogs() -> Catalog:
    """The shipped catalog of every provider, read once.

    Raises:
        CatalogError: a file is not of the format.
    """
    catalog = load_catalog()
    for file in FILES:
        other = load_mapping(file)
        catalog = replace(catalog, events={**catalog.events, **other.events}, types={**catalog.types, **other.types})
    return catalog


def load_mapping(file: str) -> Catalog:
    """One provider's file of the folder ``mapping``.

    Raises:
        CatalogError: it is not of the format.
    """
    text = (resources.files("drift_detector") / "mapping" / file).read_text(encoding="utf-8")
    return build_catalog(parse_yaml(text, file), file)
