"""Declares every metric of this service; names and units follow Prometheus' conventions."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

CLIENTS: Final = Gauge("tfdrift_gateway_clients", "Open streams, including those that are still replaying")
EVENTS: Final = Counter("tfdrift_gateway_events_total", "Events of the ledger given to the fan-out", ["event"])
DELIVERIES: Final = Counter("tfdrift_gateway_deliveries_total", "Live events written to a client, counted per client")
SENT_BYTES: Final = Counter("tfdrift_gateway_sent_bytes_total", "Bytes written to streams, live and replayed")
EVICTIONS: Final = Counter(
    "tfdrift_gateway_evictions_total", "Clients disconnected because they read too slowly", ["reason"]
)
LAGGING: Final = Counter(
    "tfdrift_gateway_lagging_total", "Times a client's buffer was full, so that it left the live clients"
)
REPLAYED: Final = Counter("tfdrift_gateway_replayed_events_total", "Events replayed to clients, by source", ["source"])
REPLAYS: Final = Counter(
    "tfdrift_gateway_replays_total", "Replays that were started, by the source of the first event", ["source"]
)
RESETS: Final = Counter("tfdrift_gateway_resets_total", "Clients that could not resume", ["reason"])
REFUSED: Final = Counter("tfdrift_gateway_refused_total", "Requests refused", ["reason"])
ENDED: Final = Counter("tfdrift_gateway_ended_total", "Streams that the gateway ended, by reason", ["reason"])
CREDENTIALS_VALID: Final = Gauge(
    "tfdrift_gateway_credentials_valid",
    "0 while a file of tokens or certificates is invalid; the previous ones stay in force",
)
KEY_READS: Final = Counter("tfdrift_gateway_key_reads_total", "Reads of the token issuer's keys", ["outcome"])
DISMISSED: Final = Counter("tfdrift_gateway_dismissed_total", "Drifts that were dismissed through this gateway")
FOREIGN: Final = Counter("tfdrift_gateway_foreign_messages_total", "Ledger messages on an invalid subject")
UNREADABLE: Final = Counter(
    "tfdrift_gateway_unreadable_records_total", "Values of a bucket that are not a record", ["bucket"]
)
BUFFERED_BYTES: Final = Gauge("tfdrift_gateway_buffered_bytes", "Bytes that wait in this process for slow clients")
RING_FRAMES: Final = Gauge("tfdrift_gateway_ring_frames", "Recent events in memory")
RING_BYTES: Final = Gauge("tfdrift_gateway_ring_bytes", "Approximate memory of the recent events")
LEDGER_READS: Final = Counter("tfdrift_gateway_ledger_reads_total", "Pages read from the ledger for replays")
HISTORY_BYTES: Final = Gauge("tfdrift_gateway_history_bytes", "Approximate memory of pages read from the ledger")
OPEN_DRIFTS: Final = Gauge("tfdrift_gateway_drifts", "Drifts in the mirror of the bucket, by status", ["status"])

FAN_OUT_SECONDS: Final = Histogram(
    "tfdrift_gateway_fan_out_seconds",
    "Time to write one flush to every client",
    buckets=(0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0),
)
PIPELINE_SECONDS: Final = Histogram(
    "tfdrift_pipeline_seconds",
    "Time from the first byte of an event's cause in the pipeline to its write to the streams, once per event",
    ["event"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0),
)
