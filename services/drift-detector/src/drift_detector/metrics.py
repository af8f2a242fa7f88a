"""Every metric of the detector."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter("tfdrift_detector_calls_total", "Alerts read from the ledger, by what they came to", ["outcome"])
DRIFTS = Counter("tfdrift_detector_drifts_total", "Changes of drifts that were published", ["status", "kind"])
OPEN_DRIFTS = Gauge("tfdrift_open_drifts", "Drifts that are open now", ["severity", "workspace"])
OPEN_SECONDS = Histogram(
    "tfdrift_drift_open_seconds",
    "From the call that opened a drift to what ended it, by how it ended",
    ["resolution"],
    buckets=(60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400, 14 * 86400),
)
DETECTION = Histogram(
    "tfdrift_detection_seconds",
    "From the pipeline's first sight of an alert to its drift being on the ledger",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
)
RECONCILED = Counter("tfdrift_detector_reconciliations_total", "Subjects whose drifts were derived again")
CONFLICTS = Counter("tfdrift_detector_conflicts_total", "Writes of drifts that lost against another replica")
RESOURCES = Gauge("tfdrift_detector_resources", "Managed resources in the index, tombstones included")
CLAIMING_CALLS = Gauge("tfdrift_detector_claiming_calls", "Calls that are stored because they claim something")
FORGOTTEN = Counter("tfdrift_detector_forgotten_calls_total", "Calls that were deleted, by the reason", ["reason"])
UNREADABLE = Counter("tfdrift_detector_unreadable_records_total", "Values of a bucket that are no record", ["bucket"])
FAILED = Counter(
    "tfdrift_detector_failed_total", "Unexpected errors that left out a call, a drift or a subject, by stage", ["stage"]
)
CLAMPED = Counter(
    "tfdrift_detector_clamped_calls_total", "Calls dated in the future, taken as made five minutes after they came"
)
DROPPED = Counter(
    "tfdrift_detector_dropped_dead_letters_total", "Dead letters that were not written, as too many waited", ["what"]
)
WITHOUT_CALL = Gauge(
    "tfdrift_detector_drifts_without_call", "Open drifts that stay as they are, as their call is not stored any more"
)
AGED_OUT = Counter("tfdrift_detector_aged_out_drifts_total", "Resolved drifts that were deleted after their retention")
WAITING = Gauge("tfdrift_detector_waiting_cases", "Subjects that wait for a state to confirm a call of Terraform's")
RULES_VALID = Gauge(
    "tfdrift_detector_rules_valid", "0 while the rules file is invalid and the rules before stay in force"
)
