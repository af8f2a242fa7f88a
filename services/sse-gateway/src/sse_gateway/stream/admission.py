"""Limits how many streams are open: in all, from one address and with one token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from sse_gateway.errors import Refused
from sse_gateway.problem import Problem
from sse_gateway.stream.elsewhere import Elsewhere

_RETRY_AFTER_SECONDS: Final = 5

_ADDRESS: Final = "address"
_TOKEN: Final = "token"  # noqa: S105 - the name of a kind


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
        elsewhere: Elsewhere | None = None,
        retry_after_seconds: Callable[[], int] = lambda: _RETRY_AFTER_SECONDS,
    ) -> None:
        """``retry_after_seconds`` chooses when a refused client may try again."""
        self._max_clients = max_clients
        self._max_of = {_ADDRESS: max_clients_per_address, _TOKEN: max_clients_per_token}
        self._open_of: Counter[tuple[str, str]] = Counter()
        self._elsewhere = elsewhere or Elsewhere()
        self._retry_after_seconds = retry_after_seconds
        self._closed = False
        self.open = 0

    @property
    def open_in_all(self) -> int:
        """How many this process and the other workers have."""
        return self.open + self._elsewhere.total()

    def close(self) -> None:
        """Refuse every further stream, because this process is going away."""
        self._closed = True

    @contextmanager
    def admitted(self, address: str, token: str | None) -> Iterator[None]:
        """Take a place for one stream while the context lasts; `token` names its token, None is for none.

        Raises:
            Refused: there is no place.
        """
        if self._closed:
            self._refuse("draining", HTTPStatus.SERVICE_UNAVAILABLE, "This gateway is shutting down; connect again.")
        if self.open_in_all >= self._max_clients:
            detail = f"All {self._max_clients} places are taken (TFDRIFT_MAX_CLIENTS)."
            self._refuse("max_clients", HTTPStatus.SERVICE_UNAVAILABLE, detail)
        whose = [(_ADDRESS, address)] + ([(_TOKEN, token)] if token is not None else [])
        for kind, who in whose:
            most = self._max_of[kind]
            if self._open_of[kind, who] + self._elsewhere.of(kind, who) >= most:
                detail = f"All {most} places of one {kind} are taken (TFDRIFT_MAX_CLIENTS_PER_{kind.upper()})."
                self._refuse(f"max_clients_per_{kind}", HTTPStatus.TOO_MANY_REQUESTS, detail)
        self._count(1, whose)
        try:
            yield
        finally:
            self._count(-1, whose)

    def _count(self, change: int, whose: list[tuple[str, str]]) -> None:
        self.open += change
        for one in whose:
            self._open_of[one] += change
            if not self._open_of[one]:
                del self._open_of[one]
        self._elsewhere.tell(change, whose)

    def _refuse(self, reason: str, status: HTTPStatus, detail: str) -> None:
        raise Refused(Problem(status, detail, retry_after_seconds=self._retry_after_seconds()), reason)
