"""Publishes the versions of drifts that their writer did not get to publish."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tfdrift.records import DriftRecord

# The replica that wrote a drift publishes it within milliseconds; after this time another takes over.
TAKEOVER_SECONDS = 5.0


class Takeover:
    """The drifts whose stored version is not published, and since when this process knows that."""

    def __init__(self, publish: Callable[[str], Awaitable[None]], *, after_seconds: float = TAKEOVER_SECONDS) -> None:
        self._publish = publish
        self._after_seconds = after_seconds
        self._since: dict[str, float] = {}

    def note(self, key: str, record: DriftRecord) -> None:
        """See a stored version of a drift."""
        if record.published < record.version:
            self._since.setdefault(key, asyncio.get_running_loop().time())
        else:
            self.forget(key)

    def forget(self, key: str) -> None:
        """The drift is published, or deleted."""
        self._since.pop(key, None)

    async def publish_overdue(self) -> None:
        """Publish what has been unpublished for `after_seconds`.

        Raises:
            BusError: NATS went away; the next call goes on.
        """
        before = asyncio.get_running_loop().time() - self._after_seconds
        for key, since in list(self._since.items()):
            if since <= before:
                await self._publish(key)
                self.forget(key)
