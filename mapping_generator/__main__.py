"""``python -m mapping_generator``: writes the generated mapping and prints a summary."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from drift_detector.catalog.sources import curated_document
from mapping_generator import regionless, summary
from mapping_generator.generate import generate
from mapping_generator.sources.provider_schema import load_snapshot, packed, save_snapshot

MAPPING = Path(__file__).parents[1] / "services/drift-detector/src/drift_detector/mapping"
AUTO = MAPPING / "auto.json"


def main() -> None:
    """Generate the mapping; with ``--provider``, of a version of the provider's schema that npm has."""
    parser = argparse.ArgumentParser(prog="make mapping", description=main.__doc__)
    parser.add_argument("--provider", metavar="VERSION", help="make the schema's snapshot anew of this version")
    parser.add_argument("--verbose", action="store_true", help="list where the curated mapping disagrees")
    arguments = parser.parse_args()
    if arguments.provider:
        save_snapshot(packed(arguments.provider))
    before = json.loads(AUTO.read_bytes()) if AUTO.is_file() else None
    schema = load_snapshot()
    regionless.OUTPUT.write_text(regionless.dumped(regionless.document(schema)), encoding="utf-8")
    document = generate(schema)
    AUTO.write_text(summary.dumped(document), encoding="utf-8")
    _report(before, document, arguments.verbose)


def _report(before: dict[str, Any] | None, document: dict[str, Any], verbose: bool) -> None:
    curated = curated_document(MAPPING)["events"]
    lines = [*summary.changes(before, document), *summary.coverage(document), f"{AUTO.stat().st_size:,} bytes"]
    for tier in ("auto-strong", "auto-weak"):
        found = summary.agreement(document["events"], curated, tier)
        lines += [summary.described(found, f"{tier} against curated"), *(found.differing if verbose else ())]
    for line in lines:
        print(line)


if __name__ == "__main__":
    main()
