"""Moves alerts from the spool to the ledger, in the order of arrival, once NATS is back."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from ingest_falco.alert.message import LedgerMessage
from ingest_falco.errors import SpoolRefused
from ingest_falco.metrics import SPOOL_DEAD, SPOOL_FORWARDED
from ingest_falco.spool.file import SpooledAlert
from ingest_falco.spool.spool import Spool
from tfdrift.bus import Bus, BusError, Rejected
from tfdrift.envelope import MSG_ID, header_text
from tfdrift.subjects import DEAD_PREFIX

_RETRY_SECONDS: Final = 1.0

DEAD_SUBJECT: Final = f"{DEAD_PREFIX}.ingest-falco"
REASON: Final = "Tfdrift-Reason"
SUBJECT: Final = "Tfdrift-Subject"


async def forward(spool: Spool, bus: Bus, log: Any) -> None:
    """Move the alerts of the spool to the ledger, until cancelled.

    An alert leaves the spool after its acknowledgement; a crash in between sends it twice under one message id,
    which JetStream deduplicates.
    """
    while True:
        spool.hold_back(connected=bus.connected)
        await spool.filled()
        await bus.wait_connected()
        batch = await spool.oldest()
        spool.hold_back(connected=bus.connected, moving=len(batch))
        if not batch:  # the rest is still on its way to the disk
            await asyncio.sleep(0.01)
        elif not await _move(spool, bus, batch, log):
            spool.hold_back(connected=bus.connected, failed=True)
            await asyncio.sleep(_RETRY_SECONDS)


async def _move(spool: Spool, bus: Bus, batch: list[SpooledAlert], log: Any) -> bool:
    """Whether the whole batch is on the ledger and has left the spool."""
    published = await _publish_in_order(bus, batch, log)
    if published:
        try:
            await spool.remove(batch[:published])
        except SpoolRefused as error:
            log.exception("spool_not_emptied", reason=str(error))
            return False
        SPOOL_FORWARDED.inc(published)
        log.info("spool_forwarded", alerts=published, empty=spool.empty)
    return published == len(batch)


async def _publish_in_order(bus: Bus, batch: list[SpooledAlert], log: Any) -> int:
    """The number of stored alerts at the head of the batch; all are sent in order, and their acks awaited together."""
    results = await asyncio.gather(*(_publish(bus, alert.message, log) for alert in batch))
    return results.index(False) if False in results else len(results)


async def _publish(bus: Bus, message: LedgerMessage, log: Any) -> bool:
    try:
        await bus.publish(message.subject, message.payload, message.headers)
    except Rejected as error:
        return await _dead_letter(bus, message, str(error), log)
    except BusError as error:
        log.warning("spool_waits", message_id=message.message_id, reason=str(error))
        return False
    return True


async def _dead_letter(bus: Bus, message: LedgerMessage, reason: str, log: Any) -> bool:
    """Dead-letter a message that the ledger will never take, so that it does not delay the others."""
    # The same dedupe id in another stream is another message; the call is left out, since its size may be the cause.
    headers = {MSG_ID: message.headers[MSG_ID], REASON: header_text(reason), SUBJECT: message.subject}
    try:
        await bus.publish(DEAD_SUBJECT, message.payload, headers)
    except BusError as error:
        log.warning("dead_letter_refused", message_id=message.message_id, reason=str(error))
        return False
    SPOOL_DEAD.inc()
    log.error("alert_dead_lettered", message_id=message.message_id, reason=reason)
    return True
