"""The dashboard *Drift*: what is open, what became of the rest, and the states that it is judged by."""

from __future__ import annotations

from deploy.grafana.panels import bars, by, heat, lines, note, numbers, page, stacked
from grafana_foundation_sdk.builders.dashboard import Dashboard

# Metrics have no people, whose number has no bound.
PEOPLE = "Who is behind the drifts: the gateway's page, or `GET /api/v1/people`."


def build() -> Dashboard:
    """Return the dashboard."""
    return page(
        "Drift",
        "What is open, how drifts end, and the states that they are judged by.",
        ("People", (note(PEOPLE),)),
        (
            "Open now",
            (
                numbers("Open drifts", "short", **by("severity", "tfdrift:open_drifts")),
                numbers("Open drifts whose call is lost", "short", drifts="max(tfdrift_detector_drifts_without_call)"),
            ),
        ),
        (
            "Open",
            (
                stacked("Open drifts by severity", "short", **by("severity", "tfdrift:open_drifts")),
                bars("Open drifts by workspace", "short", **by("workspace", "tfdrift:open_drifts:by_workspace")),
            ),
        ),
        (
            "Found and ended",
            (
                lines(
                    "Drifts found by kind, an hour",
                    "short",
                    **by("kind", 'sum by (kind) (increase(tfdrift_detector_drifts_total{status="open"}[1h]))'),
                ),
                bars(
                    "How drifts ended",
                    "short",
                    **by("resolution", "sum by (resolution) (increase(tfdrift_drift_open_seconds_count[$__range]))"),
                    dismissed="sum(increase(tfdrift_gateway_dismissed_total[$__range]))",
                ),
                heat("How long drifts were open", "tfdrift_drift_open_seconds"),
            ),
        ),
        (
            "States",
            (
                lines(
                    "Age of each state",
                    "s",
                    **by("workspace", "time() - max by (workspace) (tfdrift_state_recorded_timestamp_seconds)"),
                ),
                lines("Resources", "short", **by("workspace", "max by (workspace) (tfdrift_state_resources)")),
                numbers("State sources", "bool_on_off", **by("source", "max by (source) (tfdrift_state_source_up)")),
            ),
        ),
    )
