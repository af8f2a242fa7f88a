"""The contract of the bus, against a real nats-server."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import nats
import pytest
from nats.js.api import StreamConfig
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.conftest import DEADLINE_SECONDS, NatsServer, eventually
from tfdrift.bus import (
    Bus,
    BusError,
    Conflict,
    Differs,
    Entry,
    Follow,
    Message,
    NatsOptions,
    Poison,
    Rejected,
    Retention,
    Transient,
    Unavailable,
)
from tfdrift.records import STATE_BUCKET
from tfdrift.subjects import DEAD_STREAM, STREAM

SUBJECT = "tfdrift.falco.low.aws.ec2"
RETENTION = Retention(hours=1, bytes=64 * 1024**2, replicas=1)


def make_bus(url: str, retention: Retention = RETENTION) -> Bus:
    return Bus(NatsOptions((url,), "test"), retention)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Bus]:
    bus = make_bus(url)
    await bus.open()
    try:
        yield bus
    finally:
        await bus.close()


@asynccontextmanager
async def background(*runs: object) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(run) for run in runs]  # type: ignore[call-overload]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_publish_returns_the_sequence_and_marks_a_repeated_id(nats_url: str) -> None:
    """A message is stored once, however often it is published under one id."""
    async with opened(nats_url) as bus:
        first = await bus.publish(SUBJECT, b"{}", {"Nats-Msg-Id": "a"})
        second = await bus.publish(SUBJECT, b"{}", {"Nats-Msg-Id": "a"})
        assert (first.sequence, first.duplicate) == (1, False)
        assert (second.sequence, second.duplicate) == (1, True)
        assert (await bus.stream_state()).messages == 1


async def test_ten_thousand_messages_at_once_are_all_acknowledged(nats_url: str) -> None:
    """The publisher limits how many are outstanding, and loses none."""
    async with opened(nats_url) as bus:
        acks = await asyncio.gather(*(bus.publish(SUBJECT, b"%d" % i) for i in range(10_000)))
        assert sorted(ack.sequence for ack in acks) == list(range(1, 10_001))


async def test_a_subject_without_a_stream_is_unavailable(nats_url: str) -> None:
    """A message for a subject without a stream fails at once, not after a time-out."""
    async with opened(nats_url) as bus, asyncio.timeout(4):
        with pytest.raises(Unavailable):
            await bus.publish("unknown.x", b"")


async def test_a_message_over_the_servers_limit_is_rejected(nats_url: str) -> None:
    """A message that NATS will never take is refused for good, not postponed."""
    async with opened(nats_url) as bus:
        with pytest.raises(Rejected, match="over the server's limit"):
            await bus.publish(SUBJECT, b"x" * (2 * 1024**2))


async def test_publishing_while_nats_is_away_fails_at_once(nats_server: NatsServer) -> None:
    """A publisher is refused within a moment, so that it can spool."""
    async with opened(nats_server.url) as bus:
        nats_server.stop(signal.SIGKILL)
        await eventually(lambda: not bus.connected)
        async with asyncio.timeout(4):
            with pytest.raises(Unavailable):
                await bus.publish(SUBJECT, b"{}")


async def test_open_waits_for_a_server_that_comes_later(nats_server: NatsServer) -> None:
    """A service may start before NATS."""
    nats_server.stop()
    bus = make_bus(nats_server.url)
    opening = asyncio.create_task(bus.open())
    await asyncio.sleep(0)
    assert not bus.connected
    nats_server.start()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await opening
    assert bus.connected
    await bus.close()


async def test_a_differing_setting_is_left_as_it_is(nats_url: str) -> None:
    """A setting that an operator changed is reported and not overwritten."""
    async with opened(nats_url):
        pass
    other = make_bus(nats_url, Retention(hours=2, bytes=128 * 1024**2, replicas=1))
    await other.open()
    await other.close()
    client = await nats.connect(nats_url)
    config = (await client.jetstream().stream_info(STREAM)).config
    await client.close()
    assert config.max_age == 3600


async def test_a_foreign_stream_of_our_name_is_refused(nats_url: str) -> None:
    """Nothing is written into somebody else's stream."""
    client = await nats.connect(nats_url)
    await client.jetstream().add_stream(StreamConfig(name=STREAM, subjects=["orders.>"]))
    await client.close()
    bus = make_bus(nats_url)
    with pytest.raises(Differs, match="TFDRIFT"):
        await bus.open()
    await bus.close()


