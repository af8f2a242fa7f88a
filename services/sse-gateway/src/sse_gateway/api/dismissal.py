"""Dismisses a drift, or undoes that: writes the next version of its record and publishes it.

The drift is the detector's record in ``tfdrift_drifts``, and is written as the detector writes it, through
`tfdrift.outbox`. So a dismissal reaches every client, once and in order, and may be repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import structlog

from sse_gateway.access.authorize import OPEN
from sse_gateway.access.scope import Grant
from sse_gateway.drifts.collection import Drifts
from sse_gateway.drifts.dismissal import dismissed, expired, undone
from sse_gateway.errors import Refused
from sse_gateway.metrics import DISMISSED, UNREADABLE
from sse_gateway.problem import Problem
from tfdrift.bus import Bus, BusError, Conflict
from tfdrift.events import Dismissal, Drift
from tfdrift.outbox import Outbox, StoredRecord, next_version
from tfdrift.records import DRIFTS_BUCKET

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
    drift, changed = await _change(bus, identifier, grant, dismissal.at, lambda drift: dismissed(drift, dismissal))
    if changed:
        DISMISSED.inc()
        _log().info("drift_dismissed", id=identifier, by=dismissal.by, reason=dismissal.reason)
    return drift


async def undo(bus: Bus, identifier: str, by: str | None, now: datetime, grant: Grant) -> Drift:
    """Undo a dismissal and publish that; an open drift stays as it is. Returns the drift.

    Raises:
        Refused: there is no such drift that may be seen (404), or it was not dismissed here (409).
        tfdrift.bus.BusError: NATS went away; repeat the request.
    """
    drift, changed = await _change(bus, identifier, grant, now, lambda drift: undone(drift, by, now))
    if changed:
        _log().info("dismissal_undone", id=identifier, by=by)
    return drift


async def open_expired(bus: Bus, drifts: Drifts, now: datetime) -> None:
    """Open the drifts again whose dismissal has expired; those that fail are tried again the next time."""
    for identifier in drifts.expired(now):
        try:
            _, changed = await _change(bus, identifier, OPEN, now, lambda drift: expired(drift, now))
        except (BusError, Refused, ValueError) as error:
            _log().warning("dismissal_not_ended", id=identifier, reason=str(error))
        else:
            if changed:
                _log().info("dismissal_expired", id=identifier)


async def _change(
    bus: Bus, identifier: str, grant: Grant, now: datetime, decide: Callable[[Drift], Drift]
) -> tuple[Drift, bool]:
    """Write what ``decide`` makes of a drift; returns the drift, and whether it was changed."""
    outbox = Outbox(bus)
    for _ in range(_ATTEMPTS):
        stored = await _read(outbox, identifier) if _ID.fullmatch(identifier) else None
        if stored is None or not _visible(stored.record.drift, grant):
            raise Refused(Problem(HTTPStatus.NOT_FOUND, f"There is no drift {identifier!r}."))
        try:
            stored = await outbox.publish(identifier, stored)
            drift = decide(stored.record.drift)
            if drift == stored.record.drift:
                return drift, False
            await outbox.write(identifier, stored, next_version(stored, drift, received=now, occurred=None))
        except Conflict:
            continue  # another writer was faster; decide again
        return drift, True
    raise Refused(
        Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"Drift {identifier!r} changes all the time.", retry_after_seconds=2)
    )


async def _read(outbox: Outbox, identifier: str) -> StoredRecord | None:
    """Returns the record of a drift; None for a value that is not a record, which lists do not show either."""
    try:
        return await outbox.read(identifier)
    except ValueError:
        UNREADABLE.labels(DRIFTS_BUCKET).inc()
        return None


def _log() -> Any:
    return structlog.get_logger()


def _visible(drift: Drift, grant: Grant) -> bool:
    return grant.scope.allows(str(drift.subject()), drift.workspace)
