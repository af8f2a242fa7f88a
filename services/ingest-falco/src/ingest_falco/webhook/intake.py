"""From a body to the ledger or the spool: validate, publish and wait for the acknowledgement, then answer."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ingest_falco.alert.message import LedgerMessage, build_message
from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.metrics import AUDIT_LAG_SECONDS, CUT, PUBLISH_SECONDS, UNDECODABLE
from ingest_falco.spool.spool import Spool
from tfdrift.bus import Bus, BusError


class Outcome(StrEnum):
    """What became of an alert that was taken."""

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
        """Put the alert in `body` where a crash cannot reach it.

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
        # While others wait in the spool, a newer alert goes behind them.
        await self._spool.settled()
        if self._spool.empty and self._bus.connected:
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
            CUT.labels(part).inc()
        if normalised.undecodable or message.omitted:
            self._log.warning(
                "call_incomplete",
                event_id=normalised.event.event_id,
                undecodable=normalised.undecodable,
                cut=message.omitted,
            )
