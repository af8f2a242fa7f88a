"""Takes an alert from its body to the ledger or the spool, and returns once it is on disk."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from time import perf_counter
from typing import Any, Final

from ingest_falco.alert.audit_logs import AuditLog, alerts
from ingest_falco.alert.dead_letter import dead_letter_of, place_of
from ingest_falco.alert.message import LedgerMessage, build_message
from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import Alert, parse_alert
from ingest_falco.alert.redact import AlertRedactor
from ingest_falco.clouds.part import Reason
from ingest_falco.conditions import Condition, Conditions
from ingest_falco.errors import AlertFailed, IngestError, MalformedAlert, SpoolRefused
from ingest_falco.metrics import (
    AUDIT_LAG_SECONDS,
    FAILED,
    MISSING_FIELDS,
    OMITTED,
    PUBLISH_SECONDS,
    SHORTENED,
    UNDECODABLE,
)
from ingest_falco.spool.ledger import Ledger
from ingest_falco.spool.routing import Route
from ingest_falco.spool.spool import Spool
from ingest_falco.throttle import Labels, Throttle
from tfdrift.bus import BusError
from tfdrift.envelope import canonical_json

_WARN_SECONDS: Final = 60.0
# Whoever may post can invent sources; each would make a series.
_MAX_SOURCES: Final = 20

Reader = Callable[[bytes], Normalised]


def read_alert(body: bytes) -> Normalised:
    """The ledger's view of the Falco alert in a body.

    Raises:
        MalformedAlert: it is no Falco alert.
    """
    return normalise(parse_alert(body))


class Outcome(StrEnum):
    """The result for an alert that was taken."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SPOOLED = "spooled"
    IGNORED = "ignored"


