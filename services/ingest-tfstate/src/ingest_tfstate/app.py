"""Runs ingest-tfstate: watches the sources, and serves ``POST /refresh`` for a pipeline that has just applied."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web

from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.settings import Settings
from ingest_tfstate.sources.heads import Heads
from ingest_tfstate.sources.local_files import LocalFiles
from ingest_tfstate.sources.object_store import ObjectStore
from ingest_tfstate.sources.source import Source
from ingest_tfstate.sources.watcher import Shared, Watcher
from tfdrift.bus import Bus, BusError, Conflict
from tfdrift.harness import ConfigurationError, Runtime, every
from tfdrift.harness.redaction import hash_key, load_redact_file
from tfdrift.records import workspace_key
from tfdrift.redaction import Redactor

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
    recorder = Recorder(
        runtime.bus,
        Redactor(await hash_key(runtime.bus, settings.hash_key), load_redact_file(settings.redact_file)),
    )
    shared = Shared(recorder, runtime.log, turn, watchers=watchers)
    watchers.extend(Watcher(source, shared, settings.state_poll_seconds) for source in sources_of(settings))
    caught_up, lost = asyncio.Event(), asyncio.Event()

    def on_lost(bucket: str) -> None:
        runtime.log.warning("bucket_lost", bucket=bucket, remedy="none is needed: all states are recorded anew")
        runtime.readiness.set("sources", False)
        lost.set()

    heads = Heads(shared, on_lost)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(heads.follow(runtime.bus, caught_up))
        await caught_up.wait()
        for watcher in watchers:
            tasks.create_task(watcher.run())
        tasks.create_task(every(PRUNE_SECONDS, lambda: prune(runtime, shared, heads), "prune"))
        while True:
            for watcher in watchers:
                await watcher.looked.wait()
            runtime.readiness.set("sources", True)
            await lost.wait()
            lost.clear()
            key = await hash_key(runtime.bus, settings.hash_key, recorder.redactor.key)
            recorder.redactor = replace(recorder.redactor, key=key)


def check(settings: Settings) -> None:
    """Checks what the settings name, without reading a state.

    Raises:
        ConfigurationError: a source cannot be reached as it is configured, or the file of rules is invalid.
    """
    sources_of(settings)
    load_redact_file(settings.redact_file)


def sources_of(settings: Settings) -> list[Source]:
    """Returns a source for each URI of the settings.

    Raises:
        ConfigurationError: the environment does not say how to reach a source.
    """
    return [
        (LocalFiles if uri.scheme == "file" else ObjectStore)(uri, settings.max_state_bytes)
        for uri in settings.sources()
    ]


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
    for key in heads.keys:
        try:
            async with shared.turn:
                pruned = await shared.recorder.prune(key, before)
        except BusError as error:
            runtime.log.warning("prune_put_off", key=key, reason=str(error))
            continue
        if pruned:
            runtime.log.info("pruned", key=key, records=pruned)


def accept_lineage(load_settings: Callable[[], Settings], arguments: Sequence[str]) -> int:
    """``--accept-lineage WORKSPACE`` accepts the next state of a workspace, whatever its lineage and serial.

    Raises:
        ConfigurationError: the workspace is not known.
    """
    (workspace,) = arguments
    _change_head(load_settings(), workspace, lambda recorder: recorder.accept_lineage(workspace))
    print(f"the next state of {workspace} is accepted, whatever its lineage and serial")
    return 0


def forget_workspace(load_settings: Callable[[], Settings], arguments: Sequence[str]) -> int:
    """``--forget-workspace WORKSPACE`` retires a workspace: its resources count as removed, its open drifts end.

    Raises:
        ConfigurationError: the workspace is not known.
    """
    (workspace,) = arguments
    _change_head(load_settings(), workspace, lambda recorder: recorder.forget(workspace, "its workspace was retired"))
    print(f"{workspace} is retired; it is recorded anew if its state is still in TFDRIFT_STATE_SOURCES")
    return 0


def _change_head(settings: Settings, workspace: str, change: Callable[[Recorder], Awaitable[bool]]) -> None:
    async def apply() -> bool:
        bus = Bus(settings.nats_options("ingest-tfstate"), settings.retention())
        try:
            await bus.open()
            recorder = Recorder(bus, Redactor(b""))
            while True:
                try:
                    return await change(recorder)
                except Conflict:
                    continue  # a running ingest-tfstate was faster
        finally:
            await bus.close()

    if not asyncio.run(apply()):
        raise ConfigurationError(
            f"there is no workspace {workspace} (key {workspace_key(workspace)}); see /api/v1/workspaces"
        )
