"""Reports the figures of a benchmark: on stdout for people, as JSON under ``bench/results`` for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def report(name: str, figures: dict[str, Any]) -> None:
    """Print the figures of a benchmark and write them to ``bench/results/<name>.json``."""
    print(f"{name}:")
    for figure, value in figures.items():
        print(f"  {figure:<40} {value}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
