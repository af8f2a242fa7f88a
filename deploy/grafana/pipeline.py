"""The dashboard *Pipeline*: how fast alerts pass each hop, what waits, and what is stored."""

from __future__ import annotations

from deploy.grafana.panels import by, heat, lines, numbers, page
from grafana_foundation_sdk.builders.dashboard import Dashboard


def build() -> Dashboard:
    """Return the dashboard."""
    return page(
        "Pipeline",
        "How fast alerts pass each hop, what waits, and what is stored.",
        (
            "Services",
            (
                numbers("Instances that are ready", "short", **by("job", "sum by (job) (tfdrift_ready)")),
                numbers("Spooled alerts", "short", alerts="sum(tfdrift_spool_entries)"),
                numbers("Dead letters", "short", messages="tfdrift:dead_letters"),
            ),
        ),
        (
            "Alerts",
            (
                lines("Alerts a second, by outcome", "cps", **by("outcome", "tfdrift:alerts:rate5m")),
                lines("Events a second", "cps", **by("event", "tfdrift:events:rate5m")),
                heat("Delay of the cloud's log", "tfdrift_audit_lag_seconds"),
            ),
        ),
        (
            "From an alert's arrival to the streams",
            (
                lines(
                    "Drifts",
                    "s",
                    p50='tfdrift:pipeline_seconds:p50{event="drift"}',
                    p99='tfdrift:pipeline_seconds:p99{event="drift"}',
                ),
                heat("Drifts", "tfdrift_pipeline_seconds", '{event="drift"}'),
                heat("Falco events", "tfdrift_pipeline_seconds", '{event="falco"}'),
            ),
        ),
        (
            "Each hop",
            (
                heat("ingest-falco: the whole request", "tfdrift_falco_request_seconds"),
                heat("ingest-falco: to JetStream's acknowledgement", "tfdrift_falco_publish_seconds"),
                heat("drift-detector: to the drift on the ledger", "tfdrift_detection_seconds"),
                heat("sse-gateway: one flush to every client", "tfdrift_gateway_fan_out_seconds"),
            ),
        ),
        (
            "Work",
            (
                lines("Messages that wait", "short", **by("job", "tfdrift:backlog_messages")),
                lines("Messages in work", "short", **by("job", "sum by (job) (tfdrift_in_flight_messages)")),
                heat("ingest-tfstate: from a state's resources to its head", "tfdrift_state_record_seconds"),
            ),
        ),
        (
            "Storage",
            (
                lines("Size of each stream", "bytes", **by("stream", "max by (stream) (tfdrift_stream_bytes)")),
                lines("Share of its limit", "percentunit", **by("stream", "tfdrift:stream_fill")),
                lines("Storage of NATS in use", "percentunit", **by("server_name", "tfdrift:nats_storage_fill")),
            ),
        ),
    )
