"""The metrics of ingest-tfstate. Workspaces are labels, since the operator names them and they are few."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

READS: Final = Counter(
    "tfdrift_state_reads", "States read, by the source's scheme and what came of it", ["scheme", "outcome"]
)
SOURCE_UP: Final = Gauge("tfdrift_state_source_up", "1 while a source can be listed", ["source"])
CONDITIONS: Final = Gauge(
    "tfdrift_state_condition", "1 while a condition keeps a workspace's last good state", ["workspace", "condition"]
)
PARSE_SECONDS: Final = Histogram(
    "tfdrift_state_parse_seconds",
    "Time from a state's bytes to its instances",
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10),
)
RECORD_SECONDS: Final = Histogram(
    "tfdrift_state_record_seconds",
    "Time from a state's instances to its head in the bucket",
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 60),
)
STATE_BYTES: Final = Gauge("tfdrift_state_bytes", "Size of a workspace's last good state", ["workspace"])
RESOURCES: Final = Gauge("tfdrift_state_resources", "Managed resource instances of a workspace", ["workspace"])
SERIAL: Final = Gauge("tfdrift_state_serial", "Serial of a workspace's last good state", ["workspace"])
RECORDED: Final = Gauge(
    "tfdrift_state_recorded_timestamp_seconds", "When a workspace's last good state was written", ["workspace"]
)
CHANGES: Final = Counter("tfdrift_state_changes", "State changes published, by action", ["action"])
RECORDS: Final = Counter("tfdrift_state_records", "Resource records written to the bucket")
FAILED: Final = Counter(
    "tfdrift_state_failed",
    "Resources that could not be read, recorded or written, and events that were refused, by stage",
    ["stage"],
)
TOMBSTONES_PRUNED: Final = Counter(
    "tfdrift_state_tombstones_pruned", "Records of removed resources deleted after the retention time"
)
