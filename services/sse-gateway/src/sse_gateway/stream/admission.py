"""Limits how many streams are open: in all, from one address and with one token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from sse_gateway.errors import Refused
from sse_gateway.problem import Problem

_RETRY_AFTER_SECONDS: Final = 5

_ADDRESS: Final = "address"
_TOKEN: Final = "token"  # noqa: S105 - the name of a kind

# What a stream is counted under: its address, and its token if it has one.
_Whose = tuple[tuple[str, str], ...]


class Place:
    """A place of one open stream, until it is released."""

    __slots__ = ("_admission", "_whose")

    def __init__(self, whose: _Whose, admission: Admission) -> None:
        self._whose = whose
        self._admission: Admission | None = admission

    @property
    def address(self) -> str:
        """The address that it is counted under."""
        return self._whose[0][1]

    def release(self) -> None:
        """Free the place; a second call does nothing."""
        if self._admission is not None:
            self._admission.release(self._whose)
            self._admission = None


class Admission:
    """Counts the open streams and refuses one too many.

    Attributes:
        open: how many streams this process has open.
    """

    def __init__(
        self,
        max_clients: int,
        max_clients_per_address: int,
        max_clients_per_token: int,
        retry_after_seconds: Callable[[], int] = lambda: _RETRY_AFTER_SECONDS,
    ) -> None:
        """``retry_after_seconds`` chooses when a refused client may try again."""
        self._max_clients = max_clients
        self._max_of = {_ADDRESS: max_clients_per_address, _TOKEN: max_clients_per_token}
        self._open_of: Counter[tuple[str, str]] = Counter()
        self._shared: dict[_Whose, _Whose] = {}
        self._retry_after_seconds = retry_after_seconds
        self._closed = False
        self.open = 0

    def close(self) -> None:
        """Refuse every further stream, because this process is going away."""
        self._closed = True

    def admit(self, address: str, token: str | None) -> Place:
        """Returns a place for one stream; `token` names its token, None is for none.

        Raises:
            Refused: there is no place.
        """
        if self._closed:
            self._refuse("draining", HTTPStatus.SERVICE_UNAVAILABLE, "This gateway is shutting down; connect again.")
        if self.open >= self._max_clients:
            detail = f"All {self._max_clients} places are taken (TFDRIFT_MAX_CLIENTS)."
            self._refuse("max_clients", HTTPStatus.SERVICE_UNAVAILABLE, detail)
        whose = self._whose_of(address, token)
        for kind, who in whose:
            most = self._max_of[kind]
            if self._open_of[kind, who] >= most:
                detail = f"All {most} places of one {kind} are taken (TFDRIFT_MAX_CLIENTS_PER_{kind.upper()})."
                self._refuse(f"max_clients_per_{kind}", HTTPStatus.TOO_MANY_REQUESTS, detail)
        self._count(1, whose)
        return Place(whose, self)

    def _whose_of(self, address: str, token: str | None) -> _Whose:
        """Returns what a stream is counted under; equal ones are one object, since there may be many streams."""
        whose: _Whose = ((_ADDRESS, address),) + (((_TOKEN, token),) if token is not None else ())
        return self._shared.setdefault(whose, whose)

    def release(self, whose: _Whose) -> None:
        """Free a place; `Place.release` calls this once."""
        self._count(-1, whose)
        if not self._open_of[whose[0]]:
            self._shared.pop(whose, None)

    def _count(self, change: int, whose: _Whose) -> None:
        self.open += change
        for one in whose:
            self._open_of[one] += change
            if not self._open_of[one]:
                del self._open_of[one]

    def _refuse(self, reason: str, status: HTTPStatus, detail: str) -> None:
        raise Refused(Problem(status, detail, retry_after_seconds=self._retry_after_seconds()), reason)
