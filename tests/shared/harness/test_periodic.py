"""Periodic work, and what its errors do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.conftest import eventually
from tfdrift.bus import Unavailable
from tfdrift.harness import every


def failed(reason: str) -> float:
    return REGISTRY.get_sample_value("tfdrift_periodic_work_failed_total", {"work": "t", "reason": reason}) or 0


async def rounds(*outcomes: Exception | None) -> list[str]:
    """Runs one round for each outcome; returns the events that were logged."""
    left = list(outcomes)

    async def work() -> None:
        outcome = left.pop(0) if left else None
        if outcome is not None:
            raise outcome

    with capture_logs() as logs:
        await until_done(work, left)
    return [line["event"] for line in logs]


async def until_done(work: Callable[[], Awaitable[None]], left: list[Exception | None]) -> None:
    running = asyncio.create_task(every(0.001, work, "t"))
    await eventually(lambda: not left)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


async def test_an_outage_of_nats_is_logged_and_the_next_round_tries_again() -> None:
    """Each failed round is logged and counted."""
    before = failed("unavailable")
    assert await rounds(Unavailable("away"), Unavailable("away"), None) == ["work_postponed"] * 2
    assert failed("unavailable") == before + 2


async def test_a_defect_is_logged_once_and_ends_nothing() -> None:
    """It is counted in every round, and logged again only after a round without an error."""
    before, defect = failed("defect"), RuntimeError("a defect")
    assert await rounds(defect, defect, defect, None, defect, None) == ["work_failed"] * 2
    assert failed("defect") == before + 4
