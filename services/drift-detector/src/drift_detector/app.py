"""Wires the detector: mirrors fill the store, alerts and the work queue reconcile, the sweep looks at time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from drift_detector.correlate.store import DriftSubject, FactStore, ManagedSubject
from drift_detector.correlate.stored_drifts import StoredDrifts
from drift_detector.effects.alerts import SUBJECTS, Alerts
from drift_detector.effects.attributions import Attributions
from drift_detector.effects.claims import Claims
from drift_detector.effects.dead_letters import DeadLetters
from drift_detector.effects.failures import Failures
from drift_detector.effects.mirrors import Mirrors
from drift_detector.effects.reconcile import Cause, Reconciler
from drift_detector.effects.refill import Refill
from drift_detector.effects.retention import Retention
from drift_detector.effects.rules_follower import RulesFollower
from drift_detector.effects.sweep import SWEEP_SECONDS, Sweep
from drift_detector.effects.takeover import Takeover
from drift_detector.effects.work_queue import WorkQueue
from drift_detector.settings import DetectorSettings
from tfdrift.bus import Bus
from tfdrift.harness import Readiness, Runtime, every
from tfdrift.records import DRIFTS_BUCKET

DURABLE = "drift-detector"
_DELETE_EVERY_SECONDS = 600.0
# Alerts about one resource are covered by one reconciliation, so many of them may be under way.
MAX_IN_FLIGHT = 512


class Detector:
    """One replica of the detector."""

    def __init__(
        self,
        bus: Bus,
        store: FactStore,
        retention: timedelta,
        rules: Path | None = None,
        resolved_retention: timedelta | None = None,
    ) -> None:
        stored = StoredDrifts()
        self._bus, self._store = bus, store
        self._call_retention, self._drift_retention = retention, resolved_retention or retention
        claims = Claims(bus, store)
        self._failures = Failures(bus, claims, DURABLE)
        self._reconciler = Reconciler(bus, store, stored, self._failures)
        self._attributions = Attributions(bus, store, self._failures)
        self._queue = WorkQueue(self._reconcile, self._on_error)
        self._dead_letters = DeadLetters(bus, DURABLE)
        self._alerts = Alerts(store, claims, self._queue, self._failures)
        self._retention = Retention(store, stored, claims, bus.bucket(DRIFTS_BUCKET))
        takeover = Takeover(self._reconciler.publish)
        self._sweep = Sweep(store, stored, self._reconciler, takeover, self._queue)
        self._refill = Refill(bus, self._on_refill)
        self._mirrors = Mirrors(
            bus,
            store,
            stored,
            claims,
            self._attributions,
            takeover,
            self._queue,
            self._dead_letters,
            self._refill,
            self._reconciler.decode,
        )
        self._readiness: Readiness | None = None
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
                self._refill.run(),
                self._failures.run(),
                every(SWEEP_SECONDS, self._sweep.sweep, "sweep"),
                every(_DELETE_EVERY_SECONDS, self._delete, "forget_calls"),
                self._rules.run(),
                self._bus.consume(DURABLE, SUBJECTS, self._alerts.handle, max_in_flight=MAX_IN_FLIGHT),
            )
            running += [runtime.tasks.create_task(coroutine) for coroutine in work]
            self._readiness = runtime.readiness
            runtime.readiness.set("caught_up", True)
            runtime.log.info("caught_up", resources=len(self._store.states), claiming_calls=len(self._store.calls))
            await runtime.stopping.wait()
        for task in running:
            task.cancel()

    def _on_refill(self, done: bool) -> None:
        """Be unready while a bucket that was created anew is refilled; then derive every drift anew."""
        if done:
            self._mirrors.queue_all()
        if self._readiness is not None:
            self._readiness.set("caught_up", done, "a bucket was created anew, and is refilled")

    async def _reconcile(self, subject: DriftSubject, cause: Cause) -> None:
        await self._refill.settled()
        await self._reconciler.reconcile(subject, cause)
        if isinstance(subject, ManagedSubject):
            await self._attributions.publish(subject.key, cause.received)
        await self._retention.fold(subject, datetime.now(UTC))

    def _on_error(self, subject: DriftSubject, cause: Cause, error: Exception) -> None:
        self._failures.note_error("reconcile", f"{subject}, for the event {cause.event_id}", error)

    async def _delete(self) -> None:
        now = datetime.now(UTC)
        await self._retention.fold_the_rest(now)
        await self._retention.delete_expired_calls(now, now - self._call_retention)
        await self._retention.delete_resolved_drifts(now, now - self._drift_retention)