async def test_a_foreign_stream_of_our_subjects_is_refused(nats_url: str) -> None:
    """Two streams cannot have one subject, so ours is not created."""
    client = await nats.connect(nats_url)
    await client.jetstream().add_stream(StreamConfig(name="ORDERS", subjects=["tfdrift.drift.>"]))
    await client.close()
    bus = make_bus(nats_url)
    async with asyncio.timeout(DEADLINE_SECONDS):
        with pytest.raises(Differs, match="another stream"):
            await bus.open()
    await bus.close()


async def test_compare_and_set_lets_one_writer_win(nats_url: str) -> None:
    """Of two writers who read the same revision, the second is refused."""
    async with opened(nats_url) as bus:
        bucket = bus.bucket(STATE_BUCKET)
        revision = await bucket.create("a.b", b"1")
        with pytest.raises(Conflict):
            await bucket.create("a.b", b"2")
        await bucket.update("a.b", b"3", revision)
        with pytest.raises(Conflict):
            await bucket.update("a.b", b"4", revision)
        entry = await bucket.get("a.b")
        assert entry is not None
        assert entry.value == b"3"


async def test_a_deleted_key_reads_as_deleted_and_can_be_created_again(nats_url: str) -> None:
    """A deleted key has no value, and `create` works again."""
    async with opened(nats_url) as bus:
        bucket = bus.bucket(STATE_BUCKET)
        assert await bucket.get("k") is None
        await bucket.put("k", b"1")
        await bucket.delete("k")
        entry = await bucket.get("k")
        assert entry is not None
        assert entry.value is None
        await bucket.create("k", b"2")
        entry = await bucket.get("k")
        assert entry is not None
        assert entry.value == b"2"


async def test_watch_gives_current_values_then_changes_over_a_restart(nats_server: NatsServer) -> None:
    """A watcher sees every key once, then every change, also those around a restart of NATS."""
    async with opened(nats_server.url) as bus:
        bucket = bus.bucket(STATE_BUCKET)
        await bucket.put("a", b"1")
        await bucket.put("a", b"2")
        await bucket.put("b", b"1")
        seen: list[Entry[bytes]] = []
        complete: list[int] = []
        watch = bucket.watch(bytes, seen.append, on_caught_up=lambda: complete.append(len(seen)))
        async with background(watch):
            await eventually(lambda: complete)
            assert [(entry.key, entry.value) for entry in seen] == [("a", b"2"), ("b", b"1")]
            nats_server.stop(signal.SIGKILL)
            await eventually(lambda: not bus.connected)
            nats_server.start()
            await eventually(lambda: bus.connected)
            await bucket.put("c", b"1")
            await bucket.delete("a")
            await eventually(lambda: len(seen) == 4)
            assert [(entry.key, entry.value) for entry in seen[2:]] == [("c", b"1"), ("a", None)]
            assert complete == [2]


async def test_a_value_that_is_no_record_is_counted_and_the_rest_goes_on(nats_url: str) -> None:
    """Neither an unreadable value nor a defect of the reader ends the watch; deletions arrive too."""
    seen: list[Entry[int]] = []
    unreadable: list[str] = []

    def take(entry: Entry[int]) -> None:
        if entry.value == 13:
            raise RuntimeError("a defect")
        seen.append(entry)

    def refused(reason: str) -> float:
        labels = {"bucket": STATE_BUCKET, "reason": reason}
        return REGISTRY.get_sample_value("tfdrift_bucket_refused_values_total", labels) or 0

    before = refused("unreadable"), refused("failed")
    async with opened(nats_url) as bus:
        bucket = bus.bucket(STATE_BUCKET)
        for key, value in (("a", b"1"), ("b", b"no number"), ("c", b"13"), ("other", b"secret"), ("d", b"2")):
            await bucket.put(key, value)
        watch = bucket.watch(int, take, on_unreadable=unreadable.append, without=frozenset({"other"}))
        async with background(watch):
            await eventually(lambda: len(seen) == 2)
            await bucket.delete("b")
            await eventually(lambda: len(seen) == 3)
    assert [(entry.key, entry.value) for entry in seen] == [("a", 1), ("d", 2), ("b", None)]
    assert unreadable == ["b", "c"]
    assert (refused("unreadable"), refused("failed")) == (before[0] + 1, before[1] + 1)


async def test_watch_of_an_empty_bucket_is_caught_up_at_once(nats_url: str) -> None:
    """Readiness does not wait for a first value, which may never come."""
    async with opened(nats_url) as bus:
        complete = asyncio.Event()
        async with background(bus.bucket(STATE_BUCKET).watch(bytes, lambda _: None, on_caught_up=complete.set)):
            await asyncio.wait_for(complete.wait(), DEADLINE_SECONDS)


