"""The gateway's metrics, through the application of the admin port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
from aiohttp import web
from prometheus_client import REGISTRY

from tests.conftest import free_port
from tests.sse_gateway.gateway import Gateway, alert, change, publish, running
from tfdrift.envelope import Envelope
from tfdrift.harness.admin import admin_app
from tfdrift.severity import Severity

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@asynccontextmanager
async def admin(gateway: Gateway) -> AsyncIterator[str]:
    """The URL of the metrics."""
    port = free_port()
    runner = web.AppRunner(admin_app(REGISTRY, gateway.runtime.readiness, lambda: None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/metrics"
    finally:
        await runner.cleanup()


async def scraped(session: aiohttp.ClientSession, url: str, accept: str) -> list[str]:
    async with session.get(url, headers={"Accept": accept}) as response:
        return (await response.text()).splitlines()


async def test_a_latency_leads_to_its_trace_where_openmetrics_is_asked_for(nats_url: str) -> None:
    """The exemplar is the trace of the alert; a malformed one is left out, and the plain format has none."""
    async with running(nats_url) as gateway, gateway.live() as stream, admin(gateway) as url:
        for parent in (f"00-{TRACE}-00f067aa0ba902b7-01", 'x" } 1'):
            envelope = Envelope(parent, datetime.now(UTC), traceparent=parent)
            await gateway.bus.publish_event(alert(Severity.HIGH), envelope)
            await stream.next()
        name = "tfdrift_pipeline_seconds_bucket"
        openmetrics = await scraped(gateway.session, url, "application/openmetrics-text; version=1.0.0")
        found = [line for line in openmetrics if line.startswith(name) and "# {" in line]
        assert any(f'trace_id="{TRACE}"' in line for line in found)
        assert all('x"' not in line for line in found)
        plain = await scraped(gateway.session, url, "text/plain")
        assert any(line.startswith(name) for line in plain)
        assert not any(TRACE in line for line in plain)


async def test_what_happens_to_clients_and_events_is_counted(nats_url: str) -> None:
    """Connections, deliveries, replays, resets, refusals, the fan-out and what is buffered."""
    async with running(nats_url) as gateway, admin(gateway) as url:
        await publish(gateway.bus, [change(1)])

        async def values() -> dict[str, float]:
            lines = await scraped(gateway.session, url, "text/plain")
            pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
            return {name: float(value) for name, _, value in pairs}

        before = await values()
        async with gateway.live(Last_Event_ID="garbage") as stream:
            await stream.take(2)
            await publish(gateway.bus, [change(2)])
            await stream.next()
            await gateway.get("/api/v1/stats?x=1")
            after = await values()
        for name, more in (
            ("tfdrift_gateway_clients", 1),
            ('tfdrift_gateway_resets_total{reason="invalid"}', 1),
            ('tfdrift_gateway_replays_total{source="ring"}', 1),
            ('tfdrift_gateway_replayed_events_total{source="ring"}', 1),
            ("tfdrift_gateway_deliveries_total", 1),
            ("tfdrift_gateway_fan_out_seconds_count", 1),
            ('tfdrift_pipeline_seconds_count{event="state_change"}', 1),
            ('tfdrift_gateway_refused_total{reason="bad_parameter"}', 1),
            ("tfdrift_gateway_buffered_bytes", 0),
        ):
            assert after[name] - before.get(name, 0) == more, name
