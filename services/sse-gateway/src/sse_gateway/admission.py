"""How many streams may be open, in all and from one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from random import Random

from sse_gateway.errors import Refused
from sse_gateway.metrics import CLIENTS, REFUSED
from sse_gateway.problem import Problem


class Admission:
    """Counts the open streams; `close` refuses every further one."""

    def __init__(self, max_clients: int, max_clients_per_address: int) -> None:
        self._max_clients = max_clients
        self._max_per_address = max_clients_per_address
        self._by_address: Counter[str] = Counter()
        self._random = Random()  # noqa: S311 - spreads reconnections, keeps no secret
        self._closed = False
        self.open = 0

    def close(self) -> None:
        """Refuse from now on, because this process is going away."""
        self._closed = True

    @contextmanager
    def admitted(self, address: str) -> Iterator[None]:
        """Hold a place for one stream.

        Raises:
            Refused: there is none.
        """
        if self._closed:
            self._refuse("draining", HTTPStatus.SERVICE_UNAVAILABLE, "This gateway is shutting down; connect again.")
        if self.open >= self._max_clients:
            detail = f"All {self._max_clients} places are taken (TFDRIFT_MAX_CLIENTS)."
            self._refuse("max_clients", HTTPStatus.SERVICE_UNAVAILABLE, detail)
        if self._by_address[address] >= self._max_per_address:
            detail = f"All {self._max_per_address} places of one address are taken (TFDRIFT_MAX_CLIENTS_PER_ADDRESS)."
            self._refuse("max_clients_per_address", HTTPStatus.TOO_MANY_REQUESTS, detail)
        self.open += 1
        self._by_address[address] += 1
        CLIENTS.set(self.open)
        try:
            yield
        finally:
            self.open -= 1
            CLIENTS.set(self.open)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def _refuse(self, reason: str, status: HTTPStatus, detail: str) -> None:
        REFUSED.labels(reason).inc()
        raise Refused(Problem(status, detail, retry_after_seconds=self._random.randint(2, 8)))
