"""The loops that wait for work: none of them ends or forgets anything while NATS is away."""

from __future__ import annotations

import asyncio

import pytest

from drift_detector.app import DURABLE
from drift_detector.correlate.store import DriftSubject, ManagedSubject
from drift_detector.effects.dead_letters import DeadLetters
from drift_detector.effects.reconcile import Cause
from drift_detector.effects.takeover import Takeover
from drift_detector.effects.work_queue import WorkQueue
from tests.conftest import DEADLINE_SECONDS, NatsServer, eventually
from tests.drift_detector.correlate.test_lifecycle import other, resize, web
from tests.drift_detector.effects.replica import StateWriter, alert, connected, detecting, now, reported, stored
from tests.drift_detector.playbook import World, wrote
from tfdrift.bus import BusError, Message, Unavailable
from tfdrift.records import DRIFTS_BUCKET, DriftRecord
from tfdrift.subjects import DEAD_STREAM, STREAM


def unexpected(subject: DriftSubject, _cause: Cause, error: Exception) -> None:
    """No subject fails."""
    raise AssertionError(f"{subject} failed: {error!r}")


async def test_a_subject_is_reconciled_again_when_nats_was_away() -> None:
    """Nothing is lost by an error of NATS, and the others go on."""
    done: list[DriftSubject] = []
    failures = [Unavailable("away")]

    async def reconcile(subject: DriftSubject, _cause: Cause) -> None:
        if failures:
            raise failures.pop()
        done.append(subject)

    queue = WorkQueue(reconcile, unexpected)
    running = asyncio.create_task(queue.run())
    subjects = [ManagedSubject("a"), ManagedSubject("b")]
    queue.add(subjects)
    await eventually(lambda: len(done) == 2)
    assert set(done) == set(subjects)
    queue.add(subjects[:1])
    await eventually(lambda: len(done) == 3)
    running.cancel()


async def test_a_subject_that_is_added_twice_is_reconciled_once() -> None:
    """What waits is a set; the newest cause counts."""
    causes: list[Cause] = []

    async def reconcile(_subject: DriftSubject, cause: Cause) -> None:
        causes.append(cause)

    queue = WorkQueue(reconcile, unexpected)
    first, second = Cause(now()), Cause(now(), now())
    queue.add([ManagedSubject("a")], first)
    queue.add([ManagedSubject("a"), ManagedSubject("b")], second)
    running = asyncio.create_task(queue.run())
    await eventually(lambda: len(causes) == 2)
    running.cancel()
    assert causes == [second, second]


async def test_facts_that_come_in_meanwhile_are_covered_by_one_reconciliation() -> None:
    """A hundred calls of one resource wait for the same two reconciliations; another resource is not behind them."""
    done: list[DriftSubject] = []
    proceed = asyncio.Event()

    async def reconcile(subject: DriftSubject, _cause: Cause) -> None:
        if subject == ManagedSubject("hot"):
            await proceed.wait()
        done.append(subject)

    queue = WorkQueue(reconcile, unexpected)
    running = asyncio.create_task(queue.run())
    waiting = [asyncio.create_task(queue.reconciled([ManagedSubject("hot")], Cause(now()))) for _ in range(100)]
    await queue.reconciled([ManagedSubject("cold")], Cause(now()))
    assert done == [ManagedSubject("cold")]
    later = asyncio.create_task(queue.reconciled([ManagedSubject("hot")], Cause(now())))
    proceed.set()
    await asyncio.gather(*waiting, later)
    assert done.count(ManagedSubject("hot")) <= 2
    running.cancel()


async def test_a_reconciliation_that_has_begun_does_not_cover_what_comes_later() -> None:
    """Whoever waits gets one that began after its fact was known."""
    begun, proceed, runs = asyncio.Event(), asyncio.Event(), [0]

    async def reconcile(_subject: DriftSubject, _cause: Cause) -> None:
        runs[0] += 1
        begun.set()
        await proceed.wait()

    queue = WorkQueue(reconcile, unexpected)
    running = asyncio.create_task(queue.run())
    first = asyncio.create_task(queue.reconciled([ManagedSubject("a")], Cause(now())))
    await begun.wait()
    second = asyncio.create_task(queue.reconciled([ManagedSubject("a")], Cause(now())))
    await asyncio.sleep(0)
    proceed.set()
    await asyncio.gather(first, second)
    assert runs == [2]
    running.cancel()


async def test_one_hiccup_of_nats_postpones_everything_once() -> None:
    """Fifty subjects that fail together are all reconciled after one pause, and not after one each."""
    failures = {ManagedSubject(str(number)) for number in range(50)}
    done: set[DriftSubject] = set()

    async def reconcile(subject: DriftSubject, _cause: Cause) -> None:
        if subject in failures:
            failures.discard(subject)
            raise Unavailable("away")
        done.add(subject)

    queue = WorkQueue(reconcile, unexpected)
    running = asyncio.create_task(queue.run())
    subjects = set(failures)
    queue.add(subjects)
    await eventually(lambda: done == subjects, seconds=30)
    failures.add(ManagedSubject("b"))
    with pytest.raises(Unavailable):
        await queue.reconciled([ManagedSubject("b")], Cause(now()))
    await eventually(lambda: ManagedSubject("b") in done)
    running.cancel()


