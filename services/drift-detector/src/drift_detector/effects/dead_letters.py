"""Dead-letters the messages of a followed stream that cannot be read; a follower itself must not wait."""

from __future__ import annotations

import asyncio
from collections import deque

import structlog

from drift_detector import metrics
from tfdrift.bus import Bus, BusError, Message

_RETRY_SECONDS = 1.0
# Past it the oldest stay where they are, on the ledger; each is counted and logged.
_MAX_WAITING = 1000


class DeadLetters:
    """The messages that wait to be dead-lettered, with their reasons."""

    def __init__(self, bus: Bus, consumer: str) -> None:
        self._bus = bus
        self._consumer = consumer
        self._waiting: deque[tuple[Message, str]] = deque(maxlen=_MAX_WAITING)
        self._added = asyncio.Event()
        self._log = structlog.get_logger()

    def add(self, message: Message, reason: str) -> None:
        """Have a message dead-lettered soon."""
        if len(self._waiting) == _MAX_WAITING:
            metrics.DROPPED.labels("message").inc()
            self._log.error("dead_letter_dropped", sequence=self._waiting[0][0].sequence, reason=self._waiting[0][1])
        self._waiting.append((message, reason))
        self._added.set()

    async def run(self) -> None:
        """Dead-letter until cancelled; what NATS does not take is tried again."""
        while True:
            await self._added.wait()
            self._added.clear()
            while self._waiting:
                message, reason = self._waiting.popleft()
                try:
                    await self._bus.dead_letter(self._consumer, message, reason)
                except BusError as error:
                    self._log.warning("dead_letter_postponed", sequence=message.sequence, reason=str(error))
                    self._waiting.appendleft((message, reason))
                    await asyncio.sleep(_RETRY_SECONDS)
