"""Sends every alert on, untouched, to another receiver such as falcosidekick, after it has been acknowledged.

So Falco posts to ingest-falco directly, whole, and falcosidekick's outputs still get every alert. Best effort: an alert
is sent once, and the queue is bounded.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import aiohttp

from ingest_falco.metrics import RELAYED
from ingest_falco.throttle import Throttle

_QUEUE: Final = 1000
_SENDERS: Final = 4
_TIMEOUT_SECONDS: Final = 5.0
_WARN_SECONDS: Final = 60.0


class Relay:
    """Sends alerts on while `run` runs."""

    def __init__(self, url: str, log: Any) -> None:
        self._url = url
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(_QUEUE)
        self._warnings = Throttle(_WARN_SECONDS)
        self._log = log

    def offer(self, body: bytes) -> None:
        """Send a body on soon; it is dropped where 1000 wait already."""
        try:
            self._waiting.put_nowait(body)
        except asyncio.QueueFull:
            self._failed("dropped", f"{_QUEUE} alerts wait already")

    async def run(self) -> None:
        """Send until cancelled."""
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            await asyncio.gather(*(self._send(client) for _ in range(_SENDERS)))

    async def _send(self, client: aiohttp.ClientSession) -> None:
        while True:
            body = await self._waiting.get()
            try:
                async with client.post(
                    self._url, data=body, headers={"Content-Type": "application/json"}, allow_redirects=False
                ) as answer:
                    if answer.status >= 300:
                        self._failed("refused", f"it answered {answer.status}")
                    else:
                        RELAYED.labels("sent").inc()
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                self._failed("failed", str(error) or type(error).__name__)

    def _failed(self, outcome: str, reason: str) -> None:
        RELAYED.labels(outcome).inc()
        if self._warnings.due(outcome):
            self._log.warning("alert_not_relayed", outcome=outcome, reason=reason, remedy="look at TFDRIFT_RELAY_URL")
