"""Writes docs/licences.md: the licence of every package that the image carries. Run by ``make licences``."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/licences.md"
HEAD = """# Licences of the dependencies

Made by `make licences` from `requirements.lock`; do not edit. The project itself is under [Apache-2.0](../LICENSE).
`make sbom` writes the same packages as a CycloneDX document.

| package | version | licence |
|---|---|---|
"""


def locked(lock: Path) -> dict[str, str]:
    """Returns each package of a lock file with its version."""
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def licence_of(package: Distribution) -> str:
    """Returns the licence that a package's metadata names: SPDX where given, else its classifiers."""
    metadata = package.metadata.json
    expression = metadata.get("license_expression")
    if expression:
        return str(expression)
    classifiers = [text.rpartition(" :: ")[2] for text in metadata.get("classifier") or () if "License ::" in text]
    short = str(metadata.get("license") or "")
    if classifiers:
        return ", ".join(classifiers)
    return short if short and "\n" not in short else "unknown"


def page() -> str:
    """Returns the page's text."""
    rows = []
    for name, version in sorted(locked(ROOT / "requirements.lock").items()):
        try:
            licence = licence_of(distribution(name))
        except PackageNotFoundError:  # for another platform or Python version
            licence = "(not installed on this platform)"
        rows.append(f"| {name} | {version} | {licence} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
