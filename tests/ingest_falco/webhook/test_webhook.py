"""The webhook as senders see it, over real HTTP, with a real nats-server behind it."""

from __future__ import annotations

import asyncio
import gzip
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import nats
import orjson
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY

from ingest_falco.spool.ledger import DEAD_SUBJECT, REASON
from tests.conftest import NatsServer, eventually
from tests.ingest_falco.samples import body, cloud_alert, cloud_fields, host_alert
from tests.ingest_falco.service import Process, Running, running
from tfdrift.bus import Bus, Follow, NatsOptions, Retention
from tfdrift.envelope import parse_headers
from tfdrift.events import CloudCall, FalcoEvent
from tfdrift.subjects import DEAD_STREAM, STREAM


@pytest_asyncio.fixture
async def service(nats_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """The service with its NATS."""
    async with running(nats_url, tmp_path / "spool") as found:
        yield found


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("tfdrift_falco_alerts_total", {"outcome": outcome}) or 0.0


def spooled() -> float:
    return REGISTRY.get_sample_value("tfdrift_spool_entries") or 0.0


async def test_an_answered_alert_is_on_the_ledger(service: Running) -> None:
    """The payload is what clients see; the call is in a header that they do not see."""
    assert await service.post(body(cloud_alert())) == (200, "")
    (message,) = await service.ledger()
    assert message.subject == "tfdrift.falco.low.aws.ec2"
    event = FalcoEvent.model_validate_json(message.data)
    assert event.user_identity is not None
    assert event.user_identity.user_name == "ann"
    assert b"instanceType" not in message.data
    envelope = parse_headers(message.headers)
    assert envelope.occurred == event.timestamp
    assert envelope.call is not None
    assert CloudCall.model_validate_json(envelope.call).request["instanceId"] == "i-0abc"


@pytest.mark.parametrize("path", ["/", "/test"])
@pytest.mark.parametrize("header", [("Origin", "https://evil.example.org"), ("Sec-Fetch-Site", "cross-site")])
async def test_a_page_of_another_site_sends_no_alert(service: Running, path: str, header: tuple[str, str]) -> None:
    """A browser is made to send it by any page; Falco and falcosidekick send neither header."""
    status, _ = await service.post(body(host_alert()), path, dict([header]))
    assert status == 403
    assert await service.ledger() == []


async def test_the_same_alert_again_changes_nothing(service: Running) -> None:
    """Falco's copy and falcosidekick's copies of one alert are one message, and every sender gets 200."""
    before = counted("duplicate")
    for alert in (cloud_alert(), cloud_alert(uuid="1"), cloud_alert(uuid="2"), host_alert(), host_alert()):
        assert (await service.post(body(alert)))[0] == 200
    assert len(await service.ledger()) == 2
    assert counted("duplicate") - before == 3


async def test_put_and_any_content_type_are_taken(service: Running) -> None:
    """Some senders put, and few name JSON."""
    async with service.client.put(service.url + "/", data=body(host_alert())) as answer:
        assert answer.status == 200
    assert (await service.post(body(cloud_alert()), headers={"Content-Type": "text/plain"}))[0] == 200
    assert len(await service.ledger()) == 2


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"", 400, "empty"),
        (b'{"rule":"x"', 400, "not JSON"),
        (b"[]", 400, "a list"),
        (body(host_alert(rule=1)), 400, "'rule' is a number"),
        (b'{"rule":"\xff"}', 400, "'priority' is missing"),
        (b"[" * 500_000, 400, "not JSON"),
        (b'{"x":NaN}', 400, "not JSON"),
        (b" " * (768 * 1024), 400, "empty"),
        (b" " * (768 * 1024 + 1), 413, "larger than the 786432 bytes"),
        (b"x" * 8 * 1024**2, 413, "larger than the 786432 bytes"),
    ],
    ids=["empty", "truncated", "list", "type", "utf-8", "deep", "nan", "largest", "larger", "8 MiB"],
)
async def test_bad_input_is_answered_with_its_reason(service: Running, sent: bytes, status: int, reason: str) -> None:
    """The answers of wire.md, in plain text; nothing reaches the ledger, and the next alert does."""
    answered, text = await service.post(sent)
    assert answered == status
    assert reason in text
    assert (await service.post(body(host_alert())))[0] == 200
    assert len(await service.ledger()) == 1


async def test_a_broken_gzip_body_says_so(service: Running) -> None:
    """Some senders compress; a whole body is read, and a broken one is 400 with its reason."""
    headers = {"Content-Encoding": "gzip"}
    status, text = await service.post(b"no gzip at all", headers=headers)
    assert (status, "'gzip'" in text) == (400, True)
    assert await service.post(gzip.compress(body(host_alert())), headers=headers) == (200, "")