class Intake:
    """Takes alerts, one call each, any number at a time."""

    def __init__(
        self, ledger: Ledger, spool: Spool, conditions: Conditions, log: Any, redactor: AlertRedactor | None = None
    ) -> None:
        self._redactor = redactor or AlertRedactor()
        self._ledger = ledger
        self._spool = spool
        self._conditions = conditions
        self._warnings = Throttle(_WARN_SECONDS)
        self._sources = Labels(_MAX_SOURCES)
        self._shortened = 0
        self._log = log

    async def take(self, body: bytes, traceparent: str | None, read: Reader = read_alert) -> Outcome:
        """Store the alert in `body` where it survives a crash.

        Args:
            read: makes the ledger's view of it.

        Raises:
            MalformedAlert, AlertTooLarge: it can never be taken.
            AlertFailed: it raised an error that nobody expected; it is a dead letter now.
            SpoolRefused: NATS is away, and the spool has no room or no disk.
        """
        received = datetime.now(UTC)
        try:
            normalised = self._redactor.redacted(read(body))
            message = build_message(normalised, received=received, traceparent=traceparent)
        except IngestError:
            raise
        except Exception as error:
            raise await self._failed(body, received, error) from error
        return await self._keep(normalised, message, received)

    async def take_entries(self, log: AuditLog, body: bytes, traceparent: str | None) -> Counter[Outcome]:
        """Store every entry of an audit log in `body` that may have changed something; returns the results.

        The sender tries again where this raises, and the entries that were stored are recognised then.

        Raises:
            MalformedAlert, AlertTooLarge, AlertFailed, SpoolRefused: as `take`; the other entries are stored.
        """
        received = datetime.now(UTC)
        entries = list(alerts(log, body, received))
        taken = [self._take_entry(entry, received, traceparent) for entry in entries]
        results = await asyncio.gather(*taken, return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            raise failures[0]
        if entries and not any(results):
            raise MalformedAlert(f"the body has no entry of the {log.name}")
        return Counter(result for result in results if isinstance(result, Outcome))

    async def _take_entry(self, alert: Alert, received: datetime, traceparent: str | None) -> Outcome | None:
        """Store one entry; None where it is no entry of such a log."""
        try:
            normalised = self._redactor.redacted(normalise(alert))
            if normalised.event.event_name is None:
                return None
            if normalised.event.read_only:
                return Outcome.IGNORED
            message = build_message(normalised, received=received, traceparent=traceparent)
        except IngestError:
            raise
        except Exception as error:
            raise await self._failed(canonical_json(dict(alert.document)), received, error) from error
        return await self._keep(normalised, message, received)

    async def _keep(self, normalised: Normalised, message: LedgerMessage, received: datetime) -> Outcome:
        self._note_missing(normalised)
        self._note_losses(normalised, message)
        outcome = await self._store(message)
        if normalised.occurred is not None and outcome is not Outcome.DUPLICATE:
            AUDIT_LAG_SECONDS.observe(max(0.0, (received - normalised.occurred).total_seconds()))
        return outcome

    async def _store(self, message: LedgerMessage) -> Outcome:
        if await self._spool.route(lambda: self._ledger.connected) is Route.LEDGER:
            try:
                return await self._publish(message)
            except BusError as error:
                self._log.warning("alert_not_published", message_id=message.message_id, reason=str(error))
        elif self._spool.empty:
            self._log.warning("spooling", reason="NATS is away")
        try:
            return Outcome.SPOOLED if await self._spool.append(message) else Outcome.DUPLICATE
        except SpoolRefused:
            if not self._ledger.connected:
                raise
            # Out of order is better than lost: Falco does not send an alert again.
            return await self._past_the_spool(message)

    async def _publish(self, message: LedgerMessage) -> Outcome:
        began = perf_counter()
        try:
            ack = await self._ledger.publish(message)
        finally:
            PUBLISH_SECONDS.observe(perf_counter() - began)
        return Outcome.DUPLICATE if ack.duplicate else Outcome.ACCEPTED

    async def _past_the_spool(self, message: LedgerMessage) -> Outcome:
        try:
            return await self._publish(message)
        except BusError as error:
            raise SpoolRefused(f"neither the spool nor the ledger takes the alert: {error}") from error

    async def _failed(self, body: bytes, received: datetime, error: Exception) -> AlertFailed:
        """Count, log and dead-letter an alert that raised an unexpected error."""
        FAILED.labels("intake").inc()
        letter, reason = dead_letter_of(body, received), place_of(error)
        self._log.error("alert_failed", message_id=letter.message_id, reason=reason)
        try:
            await self._ledger.dead_letter(letter, reason)
        except BusError as refused:
            self._log.warning("dead_letter_refused", message_id=letter.message_id, reason=str(refused))
        return AlertFailed("the alert raised an unexpected error; it is in the log and among the dead letters")

    def _note_missing(self, normalised: Normalised) -> None:
        source = normalised.event.source
        for field in normalised.missing_fields:
            MISSING_FIELDS.labels(self._sources.label(source), field).inc()
            sentence = f"Falco sends no {field} for {source}: see deploy/falco"
            self._conditions.begin(Condition.MISSING_FIELDS, sentence)
            if self._warnings.due((source, field)):
                self._log.warning("field_missing", source=source, field=field, remedy="see deploy/falco")

    def _note_losses(self, normalised: Normalised, message: LedgerMessage) -> None:
        if not normalised.gaps and not message.omitted:
            return
        for gap in normalised.gaps:
            if gap.reason is Reason.UNDECODABLE:
                UNDECODABLE.labels(gap.part).inc()
        if any(gap.reason is Reason.SHORTENED for gap in normalised.gaps):
            SHORTENED.inc()
            self._shortened += 1
            self._conditions.begin(
                Condition.SHORTENED,
                f"falcosidekick shortens fields over 512 bytes, so values of large calls are unknown ({self._shortened}"
                " alerts since the start)."
                " Let Falco post to ingest-falco directly, and set TFDRIFT_RELAY_URL to falcosidekick",
            )
        for part in message.omitted:
            OMITTED.labels(part).inc()
        self._log.warning(
            "call_incomplete",
            event_id=normalised.event.event_id,
            reasons=[str(gap) for gap in normalised.gaps],
            omitted=message.omitted,
        )
