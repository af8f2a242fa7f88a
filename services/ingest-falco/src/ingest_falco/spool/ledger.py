"""Publishes messages on the ledger: fitted to what the server takes, and dead-lettered where it takes them never."""

from __future__ import annotations

from typing import Any, Final

import orjson

from ingest_falco.alert.message import FRAME_BYTES, MAX_MESSAGE_BYTES, LedgerMessage, fit
from ingest_falco.conditions import Condition, Conditions
from ingest_falco.metrics import OMITTED
from tfdrift.bus import Ack, Bus, BusError, Rejected
from tfdrift.envelope import MSG_ID, header_text
from tfdrift.subjects import DEAD_PREFIX

DEAD_SUBJECT: Final = f"{DEAD_PREFIX}.ingest-falco"
REASON: Final = "Tfdrift-Reason"
SUBJECT: Final = "Tfdrift-Subject"

_MAX_REASON: Final = 1000


class Ledger:
    """The ledger, as ingest-falco writes to it."""

    def __init__(self, bus: Bus, conditions: Conditions, log: Any) -> None:
        self._bus = bus
        self._conditions = conditions
        self._log = log

    @property
    def connected(self) -> bool:
        """Whether NATS is there with its streams."""
        return self._bus.connected

    async def wait_connected(self) -> None:
        """Return as soon as `connected` is true."""
        await self._bus.wait_connected()

    async def publish(self, message: LedgerMessage) -> Ack:
        """Store a message, without parts of its call where the server takes only smaller ones.

        Raises:
            AlertTooLarge: it does not fit at all.
            BusError: as `Bus.publish`.
        """
        message = self._fitted(message)
        try:
            ack = await self._bus.publish(message.subject, message.payload, message.headers)
        except BusError as error:
            if self._bus.connected and not isinstance(error, Rejected):
                self._conditions.begin(
                    Condition.LEDGER_REFUSES, f"NATS is there, but its ledger does not answer: {error}"
                )
            raise
        self._conditions.end(Condition.LEDGER_REFUSES)
        return ack

    async def dead_letter(self, message: LedgerMessage, reason: str) -> None:
        """Store a message that the ledger will never take beside it, with the reason.

        The call is omitted, since its size may be the reason; so is a payload that does not fit.

        Raises:
            BusError: as `Bus.publish`.
        """
        # The same message id in another stream is another message.
        headers = {
            MSG_ID: message.headers[MSG_ID],
            REASON: header_text(" ".join(reason.split())[:_MAX_REASON]),
            SUBJECT: message.subject,
        }
        letter = LedgerMessage(DEAD_SUBJECT, headers, message.payload)
        if letter.size_bytes > self._limit():
            letter = LedgerMessage(DEAD_SUBJECT, headers, orjson.dumps({"omitted_bytes": len(message.payload)}))
        await self._bus.publish(letter.subject, letter.payload, letter.headers)
        self._log.error("alert_dead_lettered", message_id=message.message_id, reason=reason)

    def _limit(self) -> int:
        """The largest `LedgerMessage.size_bytes` that the server takes."""
        return min(MAX_MESSAGE_BYTES, self._bus.max_message_bytes - FRAME_BYTES)

    def _fitted(self, message: LedgerMessage) -> LedgerMessage:
        limit = self._limit()
        if message.size_bytes <= limit:
            return message
        self._conditions.begin(
            Condition.LEDGER_LIMIT,
            f"NATS takes messages of {self._bus.max_message_bytes} bytes; an alert of {message.size_bytes} bytes lost"
            " parts of its call. Set max_payload of nats-server to 1 MiB",
        )
        fitted = fit(message, limit, without_fields=True)
        for part in fitted.omitted:
            OMITTED.labels(part).inc()
        return fitted
