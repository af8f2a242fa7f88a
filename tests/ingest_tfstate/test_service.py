"""The service against a real nats-server and real files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ingest_tfstate import metrics
from ingest_tfstate.record.recorder import Recorder
from ingest_tfstate.record.records import StateSnapshot
from ingest_tfstate.state.v4 import parse_state
from tests.conftest import eventually
from tests.ingest_tfstate.service import Pipeline, environment, metric, process, reads, running, write
from tests.ingest_tfstate.states import LINEAGE, resource, state
from tests.service_process import run_program
from tfdrift.bus import StreamState
from tfdrift.events import StateAction, StateChange
from tfdrift.records import (
    STATE_BUCKET,
    WORKSPACES_BUCKET,
    WorkspaceHead,
    hidden_hash,
    resource_key,
    workspace_key,
)
from tfdrift.redaction import Redactor
from tfdrift.subjects import STREAM

VPC = resource("aws_vpc.main", id="vpc-1", arn="arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1", cidr="10.0.0.0/16")


async def test_the_first_sight_is_one_event_and_a_new_serial_one_a_resource(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """As the contract says: observed with its counts, then created, modified and deleted by address."""
    write(tmp_path / "eu/net.tfstate", state(VPC, resource("aws_eip.old", id="e"), serial=42))
    async with running(nats_url, f"file://{tmp_path}/**/*.tfstate"):
        (observed,) = await pipeline.until(1)
        assert (observed.action, observed.workspace, observed.serial) == (StateAction.OBSERVED, "eu/net", 42)
        assert (observed.resource, observed.resource_count, observed.provider) == (None, 2, "aws")
        record = await pipeline.record("eu/net", "aws_vpc.main")
        assert record is not None
        assert (record.account_id, record.region, record.changes) == ("123456789012", "eu-west-1", ())

        changed = resource("aws_vpc.main", **VPC["instances"][0]["attributes"] | {"cidr": "10.1.0.0/16"})
        write(tmp_path / "eu/net.tfstate", state(changed, resource("aws_eip.new", id="f"), serial=43))
        _, *events = await pipeline.until(4)
        assert {(e.resource, e.action, e.serial, e.lineage) for e in events} == {
            ("aws_vpc.main", StateAction.MODIFIED, 43, LINEAGE),
            ("aws_eip.new", StateAction.CREATED, 43, LINEAGE),
            ("aws_eip.old", StateAction.DELETED, 43, LINEAGE),
        }
        head = await pipeline.settled("eu/net", serial=43)
        assert (head.resource_count, head.types) == (2, {"aws_eip": 1, "aws_vpc": 1})


async def test_a_restart_repeats_nothing_and_misses_nothing(nats_url: str, pipeline: Pipeline, tmp_path: Path) -> None:
    """The head in the bucket says what was published; what changed meanwhile is published at the next start."""
    file = tmp_path / "prod.tfstate"
    write(file, state(VPC))
    for _ in range(2):
        metrics.SERIAL.clear()
        async with running(nats_url, str(file)):
            assert len(await pipeline.until(1)) == 1
            await eventually(lambda: metric("tfdrift_state_serial", workspace="prod") == 1)
    write(file, state(VPC, resource("aws_eip.a", id="e"), serial=2))
    async with running(nats_url, str(file)):
        assert [e.action for e in await pipeline.until(2)] == [StateAction.OBSERVED, StateAction.CREATED]


async def test_a_half_written_state_is_waited_for(nats_url: str, pipeline: Pipeline, tmp_path: Path) -> None:
    """The last good state stays under the condition `truncated` until the writer is done."""
    file = tmp_path / "prod.tfstate"
    write(file, state(VPC))
    whole = state(VPC, resource("aws_eip.a", id="e"), serial=2)
    async with running(nats_url, str(file)):
        await pipeline.settled("prod", serial=1)
        file.write_bytes(whole[:-40])
        head = await pipeline.settled("prod", condition="truncated")
        assert head.serial == 1
        await eventually(lambda: metric("tfdrift_state_condition", workspace="prod", condition="truncated") == 1)
        file.write_bytes(whole)
        await pipeline.settled("prod", serial=2)
        await eventually(lambda: metric("tfdrift_state_condition", workspace="prod", condition="truncated") == 0)
        assert [e.action for e in await pipeline.changes()] == [StateAction.OBSERVED, StateAction.CREATED]


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (state(VPC, version=5, serial=9), "future_version"),
        (state(serial=4), "stale_serial"),
        (state(serial=9, lineage="another"), "lineage_changed"),
        (b'{"encrypted_data": "x"}', "encrypted"),
        (b"[]", "malformed"),
        (b'{"format_version": "1.0", "terraform_version": "1.9.5", "values": {}}', "not_a_state"),
        (state(resource("aws_eip.a", id="e", big="x" * 20000), serial=9), "too_large"),
    ],
)
async def test_a_condition_keeps_the_last_good_state(
    nats_url: str, pipeline: Pipeline, tmp_path: Path, data: bytes, condition: str
) -> None:
    """No event is published and no record changes; the head names the condition, and a good state ends it."""
    file = tmp_path / "prod.tfstate"
    write(file, state(VPC, serial=5))
    async with running(nats_url, str(file), max_state_bytes="10000"):
        await pipeline.settled("prod", serial=5)
        write(file, data)
        assert (await pipeline.settled("prod", condition=condition)).serial == 5
        await eventually(lambda: metric("tfdrift_state_condition", workspace="prod", condition=condition) == 1)
        assert len(await pipeline.changes()) == 1
        write(file, state(VPC, resource("aws_eip.a", id="e"), serial=6))
        await pipeline.settled("prod", serial=6)
        assert len(await pipeline.changes()) == 2


SECRET = "hunter2-correct-horse"
SECRETIVE = resource("aws_db_instance.a", id="a", password=SECRET, note=f"mysql://a:{SECRET}@b")


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (state(SECRETIVE, serial=9)[:-40], "truncated"),
        (state(SECRETIVE, serial=9) + b"x", "malformed"),
        (state(SECRETIVE, serial=SECRET), "malformed"),
        (state(SECRETIVE, SECRETIVE, serial=9), "malformed"),
        (state(SECRETIVE, version=5, serial=9), "future_version"),
        (state(SECRETIVE, serial=9, lineage="another"), "lineage_changed"),
        (b'{"format_version": "1.0", "planned_values": "%b"}' % SECRET.encode(), "not_a_state"),
        (state(SECRETIVE, serial=9), None),
    ],
)
async def test_no_secret_leaves_whether_a_state_is_taken_or_refused(
    nats_url: str,
    pipeline: Pipeline,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    data: bytes,
    condition: str | None,
) -> None:
    """Neither the log nor anything in NATS shows one."""
    file = tmp_path / "prod.tfstate"
    write(file, state(VPC, serial=5))
    async with running(nats_url, str(file)):
        await pipeline.settled("prod", serial=5)
        write(file, data)
        await pipeline.settled("prod", serial=5 if condition else 9, condition=condition)
    seen = "".join(capfd.readouterr())
    assert ("state_not_taken" if condition else "state_taken") in seen
    for stream in (STREAM, "KV_tfdrift_state", "KV_tfdrift_workspaces"):
        held = await pipeline.bus.stream_state(stream)
        async for messages in pipeline.bus.read(stream, start=held.first_sequence, end=held.last_sequence):
            seen += "".join(message.data.decode() + str(message.headers) for message in messages)
    assert "aws_vpc.main" in seen
    assert SECRET not in seen


async def test_what_a_release_hides_beyond_the_last_one_is_hidden_without_a_new_serial(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """The same bytes are recorded anew, and no event is published."""
    file = tmp_path / "prod.tfstate"
    write(file, state(SECRETIVE))
    async with running(nats_url, str(file)):
        head = await pipeline.settled("prod", serial=1)
    record = await pipeline.record("prod", "aws_db_instance.a")
    assert record is not None
    shown = record.model_copy(update={"attributes": record.attributes | {"password": SECRET}})
    bucket, heads = pipeline.bus.bucket(STATE_BUCKET), pipeline.bus.bucket(WORKSPACES_BUCKET)
    await bucket.put(resource_key("prod", record.address), shown.encode())
    await heads.put(workspace_key("prod"), head.model_copy(update={"digest": "of the last release"}).encode())
    async with running(nats_url, str(file)):
        pass
    assert await pipeline.record("prod", "aws_db_instance.a") == record.model_copy(
        update={"recorded_at": (await pipeline.settled("prod")).recorded_at}
    )
    assert len(await pipeline.changes()) == 1


async def test_an_old_state_is_taken_and_its_rewriting_is_no_change(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """Terraform 0.11's state, then 0.12's of the same resources, then a change."""
    file = tmp_path / "prod.tfstate"
    attributes = {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "enable_dns_support": "true", "tags.%": "0"}
    old = {"aws_vpc.main": {"type": "aws_vpc", "primary": {"id": "vpc-1", "attributes": attributes}}}
    document = {"version": 3, "serial": 1, "lineage": LINEAGE, "modules": [{"path": ["root"], "resources": old}]}
    new = {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "enable_dns_support": True, "tags": {}}
    write(file, json.dumps(document).encode())
    async with running(nats_url, str(file)):
        await pipeline.settled("prod", serial=1)
        write(file, state(resource("aws_vpc.main", **new), serial=2))
        await pipeline.settled("prod", serial=2)
        write(file, state(resource("aws_vpc.main", **new | {"enable_dns_support": False}), serial=3))
        await pipeline.settled("prod", serial=3)
    _, event = await pipeline.changes()
    assert [(c.attribute, c.old_value, c.new_value) for c in event.changes] == [("enable_dns_support", True, False)]


async def test_a_vanished_or_unreadable_file_keeps_its_records(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """`missing`, `unreadable` (here a folder in its place), and back again without an event."""
    file = tmp_path / "prod.tfstate"
    write(file, state(VPC))
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        await pipeline.settled("prod", serial=1)
        file.unlink()
        await pipeline.settled("prod", condition="missing")
        file.mkdir()
        await pipeline.settled("prod", condition="unreadable")
        file.rmdir()
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        await pipeline.settled("prod", condition="missing")
        assert await pipeline.record("prod", "aws_vpc.main") is not None
        write(file, state(VPC))
        await pipeline.settled("prod", serial=1)
        assert len(await pipeline.changes()) == 1


async def test_a_folder_that_appears_later_is_watched(nats_url: str, pipeline: Pipeline, tmp_path: Path) -> None:
    """A source that does not exist yet is no failure of the service."""
    async with running(nats_url, f"{tmp_path}/later/*.tfstate") as runtime:
        assert runtime.readiness.ok
        write(tmp_path / "later/prod.tfstate", state(VPC))
        await pipeline.settled("prod", serial=1)


async def test_a_volume_of_kubernetes_is_followed_through_its_links(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """Each file is a link into ``..data``, itself a link that is replaced as a whole; one to nowhere is `missing`."""
    write(tmp_path / "..v1/prod.tfstate", state(VPC))
    write(tmp_path / "..v2/prod.tfstate", state(VPC, serial=2))
    (tmp_path / "..data").symlink_to("..v1")
    (tmp_path / "prod.tfstate").symlink_to("..data/prod.tfstate")
    async with running(nats_url, f"{tmp_path}/*.tfstate"):
        await pipeline.settled("prod", serial=1)
        (tmp_path / "..new").symlink_to("..v2")
        (tmp_path / "..new").replace(tmp_path / "..data")
        await pipeline.settled("prod", serial=2)
        (tmp_path / "..new").symlink_to("..v3")
        (tmp_path / "..new").replace(tmp_path / "..data")
        await pipeline.settled("prod", condition="missing")


async def test_two_files_of_one_workspace_are_a_condition_of_the_second(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """The first keeps the name."""
    write(tmp_path / "a/prod.tfstate", state(VPC))
    write(tmp_path / "b/prod.tfstate", state(serial=7, lineage="another"))
    async with running(nats_url, f"{tmp_path}/a/*.tfstate,{tmp_path}/b/*.tfstate"):
        second = f"file://{tmp_path}/b/prod.tfstate"
        await eventually(
            lambda: (
                metric("tfdrift_state_condition", workspace=second, condition="duplicate_workspace")
                or metric(
                    "tfdrift_state_condition",
                    workspace=f"file://{tmp_path}/a/prod.tfstate",
                    condition="duplicate_workspace",
                )
            )
        )
        assert len(await pipeline.until(1)) == 1


async def test_an_operator_lets_a_new_lineage_in(nats_url: str, pipeline: Pipeline, tmp_path: Path) -> None:
    """`--accept-lineage` takes what stands there at once, as changes against what was recorded."""
    file = tmp_path / "prod.tfstate"
    write(file, state(VPC, serial=5))
    async with running(nats_url, str(file)):
        await pipeline.settled("prod", serial=5)
        write(file, state(resource("aws_eip.a", id="e"), serial=1, lineage="another"))
        await pipeline.settled("prod", condition="lineage_changed")
        command = partial(run_program, "ingest-tfstate", "--accept-lineage")
        variables = {"PATH": os.environ["PATH"]} | environment(nats_url, str(file))
        done = await asyncio.to_thread(command, "prod", environment=variables)
        assert done.returncode == 0
        assert (await pipeline.settled("prod", serial=1)).lineage == "another"
        assert {e.action for e in (await pipeline.changes())[1:]} == {StateAction.CREATED, StateAction.DELETED}
        unknown = await asyncio.to_thread(command, "x", environment=variables)
        assert (unknown.returncode, unknown.stderr.count("\n")) == (78, 1)


async def test_a_refresh_is_asked_for_by_http(nats_url: str, pipeline: Pipeline, tmp_path: Path) -> None:
    """The public port answers at once and looks then."""
    write(tmp_path / "prod.tfstate", state(VPC))
    async with running(nats_url, f"{tmp_path}/*.tfstate") as runtime, aiohttp.ClientSession() as client:
        url = f"http://127.0.0.1:{runtime.settings.http_port}"
        async with client.post(f"{url}/refresh") as answer:
            assert (answer.status, await answer.json()) == (202, {"sources": 1})
        async with client.get(f"{url}/healthz") as answer:
            assert answer.status == 200
        async with client.post(f"{url}/refresh", headers={"Sec-Fetch-Site": "cross-site"}) as answer:
            assert answer.status == 403


async def test_the_hash_key_is_made_once(nats_url: str, pipeline: Pipeline, tmp_path: Path) -> None:
    """Two lives of the service give the same hash to the same secret, so nothing seems to change."""
    file = tmp_path / "prod.tfstate"
    write(file, state(resource("aws_db_instance.a", id="a", password="hunter2")))
    async with running(nats_url, str(file)):
        await pipeline.settled("prod", serial=1)
        first = await pipeline.record("prod", "aws_db_instance.a")
    write(file, state(resource("aws_db_instance.a", id="a", password="hunter2", size=2), serial=2))
    async with running(nats_url, str(file)):
        await pipeline.settled("prod", serial=2)
    second = await pipeline.record("prod", "aws_db_instance.a")
    assert first is not None
    assert second is not None
    assert hidden_hash(first.attributes["password"])
    assert first.attributes["password"] == second.attributes["password"]
    assert [c.attribute for c in (await pipeline.changes())[1].changes] == ["size"]


class Died(Exception):  # noqa: N818
    """The process ended here."""


class Mortal(Recorder):
    """A recorder whose process ends in one step, after some of its writes."""

    dies_in = ""
    dies_after = 0

    async def _write(self, records: Any, work: Any) -> None:
        if self.dies_in == "write":
            await super()._write(list(records)[: self.dies_after], work)
            raise Died
        await super()._write(records, work)

    async def _publish(self, event: StateChange, snapshot: Any) -> None:
        if self.dies_in == "publish":
            self.dies_after -= 1
            if self.dies_after < 0:
                raise Died
        await super()._publish(event, snapshot)

    async def _advance(self, head: WorkspaceHead, revision: int) -> None:
        if self.dies_in == "advance":
            raise Died
        await super()._advance(head, revision)


@pytest.mark.parametrize(
    ("step", "first_sight"),
    [
        (("write", 0), True),
        (("write", 2), True),
        (("publish", 0), True),
        (("advance", 0), True),
        (("write", 0), False),
        (("write", 2), False),
        (("write", 5), False),
        (("publish", 0), False),
        (("publish", 2), False),
        (("advance", 0), False),
    ],
)
async def test_a_death_in_any_step_is_made_good_by_the_next_process(
    nats_url: str, pipeline: Pipeline, tmp_path: Path, step: tuple[str, int], first_sight: bool
) -> None:
    """Every event arrives once, and the records are those of an undisturbed run."""
    file = tmp_path / "prod.tfstate"
    before = state(*(resource(f"aws_vpc.n{n}", id=str(n), v=0) for n in range(4)))
    after = state(*(resource(f"aws_vpc.n{n}", id=str(n), v=1) for n in range(1, 5)), serial=2)
    write(file, before)
    if not first_sight:
        async with running(nats_url, str(file)):
            await pipeline.settled("prod", serial=1)
        write(file, after)
    await die(pipeline, file, step)
    async with running(nats_url, str(file)):
        await pipeline.settled("prod", serial=1 if first_sight else 2)
    seen = [(e.action, e.resource) for e in await pipeline.changes()]
    expected: list[tuple[StateAction, str | None]] = [(StateAction.OBSERVED, None)]
    if not first_sight:
        expected += [(StateAction.DELETED, "aws_vpc.n0")]
        expected += [(StateAction.MODIFIED, f"aws_vpc.n{n}") for n in range(1, 4)]
        expected += [(StateAction.CREATED, "aws_vpc.n4")]
    assert sorted(seen, key=str) == sorted(expected, key=str)
    record = await pipeline.record("prod", "aws_vpc.n1")
    assert record is not None
    assert [c.before for c in record.changes] == ([] if first_sight else [{"v": 0}])


class Unasked(Recorder):
    """A recorder that must not read the ids of the ledger."""

    async def _published_ids(self) -> frozenset[str]:
        raise AssertionError("the whole ledger would be read for each workspace of a first load")


async def test_a_new_workspace_does_not_read_the_ledger(pipeline: Pipeline, tmp_path: Path) -> None:
    """No record of it was written, so nobody came to announcing it."""
    file = tmp_path / "prod.tfstate"
    write(file, state(VPC))
    recorder = Unasked(pipeline.bus, Redactor(b"key"))
    (observed,) = (await recorder.record(snapshot_of(file), await recorder.load_head("prod"))).events
    assert observed.action == StateAction.OBSERVED
    assert len(await pipeline.changes()) == 1


def snapshot_of(file: Path) -> StateSnapshot:
    """A state as the service would have read it."""
    data = file.read_bytes()
    modified = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    digest = hashlib.sha256(data).hexdigest()
    return StateSnapshot("prod", f"file://{file}", parse_state(data), digest, modified, datetime.now(UTC))


async def die(pipeline: Pipeline, file: Path, step: tuple[str, int]) -> None:
    recorder = Mortal(pipeline.bus, Redactor(b"key"))
    recorder.dies_in, recorder.dies_after = step
    with pytest.raises(Died):
        await recorder.record(snapshot_of(file), await recorder.load_head("prod"))


def reached(sequence: int) -> Callable[[StreamState], bool]:
    """Whether a stream has come to a sequence."""
    return lambda stream: stream.last_sequence >= sequence


async def test_killed_at_any_moment_every_change_arrives_once(
    nats_url: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    """SIGKILL during writes, over several serials: the events of each resource are an unbroken chain."""
    file = tmp_path / "prod.tfstate"
    write(file, state(*(resource(f"aws_vpc.n{n}", id=str(n), v=0) for n in range(400))))
    with process(nats_url, str(file)):
        await pipeline.settled("prod", serial=1)
    for serial in range(2, 5):
        write(file, state(*(resource(f"aws_vpc.n{n}", id=str(n), v=serial) for n in range(400)), serial=serial))
        stored = (await pipeline.bus.stream_state("KV_tfdrift_state")).last_sequence
        with process(nats_url, str(file)) as child:
            target = stored + 100 * serial
            await reads(lambda: pipeline.bus.stream_state("KV_tfdrift_state"), reached(target))
            child.send_signal(signal.SIGKILL)
            child.wait()
    with process(nats_url, str(file)):
        await pipeline.settled("prod", serial=4)
    _, *events = await pipeline.changes()
    assert {e.action for e in events} == {StateAction.MODIFIED}
    # A serial that was overwritten before it was read is part of the next one, so values are compared, not serials.
    values = {f"aws_vpc.n{n}": [0] for n in range(400)}
    for event in events:
        (change,) = event.changes
        assert event.resource is not None
        assert change.old_value == values[event.resource][-1]
        values[event.resource].append(change.new_value)
    assert {seen[-1] for seen in values.values()} == {4}
    assert len({event.id for event in events}) == len(events)
