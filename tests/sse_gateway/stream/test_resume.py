"""Resuming: no gap and no duplicate, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

import nats
import pytest

from sse_gateway.ledger import history
from tests.conftest import NatsServer, eventually
from tests.sse_gateway.gateway import Event, Gateway, change, metric, publish, publish_changes, running, serials
from tfdrift.subjects import STREAM

SMALL_WINDOW = 64 * 1024


async def last_id(gateway: Gateway) -> str:
    _, stats = await gateway.get("/api/v1/stats")
    return str(stats["ledger"]["last_id"])


def with_sequence(identifier: str | None, sequence: int) -> str:
    return f"{str(identifier).partition('-')[0]}-{sequence}"


@pytest.mark.parametrize("by_header", [True, False])
async def test_a_client_gets_exactly_the_events_after_its_id(nats_url: str, by_header: bool) -> None:
    """By the header that an EventSource sends, or by the parameter."""
    async with running(nats_url) as gateway, gateway.live() as first:
        await publish_changes(gateway.bus, 1, 10)
        seen = await first.take(4)
        identifier = str(seen[-1].id)
        query, headers = ("", {"Last_Event_ID": identifier}) if by_header else (f"?last_event_id={identifier}", {})
        async with gateway.stream(query, **headers) as second:
            assert (await second.next()).json["replayed"] == 6
            assert serials(await second.take(6)) == [5, 6, 7, 8, 9, 10]
            await publish_changes(gateway.bus, 11, 1)
            assert serials([await second.next()]) == [11]


async def test_the_header_goes_before_what_stands_in_the_url(nats_url: str) -> None:
    """An EventSource reconnects to the URL that it was made with."""
    async with running(nats_url) as gateway, gateway.live() as first:
        await publish_changes(gateway.bus, 1, 6)
        seen = await first.take(6)
        query = f"?last_event_id={seen[0].id}&since=1h"
        async with gateway.live(query, Last_Event_ID=str(seen[4].id)) as second:
            assert serials([await second.next()]) == [6]


async def test_events_before_the_ring_are_read_from_the_ledger(nats_url: str) -> None:
    """A small ring and a long absence: every event once, in order, and counted beforehand."""
    async with running(nats_url, recent_window_bytes=SMALL_WINDOW) as gateway, gateway.live() as first:
        await publish_changes(gateway.bus, 1, 3000)
        seen = await first.take(1)
        async with gateway.stream(f"?last_event_id={seen[0].id}") as second:
            assert (await second.next()).json["replayed"] == 2999
            assert serials(await second.take(2999)) == list(range(2, 3001))
            await publish_changes(gateway.bus, 3001, 1)
            assert serials([await second.next()]) == [3001]


async def test_a_long_replay_is_counted_by_jetstream_and_as_exactly(nats_url: str) -> None:
    """JetStream counts more than a few pages; a filter that subjects cannot express is counted by reading."""
    async with running(nats_url, recent_window_bytes=SMALL_WINDOW) as gateway, gateway.live() as first:
        total = 3 * history.PAGE_SEQUENCES
        await publish_changes(gateway.bus, 1, total)
        seen = await first.take(1)
        for query in ("events=state_change", "events=state_change,drift&provider=aws", "kind=aws_*"):
            async with gateway.stream(f"?{query}&last_event_id={seen[0].id}") as second:
                assert (await second.next()).json["replayed"] == total - 1
        async with gateway.stream(f"?events=drift&last_event_id={seen[0].id}") as second:
            assert (await second.next()).json["replayed"] == 0


async def test_a_page_that_its_bytes_limit_is_continued(nats_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Very large events make small pages."""
    monkeypatch.setattr(history, "PAGE_BYTES", 20_000)
    async with running(nats_url, recent_window_bytes=SMALL_WINDOW) as gateway:
        await publish_changes(gateway.bus, 1, 600, padding=500)
        async with gateway.stream("?since=1h") as stream:
            assert (await stream.next()).json["replayed"] == 600
            assert serials(await stream.take(600)) == list(range(1, 601))


