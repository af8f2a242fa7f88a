"""The kinds of panels that the dashboards are made of, and the dashboard around them."""

from __future__ import annotations

import itertools
from typing import Final, TypeAlias

from grafana_foundation_sdk.builders import bargauge, common, dashboard, heatmap, prometheus, stat, text, timeseries
from grafana_foundation_sdk.models.common import BigValueTextMode, LegendDisplayMode, StackingMode
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType, DataSourceRef
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

# As provisioning/datasources/prometheus.yml names it.
SOURCE: Final = DataSourceRef(type_val="prometheus", uid="prometheus")
FULL_WIDTH: Final = 24
HEIGHT: Final = 8
HEIGHT_OF_NUMBERS: Final = 4
HEIGHT_OF_TEXT: Final = 3

Panel: TypeAlias = timeseries.Panel | stat.Panel | heatmap.Panel | bargauge.Panel | text.Panel
Row: TypeAlias = tuple[str, tuple[Panel, ...]]


def lines(title: str, unit: str, **queries: str) -> timeseries.Panel:
    """Return values over time; a query is named by its legend, in which ``{{label}}`` stands for the label's value."""
    return _lines(title, unit, queries)


def stacked(title: str, unit: str, **queries: str) -> timeseries.Panel:
    """Return values over time, one on top of the other."""
    stacking = common.StackingConfig().mode(StackingMode.NORMAL).group("A")
    return _lines(title, unit, queries).stacking(stacking).fill_opacity(40)


def by(label: str, query: str) -> dict[str, str]:
    """Return a query whose series are named by one label, to be given to `lines`."""
    return {f"{{{{{label}}}}}": query}


def numbers(title: str, unit: str, **queries: str) -> stat.Panel:
    """Return the latest values, large."""
    panel = stat.Panel().title(title).unit(unit).datasource(SOURCE).height(HEIGHT_OF_NUMBERS)
    panel.text_mode(BigValueTextMode.VALUE_AND_NAME).reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    for legend, query in queries.items():
        panel.with_target(_target(query, legend))
    return panel


def bars(title: str, unit: str, **queries: str) -> bargauge.Panel:
    """Return the latest values as bars."""
    panel = bargauge.Panel().title(title).unit(unit).datasource(SOURCE).height(HEIGHT)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    for legend, query in queries.items():
        panel.with_target(_target(query, legend))
    return panel


def heat(title: str, histogram: str, matchers: str = "") -> heatmap.Panel:
    """Return how a histogram of seconds was filled over time."""
    query = f"sum by (le) (increase({histogram}_bucket{matchers}[$__rate_interval]))"
    panel = heatmap.Panel().title(title).datasource(SOURCE).height(HEIGHT).calculate(False)
    panel.y_axis(heatmap.YAxisConfig().unit("s"))
    panel.color(heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(64))
    return panel.with_target(_target(query, "{{le}}").format(PromQueryFormat.HEATMAP))


def note(content: str) -> text.Panel:
    """Return a text in Markdown."""
    return text.Panel().title("").content(content).height(HEIGHT_OF_TEXT)


def page(name: str, description: str, *rows: Row) -> dashboard.Dashboard:
    """Return a dashboard of rows, each with a title and panels side by side."""
    board = dashboard.Dashboard(f"TFDrift {name}").uid(f"tfdrift-{name.lower()}").tags(["tfdrift"])
    board.description(f"{description} Made by `make dashboards`.").readonly().refresh("30s").time("now-6h", "now")
    board.tooltip(DashboardCursorSync.CROSSHAIR).timezone("browser")
    others = dashboard.DashboardLink("TFDrift").type(DashboardLinkType.DASHBOARDS).tags(["tfdrift"]).keep_time(True)
    board.link(others)
    numbers_of_panels = itertools.count(1)
    for title, panels in rows:
        board.with_row(dashboard.Row(title).id(next(numbers_of_panels)))
        for panel in panels:
            board.with_panel(panel.id(next(numbers_of_panels)).span(FULL_WIDTH // len(panels)))
    return board


def _lines(title: str, unit: str, queries: dict[str, str]) -> timeseries.Panel:
    panel = timeseries.Panel().title(title).unit(unit).datasource(SOURCE).height(HEIGHT).min(0)
    panel.legend(common.VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST))
    for legend, query in queries.items():
        panel.with_target(_target(query, legend))
    return panel


def _target(query: str, legend: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(query).legend_format(legend)
