"""Dismisses a drift: writes the next version of its record and publishes it.

The drift is the detector's record in ``tfdrift_drifts``, and is written as the detector writes it, through
`tfdrift.outbox`. So a dismissal reaches every client, once and in order, and may be repeated.
"""

from __future__ import annotations

import re
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
from tfdrift.outbox import Outbox, next_version

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
    outbox = Outbox(bus)
    for _ in range(_ATTEMPTS):
        stored = await outbox.read(identifier) if _ID.fullmatch(identifier) else None
        if stored is None or not _visible(stored.record.drift, grant):
            raise Refused(Problem(HTTPStatus.NOT_FOUND, f"There is no drift {identifier!r}."))
        try:
            stored = await outbox.publish(identifier, stored)
            drift = stored.record.drift
            if drift.resolution is Resolution.DISMISSED:
                return drift
            if drift.status is DriftStatus.RESOLVED:
                detail = f"Drift {identifier!r} was resolved already: {drift.resolution}."
                raise Refused(Problem(HTTPStatus.CONFLICT, detail))
            following = next_version(stored, dismissed(drift, dismissal), received=dismissal.at, occurred=None)
            await outbox.write(identifier, stored, following)
        except Conflict:
            continue  # another writer was faster; decide again
        DISMISSED.inc()
        structlog.get_logger().info("drift_dismissed", id=identifier, by=dismissal.by, reason=dismissal.reason)
        return following.drift
    raise Refused(
        Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"Drift {identifier!r} changes all the time.", retry_after_seconds=2)
    )


def _visible(drift: Drift, grant: Grant) -> bool:
    return grant.scope.allows(str(drift.subject()), drift.workspace)
