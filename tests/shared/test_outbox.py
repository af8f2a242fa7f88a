"""The outbox of drifts on a real nats-server: every version reaches the ledger, once and in order."""

from __future__ import annotations

import asyncio

import pytest

from tests.shared.bus.test_bus import opened
from tests.shared.samples import MOMENT, drift
from tfdrift.bus import Bus, Conflict
from tfdrift.events import Drift
from tfdrift.outbox import Outbox, StoredRecord, next_version
from tfdrift.records import DRIFTS_BUCKET, DriftRecord
from tfdrift.subjects import STREAM


async def published(bus: Bus) -> list[object]:
    """Returns the new value of each version on the ledger, in order."""
    batches = bus.read(STREAM, start=1, end=10_000)
    return [Drift.model_validate_json(message.data).new_value async for batch in batches for message in batch]


def following(stored: StoredRecord | None, value: str) -> DriftRecord:
    return next_version(stored, drift(new_value=value), MOMENT, None)


def test_versions_are_counted_from_one() -> None:
    """A version is outstanding until it is marked, and none follows an outstanding one."""
    first = following(None, "a")
    assert (first.version, first.published) == (1, 0)
    with pytest.raises(ValueError, match="version 1 of the drift"):
        following(StoredRecord(first, 7), "b")
    second = following(StoredRecord(first.model_copy(update={"published": 1}), 8), "b")
    assert (second.version, second.published) == (2, 1)


async def test_each_version_is_published_once_and_marked(nats_url: str) -> None:
    """`read` returns what `write` returned before."""
    first_published: list[int] = []
    async with opened(nats_url) as bus:
        outbox = Outbox(bus, lambda record: first_published.append(record.version))
        stored = None
        for value in ("a", "b", "c"):
            stored = await outbox.write("d", stored, following(stored, value))
            assert await outbox.read("d") == stored
        assert await published(bus) == ["a", "b", "c"]
    assert stored is not None
    assert (stored.record.version, stored.outstanding) == (3, False)
    assert first_published == [1, 2, 3]


async def test_a_version_that_its_writer_did_not_publish_is_published_before_the_next(nats_url: str) -> None:
    """Two writers that publish it at once leave one message."""
    async with opened(nats_url) as bus:
        await bus.bucket(DRIFTS_BUCKET).put("d", following(None, "a").encode())
        outbox = Outbox(bus)
        stored = await outbox.read("d")
        assert stored is not None
        results = await asyncio.gather(*(outbox.publish("d", stored) for _ in range(2)), return_exceptions=True)
        assert {type(result) for result in results} == {Conflict, StoredRecord}
        current = await outbox.read("d")
        await outbox.write("d", current, following(current, "b"))
        assert await published(bus) == ["a", "b"]


async def test_a_write_behind_another_one_is_refused(nats_url: str) -> None:
    """It names the revision that was read, so a later record is never overwritten."""
    async with opened(nats_url) as bus:
        outbox = Outbox(bus)
        stored = await outbox.write("d", None, following(None, "a"))
        await outbox.write("d", stored, following(stored, "b"))
        for late in (stored, None):
            with pytest.raises(Conflict):
                await outbox.write("d", late, following(late, "lost"))
        assert await published(bus) == ["a", "b"]


async def test_writers_that_decide_anew_use_each_number_once(nats_url: str) -> None:
    """Ten writers of one drift write ten versions, and none is lost."""
    async with opened(nats_url) as one, opened(nats_url) as two:

        async def write(bus: Bus, value: str) -> None:
            outbox = Outbox(bus)
            while True:
                try:
                    stored = await outbox.read("d")
                    stored = await outbox.publish("d", stored) if stored is not None else None
                    await outbox.write("d", stored, following(stored, value))
                except Conflict:
                    continue
                return

        values = [str(number) for number in range(10)]
        await asyncio.gather(*(write((one, two)[int(value) % 2], value) for value in values))
        assert sorted(map(str, await published(one))) == values
        stored = await Outbox(one).read("d")
    assert stored is not None
    assert stored.record.version == 10


async def test_a_value_that_is_no_record_is_a_value_error(nats_url: str) -> None:
    """A deleted drift reads as none, and its first version can be written again."""
    async with opened(nats_url) as bus:
        outbox, bucket = Outbox(bus), bus.bucket(DRIFTS_BUCKET)
        await bucket.put("d", b"{")
        with pytest.raises(ValueError, match="Invalid JSON"):
            await outbox.read("d")
        await bucket.delete("d")
        assert await outbox.read("d") is None
        await outbox.write("d", None, following(None, "a"))
        assert await published(bus) == ["a"]


def test_a_record_is_encoded_as_its_model_says() -> None:
    """The drift's own JSON is put in as it is, and may be given."""
    for record in (
        following(None, 'a "quoted" \u2028 value'),
        following(None, "b").model_copy(update={"occurred": MOMENT}),
    ):
        assert record.encode() == record.model_dump_json().encode()
        assert record.encode(record.drift.encode()) == record.encode()
        assert record.envelope(record.drift.encode()) == record.envelope()
