"""How many streams may be open, in all, from one address and with one token."""

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

    def __init__(self, max_clients: int, max_clients_per_address: int, max_clients_per_token: int) -> None:
        self._max_clients = max_clients
        self._max_per_address = max_clients_per_address
        self._max_per_token = max_clients_per_token
        self._by_address: Counter[str] = Counter()
        self._by_token: Counter[str] = Counter()
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
        if self._by_address[address] >= self._max_per_address:
            detail = f"All {self._max_per_address} places of one address are taken (TFDRIFT_MAX_CLIENTS_PER_ADDRESS)."
            self._refuse("max_clients_per_address", HTTPStatus.TOO_MANY_REQUESTS, detail)
        if token is not None and self._by_token[token] >= self._max_per_token:
            detail = f"All {self._max_per_token} places of one token are taken (TFDRIFT_MAX_CLIENTS_PER_TOKEN)."
            self._refuse("max_clients_per_token", HTTPStatus.TOO_MANY_REQUESTS, detail)
        self.open += 1
        self._by_address[address] += 1
        if token is not None:
            self._by_token[token] += 1
        CLIENTS.set(self.open)
        try:
            yield
        finally:
            self.open -= 1
            CLIENTS.set(self.open)
            _release(self._by_address, address)
            if token is not None:
                _release(self._by_token, token)

    def _refuse(self, reason: str, status: HTTPStatus, detail: str) -> None:
        REFUSED.labels(reason).inc()
        raise Refused(Problem(status, detail, retry_after_seconds=self._random.randint(2, 8)))


def _release(places: Counter[str], who: str) -> None:
    places[who] -= 1
    if not places[who]:
        del places[who]
