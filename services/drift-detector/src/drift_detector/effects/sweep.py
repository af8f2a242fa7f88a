"""Looks once a second at what time alone changes."""

from __future__ import annotations

from datetime import UTC, datetime

from drift_detector import metrics
from drift_detector.correlate.store import FactStore
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.reconcile import Reconciler
from drift_detector.effects.takeover import Takeover
from drift_detector.effects.work_queue import WorkQueue

SWEEP_SECONDS = 1.0


class Sweep:
    """Subjects that have become due, unpublished versions, and the gauge of open drifts."""

    def __init__(
        self, store: FactStore, stored: StoredDrifts, reconciler: Reconciler, takeover: Takeover, queue: WorkQueue
    ) -> None:
        self._store = store
        self._stored = stored
        self._reconciler = reconciler
        self._takeover = takeover
        self._queue = queue

    async def sweep(self) -> None:
        """One round.

        Raises:
            BusError: NATS went away.
        """
        metrics.OPEN_DRIFTS.clear()  # of workspaces that are gone; no scrape comes between
        for (severity, workspace), count in self._stored.open_counts().items():
            metrics.OPEN_DRIFTS.labels(severity, workspace).set(count)
        metrics.WITHOUT_CALL.set(self._stored.open_without(self._store.calls.__contains__))
        now = datetime.now(UTC)
        self._queue.add({subject for subject, due in self._reconciler.due.items() if due <= now})
        await self._takeover.publish_overdue()
