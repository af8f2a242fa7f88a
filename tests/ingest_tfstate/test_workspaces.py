"""Workspaces that move, are renamed, copied, retired or lost, with a real nats-server and real files."""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import structlog

from ingest_tfstate.record.recorder import Recorder
from tests.conftest import NatsServer, eventually
from tests.ingest_tfstate.service import Pipeline, environment, metric, opened, process, reads, running, write
from tests.ingest_tfstate.states import resource, state
from tests.service_process import run_program
from tfdrift.events import StateAction
from tfdrift.records import HASH_KEY, STATE_BUCKET, WORKSPACES_BUCKET, workspace_key
from tfdrift.redaction import Redactor

VPC = resource("aws_vpc.main", id="vpc-1", cidr="10.0.0.0/16", password="hunter2")
EIP = resource("aws_eip.a", id="eip-1")


async def actions(pipeline: Pipeline) -> list[tuple[str, StateAction]]:
    """The workspace and action of every event, in the ledger's order."""
    return [(event.workspace, event.action) for event in await pipeline.changes()]


async def gone(pipeline: Pipeline, workspace: str) -> None:
    """Wait until a workspace has no head any more."""
    await reads(lambda: pipeline.head(workspace), lambda head: head is None)


async def test_a_state_that_moves_to_another_folder_takes_its_workspace_along(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """No condition stays, at once or after a restart, and its next serial is recorded from its new place."""
    old, new = tmp_path / "a/prod.tfstate", tmp_path / "b/prod.tfstate"
    sources = f"{tmp_path}/a/*.tfstate,{tmp_path}/b/*.tfstate"
    write(old, state(VPC))
    new.parent.mkdir()
    async with running(nats_url, sources):
        await pipeline.settled("prod", serial=1)
        old.replace(new)
        head = await reads(
            lambda: pipeline.head("prod"), lambda head: head is not None and head.source.endswith("/b/prod.tfstate")
        )
        assert head is not None
        await pipeline.settled("prod")
        await eventually(lambda: not metric("tfdrift_state_condition", workspace="prod", condition="missing"))
        write(new, state(VPC, EIP, serial=2))
        await pipeline.settled("prod", serial=2)
    with structlog.testing.capture_logs() as logs:
        async with running(nats_url, sources):
            await pipeline.settled("prod", serial=2)
    assert [line for line in logs if line["event"] == "state_not_taken"] == []
    assert await actions(pipeline) == [("prod", StateAction.OBSERVED), ("prod", StateAction.CREATED)]
    where = f"file://{new}"
    await eventually(lambda: metric("tfdrift_state_condition", workspace=where, condition="duplicate_workspace") == 0)


async def test_a_copy_takes_over_when_the_first_is_gone(nats_url: str, pipeline: Pipeline, tmp_path: Path) -> None:
    """While both are there, the second is a condition of its own."""
    old, new = tmp_path / "a/prod.tfstate", tmp_path / "b/prod.tfstate"
    write(old, state(VPC))
    new.parent.mkdir()
    async with running(nats_url, f"{tmp_path}/a/*.tfstate,{tmp_path}/b/*.tfstate"):
        await pipeline.settled("prod", serial=1)
        write(new, state(VPC, EIP, serial=2))
        labels = {"workspace": f"file://{new}", "condition": "duplicate_workspace"}
        await eventually(lambda: metric("tfdrift_state_condition", **labels))
        old.unlink()
        await pipeline.settled("prod", serial=2)
        await eventually(lambda: not metric("tfdrift_state_condition", **labels))


async def test_a_renamed_state_is_one_workspace_under_its_new_name(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """The old name has no head, and its resources count as removed, so that nothing drifts twice."""
    old, new = tmp_path / "prod.tfstate", tmp_path / "production.tfstate"
    write(old, state(VPC, EIP))
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        await pipeline.settled("prod", serial=1)
        old.replace(new)
        await pipeline.settled("production", serial=1)
        await gone(pipeline, "prod")
        await eventually(lambda: not metric("tfdrift_state_condition", workspace="prod", condition="missing"))
        write(new, state(VPC, EIP, serial=2))
        await pipeline.settled("production", serial=2)  # another look, at which the old name is not missed again
        await eventually(lambda: metric("tfdrift_state_condition", workspace="prod", condition="missing") == 0)
    before, after = await pipeline.record("prod", "aws_vpc.main"), await pipeline.record("production", "aws_vpc.main")
    assert before is not None
    assert before.removed is not None
    assert before.removed.reason == "renamed to production"
    assert after is not None
    assert after.removed is None
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        assert await pipeline.head("prod") is None
    assert await actions(pipeline) == [("prod", StateAction.OBSERVED), ("production", StateAction.OBSERVED)]


async def test_one_lineage_held_twice_is_a_condition_of_the_second(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """What Terraform writes when it cannot store a state is the second; another state with other resources is not."""
    write(tmp_path / "prod.tfstate", state(VPC))
    write(tmp_path / "errored.tfstate", state(VPC, EIP, serial=2))
    write(tmp_path / "a_copied_lineage.tfstate", state(resource("aws_vpc.main", id="vpc-2")))
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        await pipeline.settled("prod", serial=1)
        await pipeline.settled("a_copied_lineage", serial=1)
        await eventually(
            lambda: metric("tfdrift_state_condition", workspace="errored", condition="duplicate_state") == 1
        )
        assert await pipeline.head("errored") is None
        (tmp_path / "errored.tfstate").replace(tmp_path / "prod.tfstate")
        await pipeline.settled("prod", serial=2)
    assert {workspace for workspace, _ in await actions(pipeline)} == {"prod", "a_copied_lineage"}


async def test_a_retired_workspace_is_forgotten_and_its_records_are_pruned(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """By command, beside a running service; its resources count as removed for as long as audit events may arrive."""
    write(tmp_path / "prod.tfstate", state(VPC, EIP))
    command = partial(run_program, "ingest-tfstate", "--forget-workspace")
    variables = {"PATH": os.environ["PATH"]} | environment(nats_url, f"{tmp_path}/*.tfstate")
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        await pipeline.settled("prod", serial=1)
        (tmp_path / "prod.tfstate").unlink()
        await pipeline.settled("prod", condition="missing")
        done = await asyncio.to_thread(command, "prod", environment=variables)
        assert done.returncode == 0
        await gone(pipeline, "prod")
        record = await pipeline.record("prod", "aws_eip.a")
        assert record is not None
        assert record.removed is not None
        assert record.removed.reason == "its workspace was retired"
        write(tmp_path / "dev.tfstate", state(resource("aws_vpc.main", id="vpc-2"), lineage="dev"))
        await pipeline.settled("dev", serial=1)  # another look, at which the retired one is not missed again
        await eventually(lambda: metric("tfdrift_state_condition", workspace="prod", condition="missing") == 0)
        again = await asyncio.to_thread(command, "prod", environment=variables)
        assert (again.returncode, again.stderr.count("\n")) == (78, 1)
    recorder = Recorder(pipeline.bus, Redactor(b"key"))
    assert await recorder.prune(workspace_key("prod"), datetime.now(UTC) + timedelta(hours=1)) == 2
    assert await pipeline.record("prod", "aws_eip.a") is None
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        assert await pipeline.head("prod") is None


@pytest.mark.parametrize("how", ["removed", "renamed"])
async def test_a_folder_that_is_made_again_is_watched_again(
    nats_url: str, pipeline: Pipeline, tmp_path: Path, how: str
) -> None:
    """Nothing is polled here: the second change is seen only by a watch of the new folder."""
    folder = tmp_path / "states"
    write(folder / "prod.tfstate", state(VPC))
    async with running(nats_url, f"{folder}/*.tfstate", state_poll_seconds="86400"):
        await pipeline.settled("prod", serial=1)
        if how == "removed":
            shutil.rmtree(folder)
        else:
            folder.rename(tmp_path / "old")
        write(folder / "prod.tfstate", state(VPC, serial=2))
        await pipeline.settled("prod", serial=2)
        write(folder / "prod.tfstate", state(VPC, serial=3))
        await pipeline.settled("prod", serial=3)


@pytest.mark.parametrize("bucket", [STATE_BUCKET, WORKSPACES_BUCKET])
async def test_a_lost_bucket_is_filled_again_without_an_event(
    nats_url: str, pipeline: Pipeline, tmp_path: Path, bucket: str
) -> None:
    """Nothing is created or deleted: the states are the same. The hashes stay the same, too."""
    write(tmp_path / "prod.tfstate", state(VPC, EIP))
    write(tmp_path / "dev.tfstate", state(resource("aws_vpc.main", id="vpc-2"), lineage="dev"))
    async with running(nats_url, f"{tmp_path}/*.tfstate", state_poll_seconds="86400") as runtime:
        await pipeline.settled("prod", serial=1)
        await pipeline.settled("dev", serial=1)
        first = await pipeline.record("prod", "aws_vpc.main")
        key = await pipeline.bus.bucket(WORKSPACES_BUCKET).get(HASH_KEY)
        with structlog.testing.capture_logs() as logs:
            await pipeline.bus._jetstream.delete_stream(f"KV_{bucket}")
            await eventually(lambda: [line for line in logs if line["event"] == "bucket_lost"])
            await reads(lambda: pipeline.record("prod", "aws_vpc.main"), lambda record: record is not None)
            await pipeline.settled("prod", serial=1)
            await pipeline.settled("dev", serial=1)
            await eventually(lambda: runtime.readiness.ok)
        second = await pipeline.record("prod", "aws_vpc.main")
        assert first is not None
        assert second is not None
        assert second.attributes == first.attributes
        restored = await pipeline.bus.bucket(WORKSPACES_BUCKET).get(HASH_KEY)
        assert key is not None
        assert restored is not None
        assert restored.value == key.value
        write(tmp_path / "prod.tfstate", state(VPC, serial=2))
        await pipeline.settled("prod", serial=2)
    events = await actions(pipeline)
    assert events == [("dev", StateAction.OBSERVED), ("prod", StateAction.OBSERVED), ("prod", StateAction.DELETED)]


async def test_a_value_that_is_no_head_stops_nothing(nats_url: str, tmp_path: Path) -> None:
    """A real process: under a foreign key it is passed over, under a workspace's key the head is written anew."""
    write(tmp_path / "prod.tfstate", state(VPC))
    async with opened(nats_url) as bus:
        pipeline = Pipeline(bus)
        heads = bus.bucket(WORKSPACES_BUCKET)
        await heads.put("foreign", b'{"workspace": "x"}')
        await heads.put(workspace_key("prod"), b'{"workspace": "prod"}')
        with process(nats_url, f"{tmp_path}/*.tfstate") as child:
            await pipeline_is_at(pipeline, 1)
            await heads.put("foreign", b'{"workspace": "y"}')
            await heads.put(workspace_key("prod"), b"[]")
            write(tmp_path / "prod.tfstate", state(VPC, EIP, serial=2))
            await pipeline_is_at(pipeline, 2)
            assert child.poll() is None


async def pipeline_is_at(pipeline: Pipeline, serial: int) -> None:
    """Wait for a head of a serial, while the bucket has values that are no heads."""

    async def serial_now() -> int:
        try:
            head = await pipeline.head("prod")
        except ValueError:
            return 0
        return head.serial if head else 0

    await reads(serial_now, lambda found: found == serial)


def nested(depth: int) -> object:
    """A list in a list, and so on."""
    return [] if depth == 0 else [nested(depth - 1)]


async def test_a_resource_that_cannot_be_read_keeps_its_record_and_stops_no_other(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """The condition names it, once; it is no removal, and it ends with the next good serial."""
    file = tmp_path / "prod.tfstate"
    write(file, state(VPC, EIP))
    failed = metric("tfdrift_state_failed_total", stage="read")
    async with running(nats_url, str(file)):
        await pipeline.settled("prod", serial=1)
        with structlog.testing.capture_logs() as logs:
            write(
                file,
                state(
                    resource("aws_vpc.main", id="vpc-1", cidr=nested(100)), resource("aws_eip.a", id="eip-2"), serial=2
                ),
            )
            head = await pipeline.settled("prod", serial=2, condition="incomplete")
            await eventually(lambda: metric("tfdrift_state_condition", workspace="prod", condition="incomplete"))
        assert head.resource_count == 2
        (line,) = [line for line in logs if line["event"] == "state_not_taken"]
        assert "1 of 2 resources keep their last records: aws_vpc.main: " in line["reason"]
        await eventually(lambda: metric("tfdrift_state_failed_total", stage="read") == failed + 1)
        kept = await pipeline.record("prod", "aws_vpc.main")
        assert kept is not None
        assert (kept.serial, kept.removed, kept.attributes["cidr"]) == (1, None, "10.0.0.0/16")
        write(file, state(resource("aws_vpc.main", id="vpc-1", cidr="10.1.0.0/16"), serial=3))
        await pipeline.settled("prod", serial=3)
        await eventually(lambda: not metric("tfdrift_state_condition", workspace="prod", condition="incomplete"))
    assert [action for _, action in await actions(pipeline)] == [
        StateAction.OBSERVED,
        StateAction.MODIFIED,
        StateAction.DELETED,
        StateAction.MODIFIED,
    ]


async def test_a_record_that_nats_refuses_is_a_condition_and_stops_no_other(tmp_path: Path) -> None:
    """A server whose max_payload is smaller than the record, which would else be put off for ever."""
    folder = tmp_path / "nats"
    folder.mkdir()
    (folder / "nats.conf").write_text("max_payload: 65536\n")
    server = NatsServer(folder, ("-c", str(folder / "nats.conf")))
    server.start()
    try:
        async with opened(server.url) as bus:
            pipeline = Pipeline(bus)
            large = {f"part_{number}": "x" * 20_000 for number in range(8)}
            file = tmp_path / "prod.tfstate"
            write(file, state(resource("aws_thing.large", id="l", **large), EIP))
            async with running(server.url, str(file)):
                await pipeline.settled("prod", serial=1, condition="incomplete")
                assert await pipeline.record("prod", "aws_eip.a") is not None
                write(file, state(resource("aws_thing.large", id="l"), EIP, serial=2))
                await pipeline.settled("prod", serial=2)
            assert await pipeline.record("prod", "aws_thing.large") is not None
    finally:
        server.stop()
