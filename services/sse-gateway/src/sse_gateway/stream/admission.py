"""How many streams may be open, in all, from one address and with one token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from random import Random
from typing import Final

from sse_gateway.errors import Refused
from sse_gateway.metrics import CLIENTS, REFUSED
from sse_gateway.problem import Problem

_ADDRESS: Final = "address"
_TOKEN: Final = "token"  # noqa: S105 - the name of a kind


class Admission:
    """Counts the open streams; `close` refuses every further one.

    Attributes:
        open: how many this process has.
    """

    def __init__(self, max_clients: int, max_clients_per_address: int, max_clients_per_token: int) -> None:
        self._max_clients = max_clients
        self._max_of = {_ADDRESS: max_clients_per_address, _TOKEN: max_clients_per_token}
        self._open_of: Counter[tuple[str, str]] = Counter()
        self._random = Random()  # noqa: S311 - spreads reconnections, keeps no secret
        self._closed = False
        self.open = 0

    def close(self) -> None:
        """Refuse from now on, because this process is going away."""
        self._closed = True

    @contextmanager
    def admitted(self, address: str, token: str | None) -> Iterator[None]:
        """Hold a place for one stream; `token` names its token, None is for none.

        Raises:
            Refused: there is none.
        """
        if self._closed:
            self._refuse("draining", HTTPStatus.SERVICE_UNAVAILABLE, "This gateway is shutting down; connect again.")
        if self.open >= self._max_clients:
            detail = f"All {self._max_clients} places are taken (TFDRIFT_MAX_CLIENTS)."
            self._refuse("max_clients", HTTPStatus.SERVICE_UNAVAILABLE, detail)
        whose = [(_ADDRESS, address)] + ([(_TOKEN, token)] if token is not None else [])
        for kind, who in whose:
            most = self._max_of[kind]
            if self._open_of[kind, who] >= most:
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
        CLIENTS.set(self.open)

    def _refuse(self, reason: str, status: HTTPStatus, detail: str) -> None:
        REFUSED.labels(reason).inc()
        raise Refused(Problem(status, detail, retry_after_seconds=self._random.randint(2, 8)))
