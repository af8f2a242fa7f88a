"""Every metric of ingest-falco, with its help text."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

# From a fraction of a millisecond to the deadline of a publication.
_WORK_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

# CloudTrail delivers within minutes; an outage on the way makes hours.
_LAG_BUCKETS: Final = (0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 4 * 3600, 24 * 3600)

OUTCOMES: Final = (
    "accepted",
    "duplicate",
    "spooled",
    "ignored",
    "malformed",
    "too_large",
    "unauthorised",
    "forbidden",
    "refused",
    "failed",
)

ALERTS = Counter("tfdrift_falco_alerts", "Alerts that were posted, by outcome", ["outcome"])
REQUEST_SECONDS = Histogram(
    "tfdrift_falco_request_seconds", "From an alert's whole body to its answer", buckets=_WORK_BUCKETS
)
PUBLISH_SECONDS = Histogram(
    "tfdrift_falco_publish_seconds", "From publishing an alert to JetStream's acknowledgement", buckets=_WORK_BUCKETS
)
UNDECODABLE = Counter(
    "tfdrift_falco_undecodable_parts", "Parts of cloud calls that were sent but could not be read", ["part"]
)
OMITTED = Counter(
    "tfdrift_falco_cut_parts", "Parts of cloud calls left out because the message was too large", ["part"]
)
SHORTENED = Counter("tfdrift_falco_shortened", "Alerts with a field that falcosidekick shortened to 512 bytes")
MISSING_FIELDS = Counter(
    "tfdrift_falco_missing_fields", "Output fields that alerts about a cloud should have and lack", ["source", "field"]
)
RELAYED = Counter("tfdrift_falco_relayed", "Alerts that were sent on to TFDRIFT_RELAY_URL, by outcome", ["outcome"])
REFUSED_SENDERS = Counter(
    "tfdrift_falco_refused_senders", "Requests of senders that may not post, by reason", ["reason"]
)
AUDIT_LAG_SECONDS = Histogram(
    "tfdrift_audit_lag_seconds", "From a cloud call to the arrival of its alert", buckets=_LAG_BUCKETS
)
SPOOL_ENTRIES = Gauge("tfdrift_spool_entries", "Alerts that wait in the local spool for NATS")
SPOOL_BYTES = Gauge("tfdrift_spool_bytes", "Bytes of the alerts that wait in the local spool")
SPOOL_FORWARDED = Counter("tfdrift_spool_forwarded", "Alerts that went from the local spool to the ledger")
SPOOL_DEAD = Counter("tfdrift_spool_dead", "Spooled alerts that the ledger refused, now dead letters")

SPOOL_SALVAGED = Counter("tfdrift_spool_salvaged", "Alerts that were read out of a damaged spool file")
CONDITION = Gauge("tfdrift_falco_condition", "1 while a named condition limits the service", ["condition"])
FAILED = Counter("tfdrift_falco_failed", "Alerts that raised an unexpected error, by stage", ["stage"])

for _outcome in OUTCOMES:
    ALERTS.labels(_outcome)
for _part in ("request", "response", "resources"):
    UNDECODABLE.labels(_part)
for _reason in ("network", "missing", "token", "signature"):
    REFUSED_SENDERS.labels(_reason)
for _relayed in ("sent", "refused", "failed", "dropped"):
    RELAYED.labels(_relayed)
for _stage in ("intake", "forward"):
    FAILED.labels(_stage)
for _part in ("request", "response", "fields"):
    OMITTED.labels(_part)
