"""The dashboard *Gateway*: clients, what is sent to them, and who is refused or too slow."""

from __future__ import annotations

from deploy.grafana.panels import by, heat, lines, numbers, page
from grafana_foundation_sdk.builders.dashboard import Dashboard


def _rate(metric: str, label: str) -> dict[str, str]:
    """Return a counter's rate by a label; 0 while it has never counted, since only then it has no series."""
    return by(label, f"sum by ({label}) (rate({metric}[$__rate_interval])) or vector(0)")


def build() -> Dashboard:
    """Return the dashboard."""
    return page(
        "Gateway",
        "Clients of sse-gateway, what they are sent, and who is refused or too slow.",
        (
            "Now",
            (
                numbers("Clients", "short", clients="tfdrift:clients"),
                numbers("Drifts known", "short", **by("status", "max by (status) (tfdrift_gateway_drifts)")),
                numbers("Credentials are valid", "bool_yes_no", valid="min(tfdrift_gateway_credentials_valid)"),
            ),
        ),
        (
            "Sent",
            (
                lines("Clients of each instance", "short", **by("instance", "tfdrift_gateway_clients")),
                lines(
                    "Events written a second",
                    "cps",
                    events="sum(rate(tfdrift_gateway_deliveries_total[$__rate_interval]))",
                ),
                lines("Bytes a second", "Bps", bytes="sum(rate(tfdrift_gateway_sent_bytes_total[$__rate_interval]))"),
                heat("Time of one flush to every client", "tfdrift_gateway_fan_out_seconds"),
            ),
        ),
        (
            "Slow and refused",
            (
                lines("Bytes that wait for slow clients", "bytes", **by("instance", "tfdrift_gateway_buffered_bytes")),
                lines("Clients disconnected as too slow", "cps", **_rate("tfdrift_gateway_evictions_total", "reason")),
                lines("Requests refused", "cps", **_rate("tfdrift_gateway_refused_total", "reason")),
                lines("Streams that the gateway ended", "cps", **_rate("tfdrift_gateway_ended_total", "reason")),
            ),
        ),
        (
            "Resuming",
            (
                lines("Replays", "cps", **_rate("tfdrift_gateway_replays_total", "source")),
                lines("Clients that could not resume", "cps", **_rate("tfdrift_gateway_resets_total", "reason")),
                lines(
                    "Memory for resuming",
                    "bytes",
                    recent="sum(tfdrift_gateway_ring_bytes)",
                    older="sum(tfdrift_gateway_history_bytes)",
                ),
            ),
        ),
    )