async def test_a_body_without_a_length_is_measured_as_it_comes(service: Running) -> None:
    """A chunked body of 8 MiB is refused as well."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(128):
            yield b"x" * 65536

    async with service.client.post(service.url + "/", data=chunks()) as answer:
        assert answer.status == 413


async def test_the_largest_call_arrives(service: Running) -> None:
    """A call that its header would make too large for NATS arrives without its response."""
    fields = cloud_fields(response='["' + "ä" * 300_000 + '"]')
    assert (await service.post(body(cloud_alert(fields))))[0] == 200
    (message,) = await service.ledger()
    call = parse_headers(message.headers).call
    assert call is not None
    assert CloudCall.model_validate_json(call).response is None
    assert CloudCall.model_validate_json(call).request["instanceId"] == "i-0abc"


async def test_falcosidekicks_routes_answer_like_its_own(service: Running) -> None:
    """Health checks and probes written for falcosidekick go on working."""
    async with service.client.get(service.url + "/ping") as answer:
        assert (answer.status, await answer.text()) == (200, "pong")
    async with service.client.get(service.url + "/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, '{"status": "ok"}')
        assert answer.content_type == "application/json"
    for method, path, status, allowed in (
        ("GET", "/", 405, {"POST", "PUT"}),
        ("DELETE", "/", 405, {"POST", "PUT"}),
        ("GET", "/test", 405, {"POST"}),
        ("POST", "/nowhere", 404, set[str]()),
    ):
        async with service.client.request(method, service.url + path) as answer:
            assert answer.status == status
            assert {name for name in answer.headers.get("Allow", "").split(",") if name} == allowed


async def test_each_test_alert_shows(service: Running) -> None:
    """Somebody who tries the set-up twice sees two alerts."""
    for _ in range(2):
        assert await service.post(b"", "/test") == (200, "")
    events = [FalcoEvent.model_validate_json(message.data) for message in await service.ledger()]
    assert [event.rule for event in events] == ["Test rule", "Test rule"]
    assert events[0].output == "This is a test from falcosidekick"
    assert events[0].output_fields == {"proc.name": "falcosidekick", "user.name": "falcosidekick"}


async def test_only_the_tokens_bearer_may_send(nats_url: str, tmp_path: Path) -> None:
    """An invalid token, none, or another scheme is 401; probes need none."""
    async with running(nats_url, tmp_path, webhook_token="s3cret") as service:
        for authorization in ("", "Bearer wrong", "Bearer s3cret2", "Basic s3cret", "s3cret"):
            for path in ("/", "/test"):
                headers = {"Authorization": authorization} if authorization else {}
                assert (await service.post(body(host_alert()), path, headers))[0] == 401
        assert await service.ledger() == []
        assert (await service.post(body(host_alert()), "/", {"Authorization": "bearer s3cret"}))[0] == 200
        async with service.client.get(service.url + "/healthz") as answer:
            assert answer.status == 200


async def test_alerts_keep_their_order_over_the_death_of_nats(nats_server: NatsServer, tmp_path: Path) -> None:
    """One sender posts on and on while NATS is killed and returns: all arrive, in order, once."""
    async with running(nats_server.url, tmp_path) as service:
        rules: list[str] = []
        enough = asyncio.Event()

        async def send() -> None:
            while not enough.is_set():
                assert (await service.post(body(host_alert(rule=str(len(rules))))))[0] == 200
                rules.append(str(len(rules)))

        sender = asyncio.create_task(send())
        await eventually(lambda: len(rules) > 50)
        nats_server.stop(signal.SIGKILL)
        await eventually(lambda: spooled() > 50)
        nats_server.start()
        await eventually(lambda: service.runtime.bus.connected and spooled() == 0)
        posted = len(rules)
        await eventually(lambda: len(rules) > posted + 50)
        enough.set()
        await sender
        await eventually(lambda: spooled() == 0)
        events = [FalcoEvent.model_validate_json(message.data) for message in await service.ledger()]
        assert [event.rule for event in events] == rules


async def test_many_senders_get_back_to_the_ledger(nats_server: NatsServer, tmp_path: Path) -> None:
    """The spool runs empty under steady load, and each answered alert is on the ledger exactly once."""
    async with running(nats_server.url, tmp_path) as service:
        rules: list[str] = []
        enough = asyncio.Event()

        async def send(sender: int) -> None:
            number = 0
            while not enough.is_set():
                rule = f"{sender}-{number}"
                assert (await service.post(body(host_alert(rule=rule))))[0] == 200
                rules.append(rule)
                number += 1

        async with asyncio.TaskGroup() as senders:
            for sender in range(16):
                senders.create_task(send(sender))
            await eventually(lambda: len(rules) > 100)
            nats_server.stop(signal.SIGKILL)
            await eventually(lambda: spooled() > 300)
            nats_server.start()
            await eventually(lambda: service.runtime.bus.connected and spooled() == 0)
            enough.set()
        await eventually(lambda: spooled() == 0)
        events = [FalcoEvent.model_validate_json(message.data) for message in await service.ledger()]
        assert sorted(event.rule for event in events) == sorted(rules)


async def test_the_webhook_serves_before_nats_was_ever_there(nats_server: NatsServer, tmp_path: Path) -> None:
    """Alerts do not wait for NATS to be started first."""
    nats_server.stop()
    async with running(nats_server.url, tmp_path, connected=False) as service:
        assert (await service.post(body(cloud_alert())))[0] == 200
        assert (await service.post(body(cloud_alert())))[0] == 200
        nats_server.start()
        await eventually(lambda: spooled() == 0)
        assert len(await service.ledger()) == 1


async def test_a_full_spool_asks_to_come_again_later(nats_server: NatsServer, tmp_path: Path) -> None:
    """503 with Retry-After; the alerts that were answered 200 arrive, and there is room again."""
    nats_server.stop()
    async with running(nats_server.url, tmp_path, connected=False, spool_max_bytes=str(1024**2)) as service:
        padding = "x" * 300_000
        statuses = []
        for number in range(5):
            alert = body(host_alert(rule=str(number), output=padding))
            async with service.client.post(service.url + "/", data=alert) as answer:
                statuses.append(answer.status)
                assert ("Retry-After" in answer.headers) == (answer.status == 503)
        assert statuses == [200, 200, 200, 503, 503]
        nats_server.start()
        await eventually(lambda: spooled() == 0)
        assert (await service.post(body(host_alert(rule="later"))))[0] == 200
        rules = [FalcoEvent.model_validate_json(message.data).rule for message in await service.ledger()]
        assert rules == ["0", "1", "2", "later"]


async def test_an_alert_that_the_ledger_refuses_is_dead_lettered(nats_server: NatsServer, tmp_path: Path) -> None:
    """One message over the stream's limit is a dead letter with its reason, and the rest goes on."""
    async with running(nats_server.url, tmp_path) as service:
        await _limit_message_size(nats_server.url, 262_144)
        nats_server.stop()
        await eventually(lambda: not service.runtime.bus.connected)
        for rule in ("first", "heavy", "last"):
            fields = cloud_fields(id=rule, request='["' + "x" * (400_000 if rule == "heavy" else 1) + '"]')
            assert (await service.post(body(cloud_alert(fields, rule=rule))))[0] == 200
        nats_server.start()
        await eventually(lambda: spooled() == 0)
        rules = [FalcoEvent.model_validate_json(message.data).rule for message in await service.ledger()]
        assert rules == ["first", "last"]
        ((dead,),) = [messages async for messages in service.runtime.bus.read(DEAD_STREAM, start=1, end=1)]
        assert (dead.subject, FalcoEvent.model_validate_json(dead.data).rule) == (DEAD_SUBJECT, "heavy")
        assert "size" in dead.headers[REASON]


