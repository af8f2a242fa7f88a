"""What a service answers when it is asked whether it is there."""

from __future__ import annotations

import asyncio

import orjson

from tfdrift import __version__
from tfdrift.bus import Bus, BusError
from tfdrift.harness.readiness import Readiness

_RETRY_SECONDS = 1.0


async def be_present(bus: Bus, service: str, readiness: Readiness) -> None:
    """Answer with the service's name, version and readiness, until the connection is closed."""

    def answer() -> bytes:
        return orjson.dumps(
            {
                "service": service,
                "version": __version__,
                "ready": readiness.ok,
                "conditions": readiness.conditions,
                "details": readiness.details,
            }
        )

    while True:
        try:
            await bus.answer_presence(answer)
        except BusError:
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return
