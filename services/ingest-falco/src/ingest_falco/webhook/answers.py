"""Decides what the webhook answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ingest_falco.errors import AlertFailed, AlertTooLarge, IngestError, MalformedAlert, SpoolRefused
from ingest_falco.webhook.authentication import Refusal

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


_SHOW: Final = (
    "a token as 'Authorization: Bearer …' or as the password of any user, a signature or a client certificate"
)
_FORBIDDEN: Final = {
    Refusal.NETWORK: "alerts are not taken from this address (TFDRIFT_WEBHOOK_ALLOWED_NETWORKS)",
    Refusal.SNS: "it is no signed message of a topic that TFDRIFT_SNS_TOPICS allows",
}
_UNAUTHORISED: Final = {
    Refusal.MISSING: "send the token as 'Authorization: Bearer …' or as the password of any user, a signature in"
    " X-Signature-256, or a client certificate: whichever of them this service is configured for",
    Refusal.TOKEN: "the token is wrong",
    Refusal.SIGNATURE: "the signature is not that of this body",
}


def refused(reason: Refusal) -> Answer:
    """The answer to a sender that may not post."""
    if reason in _FORBIDDEN:
        return Answer(403, "forbidden", _FORBIDDEN[reason])
    return Answer(401, "unauthorised", _UNAUTHORISED[reason], {"WWW-Authenticate": 'Bearer, Basic realm="tfdrift"'})


def rejection(error: IngestError) -> Answer:
    """The answer to an alert that failed with `error`."""
    match error:
        case MalformedAlert():
            return Answer(400, "malformed", str(error))
        case AlertTooLarge():
            return Answer(413, "too_large", str(error))
        case AlertFailed():
            return Answer(500, "failed", str(error))
        case SpoolRefused():
            return Answer(503, "refused", str(error), {"Retry-After": str(_RETRY_AFTER_SECONDS)})
    raise AssertionError(f"{type(error).__name__} has no answer")
