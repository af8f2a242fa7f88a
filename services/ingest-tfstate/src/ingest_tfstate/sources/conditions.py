"""Reports conditions: once in the log, and in the metrics for as long as they last."""

from __future__ import annotations

from typing import Any

from ingest_tfstate import metrics
from ingest_tfstate.sources.status import Clear, Replace, Report


def report(effect: Report | Replace | Clear, name: str, source: str, log: Any) -> None:
    """Log a condition that begins, changes its reason, or ends, and set its metric.

    Args:
        name: the workspace, or what else has the condition; the metric's label.
        source: the URI of the state.
    """
    condition, reason = effect.error.condition, str(effect.error)
    metrics.CONDITIONS.labels(name, condition).set(isinstance(effect, Report))
    if isinstance(effect, Report):
        log.warning("state_not_taken", workspace=name, source=source, condition=condition, reason=reason)
    elif isinstance(effect, Clear):
        log.info("state_taken_again", workspace=name, condition=condition)
