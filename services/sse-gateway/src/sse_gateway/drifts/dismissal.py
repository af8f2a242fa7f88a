"""Decides what a dismissal makes of a drift, and what its end does: the next version, with a step of its history."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import orjson

from sse_gateway.errors import Refused
from sse_gateway.fanout.since import parse_duration
from sse_gateway.problem import Problem
from tfdrift.envelope import parse_rfc3339
from tfdrift.events import Dismissal, Drift, DriftStatus, HistoryEntry, Resolution, UserIdentity

IDENTITY_TYPE: Final = "TFDriftToken"
MAX_REASON: Final = 1000
_MEMBERS: Final = frozenset({"reason", "until"})


def parse_dismissal(body: bytes, by: str | None, now: datetime) -> Dismissal:
    """Returns the dismissal in a request's body, ``{"reason": "…", "until": "…"}``, each member optional.

    Args:
        by: the name of the request's token; None if none is needed.

    Raises:
        Refused: the body is something else, or ``until`` is not in the future.
    """
    members = _object(body)
    reason, until = members.get("reason"), members.get("until")
    if reason is not None and not isinstance(reason, str):
        raise _bad("The reason is not a text.")
    if reason is not None and len(reason) > MAX_REASON:
        raise _bad(f"The reason has more than {MAX_REASON} characters.")
    return Dismissal(by=by, reason=reason or None, until=_until(until, now) if until is not None else None, at=now)


def dismissed(drift: Drift, dismissal: Dismissal) -> Drift:
    """Returns the drift as it is once dismissed.

    Raises:
        Refused: it was resolved otherwise (409).
    """
    if drift.resolution is Resolution.DISMISSED:
        return drift
    if drift.status is DriftStatus.RESOLVED:
        raise _conflict(f"Drift {drift.id!r} was resolved already: {drift.resolution}.")
    name = f"Dismiss: {dismissal.reason}" if dismissal.reason is not None else "Dismiss"
    step = _step(drift, DriftStatus.RESOLVED, Resolution.DISMISSED, dismissal.at, dismissal.by, name)
    return _changed(drift, step, dismissal)


def undone(drift: Drift, by: str | None, at: datetime) -> Drift:
    """Returns the drift as it is once its dismissal is undone.

    Raises:
        Refused: it is resolved, but nobody dismissed it here (409).
    """
    if drift.status is DriftStatus.OPEN:
        return drift
    if drift.resolution is not Resolution.DISMISSED or drift.dismissal is None:
        raise _conflict(f"Drift {drift.id!r} was not dismissed here: {drift.resolution}.")
    return _changed(drift, _step(drift, DriftStatus.OPEN, None, at, by, "Undo dismissal"), None)


def expired(drift: Drift, now: datetime) -> Drift:
    """Returns the drift as it is once its dismissal has expired; unchanged if it has not."""
    dismissal = drift.dismissal
    if drift.resolution is not Resolution.DISMISSED or dismissal is None or dismissal.until is None:
        return drift
    if dismissal.until > now:
        return drift
    return _changed(drift, _step(drift, DriftStatus.OPEN, None, now, None, "Dismissal expired"), None)


def _step(
    drift: Drift, status: DriftStatus, resolution: Resolution | None, at: datetime, by: str | None, name: str
) -> HistoryEntry:
    return HistoryEntry(
        timestamp=at,
        status=status,
        resolution=resolution,
        old_value=drift.old_value,
        new_value=drift.new_value,
        user_identity=UserIdentity(type=IDENTITY_TYPE, user_name=by) if by is not None else None,
        event_name=name,
    )


def _changed(drift: Drift, step: HistoryEntry, dismissal: Dismissal | None) -> Drift:
    changes = {
        "status": step.status,
        "resolution": step.resolution,
        "dismissal": dismissal,
        "history": (*drift.history, step),
    }
    return drift.model_copy(update=changes)


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _bad("The body is not JSON.") from None
    if not isinstance(members, dict) or members.keys() - _MEMBERS:
        raise _bad('The body must be an object with at most the members "reason" and "until".')
    return members


def _until(until: object, now: datetime) -> datetime:
    if isinstance(until, str):
        try:
            duration = parse_duration(until)
            moment = now + duration if duration is not None else parse_rfc3339(until)
        except (ValueError, OverflowError):
            moment = now
        if moment > now:
            return moment
    raise _bad("until is neither a time in the future such as 2030-01-15T10:00:00Z nor a duration such as 7d.")


def _bad(detail: str) -> Refused:
    return Refused(Problem(HTTPStatus.BAD_REQUEST, detail))


def _conflict(detail: str) -> Refused:
    return Refused(Problem(HTTPStatus.CONFLICT, detail))
