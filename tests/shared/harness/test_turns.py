"""A flood of work is spread over turns of the event loop."""

from __future__ import annotations

import asyncio

import pytest

from tfdrift.harness.turns import Turns


async def next_turn() -> None:
    """Let the event loop take one turn."""
    await asyncio.sleep(0)


async def test_little_work_is_done_at_once() -> None:
    """No piece waits while the turn has room, in this turn and in later ones."""
    done: list[int] = []
    turns = Turns(asyncio.get_running_loop(), 3)
    for round_ in range(3):
        for number in range(3):
            turns.do(lambda number=number: done.append(number))  # type: ignore[misc]
        assert len(done) == 3 * (round_ + 1)
        await next_turn()


async def test_a_flood_is_done_in_order_with_a_limit_a_turn() -> None:
    """Pieces that arrive while others wait are done behind them."""
    done: list[int] = []
    turns = Turns(asyncio.get_running_loop(), 2)
    for number in range(7):
        turns.do(lambda number=number: done.append(number))  # type: ignore[misc]
    assert done == [0, 1]
    await next_turn()
    assert done == [0, 1, 2, 3]
    turns.do(lambda: done.append(7))
    for _ in range(3):
        await next_turn()
    assert done == list(range(8))


async def test_a_piece_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """The loop reports it, as it reports every error of a callback."""
    done: list[int] = []
    turns = Turns(asyncio.get_running_loop(), 1)

    def fail() -> None:
        raise RuntimeError("defect")

    turns.do(lambda: done.append(0))
    turns.do(fail)
    turns.do(lambda: done.append(1))
    for _ in range(3):
        await next_turn()
    assert done == [0, 1]
    assert "defect" in caplog.text
