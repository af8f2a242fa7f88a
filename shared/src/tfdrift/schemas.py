"""Writes the JSON Schemas of the payloads: ``python -m tfdrift.schemas docs/schemas``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tfdrift.events import PAYLOADS


def schemas() -> dict[str, str]:
    """File name to text: one JSON Schema (draft 2020-12) per payload, as clients receive it."""
    return {
        f"{payload.event}.json": json.dumps(payload.model_json_schema(mode="serialization"), indent=2) + "\n"
        for payload in PAYLOADS
    }


def main() -> None:
    """Write every schema into the folder named by the first argument."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
