"""Decides what the webhook answers, and who may send."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ingest_falco.errors import AlertTooLarge, IngestError, MalformedAlert, SpoolRefused

_RETRY_AFTER_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an alert that was not taken.

    Attributes:
        outcome: the label that it is counted under.
        text: the reason, in words for the sender.
    """

    status: int
    outcome: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


UNAUTHORISED: Final = Answer(
    401, "unauthorised", "send the token as 'Authorization: Bearer …'", {"WWW-Authenticate": "Bearer"}
)


def may_send(authorization: str, token: bytes | None) -> bool:
    """Whether the ``Authorization`` header shows the token; without a token everybody may send."""
    if token is None:
        return True
    scheme, _, shown = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode("utf-8", "surrogateescape"), token)


def rejection(error: IngestError) -> Answer:
    """The answer to an alert that failed with `error`."""
    match error:
        case MalformedAlert():
            return Answer(400, "malformed", str(error))
        case AlertTooLarge():
            return Answer(413, "too_large", str(error))
        case SpoolRefused():
            return Answer(503, "refused", str(error), {"Retry-After": str(_RETRY_AFTER_SECONDS)})
    raise AssertionError(f"{type(error).__name__} has no answer")
