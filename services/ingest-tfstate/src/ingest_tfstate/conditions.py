"""What keeps workspaces at their last good state, told once in the log and for as long as it lasts in the metrics."""

from __future__ import annotations

from typing import Any

from ingest_tfstate import metrics
from ingest_tfstate.errors import StateError


class Conditions:
    """At most one condition a workspace: the newest."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._current: dict[str, str] = {}

    def of(self, workspace: str) -> str | None:
        """The workspace's condition."""
        return self._current.get(workspace)

    def set(self, workspace: str, error: StateError, source: str) -> bool:
        """Note a condition; True when it is another one than before."""
        before = self._current.get(workspace)
        if before == error.condition:
            return False
        if before is not None:
            metrics.CONDITIONS.labels(workspace, before).set(0)
        self._current[workspace] = error.condition
        metrics.CONDITIONS.labels(workspace, error.condition).set(1)
        self._log.warning(
            "state_not_taken", workspace=workspace, source=source, condition=error.condition, reason=str(error)
        )
        return True

    def clear(self, workspace: str) -> bool:
        """Note that all is well; True when it was not before."""
        before = self._current.pop(workspace, None)
        if before is None:
            return False
        metrics.CONDITIONS.labels(workspace, before).set(0)
        self._log.info("state_taken_again", workspace=workspace, condition=before)
        return True
