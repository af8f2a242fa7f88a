"""Loads the shipped mapping as one `Catalog`.

A wheel has it compiled, and without the files that it is compiled from. A checkout has the files: it compiles them when
they, or the code that compiles them, have changed since the last time.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from drift_detector.catalog import artifact
from drift_detector.catalog.lookup import Catalog

_PACKAGE: Final = Path(__file__).parents[1]
MAPPING: Final = _PACKAGE / "mapping"
# Git ignores it.
ARTIFACT: Final = MAPPING / "catalog.msgpack"
_SOURCES: Final = ("mapping/*.yaml", "mapping/*.json", "mapping/curated/*.yaml", "catalog/*.py", "facts/*.py")


@cache
def load_catalog() -> Catalog:
    """Returns the shipped catalog of every provider, which is read once.

    Raises:
        CatalogError: a file is not of the format.
    """
    if not (MAPPING / "curated.yaml").is_file():
        return artifact.decoded(ARTIFACT.read_bytes())
    return artifact.decoded(fresh_artifact())


def fresh_artifact() -> bytes:
    """Returns the artifact of a checkout's files; compiles and stores it if it is of other ones.

    Raises:
        CatalogError: a file is not of the format.
    """
    sources = _digest()
    with suppress(FileNotFoundError):
        stored = ARTIFACT.read_bytes()
        if artifact.sources_of(stored) == sources:
            return stored
    # The compiler's libraries take time to import, and a wheel does not need them.
    from drift_detector.catalog.sources import compiled_catalog  # noqa: PLC0415

    data = artifact.encoded(compiled_catalog(), sources)
    with suppress(PermissionError):  # of a checkout that may only be read
        _replace(ARTIFACT, data)
    return data


def _digest() -> str:
    """Returns the digest of everything that the artifact depends on."""
    digest = sha256()
    for path in sorted(path for pattern in _SOURCES for path in _PACKAGE.glob(pattern)):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _replace(path: Path, data: bytes) -> None:
    """Writes a file at once: other processes read the old one or the new one."""
    written = path.with_name(f"{path.name}.{os.getpid()}")
    written.write_bytes(data)
    written.replace(path)
