"""Draws each panel's data as a plain plot in the terminal, where no Grafana is at hand."""

from __future__ import annotations

import json
import math
import time
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

SECONDS: Final = 3600
POINTS: Final = 60
BLOCKS: Final = " ▁▂▃▄▅▆▇█"
TIMEOUT_SECONDS: Final = 10
# Grafana's own variables, as they are with a step of half a minute.
VARIABLES: Final = {"$__rate_interval": "1m", "$__range": f"{SECONDS}s"}


def queries(dashboard: str, variables: Mapping[str, str] = VARIABLES) -> Iterator[tuple[str, str, str]]:
    """Yield the title, the legend and the query of each target of a dashboard's JSON, with Grafana's variables set."""
    for panel in json.loads(dashboard)["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"]
            for name, value in variables.items():
                query = query.replace(name, value)
            yield panel["title"], target["legendFormat"], query


def draw(prometheus: str, dashboards: Mapping[str, str]) -> None:
    """Print a plot of the last hour for each query of each dashboard.

    Raises:
        OSError: Prometheus does not answer, or refuses a query.
    """
    for name, dashboard in dashboards.items():
        for title, legend, query in queries(dashboard):
            _plot(f"{name}: {title} ({legend})", _series(prometheus, query))


def _series(prometheus: str, query: str) -> list[dict[str, Any]]:
    now = time.time()
    parameters = {"query": query, "start": now - SECONDS, "end": now, "step": SECONDS / POINTS}
    url = f"{prometheus}/api/v1/query_range?{urlencode(parameters)}"
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 -- the operator's own address
        found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found


def _plot(title: str, series: list[dict[str, Any]]) -> None:
    print(title if series else f"{title}: no data")
    for one in series:
        values = [float(value) for _, value in one["values"]]
        label = ", ".join(f"{name}={value}" for name, value in one["metric"].items() if name != "__name__")
        print(f"  {_line(values)}  latest {values[-1]:g}, at most {max(values):g}  {label}")


def _line(values: list[float]) -> str:
    """Return a block for each value, full for the largest and empty for 0; a space for what is no number."""
    largest = max((value for value in values if math.isfinite(value)), default=0.0) or 1.0
    heights = (max(0, round(value / largest * (len(BLOCKS) - 1))) if math.isfinite(value) else 0 for value in values)
    return "".join(BLOCKS[height] for height in heights).rjust(POINTS + 1)
