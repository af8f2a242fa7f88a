"""Takes an alert from its body to the ledger or the spool, and returns once it is on disk."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ingest_falco.alert.message import LedgerMessage, build_message
from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.metrics import AUDIT_LAG_SECONDS, OMITTED, PUBLISH_SECONDS, UNDECODABLE
from ingest_falco.spool.routing import Route
from ingest_falco.spool.spool import Spool
from tfdrift.bus import Bus, BusError


class Outcome(StrEnum):
    """The result for an alert that was taken."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SPOOLED = "spooled"


class Intake:
    """Takes alerts, one call each, any number at a time."""

    def __init__(self, bus: Bus, spool: Spool, log: Any) -> None:
        self._bus = bus
        self._spool = spool
        self._log = log

    async def take(self, body: bytes, traceparent: str | None) -> Outcome:
        """Store the alert in `body` where it survives a crash.

        Raises:
            MalformedAlert, AlertTooLarge: it can never be taken.
            SpoolRefused: NATS is away, and the spool has no room or no disk.
        """
        received = datetime.now(UTC)
        normalised = normalise(parse_alert(body))
        message = build_message(normalised, received=received, traceparent=traceparent)
        self._note_losses(normalised, message)
        outcome = await self._store(message)
        if normalised.occurred is not None and outcome is not Outcome.DUPLICATE:
            AUDIT_LAG_SECONDS.observe(max(0.0, (received - normalised.occurred).total_seconds()))
        return outcome

    async def _store(self, message: LedgerMessage) -> Outcome:
        if await self._spool.route(lambda: self._bus.connected) is Route.LEDGER:
            try:
                with PUBLISH_SECONDS.time():
                    ack = await self._bus.publish(message.subject, message.payload, message.headers)
            except BusError as error:
                self._log.warning("alert_not_published", message_id=message.message_id, reason=str(error))
            else:
                return Outcome.DUPLICATE if ack.duplicate else Outcome.ACCEPTED
        elif self._spool.empty:
            self._log.warning("spooling", reason="NATS is away")
        return Outcome.SPOOLED if await self._spool.append(message) else Outcome.DUPLICATE

    def _note_losses(self, normalised: Normalised, message: LedgerMessage) -> None:
        for part in normalised.undecodable:
            UNDECODABLE.labels(part).inc()
        for part in message.omitted:
            OMITTED.labels(part).inc()
        if normalised.undecodable or message.omitted:
            self._log.warning(
                "call_incomplete",
                event_id=normalised.event.event_id,
                undecodable=normalised.undecodable,
                omitted=message.omitted,
            )
