"""Dismissing a drift: somebody has looked at it and wants to hear no more of it.

The drift is the detector's record in ``tfdrift_drifts``, and is written as the detector writes it, through
`tfdrift.outbox`. So a dismissal reaches every client, once and in order, and is tried again without harm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

import orjson
import structlog

from sse_gateway.access.scope import Grant
from sse_gateway.errors import Refused
from sse_gateway.metrics import DISMISSED
from sse_gateway.problem import Problem
from tfdrift.bus import Bus, Conflict
from tfdrift.events import Drift, DriftStatus, HistoryEntry, Resolution, UserIdentity
from tfdrift.outbox import Outbox, next_version

IDENTITY_TYPE: Final = "TFDriftToken"
MAX_REASON: Final = 1000

# What a key of a bucket may hold, and no separator, so that a path can name a drift and nothing else.
_ID: Final = re.compile(r"[A-Za-z0-9_=-]{1,128}")
# Another writer that wins every time would be a detector that does nothing else.
_ATTEMPTS: Final = 20


@dataclass(frozen=True, slots=True)
class Dismissal:
    """Who dismisses (None where nobody is asked), and the reason that they give."""

    by: str | None
    reason: str | None
    at: datetime


def parse_reason(body: bytes) -> str | None:
    """The reason in a request's body, ``{"reason": "…"}``, or nothing at all.

    Raises:
        Refused: it is something else.
    """
    if not body.strip():
        return None
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _bad("The body is no JSON.") from None
    if not isinstance(members, dict) or members.keys() - {"reason"}:
        raise _bad('The body is no object with at most the member "reason".')
    reason = members.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise _bad("The reason is no text.")
    if reason is not None and len(reason) > MAX_REASON:
        raise _bad(f"The reason has more than {MAX_REASON} characters.")
    return reason or None


def dismissed(drift: Drift, dismissal: Dismissal) -> Drift:
    """The drift as it is once dismissed, with that step in its history."""
    step = HistoryEntry(
        timestamp=dismissal.at,
        status=DriftStatus.RESOLVED,
        resolution=Resolution.DISMISSED,
        old_value=drift.old_value,
        new_value=drift.new_value,
        user_identity=UserIdentity(type=IDENTITY_TYPE, user_name=dismissal.by) if dismissal.by is not None else None,
        event_name=f"Dismiss: {dismissal.reason}" if dismissal.reason is not None else "Dismiss",
    )
    resolved = {"status": DriftStatus.RESOLVED, "resolution": Resolution.DISMISSED, "history": (*drift.history, step)}
    return drift.model_copy(update=resolved)


async def dismiss(bus: Bus, identifier: str, dismissal: Dismissal, grant: Grant) -> Drift:
    """Dismiss a drift on the ledger, for every client; one that is dismissed already stays as it is.

    Raises:
        Refused: there is none that may be seen (404), or it has been resolved otherwise (409).
        tfdrift.bus.BusError: NATS went away; do it again.
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
            continue  # somebody else wrote it in between; decide anew
        DISMISSED.inc()
        structlog.get_logger().info("drift_dismissed", id=identifier, by=dismissal.by, reason=dismissal.reason)
        return following.drift
    raise Refused(
        Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"Drift {identifier!r} changes all the time.", retry_after_seconds=2)
    )


def _visible(drift: Drift, grant: Grant) -> bool:
    return grant.scope.allows(str(drift.subject()), drift.workspace)


def _bad(detail: str) -> Refused:
    return Refused(Problem(HTTPStatus.BAD_REQUEST, detail))
