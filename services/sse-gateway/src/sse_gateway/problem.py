"""Problem documents (RFC 9457): every refusal of this service has this form."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import orjson

CONTENT_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal.

    Attributes:
        status: the HTTP status.
        detail: one sentence that says what is wrong and what to do.
        parameter: the query parameter at fault.
        allowed: the values of that parameter, or the parameters of the query, that are allowed.
        retry_after_seconds: becomes the ``Retry-After`` header.
        allow: the methods of the ``Allow`` header.
        challenge: becomes the ``WWW-Authenticate`` header.
    """

    status: HTTPStatus
    detail: str
    parameter: str | None = None
    allowed: tuple[str, ...] = ()
    retry_after_seconds: int | None = None
    allow: tuple[str, ...] = ()
    challenge: str | None = None

    def body(self) -> bytes:
        """The document; ``type`` is ``about:blank``, so ``title`` is the status's phrase (RFC 9457 section 4.2.1)."""
        members: dict[str, object] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
        }
        if self.parameter is not None:
            members["parameter"] = self.parameter
        if self.allowed:
            members["allowed"] = self.allowed
        return orjson.dumps(members)

    def headers(self) -> dict[str, str]:
        """The headers that belong to the status (RFC 9110 sections 10.2.1, 10.2.3 and 11.6.1)."""
        headers: dict[str, str] = {}
        if self.retry_after_seconds is not None:
            headers["Retry-After"] = str(self.retry_after_seconds)
        if self.allow:
            headers["Allow"] = ", ".join(self.allow)
        if self.challenge is not None:
            headers["WWW-Authenticate"] = self.challenge
        return headers
