"""Runs the gateway: the ledger feeds the hub, the buckets feed the mirror, and the public port serves both."""

from __future__ import annotations

import asyncio
import random
import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from sse_gateway.access.address import parse_networks
from sse_gateway.access.credentials import Credentials
from sse_gateway.access.settings import access_of, tls_of
from sse_gateway.api.dismissal import open_expired
from sse_gateway.api.gate import Gate
from sse_gateway.api.health import Health
from sse_gateway.api.mirror import Mirror
from sse_gateway.api.routes import Api, is_public
from sse_gateway.api.session import Sessions
from sse_gateway.fanout.cursor import Cursor
from sse_gateway.fanout.hub import Hub
from sse_gateway.fanout.ring import Ring
from sse_gateway.ledger.subscription import Ledger
from sse_gateway.metrics import BUFFERED_BYTES, CLIENTS, OPEN_DRIFTS, RING_BYTES, RING_FRAMES
from sse_gateway.settings import GatewaySettings
from sse_gateway.stream.admission import Admission
from sse_gateway.stream.peers import watch_peers
from sse_gateway.stream.streams import Streams
from tfdrift.harness import Browsers, Runtime, every

# For connections that are not streams (NATS, the admin port, REST calls) and files.
SPARE_DESCRIPTORS: Final = 512

# Refused clients try again after a time in this range, so that they do not all return at once.
RETRY_AFTER_SECONDS: Final = (2, 8)


async def run(runtime: Runtime[GatewaySettings]) -> None:
    """Serve until the process is stopped, then end every stream."""
    settings = runtime.settings
    access, tls = access_of(settings, _now), tls_of(settings)
    if access.open and not settings.on_loopback:
        runtime.log.warning(
            "open_to_everybody",
            host=settings.http_host,
            remedy="set TFDRIFT_AUTH_TOKENS_FILE or TFDRIFT_AUTH_JWT_*, or let an authenticating proxy alone reach it",
        )
    _raise_descriptor_limit(settings.max_clients + SPARE_DESCRIPTORS)
    hub = Hub(Ring(settings.recent_window_bytes), settings.client_buffer_bytes, _now)
    ledger, mirror = Ledger(runtime.bus, hub), Mirror()
    admission = Admission(
        settings.max_clients,
        settings.max_clients_per_address,
        settings.max_clients_per_token,
        lambda: random.randint(*RETRY_AFTER_SECONDS),  # noqa: S311 - spreads reconnections, protects no secret
    )
    streams = Streams(ledger, admission)
    missing, caught_up = {"ledger", "mirror"}, asyncio.Event()

    def mark(part: str) -> None:
        missing.discard(part)
        runtime.readiness.set(part, True)
        if not missing:
            caught_up.set()

    for part in missing:
        runtime.readiness.set(part, False)
    api = Api(
        runtime.bus,
        ledger,
        mirror,
        streams,
        admission,
        caught_up,
        _now,
        settings.max_connection_seconds,
        Health(runtime.bus, mirror, caught_up),
    )
    _watch_gauges(hub, mirror, admission)
    work = [
        runtime.tasks.create_task(ledger.run(lambda: mark("ledger"))),
        runtime.tasks.create_task(mirror.run(runtime.bus, lambda: mark("mirror"))),
        runtime.tasks.create_task(hub.keep_alive(settings.keepalive_seconds)),
        runtime.tasks.create_task(Credentials(settings, access, tls, streams.withdrawals.withdraw).run()),
        runtime.tasks.create_task(every(1.0, lambda: open_expired(runtime.bus, mirror.drifts, _now()), "expiry")),
        runtime.tasks.create_task(every(60.0, lambda: _age_out(mirror, settings.retention_hours), "age_out")),
        runtime.tasks.create_task(_summarise(ledger, admission, caught_up.is_set, runtime.log)),
    ]
    browsers = Browsers(settings.own_host_names, settings.origins, any_host=not access.open, every_request=True)
    gate = Gate(browsers, access, parse_networks(settings.trusted_proxies), is_public)
    sessions = Sessions(access, _now, secure=tls is not None)
    server = await runtime.serve(application(api, sessions, gate), settings.http_port, tls, guarded=False)
    watch_peers(server.listening, settings.keepalive_seconds)
    await runtime.stopping.wait()
    streams.drain()
    await streams.wait_closed()
    for task in work:
        task.cancel()


def application(api: Api, sessions: Sessions, gate: Gate) -> web.Application:
    """Returns the application of the public port."""

    @web.middleware
    async def through_the_gate(request: web.Request, handler: Any) -> web.StreamResponse:
        return await gate(request, handler)

    app = web.Application(middlewares=[through_the_gate], client_max_size=64 * 1024)
    app.add_routes([*api.routes(), *sessions.routes()])
    app.on_response_prepare.append(gate.on_prepare)
    return app


async def _summarise(ledger: Ledger, admission: Admission, ready: Callable[[], bool], log: Any) -> None:
    """Log what was sent, at most one line a second; runs until cancelled."""
    hub, events, deliveries = ledger.hub, 0, 0

    async def summarise() -> None:
        nonlocal events, deliveries
        if hub.events > events and ready():
            log.info(
                "Broadcasting",
                events=hub.events - events,
                deliveries=hub.deliveries - deliveries,
                clients=admission.open,
                last_id=str(Cursor(ledger.epoch, hub.ring.last)),
            )
        events, deliveries = hub.events, hub.deliveries

    await every(1.0, summarise, "summarise")


async def _age_out(mirror: Mirror, retention_hours: float) -> None:
    """Forget resolved drifts past the retention, as the ledger does."""
    mirror.drifts.age_out(_now() - timedelta(hours=retention_hours))


def _watch_gauges(hub: Hub, mirror: Mirror, admission: Admission) -> None:
    CLIENTS.set_function(lambda: admission.open)
    BUFFERED_BYTES.set_function(lambda: hub.buffered_bytes)
    RING_FRAMES.set_function(lambda: len(hub.ring))
    RING_BYTES.set_function(lambda: hub.ring.size_bytes)
    OPEN_DRIFTS.labels("open").set_function(lambda: mirror.drifts.open_count)
    OPEN_DRIFTS.labels("resolved").set_function(lambda: len(mirror.drifts) - mirror.drifts.open_count)


def _raise_descriptor_limit(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _now() -> datetime:
    return datetime.now(UTC)
