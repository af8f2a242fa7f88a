"""Dismisses a drift: writes the next version of its record and publishes it.

The drift is the detector's record in ``tfdrift_drifts``, and is written as the detector writes it: by compare-and-set,
with the next version, then published to the ledger under an id that JetStream deduplicates, then marked as published.
A writer that is interrupted in between leaves a version that the next writer publishes first. So a dismissal reaches
every client, once and in order, and may be repeated.
"""

from __future__ import annotations

import re
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import structlog

from sse_gateway.access.scope import Grant
from sse_gateway.drifts.dismissal import Dismissal, dismissed
from sse_gateway.errors import Refused
from sse_gateway.metrics import DISMISSED
from sse_gateway.problem import Problem
from tfdrift.bus import Bus, Conflict
from tfdrift.events import Drift, DriftStatus, Resolution
from tfdrift.records import DRIFTS_BUCKET, DriftRecord

# The characters of a bucket key without its separator, so a path names a drift and nothing else.
_ID: Final = re.compile(r"[A-Za-z0-9_=-]{1,128}")
# More conflicts than this mean that another writer does nothing but write this drift.
_ATTEMPTS: Final = 20


async def dismiss(bus: Bus, identifier: str, dismissal: Dismissal, grant: Grant) -> Drift:
    """Dismiss a drift and publish that; a dismissed one stays as it is. Returns the drift.

    Raises:
        Refused: there is no such drift that may be seen (404), or it was resolved otherwise (409).
        tfdrift.bus.BusError: NATS went away; repeat the request.
    """
    bucket = bus.bucket(DRIFTS_BUCKET)
    for _ in range(_ATTEMPTS):
        entry = await bucket.get(identifier) if _ID.fullmatch(identifier) else None
        record = DriftRecord.model_validate_json(entry.value) if entry is not None and entry.value else None
        if entry is None or record is None or not _visible(record.drift, grant):
            raise Refused(Problem(HTTPStatus.NOT_FOUND, f"There is no drift {identifier!r}."))
        try:
            revision = await _published(bus, identifier, record, entry.revision)
            if record.drift.resolution is Resolution.DISMISSED:
                return record.drift
            if record.drift.status is DriftStatus.RESOLVED:
                detail = f"Drift {identifier!r} was resolved already: {record.drift.resolution}."
                raise Refused(Problem(HTTPStatus.CONFLICT, detail))
            written = dismissed(record, dismissal)
            revision = await bucket.update(identifier, written.encode(), revision)
        except Conflict:
            continue  # another writer was faster; decide again
        DISMISSED.inc()
        structlog.get_logger().info("drift_dismissed", id=identifier, by=dismissal.by, reason=dismissal.reason)
        await _marked(bus, identifier, written, revision)
        return written.drift
    raise Refused(
        Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"Drift {identifier!r} changes all the time.", retry_after_seconds=2)
    )


async def _marked(bus: Bus, identifier: str, record: DriftRecord, revision: int) -> None:
    with suppress(Conflict):  # another writer marked it, or wrote the next version
        await _published(bus, identifier, record, revision)


async def _published(bus: Bus, identifier: str, record: DriftRecord, revision: int) -> int:
    """Publish a version that the ledger does not have yet, and mark it; returns the stored revision after that.

    Raises:
        Conflict: it was published, and another writer marked it, or wrote the next version.
    """
    if record.published >= record.version:
        return revision
    await bus.publish_event(record.drift, record.envelope())
    marked = record.model_copy(update={"published": record.version})
    return await bus.bucket(DRIFTS_BUCKET).update(identifier, marked.encode(), revision)


def _visible(drift: Drift, grant: Grant) -> bool:
    return grant.scope.allows(str(drift.subject()), drift.workspace)
