"""The REST routes beside the stream."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from tests.e2e.alerts import JANE, event_id, resize, shell, unprotect
from tests.e2e.estate import instance, instance_id, state
from tests.pipeline import Pipeline


def _stored(drift: dict[str, Any]) -> dict[str, Any]:
    """One drift's answer as the stream has it: without what can be done about it."""
    assert drift["remedies"]
    return {name: value for name, value in drift.items() if name != "remedies"}


async def test_drifts_lists_what_is_open_and_what_was_resolved(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """Newest first, filtered by status, attribute and user, and each under its id as on the stream."""
    web = instance_id()
    async with pipeline.stream(f"?workspace={workspace}") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        await pipeline.post(resize(web, "m5.large", next(times), who=JANE), unprotect(web, next(times)))
        await pipeline.post(resize(web, "t3.medium", next(times)))
        resolved = await client.first("drift", status="resolved")
        opened = await client.first("drift", attribute="disable_api_termination")
    ours = f"/api/v1/drifts?workspace={workspace}"

    async def ids(query: str = "") -> list[str]:
        return [drift["id"] for drift in (await pipeline.get(f"{ours}{query}"))["drifts"]]

    await pipeline.get_until(f"/api/v1/drifts/{opened['id']}", lambda drift: _stored(drift) == opened)
    await pipeline.get_until(f"/api/v1/drifts/{resolved['id']}", lambda drift: _stored(drift) == resolved)
    assert await ids() == [opened["id"], resolved["id"]]
    assert await ids("&status=open") == [opened["id"]]
    assert await ids("&status=resolved") == [resolved["id"]]
    assert await ids("&user=jane.roe@example.com") == [resolved["id"]]
    assert await ids("&attribute=instance_type&severity=medium&kind=modified&since=1h") == [resolved["id"]]
    assert _stored(await pipeline.get(f"/api/v1/drifts/{opened['id']}")) == opened
    page = await pipeline.get(f"{ours}&limit=1")
    rest = await pipeline.get(f"{ours}&limit=1&cursor={page['next_cursor']}")
    assert [page["drifts"], rest["drifts"]] == [[opened], [resolved]]
    assert rest["next_cursor"] is None


async def test_events_is_the_ledger_backwards(pipeline: Pipeline) -> None:
    """The same ids and data as on the stream, newest first, page by page."""
    alerts = [shell() for _ in range(5)]
    async with pipeline.stream("?events=falco") as client:
        await pipeline.post(*alerts)
        await client.first("falco", uuid=alerts[-1]["uuid"])
    streamed = [(event.id, event.data) for event in client.events if event.event == "falco"]
    listed, cursor = [], ""
    while len(listed) < 5:
        page = await pipeline.get(f"/api/v1/events?events=falco&limit=2{cursor}")
        listed += [(event["id"], event["data"]) for event in page["events"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert listed[:5] == streamed[::-1]


async def test_workspaces_tells_each_states_serial_and_size(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """Lineage, serial, source and counts by resource type; a nested path names its workspace."""
    nested = f"{workspace}/net"
    async with pipeline.stream(f"?workspace={nested}") as client:
        resources = [instance(instance_id(), name) for name in ("a", "b")]
        pipeline.write_state(nested, state(7, *resources), next(times))
        await client.first("state_change")

    def ours(listed: dict) -> list[dict]:
        return [head for head in listed["workspaces"] if head["workspace"] == nested]

    (head,) = ours(await pipeline.get_until("/api/v1/workspaces", ours))
    assert (head["serial"], head["resource_count"], head["types"]) == (7, 2, {"aws_instance": 2})
    assert head["source"].endswith(f"/{nested}.tfstate")
    assert head["condition"] is None


async def test_stats_counts_drifts_and_names_the_ledgers_ends(pipeline: Pipeline) -> None:
    """The last id is the one that a client gets."""
    alert = shell()
    async with pipeline.stream() as client:
        await pipeline.post(alert)
        await client.first("falco", uuid=alert["uuid"])
        stats = await pipeline.get("/api/v1/stats")
    assert stats["ledger"]["last_id"] == client.last_event_id
    assert {"drifts", "workspaces", "resources", "clients"} <= set(stats)
    assert stats["clients"] >= 1


async def test_the_page_shows_the_dashboard(pipeline: Pipeline) -> None:
    """GET / is HTML, with a policy that lets nothing foreign in."""
    async with aiohttp.ClientSession() as session, session.get(f"{pipeline.gateway}/") as response:
        assert response.status == 200
        assert response.content_type == "text/html"
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        assert "EventSource" not in await response.text()  # scripts come as files, which the policy allows


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/v1/stream?severty=high", "severty"),
        ("/api/v1/stream?severity=grave", "severity"),
        ("/api/v1/stream?events=drift,nonsense", "events"),
        ("/api/v1/stream?provider=ibm", "provider"),
        ("/api/v1/stream?since=yesterday", "since"),
        ("/api/v1/drifts?status=ajar", "status"),
        ("/api/v1/drifts?limit=0", "limit"),
        ("/api/v1/drifts?cursor=%ff", "cursor"),
        ("/api/v1/events?kind=a%20b", "kind"),
        ("/api/v1/workspaces?x=1", "x"),
    ],
)
async def test_an_unknown_filter_is_a_problem_that_names_it(pipeline: Pipeline, path: str, named: str) -> None:
    """400 with an RFC 9457 document; nothing is silently ignored."""
    async with aiohttp.ClientSession() as session, session.get(f"{pipeline.gateway}{path}") as response:
        assert response.status == 400
        assert response.content_type == "application/problem+json"
        problem = await response.json()
    assert (problem["status"], problem["parameter"]) == (400, named)
    assert named in problem["detail"]


@pytest.mark.parametrize("path", ["/api/v1/drifts/nothing", "/api/v2/stream", "/favicon.ico"])
async def test_what_is_not_there_is_a_problem_document(pipeline: Pipeline, path: str) -> None:
    """404 in the same form."""
    async with aiohttp.ClientSession() as session, session.get(f"{pipeline.gateway}{path}") as response:
        assert (response.status, response.content_type) == (404, "application/problem+json")


async def test_writing_is_not_allowed_where_there_is_nothing_to_write(pipeline: Pipeline) -> None:
    """405 with what is allowed."""
    async with aiohttp.ClientSession() as session, session.post(f"{pipeline.gateway}/api/v1/stream") as response:
        assert response.status == 405
        assert "GET" in response.headers["Allow"]


async def test_every_service_tells_its_metrics_and_readiness(pipeline: Pipeline) -> None:
    """On the admin port of each; the parts of one alert's way are all counted."""
    alert = shell()
    async with pipeline.stream() as client:
        await pipeline.post(alert)
        await client.first("falco", uuid=alert["uuid"])
    await pipeline.ready()
    for service in pipeline.processes:
        assert "tfdrift_nats_connected 1.0" in await pipeline.metrics(service)
    assert "tfdrift_pipeline_seconds" in await pipeline.metrics("sse-gateway")
    assert "tfdrift_audit_lag_seconds" in await pipeline.metrics("ingest-falco")


async def test_falcosidekicks_own_routes_answer(pipeline: Pipeline) -> None:
    """/ping, /healthz and /test, as falcosidekick's."""
    async with aiohttp.ClientSession() as session, pipeline.stream("?events=falco") as client:
        async with session.get(f"{pipeline.webhook}/ping") as response:
            assert (response.status, await response.text()) == (200, "pong")
        async with session.get(f"{pipeline.webhook}/healthz") as response:
            assert await response.json() == {"status": "ok"}
        async with session.post(f"{pipeline.webhook}/test") as response:
            assert response.status == 200
        await client.first("falco", rule="Test rule")


async def test_a_put_is_taken_as_a_post_is(pipeline: Pipeline, times: Iterator[datetime]) -> None:
    """falcosidekick's webhook output may be configured to PUT."""
    alert = resize(instance_id(), "m5.large", next(times))
    async with aiohttp.ClientSession() as session, pipeline.stream("?events=falco") as client:
        async with session.put(f"{pipeline.webhook}/", json=alert) as response:
            assert response.status == 200
        await client.first("falco", event_id=event_id(alert))
