"""The user's own document about the stream, sentence by sentence."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from statistics import median
from time import perf_counter

import aiohttp
import httpx
import pytest
from httpx_sse import aconnect_sse

from tests.conftest import DEADLINE_SECONDS, console_script, eventually
from tests.e2e.alerts import resize, shell
from tests.e2e.estate import instance, instance_id, resource, state
from tests.pipeline import Pipeline

STREAM = "/api/v1/stream"
DASHBOARD = "http://localhost:3000"
BROWSER = {
    "Accept": "text/event-stream",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.5",
    "Cache-Control": "no-cache",
    "Connection": "keep-alive",
    "Origin": DASHBOARD,
    "Pragma": "no-cache",
    "Referer": f"{DASHBOARD}/",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "cross-site",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
}


@asynccontextmanager
async def raw(pipeline: Pipeline, query: str = "", **headers: str) -> AsyncIterator[aiohttp.ClientResponse]:
    """The stream as bytes."""
    url = f"{pipeline.gateway}{STREAM}{query}"
    async with aiohttp.ClientSession(auto_decompress=False) as session, session.get(url, headers=headers) as response:
        yield response


async def block(response: aiohttp.ClientResponse) -> list[str]:
    """The lines of the next event or comment."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        data = await response.content.readuntil(b"\n\n")
    return data.decode().removesuffix("\n\n").split("\n")


async def test_the_connected_event_comes_at_once_and_exactly_as_written(pipeline: Pipeline) -> None:
    """`retry` first, then `connected` without an id, its data beginning with the seed's two fields in their order."""
    async with raw(pipeline) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-cache, no-transform"
        assert response.headers["X-Accel-Buffering"] == "no"
        lines = await block(response)
        if lines == ["retry: 3000"]:
            lines += await block(response)
    retry, event, data = lines
    assert (retry, event) == ("retry: 3000", "event: connected")
    event = json.loads(data.removeprefix("data: "))
    assert list(event) == ["stream_id", "message", "version", "events", "replayed"]
    assert event["message"] == "Connected to TFDrift-Falco SSE stream"
    assert event["events"] == ["drift", "falco", "state_change", "attribution"]
    assert event["replayed"] == 0


async def test_every_connection_has_a_stream_id_of_its_own(pipeline: Pipeline) -> None:
    """Two clients can be distinguished."""
    async with pipeline.stream() as one, pipeline.stream() as other:
        assert one.of("connected")[0]["stream_id"] != other.of("connected")[0]["stream_id"]


