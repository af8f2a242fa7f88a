"""The stream over HTTP, from a ledger on a real nats-server."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote
from uuid import UUID

import pytest

from tests.conftest import eventually
from tests.sse_gateway.gateway import STREAM_PATH, alert, change, metric, publish, running, serials
from tests.sse_gateway.stored import drift
from tfdrift.bus import Bus
from tfdrift.envelope import WORKSPACE
from tfdrift.events import DriftStatus, Resolution, StateChange, UserIdentity
from tfdrift.severity import Severity
from tfdrift.subjects import Provider


async def test_the_headers_are_those_of_an_event_stream_that_no_proxy_holds_back(nats_url: str) -> None:
    """As the contract says."""
    async with running(nats_url) as gateway, gateway.stream() as stream:
        headers = stream.response.headers
        assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert headers["Cache-Control"] == "no-cache, no-transform"
        assert headers["X-Accel-Buffering"] == "no"


async def test_a_stream_begins_with_retry_and_connected(nats_url: str) -> None:
    """`connected` has no id, and lists the events that will come."""
    async with running(nats_url) as gateway, gateway.stream() as stream:
        connected = await stream.next()
        assert (connected.name, connected.id, stream.parser.retries) == ("connected", None, [3000])
        data = connected.json
        UUID(data.pop("stream_id"))
        assert data.pop("version")
        assert data == {
            "message": "Connected to TFDrift-Falco SSE stream",
            "events": ["drift", "falco", "state_change", "attribution"],
            "replayed": 0,
        }


async def test_events_come_with_their_id_their_name_and_the_payload_byte_for_byte(nats_url: str) -> None:
    """The data line is the ledger's payload, and the id ends with its sequence."""
    async with running(nats_url) as gateway, gateway.live() as stream:
        sent = [change(1), alert(Severity.HIGH)]
        sequences = await publish(gateway.bus, sent)
        received = await stream.take(2)
        assert [event.data.encode() for event in received] == [event.encode() for event in sent]
        assert [event.name for event in received] == ["state_change", "falco"]
        assert [event.sequence for event in received] == sequences
        assert len({str(event.id).partition("-")[0] for event in received}) == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?events=falco", [2, 3, 4]),
        ("?severity=high%2B", [2, 3]),
        ("?severity=high+", [2, 3]),
        ("?provider=kubernetes,gcp", [3, 4]),
        ("?kind=aws_iam_*", [1]),
        ("?workspace=prod", [0]),
        ("?workspace=prod&workspace=eu%2Fnet&kind=aws_*", [0, 1]),
        ("?events=falco&severity=critical", [2]),
    ],
)
async def test_a_filter_lets_through_what_it_names_live_and_replayed(
    nats_url: str, query: str, expected: list[int]
) -> None:
    """The same events come live and after a reconnection, in the order of the ledger."""
    sent = [
        change(1),
        change(2, workspace="eu/net", resource_type="aws_iam_role"),
        alert(Severity.CRITICAL),
        alert(Severity.HIGH, Provider.KUBERNETES, "pods"),
        alert(Severity.LOW, Provider.GCP, "storage"),
    ]
    async with running(nats_url) as gateway, gateway.live(query) as live, gateway.live() as everything:
        sequences = await publish(gateway.bus, sent)
        wanted = [sequences[index] for index in expected]
        assert [event.sequence for event in await live.take(len(expected))] == wanted
        first = (await everything.take(5))[0]
        before = f"{str(first.id).partition('-')[0]}-{first.sequence - 1}"
        async with gateway.stream(f"{query}&last_event_id={before}") as again:
            assert (await again.next()).json["replayed"] == len(expected)
            assert [event.sequence for event in await again.take(len(expected))] == wanted


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?event=drift", "event"),
        ("?events=drifts", "events"),
        ("?events=", "events"),
        ("?severity=urgent", "severity"),
        ("?provider=oracle", "provider"),
        ("?kind=a.b", "kind"),
        ("?since=yesterday", "since"),
        ("?since=1h&since=2h", "since"),
        ("?token=secret", "token"),
    ],
)
async def test_an_unknown_parameter_or_value_is_a_problem_document_that_names_it(
    nats_url: str, query: str, parameter: str
) -> None:
    """RFC 9457, with what is allowed."""
    async with running(nats_url) as gateway, gateway.session.get(f"{gateway.url}{STREAM_PATH}{query}") as response:
        assert response.status == 400
        assert response.content_type == "application/problem+json"
        problem = json.loads(await response.read())
        assert problem["status"] == 400
        assert problem["title"] == "Bad Request"
        assert problem["parameter"] == parameter
        assert parameter in problem["detail"]


async def test_an_idle_stream_is_kept_alive_and_a_busy_one_is_not(nats_url: str) -> None:
    """The comment comes only after a time without other traffic."""
    async with (
        running(nats_url, keepalive_seconds=0.4) as gateway,
        gateway.live("?events=falco") as idle,
        gateway.live("?events=state_change") as busy,
    ):
        publishing = asyncio.create_task(_publish_steadily(gateway.bus, seconds_between=0.05))
        await idle.until_comments(2)
        publishing.cancel()
        assert idle.parser.comments == ["keep-alive", "keep-alive"]
        assert len(await busy.take(8)) == 8
        assert busy.parser.comments == []
        await busy.until_comments(1)


