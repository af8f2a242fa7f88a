"""Dead letters have a limit: past it a consumer stops, instead of giving every message up."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY

from tests.conftest import eventually
from tests.shared.bus.test_bus import SUBJECT, Recorder, background, opened
from tfdrift.bus import Message, Poison
from tfdrift.bus.dead_letters import MAX_CONSECUTIVE, WINDOW, DeadLetterLimit
from tfdrift.subjects import DEAD_STREAM


def limit_after(*outcomes: tuple[int, bool]) -> str | None:
    """Returns the verdict after so many outcomes of each kind; True is a dead letter."""
    limit = DeadLetterLimit()
    for count, dead in outcomes:
        for _ in range(count):
            limit.note(dead)
    return limit.reached


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ([], None),
        ([(MAX_CONSECUTIVE - 1, True)], None),
        ([(MAX_CONSECUTIVE, True)], f"{MAX_CONSECUTIVE} messages in a row"),
        ([(MAX_CONSECUTIVE - 1, True), (1, False), (MAX_CONSECUTIVE - 1, True)], None),
        ([(100, True), (100, False)] * 4, None),
        ([(120, True), (80, False)] * 6, f"of the latest {WINDOW} messages"),
        ([(120, True), (80, False)] * 6 + [(400, False)], None),
    ],
)
def test_the_limit_is_a_count_in_a_row_or_a_share(outcomes: list[tuple[int, bool]], reason: str | None) -> None:
    """A share counts only over a full window, and only the latest messages count."""
    found = limit_after(*outcomes)
    assert (found is None) == (reason is None)
    assert reason is None or reason in str(found)


async def test_past_the_limit_a_consumer_stops_and_the_rest_stays_on_the_ledger(nats_url: str) -> None:
    """The fault is named; after a restart the messages that were not given up are processed."""

    def refuse(message: Message) -> None:
        raise Poison(f"cannot read {message.sequence}")

    count = MAX_CONSECUTIVE * 2
    async with opened(nats_url) as bus:
        await asyncio.gather(*(bus.publish(SUBJECT, b"%d" % number) for number in range(count)))
        async with background(bus.consume("w", ["tfdrift.>"], Recorder(refuse), max_in_flight=16)):
            await eventually(lambda: bus.stopped)
            assert "w consumes no more" in bus.stopped["w"]
            assert REGISTRY.get_sample_value("tfdrift_consumer_stopped") == 1
            dead = (await bus.stream_state(DEAD_STREAM)).messages
            assert MAX_CONSECUTIVE <= dead < MAX_CONSECUTIVE + 16
    async with opened(nats_url) as bus:
        recorder = Recorder()
        async with background(bus.consume("w", ["tfdrift.>"], recorder)):
            await eventually(lambda: len(set(recorder.seen)) >= count - dead - 16)
        assert not bus.stopped


async def test_messages_in_between_that_are_processed_keep_a_consumer_going(nats_url: str) -> None:
    """A sender of nonsense among others stops nobody."""

    def refuse_every_other(message: Message) -> None:
        if message.sequence % 2:
            raise Poison("odd")

    async with opened(nats_url) as bus:
        recorder = Recorder(refuse_every_other)
        async with background(bus.consume("w", ["tfdrift.>"], recorder, max_in_flight=1)):
            await asyncio.gather(*(bus.publish(SUBJECT, b"%d" % number) for number in range(MAX_CONSECUTIVE * 3)))
            await eventually(lambda: len(recorder.seen) == MAX_CONSECUTIVE * 3)
        assert not bus.stopped