async def test_clients_that_join_at_any_moment_of_a_burst_see_one_exact_sequence(nats_url: str) -> None:
    """Forty clients, each connecting and reconnecting at random moments while events arrive."""
    total, dice = 2000, random.Random(7)
    async with running(nats_url, recent_window_bytes=4 * SMALL_WINDOW) as gateway:
        await publish_changes(gateway.bus, 1, 1)
        start = await last_id(gateway)

        async def client(number: int) -> list[Event]:
            events: list[Event] = []
            while len(events) < total - 1:
                await asyncio.sleep(dice.random() * 0.05)
                identifier = str(events[-1].id) if events else start
                share = min(dice.randint(1, 700), total - 1 - len(events))
                try:
                    async with gateway.live(Last_Event_ID=identifier) as stream:
                        events += await stream.take(share)
                except EOFError:
                    continue  # the gateway ended a stream that it could not serve in time; its client comes back
                except AssertionError as refused:
                    if '"status":503' not in str(refused):
                        raise
            return events

        clients = [asyncio.create_task(client(number)) for number in range(40)]
        await publish_changes(gateway.bus, 2, total - 1)
        expected = list(range(2, total + 1))
        for events in await asyncio.gather(*clients):
            assert [event.sequence for event in events] == expected


async def test_a_herd_that_resumes_from_about_one_place_shares_its_reads(nats_url: str) -> None:
    """A hundred clients behind the ring cause a few reads of the ledger, not one each."""
    async with running(nats_url, recent_window_bytes=SMALL_WINDOW) as gateway:
        await publish_changes(gateway.bus, 1, 1500)
        end = await last_id(gateway)
        before = metric("tfdrift_gateway_ledger_reads_total")

        async def client(number: int) -> list[int]:
            async with gateway.live(f"?last_event_id={with_sequence(end, 1200 + number)}") as stream:
                return serials(await stream.until_sequence(1500))

        received = await asyncio.gather(*(client(number) for number in range(100)))
        assert received == [list(range(1201 + number, 1501)) for number in range(100)]
        assert metric("tfdrift_gateway_ledger_reads_total") - before < 10


@pytest.mark.parametrize("window_bytes", [SMALL_WINDOW, 64 * 1024**2])
async def test_since_begins_in_the_past(nats_url: str, window_bytes: int) -> None:
    """At the first event that the ledger stored at that moment or later, in the ring or before it."""
    async with running(nats_url, recent_window_bytes=window_bytes) as gateway:
        await publish_changes(gateway.bus, 1, 700)
        await asyncio.sleep(0.01)  # the ledger's clock is ours; the moment must lie between two events
        moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        await publish_changes(gateway.bus, 701, 700)
        async with gateway.stream(f"?since={moment}") as stream:
            assert (await stream.next()).json["replayed"] == 700
            assert serials(await stream.take(700)) == list(range(701, 1401))
        async with gateway.stream("?since=1h") as stream:
            assert (await stream.next()).json["replayed"] == 1400


@pytest.mark.parametrize("identifier", ["garbage", "{epoch}-999999", "-1", "%00", "{epoch}-%2B1"])
async def test_an_id_of_nothing_is_reset_as_invalid(nats_url: str, identifier: str) -> None:
    """The reset comes before the replay, which begins at the oldest event."""
    async with running(nats_url) as gateway:
        await publish_changes(gateway.bus, 1, 3)
        epoch = (await last_id(gateway)).partition("-")[0]
        async with gateway.stream(f"?last_event_id={identifier.format(epoch=epoch)}") as stream:
            connected, reset, *events = await stream.take(5)
            assert (connected.name, connected.json["replayed"]) == ("connected", 3)
            assert (reset.name, reset.id) == ("reset", None)
            assert reset.json == {"reason": "invalid", "oldest": f"{epoch}-1"}
            assert serials(events) == [1, 2, 3]


async def test_an_id_of_another_making_of_the_ledger_is_reset(nats_url: str) -> None:
    """Its sequences mean other events."""
    async with running(nats_url) as gateway:
        await publish_changes(gateway.bus, 1, 2)
        async with gateway.stream("?last_event_id=k3f9a2-2") as stream:
            _, reset, *events = await stream.take(4)
            assert reset.json["reason"] == "epoch"
            assert serials(events) == [1, 2]


