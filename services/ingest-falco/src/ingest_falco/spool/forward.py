"""Moves alerts from the spool to the ledger, in the order of arrival, once NATS is back."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from ingest_falco.alert.dead_letter import place_of
from ingest_falco.alert.message import LedgerMessage
from ingest_falco.errors import AlertTooLarge, SpoolRefused
from ingest_falco.metrics import FAILED, SPOOL_DEAD, SPOOL_FORWARDED
from ingest_falco.spool.ledger import Ledger
from ingest_falco.spool.rows import SpooledAlert
from ingest_falco.spool.spool import Spool
from tfdrift.bus import BusError, Rejected

_RETRY_SECONDS: Final = 1.0


async def forward(spool: Spool, ledger: Ledger, log: Any) -> None:
    """Move the alerts of the spool to the ledger, until cancelled.

    An alert leaves the spool after its acknowledgement; a crash in between sends it twice under one message id,
    which JetStream deduplicates.
    """
    while True:
        spool.hold_back(connected=ledger.connected)
        await spool.filled()
        await ledger.wait_connected()
        batch: list[SpooledAlert] = []
        published = 0
        try:
            batch = await spool.oldest()
            spool.hold_back(connected=ledger.connected, moving=len(batch))
            if not batch:  # the rest is still on its way to the disk
                await asyncio.sleep(0.01)
                continue
            published = await _publish_in_order(ledger, batch, log)
            if published:
                await spool.remove(batch[:published])
                SPOOL_FORWARDED.inc(published)
                log.info("spool_forwarded", alerts=published, empty=spool.empty)
        except SpoolRefused as error:
            log.exception("spool_unreadable", reason=str(error))
        if published < len(batch) or not published:
            spool.hold_back(connected=ledger.connected, failed=True)
            await asyncio.sleep(_RETRY_SECONDS)


async def _publish_in_order(ledger: Ledger, batch: list[SpooledAlert], log: Any) -> int:
    """The number of stored alerts at the head of the batch; all are sent in order, and their acks awaited together."""
    results = await asyncio.gather(*(_publish(ledger, alert.message, log) for alert in batch))
    return results.index(False) if False in results else len(results)


async def _publish(ledger: Ledger, message: LedgerMessage, log: Any) -> bool:
    """Publish a message, or dead-letter it where the ledger will never take it; False to try again later."""
    try:
        try:
            await ledger.publish(message)
        except (Rejected, AlertTooLarge) as error:
            await ledger.dead_letter(message, str(error))
            SPOOL_DEAD.inc()
        except BusError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect concerns this alert; the others go on
            FAILED.labels("forward").inc()
            await ledger.dead_letter(message, place_of(error))
            SPOOL_DEAD.inc()
    except BusError as error:
        log.warning("spool_waits", message_id=message.message_id, reason=str(error))
        return False
    return True
