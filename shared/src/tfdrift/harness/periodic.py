"""Periodic work, which no error of one round ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from prometheus_client import Counter

from tfdrift.bus import BusError

FAILED: Final = Counter(
    "tfdrift_periodic_work_failed_total",
    "Rounds of periodic work that failed, by reason: unavailable is NATS, defect is ours",
    ["work", "reason"],
)


async def every(seconds: float, work: Callable[[], Awaitable[None]], name: str) -> None:
    """Do `work` again and again until cancelled, each round `seconds` after the one before has ended.

    A `BusError` is logged, and the next round tries again. Any other error is a defect: it is counted each time, logged
    with its traceback when the round before went well, and the next round tries again.

    Args:
        name: the name of the work in logs and metrics; a constant.
    """
    log, defective = structlog.get_logger().bind(work=name), False
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except BusError as error:
            log.warning("work_postponed", reason=str(error))
            FAILED.labels(name, "unavailable").inc()
        except Exception:
            if not defective:
                log.exception("work_failed")
            defective = True
            FAILED.labels(name, "defect").inc()
        else:
            defective = False