async def test_the_drift_event_has_the_fields_of_the_document(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """severity, type, id, both values, who and when: on a policy that somebody widens."""
    web = instance_id()
    async with pipeline.stream(f"?workspace={workspace}") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        at = next(times)
        await pipeline.post(resize(web, "m5.large", at))
        drift = await client.first("drift")
    assert list(drift)[:7] == [
        "severity",
        "resource_type",
        "resource_id",
        "old_value",
        "new_value",
        "user_identity",
        "timestamp",
    ]
    assert drift["severity"] == "medium"
    assert drift["resource_type"] == "aws_instance"
    assert drift["resource_id"] == web
    identity = drift["user_identity"]
    assert {name: identity[name] for name in ("type", "user_name", "arn")} == {
        "type": "IAMUser",
        "user_name": "john.doe",
        "arn": "arn:aws:iam::123456789012:user/john.doe",
    }
    opened_at = datetime.fromisoformat(drift["timestamp"])
    assert (opened_at, drift["timestamp"][-1]) == (at, "Z")


async def test_the_falco_event_has_the_fields_of_the_document(pipeline: Pipeline) -> None:
    """A container's alert arrives with severity, rule, output and container_id."""
    async with pipeline.stream("?events=falco") as client:
        alert = shell()
        assert await pipeline.post(alert) == 200
        event = await client.first("falco", uuid=alert["uuid"])
    assert {name: event[name] for name in ("severity", "rule", "output", "container_id")} == {
        "severity": "critical",
        "rule": "Unauthorized Process Execution",
        "output": "A shell was spawned in a container (user=root shell=bash)",
        "container_id": "3ad7b26ded6d",
    }


async def test_the_state_change_event_has_the_fields_of_the_document(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """resource, action and serial, in the document's own example."""

    def policy(description: str) -> dict:
        attributes = {"id": "arn:aws:iam::123456789012:policy/example", "name": "example", "description": description}
        return resource("aws_iam_policy", "example", attributes)

    async with pipeline.stream(f"?workspace={workspace}&events=state_change") as client:
        pipeline.write_state(workspace, state(42, policy("before")), next(times))
        await client.first("state_change", serial=42)
        pipeline.write_state(workspace, state(43, policy("after")), next(times))
        event = await client.first("state_change", serial=43)
    assert {name: event[name] for name in ("resource", "action", "serial")} == {
        "resource": "aws_iam_policy.example",
        "action": "modified",
        "serial": 43,
    }


async def test_an_idle_stream_carries_keep_alive_comments(pipeline: Pipeline) -> None:
    """Nothing but `: keep-alive` and an empty line, again and again."""
    async with raw(pipeline, "?kind=never_seen") as response:
        while (lines := await block(response))[0] != ": keep-alive":
            assert lines[0].startswith(("retry:", "event: connected"))
        assert lines == [": keep-alive"]
        assert await block(response) == [": keep-alive"]


def test_keep_alive_comes_every_thirty_seconds_by_default() -> None:
    """The default is the document's."""
    shown = subprocess.run(
        [console_script("sse-gateway"), "--check-config"], capture_output=True, text=True, check=True, env={}
    ).stdout
    settings = dict(line.split("=", 1) for line in shown.splitlines())
    assert float(settings["TFDRIFT_KEEPALIVE_SECONDS"]) == 30
    assert settings["TFDRIFT_HTTP_PORT"] == "8080"
    assert settings["TFDRIFT_CORS_ORIGINS"] == DASHBOARD


async def test_a_client_that_comes_back_with_its_last_id_gets_exactly_the_rest(pipeline: Pipeline) -> None:
    """No gap and no duplicate between what came before the break, during it, and after it."""
    alerts = [shell() for _ in range(30)]
    uuids = [alert["uuid"] for alert in alerts]
    async with pipeline.stream("?events=falco") as client:
        await pipeline.post(*alerts[:10])
        await client.first("falco", uuid=uuids[9])
    await pipeline.post(*alerts[10:20])
    async with pipeline.stream("?events=falco", last_event_id=client.last_event_id) as later:
        await pipeline.post(*alerts[20:])
        await later.first("falco", uuid=uuids[-1])
    assert [event["uuid"] for event in client.of("falco") + later.of("falco")] == uuids
    assert later.of("connected")[0]["replayed"] == 10
    assert not later.of("reset")


async def test_a_last_id_in_the_url_serves_clients_that_cannot_set_headers(pipeline: Pipeline) -> None:
    """?last_event_id= is the header's equal."""
    alerts = [shell() for _ in range(3)]
    async with pipeline.stream("?events=falco") as client:
        await pipeline.post(alerts[0])
        await client.first("falco", uuid=alerts[0]["uuid"])
    await pipeline.post(*alerts[1:])
    async with pipeline.stream(f"?events=falco&last_event_id={client.last_event_id}") as later:
        await later.first("falco", uuid=alerts[-1]["uuid"])
    assert [event["uuid"] for event in later.of("falco")] == [alert["uuid"] for alert in alerts[1:]]


async def test_an_id_of_another_ledger_resets_the_client(pipeline: Pipeline) -> None:
    """The client gets a reset, and starts from the oldest event."""
    await pipeline.post(shell())
    async with pipeline.stream(last_event_id="nonsense") as invalid, pipeline.stream(last_event_id="0-1") as foreign:
        await invalid.first("reset")
        await foreign.first("reset")
        await foreign.wait_for(lambda c: c.last_event_id)
    assert invalid.of("reset")[0]["reason"] == "invalid"
    assert foreign.of("reset")[0]["reason"] == "epoch"
    first = next(event for event in foreign.events if event.id)
    assert first.id == foreign.of("reset")[0]["oldest"]


async def test_a_restarted_gateway_is_only_a_pause(pipeline: Pipeline) -> None:
    """A client that reconnects, as EventSource does, misses nothing of what happened meanwhile."""
    alerts = [shell() for _ in range(20)]
    async with pipeline.stream("?events=falco", reconnecting=True) as client:
        await pipeline.post(*alerts[:10])
        await client.first("falco", uuid=alerts[9]["uuid"])
        assert pipeline.stop("sse-gateway") == 0
        await pipeline.post(*alerts[10:])
        pipeline.start("sse-gateway")
        await pipeline.ready("sse-gateway")
        await client.first("falco", uuid=alerts[-1]["uuid"])
    assert [event["uuid"] for event in client.of("falco")] == [alert["uuid"] for alert in alerts]
    assert len(client.of("connected")) == 2


async def test_since_starts_in_the_past(pipeline: Pipeline) -> None:
    """A client may ask for the last quarter of an hour."""
    alert = shell()
    await pipeline.post(alert)
    async with pipeline.stream("?since=15m&events=falco") as client:
        await client.first("falco", uuid=alert["uuid"])


@pytest.mark.parametrize("query", ["?events=falco", "?severity=high%2B", "?provider=host", "?kind=sys*"])
async def test_a_filter_passes_what_it_names(pipeline: Pipeline, query: str) -> None:
    """By event, severity and above, provider, and kind, which is Falco's source here."""
    alert = shell()
    async with pipeline.stream(query) as client:
        await pipeline.post(alert)
        await client.first("falco", uuid=alert["uuid"])


async def test_a_filter_holds_back_what_it_does_not_name(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A client that asked for drifts and state changes gets a later state change, and not the alert before it."""
    async with pipeline.stream("?events=drift,state_change") as client:
        await pipeline.post(shell())
        pipeline.write_state(workspace, state(1, instance(instance_id())), next(times))
        await client.first("state_change", workspace=workspace)
    assert client.of("connected")[0]["events"] == ["drift", "state_change"]
    assert not client.of("falco")


async def test_a_browser_reads_the_stream_from_another_origin(pipeline: Pipeline) -> None:
    """With the headers that a browser's EventSource sends: allowed by CORS, and not compressed."""
    async with raw(pipeline, **BROWSER) as response:
        assert response.status == 200
        assert response.headers["Access-Control-Allow-Origin"] == DASHBOARD
        assert "Content-Encoding" not in response.headers
        assert (await block(response))[0] == "retry: 3000"


async def test_a_preflight_allows_get_and_options_to_the_dashboards_origin(pipeline: Pipeline) -> None:
    """AllowedOrigins http://localhost:3000, AllowedMethods GET and OPTIONS."""
    asks = {"Origin": DASHBOARD, "Access-Control-Request-Method": "GET"}
    async with aiohttp.ClientSession() as session, session.options(f"{pipeline.gateway}{STREAM}", headers=asks) as got:
        assert got.status in (200, 204)
        assert got.headers["Access-Control-Allow-Origin"] == DASHBOARD
        methods = {method.strip() for method in got.headers["Access-Control-Allow-Methods"].split(",")}
    assert {"GET", "OPTIONS"} <= methods


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3001", "null"])
async def test_another_origin_is_not_allowed(pipeline: Pipeline, origin: str) -> None:
    """A page of somebody else's cannot read the stream."""
    async with raw(pipeline, Origin=origin) as response:
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_health_says_that_the_server_is_running(pipeline: Pipeline) -> None:
    """GET /health is what the troubleshooting section asks first."""
    health = await pipeline.get("/health")
    assert (health["status"], health["nats"]) == ("ok", True)


async def test_a_client_library_of_somebody_elses_reads_the_stream(pipeline: Pipeline) -> None:
    """httpx-sse, which knows nothing of us, finds names, ids and JSON."""
    alert = shell()
    url = f"{pipeline.gateway}{STREAM}"
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client, aconnect_sse(client, "GET", url) as source:
        names = []
        async for event in source.aiter_sse():
            if not event.data:
                continue  # the block that holds `retry` alone, which WHATWG HTML §9.2.6 does not dispatch
            names.append(event.event)
            if event.event == "connected":
                await pipeline.post(alert)
            if event.event == "falco":
                break
    assert names == ["connected", "falco"]
    assert event.json()["uuid"] == alert["uuid"]
    assert event.id
    assert event.retry in (None, 3000)


async def test_the_log_says_what_is_broadcast(pipeline: Pipeline) -> None:
    """`logs | grep Broadcasting` shows whether events are being generated."""
    await pipeline.post(shell())
    await eventually(lambda: any(line["event"] == "Broadcasting" for line in pipeline.log_lines("sse-gateway")))


async def test_an_alert_is_a_drift_at_the_client_within_a_tenth_of_a_second(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """The median over fifty changes, from the first byte of the webhook to the event's arrival."""
    web, seconds = instance_id(), []
    async with pipeline.stream(f"?workspace={workspace}") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        for number in range(50):
            began = perf_counter()
            await pipeline.post(resize(web, f"m5.{number}xlarge", next(times)))
            await client.first("drift", new_value=f"m5.{number}xlarge")
            seconds.append(perf_counter() - began)
    assert median(seconds) < 0.1
