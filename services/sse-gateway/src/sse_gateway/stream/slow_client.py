"""Disconnects a client that reads too slowly. It resumes by its last event id and loses nothing."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp.abc import AbstractStreamWriter

from sse_gateway.errors import Disconnected

# A client that was live and whose buffer filled has this long to empty it. One that is being replayed has longer,
# since it asked for more than it can read at once.
LAGGING_SECONDS: Final = 2.0
STALLED_SECONDS: Final = 30.0

SLOW: Final = "slow"
STALLED: Final = "stalled"


async def drained(writer: AbstractStreamWriter, seconds: float, reason: str) -> None:
    """Wait until the client has read most of what it was written.

    Raises:
        Disconnected: it has not within that time.
    """
    try:
        async with asyncio.timeout(seconds):
            await writer.drain()
    except TimeoutError:
        raise Disconnected(reason) from None
