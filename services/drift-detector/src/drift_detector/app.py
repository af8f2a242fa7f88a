"""Wires the detector: mirrors fill the store, alerts and the work queue reconcile, the sweep looks at time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from drift_detector.correlate.store import DriftSubject, FactStore, ManagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.alerts import SUBJECTS, Alerts
from drift_detector.effects.attributions import Attributions
from drift_detector.effects.dead_letters import DeadLetters
from drift_detector.effects.mirrors import Mirrors
from drift_detector.effects.reconcile import Cause, Reconciler
from drift_detector.effects.retention import delete_expired_calls
from drift_detector.effects.rules_follower import RulesFollower
from drift_detector.effects.sweep import SWEEP_SECONDS, Sweep
from drift_detector.effects.takeover import Takeover
from drift_detector.effects.work_queue import WorkQueue
from drift_detector.settings import DetectorSettings
from tfdrift.bus import Bus
from tfdrift.harness import Runtime, every
from tfdrift.records import CLAIMS_BUCKET

DURABLE = "drift-detector"
_DELETE_EVERY_SECONDS = 600.0


class Detector:
    """One replica of the detector."""

    def __init__(self, bus: Bus, store: FactStore, retention: timedelta, rules: Path | None = None) -> None:
        stored = StoredDrifts()
        self._bus, self._store, self._stored, self._retention = bus, store, stored, retention
        self._reconciler = Reconciler(bus, store, stored)
        self._attributions = Attributions(bus, store)
        self._queue = WorkQueue(self._reconcile)
        self._dead_letters = DeadLetters(bus, DURABLE)
        self._alerts = Alerts(bus, store, self._reconcile)
        takeover = Takeover(self._reconciler.publish)
        self._sweep = Sweep(stored, self._reconciler, takeover, self._queue)
        self._mirrors = Mirrors(bus, store, stored, self._attributions, takeover, self._queue, self._dead_letters)
        self._rules = RulesFollower(rules, store, lambda: self._queue.add(store.subjects_of_all_calls()))

    async def run(self, runtime: Runtime[DetectorSettings]) -> None:
        """Mirror the buckets, then consume alerts until the service is to stop."""
        runtime.readiness.set("caught_up", False)
        running = [runtime.tasks.create_task(watch) for watch in self._mirrors.watches()]
        if await runtime.or_stopping(self._mirrors.caught_up()):
            self._mirrors.queue_all()
            work = (
                self._queue.run(),
                self._dead_letters.run(),
                every(SWEEP_SECONDS, self._sweep.sweep, "sweep"),
                every(_DELETE_EVERY_SECONDS, self._delete_calls, "forget_calls"),
                self._rules.run(),
                self._bus.consume(DURABLE, SUBJECTS, self._alerts.handle),
            )
            running += [runtime.tasks.create_task(coroutine) for coroutine in work]
            runtime.readiness.set("caught_up", True)
            runtime.log.info("caught_up", resources=len(self._store.states), claiming_calls=len(self._store.calls))
            await runtime.stopping.wait()
        for task in running:
            task.cancel()

    async def _reconcile(self, subject: DriftSubject, cause: Cause) -> None:
        await self._reconciler.reconcile(subject, cause)
        if isinstance(subject, ManagedSubject):
            await self._attributions.publish(subject.key, cause.received)

    async def _delete_calls(self) -> None:
        claims = self._bus.bucket(CLAIMS_BUCKET)
        await delete_expired_calls(self._store, self._stored, claims, datetime.now(UTC) - self._retention)
