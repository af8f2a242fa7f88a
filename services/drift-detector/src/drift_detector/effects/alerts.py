"""Handles the alerts of the ledger: stores what a call claims, and reconciles the subjects that it concerns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from drift_detector import metrics
from drift_detector.claim.by_provider import call_of
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import DriftSubject, FactStore
from drift_detector.effects.reconcile import Cause
from drift_detector.facts.call import Call
from tfdrift.bus import Bus, Conflict, Message, Poison
from tfdrift.envelope import parse_headers
from tfdrift.events import FalcoEvent
from tfdrift.records import CLAIMS_BUCKET, digest

# Every falco event. One that is no cloud call costs a look at its payload.
SUBJECTS = ("tfdrift.falco.>",)


class Alerts:
    """The handler of the ledger's alerts."""

    def __init__(self, bus: Bus, store: FactStore, reconcile: Callable[[DriftSubject, Cause], Awaitable[None]]) -> None:
        self._claims = bus.bucket(CLAIMS_BUCKET)
        self._store = store
        self._reconcile = reconcile

    async def handle(self, message: Message) -> None:
        """Store what the call of one alert claims, and bring the drifts that it concerns up to date.

        Raises:
            Poison: the alert cannot be read.
            BusError: NATS went away.
        """
        call = self._read(message)
        if call is None:
            metrics.CALLS.labels("claims_nothing").inc()
            return
        call = await self._stored(call)
        self._store.calls.put(call)
        cause = Cause(call.received, call.occurred)
        for subject in self._store.subjects_of_call(call):
            await self._reconcile(subject, cause)

    def _read(self, message: Message) -> Call | None:
        """Returns the call of an alert; None for one that claims nothing."""
        context = self._store.context
        try:
            event = FalcoEvent.model_validate_json(message.data)
            envelope = parse_headers(message.headers)
            return call_of(event, envelope, context.catalog, sanctions(context.rules))
        except ValueError as error:  # pydantic's and orjson's errors among them
            raise Poison(f"the alert at sequence {message.sequence} cannot be read: {error}") from error

    async def _stored(self, call: Call) -> Call:
        """Returns the call as the bucket has it: this one, or that of an earlier alert about the same event."""
        key = digest(call.event_id)
        try:
            await self._claims.create(key, call.model_dump_json().encode())
        except Conflict:
            metrics.CALLS.labels("repeated").inc()
            entry = await self._claims.get(key)
            return Call.model_validate_json(entry.value) if entry is not None and entry.value else call
        metrics.CALLS.labels("claims").inc()
        return call
