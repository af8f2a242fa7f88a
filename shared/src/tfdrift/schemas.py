"""Writes the JSON Schemas of the payloads: ``python -m tfdrift.schemas docs/schemas``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from tfdrift.events import PAYLOADS, Event

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_MADE_BY: Final = "Made by `make schemas`."


def schemas() -> dict[str, str]:
    """Return one JSON Schema (draft 2020-12) for each payload that clients receive, by file name."""
    return {f"{payload.event}.json": json.dumps(_schema(payload), indent=2) + "\n" for payload in PAYLOADS}


def _schema(payload: type[Event]) -> dict[str, object]:
    return {"$schema": DIALECT, "$comment": _MADE_BY, **payload.model_json_schema(mode="serialization")}


def main() -> None:
    """Write every schema into the folder named by the first argument."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
