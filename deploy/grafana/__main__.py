"""Writes the dashboards, or draws each panel's data from a running Prometheus.

Usage: ``python -m deploy.grafana`` or ``python -m deploy.grafana http://127.0.0.1:9090``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from deploy.grafana import drift, gateway, pipeline
from grafana_foundation_sdk.cog.encoder import JSONEncoder

FOLDER: Final = Path(__file__).with_name("dashboards")


def dashboards() -> dict[str, str]:
    """Return the JSON of each dashboard by its file's name."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    built = {"drift.json": drift.build(), "pipeline.json": pipeline.build(), "gateway.json": gateway.build()}
    return {name: f"{encoder.encode(board.build())}\n" for name, board in built.items()}


def main() -> None:
    """Write, or draw where an address is given."""
    if len(sys.argv) > 1:
        from deploy.grafana.plots import draw  # noqa: PLC0415 -- writing needs no plots

        draw(sys.argv[1], dashboards())
        return
    for name, text in dashboards().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