async def test_a_watch_that_ends_leaves_no_consumer_behind(nats_url: str) -> None:
    """nats-server refuses a stream's 1001st consumer, and a frequent reader of a bucket would soon reach it."""
    async with opened(nats_url) as bus:
        complete = asyncio.Event()
        async with background(bus.bucket(STATE_BUCKET).watch(bytes, lambda _: None, on_caught_up=complete.set)):
            await asyncio.wait_for(complete.wait(), DEADLINE_SECONDS)
        client = await nats.connect(nats_url)
        assert await client.jetstream().consumers_info(f"KV_{STATE_BUCKET}") == []
        await client.close()


async def test_follow_is_gap_free_and_ordered_over_a_killed_server(nats_server: NatsServer) -> None:
    """A reader sees every sequence exactly once and in order, although the server dies meanwhile."""
    async with opened(nats_server.url) as bus:
        await asyncio.gather(*(bus.publish(SUBJECT, b"%d" % i) for i in range(2_000)))
        seen: list[int] = []
        async with background(bus.follow(Follow(STREAM, lambda message: seen.append(message.sequence)))):
            await eventually(lambda: len(seen) > 100)
            nats_server.stop(signal.SIGKILL)
            await eventually(lambda: not bus.connected)
            nats_server.start()
            await eventually(lambda: bus.connected)
            await asyncio.gather(*(bus.publish(SUBJECT, b"%d" % i) for i in range(2_000)))
            last = (await bus.stream_state()).last_sequence
            await eventually(lambda: bool(seen) and seen[-1] == last)
        assert seen == list(range(1, last + 1))


async def test_follow_from_a_sequence_and_new_only(nats_url: str) -> None:
    """A reader begins at the sequence that it asks for, or with new messages."""
    async with opened(nats_url) as bus:
        for number in range(5):
            await bus.publish(SUBJECT, b"%d" % number)
        later: list[bytes] = []
        fresh: list[bytes] = []
        caught_up = asyncio.Event()
        follow_new = bus.follow(
            Follow(STREAM, lambda message: fresh.append(message.data), new_only=True, on_caught_up=caught_up.set)
        )
        follow_later = bus.follow(Follow(STREAM, lambda message: later.append(message.data), start=4))
        async with background(follow_later, follow_new):
            await asyncio.wait_for(caught_up.wait(), DEADLINE_SECONDS)
            await bus.publish(SUBJECT, b"new")
            await eventually(lambda: fresh and len(later) == 3)
        assert later == [b"3", b"4", b"new"]
        assert fresh == [b"new"]


async def test_follow_notices_that_the_stream_was_created_anew(nats_server: NatsServer) -> None:
    """The reader is called back, and begins at the first message of the new stream."""
    async with opened(nats_server.url) as bus:
        await asyncio.gather(*(bus.publish(SUBJECT, b"old") for _ in range(3)))
        seen: list[bytes] = []
        remade: list[bool] = []
        follow = bus.follow(
            Follow(STREAM, lambda message: seen.append(message.data), on_remade=lambda: remade.append(True))
        )
        async with background(follow):
            await eventually(lambda: len(seen) == 3)
            client = await nats.connect(nats_server.url)
            config = (await client.jetstream().stream_info(STREAM)).config
            await client.jetstream().delete_stream(STREAM)
            await client.jetstream().add_stream(config)
            await client.close()
            await bus.publish(SUBJECT, b"new")
            await eventually(lambda: seen[3:] == [b"new"])
        assert remade == [True]


async def test_an_error_of_the_reader_ends_following(nats_url: str) -> None:
    """A defect in a callback is not swallowed."""

    def fail(_: Message) -> None:
        raise RuntimeError("defect")

    async with opened(nats_url) as bus:
        await bus.publish(SUBJECT, b"{}")
        with pytest.raises(RuntimeError, match="defect"):
            await asyncio.wait_for(bus.follow(Follow(STREAM, fail)), DEADLINE_SECONDS)


async def test_read_returns_exactly_the_range_asked_for(nats_url: str) -> None:
    """A bounded read ends at its end, or at the end of the stream."""
    async with opened(nats_url) as bus:
        await asyncio.gather(*(bus.publish(SUBJECT, b"%d" % i) for i in range(1_200)))

        async def read(start: int, end: int, *subjects: str) -> list[int]:
            batches = bus.read(STREAM, start=start, end=end, subjects=subjects)
            return [message.sequence async for messages in batches for message in messages]

        assert await read(3, 7) == [3, 4, 5, 6, 7]
        assert await read(100, 9_999) == list(range(100, 1_201))
        assert await read(1, 10, "tfdrift.drift.>") == []


