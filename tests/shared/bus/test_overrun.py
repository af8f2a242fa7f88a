"""What the ledger deletes before it was read is counted and logged."""

from __future__ import annotations

import asyncio

import nats
import pytest
from prometheus_client import REGISTRY

from tests.conftest import DEADLINE_SECONDS, eventually
from tests.shared.bus.test_bus import SUBJECT, background, make_bus
from tfdrift.bus import Bus, Follow, Message, Retention
from tfdrift.bus.overrun import Position, overrun
from tfdrift.subjects import STREAM


def lost(reader: str) -> float:
    labels = {"stream": STREAM, "reader": reader}
    return REGISTRY.get_sample_value("tfdrift_overrun_messages_total", labels) or 0


@pytest.mark.parametrize(
    ("before", "now", "count"),
    [
        (Position(100, 100, 0, 1), Position(100, 100, 0, 500), 0),
        (Position(100, 100, 50, 1), Position(100, 100, 50, 101), 0),
        (Position(100, 100, 50, 1), Position(100, 100, 50, 151), 50),
        (Position(100, 100, 50, 151), Position(100, 100, 50, 151), 0),
        (Position(100, 100, 50, 1), Position(150, 150, 0, 151), 0),
        (Position(100, 100, 50, 1), Position(160, 120, 0, 151), 30),
    ],
    ids=["idle", "not yet", "stalled", "counted before", "kept up", "in part"],
)
def test_what_was_deleted_less_what_was_delivered_is_lost(before: Position, now: Position, count: int) -> None:
    """Only where messages waited, and each is counted once."""
    assert overrun(before, now) == count


async def fill(bus: Bus, messages: int) -> None:
    """Publish messages of 10 kB."""
    await asyncio.gather(*(bus.publish(SUBJECT, b"x" * 10_000) for _ in range(messages)))


async def test_a_consumer_that_stalls_for_longer_than_the_ledger_reaches_is_reported(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger of 1 MiB has a hundred such messages; of a thousand and more, most are gone unread."""
    monkeypatch.setattr("tfdrift.bus.consumer._OVERRUN_SECONDS", 0.2)
    before, go_on = lost("w"), asyncio.Event()

    async def stall(_: Message) -> None:
        await go_on.wait()

    bus = make_bus(nats_url, Retention(hours=1, bytes=1024**2, replicas=1))
    await bus.open()
    published = 0
    async with background(bus.consume("w", ["tfdrift.>"], stall, max_in_flight=4)), asyncio.timeout(DEADLINE_SECONDS):
        while lost("w") - before < 700:  # it counts from its first look with messages waiting
            await fill(bus, 50)
            published += 50
        go_on.set()
    await bus.close()
    assert lost("w") - before <= published - 4


async def test_a_reader_of_everything_reports_a_gap_and_not_its_own_late_start(nats_url: str) -> None:
    """A message that was deleted behind the first one that it read is lost; what was gone before is not."""
    before = lost("follower")
    bus = make_bus(nats_url)
    await bus.open()
    await fill(bus, 6)
    client = await nats.connect(nats_url)
    for sequence in (1, 2, 4):
        await client.jetstream().delete_msg(STREAM, sequence)
    await client.close()
    seen: list[int] = []
    async with background(bus.follow(Follow(STREAM, lambda message: seen.append(message.sequence), start=1))):
        await eventually(lambda: seen == [3, 5, 6])
    await bus.close()
    assert lost("follower") == before + 1
