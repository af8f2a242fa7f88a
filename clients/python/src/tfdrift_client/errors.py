"""The client's errors.

ClientError
├── Refused: the gateway refuses the request; repeating it would not help
└── Missed: events between the last one seen and the oldest one left are gone
"""

from __future__ import annotations

import httpx


class ClientError(Exception):
    """The root of the client's errors."""


class Refused(ClientError):  # noqa: N818 - the name is the condition
    """The gateway refuses a request.

    Attributes:
        status: the HTTP status, such as 401 for a wrong token or 400 for an unknown filter.
        detail: the gateway's own sentence on it.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail

    @classmethod
    def of(cls, response: httpx.Response) -> Refused:
        """Returns the error of an answer, which is a problem document (RFC 9457) or a proxy's page."""
        try:
            detail = str(response.json()["detail"])
        except (ValueError, KeyError, TypeError):
            detail = response.reason_phrase
        return cls(response.status_code, detail)


class Missed(ClientError):  # noqa: N818 - the name is the condition
    """The ledger no longer reaches back to the last event seen.

    Attributes:
        reason: ``expired``, ``epoch`` or ``invalid``, as the event ``reset`` gives it.
        oldest: the id before the oldest event that is left; `Client.stream` can go on from it.
    """

    def __init__(self, reason: str, oldest: str) -> None:
        super().__init__(f"events before {oldest} may have been missed ({reason})")
        self.reason = reason
        self.oldest = oldest
