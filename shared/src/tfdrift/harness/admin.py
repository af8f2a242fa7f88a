"""The admin port: ``/metrics`` for Prometheus, ``/healthz`` (alive) and ``/readyz`` (ready for work)."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from tfdrift.harness.readiness import CONNECTED, Readiness


def admin_app(
    registry: CollectorRegistry, readiness: Readiness, bus_fault: Callable[[], str | None]
) -> web.Application:
    """Return the application of the three routes; metrics come in the format that the client accepts."""
    # A series more for each counter and histogram, which nobody reads.
    disable_created_metrics()  # type: ignore[no-untyped-call]

    def look_at_bus() -> None:
        fault = bus_fault()
        readiness.set(CONNECTED, fault is None, fault)

    async def metrics(request: web.Request) -> web.Response:
        look_at_bus()  # also updates the gauge of readiness
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        look_at_bus()
        answer = {"ready": readiness.ok, "conditions": readiness.conditions}
        if readiness.details:
            answer["details"] = readiness.details
        return web.json_response(answer, status=200 if readiness.ok else 503)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app
