"""The admin port: ``/metrics`` for Prometheus, ``/healthz`` (alive) and ``/readyz`` (ready for work)."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from tfdrift.harness.readiness import CONNECTED, Readiness


def admin_app(registry: CollectorRegistry, readiness: Readiness, nats_connected: Callable[[], bool]) -> web.Application:
    """Return the application of the three routes; metrics come in the format that the client accepts."""

    async def metrics(request: web.Request) -> web.Response:
        readiness.set(CONNECTED, nats_connected())  # also updates the gauge of readiness
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        readiness.set(CONNECTED, nats_connected())
        status = 200 if readiness.ok else 503
        return web.json_response({"ready": readiness.ok, "conditions": readiness.conditions}, status=status)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app