async def test_a_read_of_large_messages_continues_past_its_limit_of_bytes(nats_url: str) -> None:
    """A request for a batch ends early at its limit of bytes, and the read continues."""
    async with opened(nats_url) as bus:
        for number in range(12):
            await bus.publish(SUBJECT, b"%d" % number * 400_000)
        batches = bus.read(STREAM, start=2, end=99)
        assert [m.sequence async for messages in batches for m in messages] == list(range(2, 13))


async def test_count_returns_how_many_messages_a_range_has(nats_url: str) -> None:
    """The count covers all subjects or some, up to the end of the stream."""
    async with opened(nats_url) as bus:
        for number in range(30):
            await bus.publish("tfdrift.drift.low.aws.x" if number % 3 else SUBJECT, b"{}")
        assert await bus.count(STREAM, start=1, end=30) == 30
        assert await bus.count(STREAM, start=11, end=20, subjects=["tfdrift.drift.>"]) == 7
        assert await bus.count(STREAM, start=25, end=99) == 6
        client = await nats.connect(nats_url)
        assert await client.jetstream().consumers_info(STREAM) == []
        await client.close()


async def test_what_is_read_has_the_headers_that_were_published(nats_url: str) -> None:
    """Headers are read singly or all; a name that appears within another name or value is not confused with it."""
    async with opened(nats_url) as bus:
        headers = {"Not-Kind": "Kind: other", "Kind": " a b:c ", "Tfdrift-Workspace": "eu/net"}
        await bus.publish(SUBJECT, b"{}", headers)
        await bus.publish(SUBJECT, b"{}")
        with_headers, without = [m async for messages in bus.read(STREAM, start=1, end=2) for m in messages]
        assert with_headers.headers == {"Not-Kind": "Kind: other", "Kind": "a b:c", "Tfdrift-Workspace": "eu/net"}
        assert [with_headers.header(name) for name in ("Kind", "Tfdrift-Workspace", "Work")] == [
            "a b:c",
            "eu/net",
            None,
        ]
        assert (without.headers, without.header("Kind")) == ({}, None)
        again = await bus.get_message(STREAM, 1)
        assert again is not None
        assert (again.subject, again.data, again.headers) == (SUBJECT, b"{}", with_headers.headers)


async def test_a_read_ends_well_although_the_server_lost_its_consumer(nats_url: str) -> None:
    """nats-server loses such a consumer when it restarts; that hides neither what was read nor why it ended."""
    async with opened(nats_url) as bus:
        await asyncio.gather(*(bus.publish(SUBJECT, b"%d" % i) for i in range(10)))
        batches = bus.read(STREAM, start=1, end=9)
        first = (await anext(batches))[0]
        client = await nats.connect(nats_url)
        for consumer in await client.jetstream().consumers_info(STREAM):
            assert await client.jetstream().delete_consumer(STREAM, consumer.name)
        await client.close()
        assert first.sequence == 1
        await batches.aclose()  # type: ignore[attr-defined]


async def test_a_read_of_a_missing_stream_is_unavailable(nats_url: str) -> None:
    """A restarted server knows its streams a moment later, so a reader may ask again."""
    async with opened(nats_url) as bus:
        with pytest.raises(Unavailable, match="no stream unknown"):
            await anext(bus.read("unknown", start=1, end=9))


class Recorder:
    """A handler that acts on each message as given, and records its payload."""

    def __init__(self, act: Callable[[Message], None] = lambda _: None) -> None:
        self.seen: list[bytes] = []
        self._act = act

    async def __call__(self, message: Message) -> None:
        self.seen.append(message.data)
        self._act(message)


async def test_replicas_share_the_messages(nats_url: str) -> None:
    """Each message is processed by one replica, and all are processed."""
    async with opened(nats_url) as one, opened(nats_url) as two:
        first, second = Recorder(), Recorder()
        async with background(one.consume("w", ["tfdrift.>"], first), two.consume("w", ["tfdrift.>"], second)):
            await asyncio.gather(*(one.publish(SUBJECT, b"%d" % i) for i in range(1_000)))
            await eventually(lambda: len(first.seen) + len(second.seen) >= 1_000)
        assert sorted(first.seen + second.seen, key=int) == [b"%d" % i for i in range(1_000)]


