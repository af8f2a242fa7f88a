"""Decides what a dismissal makes of a drift: its next version, with a step of its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

import orjson

from sse_gateway.errors import Refused
from sse_gateway.problem import Problem
from tfdrift.events import Drift, DriftStatus, HistoryEntry, Resolution, UserIdentity

IDENTITY_TYPE: Final = "TFDriftToken"
MAX_REASON: Final = 1000


@dataclass(frozen=True, slots=True)
class Dismissal:
    """Who dismisses a drift (None where no token is needed), and the reason."""

    by: str | None
    reason: str | None
    at: datetime


def parse_reason(body: bytes) -> str | None:
    """Returns the reason in a request's body, ``{"reason": "…"}``; None for an empty body.

    Raises:
        Refused: the body is something else.
    """
    if not body.strip():
        return None
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _bad("The body is not JSON.") from None
    if not isinstance(members, dict) or members.keys() - {"reason"}:
        raise _bad('The body must be an object with at most the member "reason".')
    reason = members.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise _bad("The reason is not a text.")
    if reason is not None and len(reason) > MAX_REASON:
        raise _bad(f"The reason has more than {MAX_REASON} characters.")
    return reason or None


def dismissed(drift: Drift, dismissal: Dismissal) -> Drift:
    """Returns the drift as it is once dismissed, with that step in its history."""
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


def _bad(detail: str) -> Refused:
    return Refused(Problem(HTTPStatus.BAD_REQUEST, detail))
