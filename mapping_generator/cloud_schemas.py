"""``python -m mapping_generator.cloud_schemas``: writes the schemas with which tests check the other clouds' mappings.

For each mapping the types that it names, out of the version of npm's package that its line ``provider_schema`` tells.
Run it when a mapping names a new type or another version.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from drift_detector.catalog.lookup import Catalog
from drift_detector.catalog.sources import OTHER_CLOUDS, load_mapping
from mapping_generator.__main__ import MAPPING
from mapping_generator.sources.provider_schema import packed, save_snapshot

FOLDER: Final = Path(__file__).parents[1] / "tests/drift_detector/fixtures"

_PACKAGE: Final = re.compile(r"^provider_schema: .*\((\S+) (\S+)\)$", re.M)


def main() -> None:
    """Write the schema of every mapping's types."""
    for file in OTHER_CLOUDS:
        named = _PACKAGE.search((MAPPING / file).read_text(encoding="utf-8"))
        assert named is not None, f"{file} does not tell its provider_schema"  # noqa: S101 - a developer's tool
        schema = packed(named[2], named[1])
        types = {name: schema.types[name] for name in sorted(named_types(load_mapping(file))) if name in schema.types}
        save_snapshot(replace(schema, types=types), FOLDER / f"provider_schema_{Path(file).stem}.json.gz")
        print(f"{file}: {len(types)} types of {named[1]} {schema.package}, provider {schema.provider}")


def named_types(catalog: Catalog) -> frozenset[str]:
    """Returns the Terraform types that a mapping names."""
    targets = {target.type for rule in catalog.events.values() for group in rule.groups for target in group}
    return frozenset(targets | set(catalog.types))


if __name__ == "__main__":
    main()