async def _limit_message_size(nats_url: str, max_bytes: int) -> None:
    """Limit the ledger's messages, as an operator might."""
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    config = (await jetstream.stream_info(STREAM)).config
    await jetstream.update_stream(config.evolve(max_msg_size=max_bytes))
    await client.close()


async def test_a_killed_process_loses_nothing_that_it_answered(nats_server: NatsServer, tmp_path: Path) -> None:
    """SIGKILL with alerts in the spool: the next process forwards them, once and in order."""
    process = Process(nats_server.url, tmp_path / "spool")
    nats_server.stop()
    await process.start()
    async with aiohttp.ClientSession() as client:
        for number in range(20):
            async with client.post(process.url, data=body(host_alert(rule=str(number)))) as answer:
                assert answer.status == 200
    process.stop(signal.SIGKILL)
    nats_server.start()
    await process.start()
    bus = Bus(NatsOptions((nats_server.url,), "test"), Retention(1, 1024**3, 1))
    await bus.open()
    try:
        found: list[str] = []
        following = asyncio.create_task(
            bus.follow(Follow(STREAM, lambda message: found.append(orjson.loads(message.data)["rule"]), start=1))
        )
        await eventually(lambda: len(found) >= 20)
        assert found == [str(number) for number in range(20)]
    finally:
        following.cancel()
        await bus.close()
        assert process.stop() == 0


async def test_a_spool_that_another_process_has_is_a_configuration_error(service: Running, nats_url: str) -> None:
    """One sentence that names the variable, exit code 78."""
    folder = service.runtime.settings.spool_dir
    assert folder is not None
    code, complaint = await asyncio.to_thread(Process(nats_url, folder).run_to_its_end)
    assert code == 78
    assert "TFDRIFT_SPOOL_DIR" in complaint
    assert complaint.count("\n") == 1
