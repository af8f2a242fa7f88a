"""What keeps workspaces at their last good state, told once in the log and for as long as it lasts in the metrics."""

from __future__ import annotations

from typing import Any

from ingest_tfstate import metrics
from ingest_tfstate.errors import StateError


class Conditions:
    """At most one condition a workspace: the newest."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._current: dict[str, StateError] = {}

    def of(self, workspace: str) -> str | None:
        """The workspace's condition."""
        current = self._current.get(workspace)
        return current.condition if current else None

    def set(self, workspace: str, error: StateError, source: str) -> bool:
        """Note a condition; True when it is another one than before. A reason that is another is told, too."""
        before = self._current.get(workspace)
        if before is not None and (before.condition, str(before)) == (error.condition, str(error)):
            return False
        if before is not None:
            metrics.CONDITIONS.labels(workspace, before.condition).set(0)
        self._current[workspace] = error
        metrics.CONDITIONS.labels(workspace, error.condition).set(1)
        self._log.warning(
            "state_not_taken", workspace=workspace, source=source, condition=error.condition, reason=str(error)
        )
        return before is None or before.condition != error.condition

    def clear(self, workspace: str) -> bool:
        """Note that all is well; True when it was not before."""
        before = self._current.pop(workspace, None)
        if before is None:
            return False
        metrics.CONDITIONS.labels(workspace, before.condition).set(0)
        self._log.info("state_taken_again", workspace=workspace, condition=before.condition)
        return True
