"""Runs ingest-tfstate: watches the sources, and serves ``POST /refresh`` for a pipeline that has just applied."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web

from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.redaction.redact import Redactor
from ingest_tfstate.settings import Settings
from ingest_tfstate.sources.heads import Heads
from ingest_tfstate.sources.local_files import LocalFiles
from ingest_tfstate.sources.object_store import ObjectStore
from ingest_tfstate.sources.source import Source
from ingest_tfstate.sources.watcher import Shared, Watcher
from tfdrift.bus import Bus, BusError, Conflict
from tfdrift.harness import ConfigurationError, Runtime, every
from tfdrift.records import HASH_KEY, WORKSPACES_BUCKET, workspace_key

PRUNE_SECONDS: Final = 3600.0
_KEY_RETRY_SECONDS: Final = 1.0


async def run(runtime: Runtime[Settings]) -> None:
    """Runs the service until `Runtime.stopping`; it is ready once it has looked at every source."""
    runtime.readiness.set("sources", False)
    watchers: list[Watcher] = []
    turn = asyncio.Lock()
    await runtime.serve(public_app(watchers), runtime.settings.http_port)
    work = runtime.tasks.create_task(_watch(runtime, watchers, turn))
    await runtime.stopping.wait()
    # Finish a recording that is under way. A process without the time for it loses nothing: the next one repeats it.
    await turn.acquire()
    work.cancel()


async def _watch(runtime: Runtime[Settings], watchers: list[Watcher], turn: asyncio.Lock) -> None:
    settings = runtime.settings
    await runtime.bus.wait_connected()
    recorder = Recorder(runtime.bus, Redactor(await hash_key(runtime.bus, settings)))
    shared = Shared(recorder, runtime.log, turn)
    watchers.extend(Watcher(source, shared, settings.state_poll_seconds) for source in sources_of(settings))
    heads = Heads(watchers)
    caught_up = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(heads.follow(runtime.bus, caught_up))
        await caught_up.wait()
        for watcher in watchers:
            tasks.create_task(watcher.run())
        tasks.create_task(every(PRUNE_SECONDS, lambda: prune(runtime, shared, heads), "prune"))
        for watcher in watchers:
            await watcher.looked.wait()
        runtime.readiness.set("sources", True)


def sources_of(settings: Settings) -> list[Source]:
    """Returns a source for each URI of the settings.

    Raises:
        ConfigurationError: the environment does not say how to reach a source.
    """
    return [
        (LocalFiles if uri.scheme == "file" else ObjectStore)(uri, settings.max_state_bytes)
        for uri in settings.sources()
    ]


async def hash_key(bus: Bus, settings: Settings) -> bytes:
    """Returns the key of the hashes: from the settings, else from the bucket, where the first process creates it."""
    if settings.hash_key is not None:
        return settings.hash_key.get_secret_value().encode()
    bucket = bus.bucket(WORKSPACES_BUCKET)
    while True:
        try:
            entry = await bucket.get(HASH_KEY)
            if entry is not None and entry.value:
                return entry.value
            await bucket.create(HASH_KEY, secrets.token_hex(32).encode())
        except Conflict:
            continue  # another replica was first
        except BusError:
            await asyncio.sleep(_KEY_RETRY_SECONDS)


def public_app(watchers: Sequence[Watcher]) -> web.Application:
    """Returns the routes ``GET /healthz``, and ``POST /refresh``, which looks at every source now."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def refresh(_: web.Request) -> web.Response:
        for watcher in watchers:
            watcher.wake.set()
        return web.json_response({"sources": len(watchers)}, status=202)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_post("/refresh", refresh)
    return app


async def prune(runtime: Runtime[Settings], shared: Shared, heads: Heads) -> None:
    """Deletes the records of resources that were removed longer ago than the ledger reaches."""
    before = datetime.now(UTC) - timedelta(hours=runtime.settings.retention_hours)
    for workspace in heads.workspaces:
        try:
            async with shared.turn:
                pruned = await shared.recorder.prune(workspace, before)
        except BusError as error:
            runtime.log.warning("prune_put_off", workspace=workspace, reason=str(error))
            continue
        if pruned:
            runtime.log.info("pruned", workspace=workspace, records=pruned)


def accept_lineage(load_settings: Callable[[], Settings], arguments: Sequence[str]) -> int:
    """``--accept-lineage WORKSPACE`` accepts the next state of a workspace, whatever its lineage and serial.

    Raises:
        ConfigurationError: the workspace is not known.
    """
    (workspace,) = arguments
    settings = load_settings()

    async def accept() -> bool:
        bus = Bus(settings.nats_options("ingest-tfstate"), settings.retention())
        try:
            await bus.open()
            return await Recorder(bus, Redactor(b"")).accept_lineage(workspace)
        finally:
            await bus.close()

    if not asyncio.run(accept()):
        raise ConfigurationError(
            f"there is no workspace {workspace} (key {workspace_key(workspace)}); see /api/v1/workspaces"
        )
    print(f"the next state of {workspace} is accepted, whatever its lineage and serial")
    return 0