async def test_an_unexpected_error_concerns_its_subject_alone() -> None:
    """It is reported with the event, the others go on, and the next fact of the subject is tried."""
    errors: list[tuple[DriftSubject, str | None, str]] = []
    done: list[DriftSubject] = []

    async def reconcile(subject: DriftSubject, cause: Cause) -> None:
        if cause.event_id == "bad":
            raise TypeError("unforeseen")
        done.append(subject)

    def on_error(subject: DriftSubject, cause: Cause, error: Exception) -> None:
        errors.append((subject, cause.event_id, str(error)))

    queue = WorkQueue(reconcile, on_error)
    running = asyncio.create_task(queue.run())
    await queue.reconciled([ManagedSubject("a")], Cause(now(), now(), "bad"))
    await queue.reconciled([ManagedSubject("a"), ManagedSubject("b")], Cause(now(), now(), "good"))
    running.cancel()
    assert errors == [(ManagedSubject("a"), "bad", "unforeseen")]
    assert set(done) == {ManagedSubject("a"), ManagedSubject("b")}


async def test_an_unreadable_message_is_dead_lettered_when_nats_is_back(nats_server: NatsServer) -> None:
    """It waits, with its reason."""
    message = Message("tfdrift.state_change.info.aws.x", b"{", 7, 1, 1, 0, 0, b"", "")
    async with connected(nats_server.url) as bus:
        letters = DeadLetters(bus, DURABLE)
        running = asyncio.create_task(letters.run())
        nats_server.stop()
        letters.add(message, "the event at sequence 7 cannot be read")
        nats_server.start()
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                try:
                    dead = await bus.get_message(DEAD_STREAM, 1)
                except BusError:
                    dead = None
                if dead is not None:
                    break
                await asyncio.sleep(0.05)
        running.cancel()
    assert dead.data == b"{"
    assert dead.header("Tfdrift-Reason") == "the event at sequence 7 cannot be read"


async def test_a_version_that_its_writer_did_not_publish_is_published_by_another(nats_url: str) -> None:
    """Whoever wrote it may be dead: after a while a running detector publishes it, once."""
    (drift,) = World().play(wrote(0, web()), resize(5, "m5.large")).reported
    record = DriftRecord(drift=drift, version=1, published=0, received=now(), occurred=None)
    async with connected(nats_url) as bus:
        await bus.bucket(DRIFTS_BUCKET).create(drift.id, record.encode())
        async with detecting(nats_url):
            assert await reported(bus, 1) == [drift]
            async with asyncio.timeout(DEADLINE_SECONDS):
                while (await stored(bus))[drift.id].published == 0:
                    await asyncio.sleep(0.05)
        assert len(await reported(bus, 1)) == 1


async def test_what_is_published_in_time_is_left_to_its_writer() -> None:
    """A version is taken over after `TAKEOVER_SECONDS`, and never one that is marked meanwhile."""
    published: list[str] = []

    async def publish(key: str) -> None:
        published.append(key)

    (drift,) = World().play(wrote(0, web()), resize(5, "m5.large")).reported
    record = DriftRecord(drift=drift, version=2, published=1, received=now(), occurred=None)
    takeover = Takeover(publish, after_seconds=1.0)
    takeover.note("slow", record)
    takeover.note("marked", record)
    takeover.note("deleted", record)
    await takeover.publish_overdue()
    assert published == []
    takeover.note("marked", record.model_copy(update={"published": 2}))
    takeover.forget("deleted")

    async def overdue() -> bool:
        await takeover.publish_overdue()
        return bool(published)

    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await overdue():
            await asyncio.sleep(0.01)
    await takeover.publish_overdue()
    assert published == ["slow"]


async def test_a_takeover_that_nats_refuses_is_tried_again() -> None:
    """The version stays overdue."""
    failures = [Unavailable("away")]
    published: list[str] = []

    async def publish(key: str) -> None:
        if failures:
            raise failures.pop()
        published.append(key)

    (drift,) = World().play(wrote(0, web()), resize(5, "m5.large")).reported
    takeover = Takeover(publish, after_seconds=0.0)
    takeover.note("a", DriftRecord(drift=drift, version=1, published=0, received=now(), occurred=None))
    with pytest.raises(BusError):
        await takeover.publish_overdue()
    await takeover.publish_overdue()
    assert published == ["a"]


async def test_a_detector_goes_on_after_nats_was_away(nats_server: NatsServer) -> None:
    """Every watch, the consumer and the sweep come back; a state and an alert from then on count."""
    async with connected(nats_server.url) as bus:
        states = StateWriter(bus)
        await states.write(0, web(), other())
        async with detecting(nats_server.url) as runtime:
            await alert(bus, resize(5, "m5.large"))
            assert len(await reported(bus, 1)) == 1
            nats_server.stop()
            await eventually(lambda: not runtime.bus.connected)
            nats_server.start()
            await bus.wait_connected()
            await alert(bus, resize(6, "c5.large", by="joe"))
            versions = await reported(bus, 2)
            assert versions[-1].new_value == "c5.large"
            await states.write(9, web(instance_type="c5.large"), other())
            versions = await reported(bus, 3)
            assert versions[-1].resolution == "absorbed"
        assert (await bus.stream_state(STREAM)).messages == 5