async def _publish_steadily(bus: Bus, seconds_between: float) -> None:
    number = 0
    while True:
        number += 1
        await publish(bus, [change(number)])
        await asyncio.sleep(seconds_between)


async def test_http_1_0_is_streamed_without_chunks(nats_url: str) -> None:
    """A proxy in its default configuration uses it."""
    async with running(nats_url) as gateway:
        port = gateway.runtime.settings.http_port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {STREAM_PATH} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"transfer-encoding" not in head.lower()
        assert await reader.readuntil(b"\n\n") == b"retry: 3000\n\n"
        assert (await reader.readuntil(b"\n\n")).startswith(b"event: connected\ndata: {")
        (sequence,) = await publish(gateway.bus, [change(1)])
        event = await reader.readuntil(b"\n\n")
        assert f"-{sequence}\nevent: state_change\ndata: ".encode() in event
        writer.close()


async def test_a_message_outside_the_grammar_is_passed_over(nats_url: str) -> None:
    """A foreign message on the stream's subjects is neither shown nor stops anything."""
    async with running(nats_url) as gateway, gateway.live() as stream:
        await gateway.bus.publish("tfdrift.unheard.of", b"x")
        await gateway.bus.publish("tfdrift.drift.high.aws.x", b"{}", {WORKSPACE: "\\x4"})
        await publish(gateway.bus, [change(1)])
        event = await stream.next()
        assert serials([event]) == [1]
        async with gateway.stream(f"?last_event_id={quote(str(event.id))}") as again:
            assert (await again.next()).json["replayed"] == 0


async def test_a_client_that_goes_is_forgotten(nats_url: str) -> None:
    """Its place is free at once."""
    async with running(nats_url, max_clients=1) as gateway:
        async with gateway.live():
            status, problem = await gateway.get(STREAM_PATH)
            assert (status, problem["status"]) == (503, 503)
        await eventually(lambda: metric("tfdrift_gateway_clients") == 0)
        async with gateway.live():
            pass


@pytest.mark.parametrize(("limits", "status"), [({"max_clients": 2}, 503), ({"max_clients_per_address": 2}, 429)])
async def test_past_a_limit_a_client_is_refused_with_a_time_to_retry(
    nats_url: str, limits: dict[str, int], status: int
) -> None:
    """503 if all places are taken, 429 if all places of one address are taken."""
    async with (
        running(nats_url, **limits) as gateway,
        gateway.live(),
        gateway.live(),
        gateway.session.get(f"{gateway.url}{STREAM_PATH}") as response,
    ):
        assert response.status == status
        assert response.content_type == "application/problem+json"
        assert int(response.headers["Retry-After"]) >= 1


async def test_a_workspace_in_any_script_can_be_asked_for(nats_url: str) -> None:
    """Header values are escaped on the bus, but not for clients."""
    sent: list[StateChange] = [change(1), change(2, workspace="süd/ネット")]
    async with running(nats_url) as gateway, gateway.live(f"?workspace={quote('süd/ネット')}") as stream:
        await publish(gateway.bus, [*sent])
        assert serials([await stream.next()]) == [2]


async def test_a_stream_is_narrowed_by_account_region_person_and_status(nats_url: str) -> None:
    """Live and replayed alike, and counted beforehand."""
    joe = UserIdentity(user_name="joe")
    drifts = [
        drift(1),
        drift(2, account_id="2"),
        drift(3, region="us-east-1"),
        drift(4, user_identity=joe),
        drift(5, status=DriftStatus.RESOLVED, resolution=Resolution.REVERTED),
    ]
    query = "?account=1&region=eu-west-1&user=jane&status=open"
    async with running(nats_url) as gateway, gateway.live(query) as live:
        await publish(gateway.bus, [*drifts, change(1), drift(6)])
        seen = await live.take(2)
        assert [event.json["id"] for event in seen] == ["d1", "d6"]
        for spelling in ("last_event_id", "lastEventId"):
            async with gateway.stream(f"{query}&{spelling}={with_sequence(str(seen[0].id), 0)}") as again:
                assert (await again.next()).json["replayed"] == 2
                assert [event.json["id"] for event in await again.take(2)] == ["d1", "d6"]
        status, page = await gateway.get(f"/api/v1/events{query}&resource=aws_instance.web[1]")
        assert (status, [event["data"]["id"] for event in page["events"]]) == (200, ["d1"])
        status, problem = await gateway.get(f"{STREAM_PATH}?lastEventId=a-1&last_event_id=a-2")
        assert (status, problem["parameter"]) == (400, "lastEventId")


def with_sequence(identifier: str, sequence: int) -> str:
    """Returns an id of the same ledger."""
    return f"{identifier.partition('-')[0]}-{sequence}"
