"""Each alert goes on to another receiver, untouched, without a sender waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from prometheus_client import REGISTRY

from tests.conftest import eventually, free_port
from tests.ingest_falco.samples import body, cloud_alert, host_alert
from tests.ingest_falco.service import running


def relayed(outcome: str) -> float:
    return REGISTRY.get_sample_value("tfdrift_falco_relayed_total", {"outcome": outcome}) or 0


@asynccontextmanager
async def receiver(port: int, status: int = 200, slow: asyncio.Event | None = None) -> AsyncIterator[list[bytes]]:
    """Another receiver on a port, and the bodies that it was sent."""
    found: list[bytes] = []

    async def handle(request: web.Request) -> web.Response:
        found.append(await request.read())
        if slow is not None:
            await slow.wait()
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/", handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield found
    finally:
        await runner.cleanup()


async def test_every_taken_alert_goes_on_untouched(nats_url: str, tmp_path: Path) -> None:
    """Byte for byte, duplicates too; what is no alert does not."""
    port = free_port()
    sent = [body(cloud_alert()), body(cloud_alert()), b" " + body(host_alert()) + b"\n"]
    async with receiver(port) as found, running(nats_url, tmp_path, relay_url=f"http://127.0.0.1:{port}/") as service:
        for alert in sent:
            assert (await service.post(alert))[0] == 200
        assert (await service.post(b"[]"))[0] == 400
        await eventually(lambda: len(found) == len(sent))
        assert sorted(found) == sorted(sent)


async def test_a_receiver_that_fails_keeps_nobody_waiting(nats_url: str, tmp_path: Path) -> None:
    """Gone, refusing or slow: the alert is acknowledged at once, and the loss is counted."""
    port = free_port()
    failed, refused = relayed("failed"), relayed("refused")
    async with running(nats_url, tmp_path, relay_url=f"http://127.0.0.1:{port}/") as service:
        assert (await service.post(body(host_alert(rule="gone"))))[0] == 200
        await eventually(lambda: relayed("failed") == failed + 1)
        async with receiver(port, 500):
            assert (await service.post(body(host_alert(rule="refusing"))))[0] == 200
            await eventually(lambda: relayed("refused") == refused + 1)
        slow = asyncio.Event()
        async with receiver(port, slow=slow) as found:
            for number in range(20):
                assert (await service.post(body(host_alert(rule=f"slow {number}"))))[0] == 200
            assert len(found) < 20
            slow.set()
            await eventually(lambda: len(found) == 20)
