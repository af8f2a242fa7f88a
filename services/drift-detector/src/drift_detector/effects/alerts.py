"""Handles the alerts of the ledger: stores what a call claims, and has the subjects that it concerns reconciled."""

from __future__ import annotations

from datetime import timedelta

from drift_detector import metrics
from drift_detector.claim.by_provider import call_of
from drift_detector.correlate.failure import reason_of
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import FactStore
from drift_detector.effects.claims import Claims
from drift_detector.effects.failures import Failures
from drift_detector.effects.reconcile import Cause
from drift_detector.effects.work_queue import WorkQueue
from drift_detector.facts.call import Call
from tfdrift.bus import Message, Poison
from tfdrift.envelope import parse_headers
from tfdrift.events import FalcoEvent

# Every falco event. One that is no cloud call costs a look at its payload.
SUBJECTS = ("tfdrift.falco.>",)
# Clocks differ by seconds. A call further ahead would take precedence over all that really follow it.
MAX_AHEAD = timedelta(minutes=5)


class Alerts:
    """The handler of the ledger's alerts."""

    def __init__(self, store: FactStore, claims: Claims, queue: WorkQueue, failures: Failures) -> None:
        self._store = store
        self._failures = failures
        self._claims = claims
        self._queue = queue

    async def handle(self, message: Message) -> None:
        """Store what the call of one alert claims, and return when the drifts that it concerns are up to date.

        Raises:
            Poison: the alert cannot be read, or what it claims cannot be evaluated; then it does not stay stored.
            BusError: NATS went away.
        """
        call = self._read(message)
        if call is None:
            metrics.CALLS.labels("claims_nothing").inc()
            return
        with self._failures.handling(call.event_id):
            await self._reconcile(call)
            failure = self._failures.of(call.event_id)
        if failure is not None:
            await self._claims.delete(call.event_id)
            raise Poison(f"the call {call.event_id} cannot be evaluated: {failure.what}: {failure.reason}")

    async def _reconcile(self, call: Call) -> None:
        before = self._store.calls.get(call.event_id)
        call = await self._claims.put(call)
        subjects = self._store.subjects_of_call(call)
        if before is not None and before.groups != call.groups:  # what it was about before it was completed
            subjects |= self._store.subjects_of_call(before)
        self._failures.note(self._store.take_failures())
        await self._queue.reconciled(subjects, Cause(call.received, call.occurred, call.event_id))

    def _read(self, message: Message) -> Call | None:
        """Returns the call of an alert; None for one that claims nothing."""
        context = self._store.context
        try:
            event = FalcoEvent.model_validate_json(message.data)
            call = call_of(event, parse_headers(message.headers), context.catalog, sanctions(context.rules))
        except ValueError as error:  # pydantic's and orjson's errors among them
            raise Poison(f"the alert at sequence {message.sequence} cannot be read: {error}") from error
        except Exception as error:
            metrics.FAILED.labels("claim").inc()
            raise Poison(f"the call at sequence {message.sequence} cannot be read: {reason_of(error)}") from error
        if call is not None and call.occurred > call.received + MAX_AHEAD:
            metrics.CLAMPED.inc()
            call = call.model_copy(update={"occurred": call.received + MAX_AHEAD})
        return call
