"""The watcher and its neighbours while NATS is away, and what others do to the heads meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import structlog

from ingest_tfstate.app import prune
from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.record.stored_records import StoredRecords
from ingest_tfstate.settings import Settings
from ingest_tfstate.sources.heads import Heads
from ingest_tfstate.sources.watcher import Shared
from tests.conftest import NatsServer, eventually
from tests.ingest_tfstate.record.test_recorder import record
from tests.ingest_tfstate.service import Pipeline, environment, metric, opened, running, write
from tests.ingest_tfstate.states import resource, state
from tfdrift.bus import Bus, NatsOptions, Retention
from tfdrift.events import StateAction
from tfdrift.harness.redaction import hash_key
from tfdrift.records import HASH_KEY, WORKSPACES_BUCKET, workspace_key
from tfdrift.redaction import Redactor

VPC = resource("aws_vpc.main", id="vpc-1", cidr="10.0.0.0/16")


async def test_what_happens_while_nats_is_away_is_recorded_when_it_is_back(
    nats_url: str, pipeline: Pipeline, nats_server: NatsServer, tmp_path: Path
) -> None:
    """A new serial, a new file, and a file that is gone."""
    prod, gone = tmp_path / "prod.tfstate", tmp_path / "gone.tfstate"
    write(prod, state(VPC))
    write(gone, state(VPC, lineage="gone"))
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        await pipeline.settled("gone", serial=1)
        nats_server.stop()
        await eventually(lambda: not pipeline.bus.connected)
        write(prod, state(VPC, resource("aws_eip.a", id="e"), serial=2))
        write(tmp_path / "new.tfstate", state(VPC, lineage="new"))
        gone.unlink()
        with structlog.testing.capture_logs() as logs:
            await eventually(lambda: [line for line in logs if line["event"] == "state_put_off"])
        nats_server.start()
        await eventually(lambda: pipeline.bus.connected)
        await pipeline.settled("prod", serial=2)
        await pipeline.settled("new", serial=1)
        await pipeline.settled("gone", condition="missing")
        await eventually(lambda: metric("tfdrift_state_condition", workspace="gone", condition="missing") == 1)
    actions = [(e.workspace, e.action) for e in await pipeline.changes()]
    assert sorted(actions) == [
        ("gone", StateAction.OBSERVED),
        ("new", StateAction.OBSERVED),
        ("prod", StateAction.CREATED),
        ("prod", StateAction.OBSERVED),
    ]


async def test_a_head_that_is_deleted_is_recorded_anew(nats_url: str, pipeline: Pipeline, tmp_path: Path) -> None:
    """The state's bytes are the same, and are read again all the same."""
    write(tmp_path / "prod.tfstate", state(VPC))
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        await pipeline.settled("prod", serial=1)
        await pipeline.bus.bucket(WORKSPACES_BUCKET).delete(workspace_key("prod"))
        await pipeline.settled("prod", serial=1)


class Interrupted(Recorder):
    """A recorder whose NATS is gone once it has read the records for the first time."""

    server: NatsServer | None = None

    async def _load(self, key: str) -> StoredRecords:
        records = await super()._load(key)
        if self.server is not None:
            self.server.stop()
            self.server = None
        return records


async def test_a_pruning_that_nats_interrupts_is_put_off(
    pipeline: Pipeline, nats_server: NatsServer, nats_url: str
) -> None:
    """It is logged, and the next round prunes what this one did not."""
    recorder = Interrupted(pipeline.bus, Redactor(b"key"))
    await record(recorder, state(VPC, resource("aws_eip.a", id="e")))
    await record(recorder, state(VPC, serial=2), 1)
    log, pruned = structlog.get_logger(), metric("tfdrift_state_tombstones_pruned_total")
    runtime: Any = SimpleNamespace(settings=Settings.load(environment(nats_url, "/states/*.tfstate")), log=log)
    shared, caught_up = Shared(recorder, log, asyncio.Lock()), asyncio.Event()
    heads = Heads(shared, lambda _: None)
    following = asyncio.create_task(heads.follow(pipeline.bus, caught_up))
    await caught_up.wait()
    recorder.server = nats_server
    with structlog.testing.capture_logs() as logs:
        await prune(runtime, shared, heads)
        await eventually(lambda: not pipeline.bus.connected)
        nats_server.start()
        await eventually(lambda: pipeline.bus.connected)
        assert await pipeline.record("prod", "aws_eip.a") is not None
        await prune(runtime, shared, heads)
    assert [line["event"] for line in logs if line["event"].startswith("prune")] == ["prune_put_off", "pruned"]
    assert await pipeline.record("prod", "aws_eip.a") is None
    assert await pipeline.record("prod", "aws_vpc.main") is not None
    await eventually(lambda: metric("tfdrift_state_tombstones_pruned_total") == pruned + 1)
    following.cancel()


async def test_the_key_of_the_hashes_waits_for_nats_and_is_the_same_for_all(nats_server: NatsServer) -> None:
    """Two services that start without NATS end with one key, the one in the bucket."""
    nats_server.stop()
    buses = [Bus(NatsOptions((nats_server.url,), "test"), Retention(168, 1024**3, 1)) for _ in range(2)]
    opening = [asyncio.create_task(bus.open()) for bus in buses]
    keys = [asyncio.create_task(hash_key(bus, None)) for bus in buses]
    nats_server.start()
    first, second = await asyncio.gather(*keys)
    await asyncio.gather(*opening)
    for bus in buses:
        await bus.close()
    async with opened(nats_server.url) as bus:
        entry = await bus.bucket(WORKSPACES_BUCKET).get(HASH_KEY)
    assert entry is not None
    assert first == second == entry.value