async def test_a_postponed_message_is_delivered_again(nats_url: str) -> None:
    """`Transient` delays a message and loses nothing."""
    attempts: list[int] = []

    def act(message: Message) -> None:
        attempts.append(message.deliveries)
        if message.deliveries < 3:
            raise Transient("not yet", delay_seconds=0.01)

    async with opened(nats_url) as bus:
        async with background(bus.consume("w", ["tfdrift.>"], Recorder(act))):
            await bus.publish(SUBJECT, b"x")
            await eventually(lambda: len(attempts) == 3)
        assert attempts == [1, 2, 3]


async def test_long_work_is_not_delivered_again(nats_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that takes longer than the ack wait is given more time, as often as it needs."""
    monkeypatch.setattr("tfdrift.bus.consumer.ACK_WAIT_SECONDS", 1.0)
    deliveries: list[int] = []
    done = asyncio.Event()

    async def handle(message: Message) -> None:
        deliveries.append(message.deliveries)
        await done.wait()

    async with opened(nats_url) as bus:
        await bus.publish(SUBJECT, b"{}")
        async with background(bus.consume("slow", (SUBJECT,), handle)):
            await eventually(lambda: deliveries)
            started = asyncio.get_running_loop().time()
            await eventually(lambda: len(deliveries) > 1 or asyncio.get_running_loop().time() - started > 3)
            done.set()
    assert deliveries == [1]


async def test_a_key_is_deleted_only_at_the_revision_that_was_read(nats_url: str) -> None:
    """Whoever decides to delete must have seen the last value."""
    async with opened(nats_url) as bus:
        bucket = bus.bucket(STATE_BUCKET)
        first = await bucket.create("a", b"1")
        second = await bucket.update("a", b"2", first)
        with pytest.raises(Conflict):
            await bucket.delete("a", revision=first)
        await bucket.delete("a", revision=second)
        entry = await bucket.get("a")
    assert entry is not None
    assert entry.value is None


async def test_poison_goes_to_the_dead_letters_with_its_reason(nats_url: str) -> None:
    """A message that cannot be processed is stored for the operator, and blocks no other."""

    def act(message: Message) -> None:
        if message.data == b"bad":
            raise Poison("no such\nthing")

    async with opened(nats_url) as bus:
        recorder = Recorder(act)
        async with background(bus.consume("w", ["tfdrift.>"], recorder)):
            await bus.publish(SUBJECT, b"bad")
            await bus.publish(SUBJECT, b"good")
            await eventually(lambda: b"good" in recorder.seen)
            dead: list[Message] = []
            async with background(bus.follow(Follow(DEAD_STREAM, dead.append))):
                await eventually(lambda: dead)
        assert dead[0].subject == "tfdrift_dead.w"
        assert dead[0].data == b"bad"
        assert dead[0].headers["Tfdrift-Reason"] == "no such thing"
        assert recorder.seen.count(b"bad") == 1


async def test_consuming_continues_after_the_server_was_killed(nats_server: NatsServer) -> None:
    """A consumer asks again on the new connection at once, not after a time-out."""
    async with opened(nats_server.url) as bus:
        recorder = Recorder()
        async with background(bus.consume("w", ["tfdrift.>"], recorder)):
            await bus.publish(SUBJECT, b"before")
            await eventually(lambda: recorder.seen)
            nats_server.stop(signal.SIGKILL)
            await eventually(lambda: not bus.connected)
            nats_server.start()
            await eventually(lambda: bus.connected)
            await bus.publish(SUBJECT, b"after")
            await eventually(lambda: b"after" in recorder.seen)


async def test_consuming_continues_after_a_server_that_did_not_answer(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look for an overrun that gets no answer is logged and ends no consumer."""
    monkeypatch.setattr("tfdrift.bus.consumer._OVERRUN_SECONDS", 0.1)
    async with opened(nats_server.url) as bus:
        recorder = Recorder()
        async with background(bus.consume("w", ["tfdrift.>"], recorder)):
            await bus.publish(SUBJECT, b"before")
            await eventually(lambda: b"before" in recorder.seen)
            with capture_logs() as logs, nats_server.paused():
                await eventually(lambda: any(line["event"] == "overrun_not_checked" for line in logs))
            await bus.publish(SUBJECT, b"after")
            await eventually(lambda: b"after" in recorder.seen)


def test_every_error_of_the_bus_has_one_root() -> None:
    """A caller that catches `BusError` catches them all."""
    assert all(issubclass(kind, BusError) for kind in (Unavailable, Rejected, Conflict, Differs))