async def test_an_id_that_has_expired_is_reset_to_the_oldest_event(nats_url: str) -> None:
    """The loss is reported, and the rest follows."""
    async with running(nats_url) as gateway:
        await publish_changes(gateway.bus, 1, 10)
        end = await last_id(gateway)
    client = await nats.connect(nats_url)
    await client.jetstream().purge_stream(STREAM, seq=6)
    await client.close()
    async with running(nats_url) as gateway:
        async with gateway.stream(f"?last_event_id={with_sequence(end, 3)}") as stream:
            _, reset, *events = await stream.take(7)
            assert reset.json == {"reason": "expired", "oldest": with_sequence(end, 6)}
            assert serials(events) == [6, 7, 8, 9, 10]
        async with gateway.live(f"?last_event_id={with_sequence(end, 5)}") as stream:
            assert (await stream.next()).name == "state_change"


async def test_a_ledger_that_is_created_again_resets_connected_clients(nats_url: str) -> None:
    """They get the reset, then every event of the new ledger under its own epoch."""
    async with running(nats_url) as gateway, gateway.live() as stream:
        await publish_changes(gateway.bus, 1, 3)
        old = (await stream.take(3))[-1]
        client = await nats.connect(nats_url)
        config = (await client.jetstream().stream_info(STREAM)).config
        await client.jetstream().delete_stream(STREAM)
        await client.jetstream().add_stream(config)
        await client.close()
        await publish(gateway.bus, [change(11), change(12)])
        reset, *events = await stream.take(3)
        assert (reset.name, reset.json["reason"]) == ("reset", "epoch")
        assert serials(events) == [11, 12]
        assert [event.sequence for event in events] == [1, 2]
        assert str(events[0].id).partition("-")[0] != str(old.id).partition("-")[0]


async def test_a_client_that_comes_back_while_the_gateway_starts_waits_instead_of_being_refused(nats_url: str) -> None:
    """A refusal ends an EventSource for good, and reading the ledger may take seconds."""
    async with running(nats_url) as gateway, gateway.live() as stream:
        # Read meanwhile: a client that reads none of the 16 MB until the last is published may be disconnected as slow.
        _, seen = await asyncio.gather(publish_changes(gateway.bus, 1, 4000, padding=4000), stream.take(4000))
    async with running(nats_url, caught_up=False) as gateway:
        assert not gateway.runtime.readiness.ok
        async with gateway.stream(Last_Event_ID=str(seen[-3].id)) as again:
            assert (await again.next()).json["replayed"] == 2
            assert serials(await again.take(2)) == [3999, 4000]


async def test_a_restart_of_nats_in_mid_stream_loses_nothing(nats_server: NatsServer) -> None:
    """The stream stays open, and goes on where it was when the server is back."""
    async with running(nats_server.url) as gateway, gateway.live() as stream:
        await publish_changes(gateway.bus, 1, 500)
        nats_server.stop()
        await eventually(lambda: not gateway.bus.connected)
        assert (await gateway.get("/health"))[1]["status"] == "degraded"
        nats_server.start()
        await eventually(lambda: gateway.bus.connected)
        await publish_changes(gateway.bus, 501, 500)
        assert serials(await stream.take(1000)) == list(range(1, 1001))


async def test_while_nats_is_away_the_window_still_serves(nats_server: NatsServer) -> None:
    """A recent id resumes from memory; one that needs the ledger gets 503 with `Retry-After`."""
    async with running(nats_server.url) as gateway, gateway.live() as stream:
        await publish_changes(gateway.bus, 1, 5)
        seen = await stream.take(5)
        nats_server.stop()
        await eventually(lambda: not gateway.bus.connected)
        async with gateway.live(Last_Event_ID=str(seen[1].id)) as again:
            assert serials(await again.take(3)) == [3, 4, 5]
        async with gateway.session.get(f"{gateway.url}/api/v1/stream?last_event_id=garbage") as response:
            assert response.status == 503
            assert "Retry-After" in response.headers
        nats_server.start()
        await eventually(lambda: gateway.bus.connected)


async def test_any_replica_goes_on_where_another_stopped(nats_url: str) -> None:
    """Ids belong to the ledger, not to a process."""
    async with running(nats_url) as one, running(nats_url) as other, one.live() as stream:
        await publish_changes(one.bus, 1, 50)
        seen = await stream.take(20)
        async with other.live(Last_Event_ID=str(seen[-1].id)) as again:
            assert serials(await again.take(30)) == list(range(21, 51))
