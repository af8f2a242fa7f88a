"""Bad input: each has its answer, and nothing is lost or taken in by it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import nats
import pytest

from tests.conftest import DEADLINE_SECONDS
from tests.e2e.alerts import resize, shell, unprotect
from tests.e2e.estate import instance, instance_id, state
from tests.pipeline import Pipeline, running
from tfdrift.records import CLAIMS_BUCKET, DRIFTS_BUCKET, STATE_BUCKET

DETECTOR = "drift-detector"


def _with(**changes: object) -> bytes:
    return json.dumps({**shell(), **changes}).encode()


BAD_ALERTS = {
    "empty": (b"", 400),
    "truncated": (json.dumps(shell()).encode()[:-20], 400),
    "a list": (json.dumps([shell()]).encode(), 400),
    "a string": (b'"alert"', 400),
    "null": (b"null", 400),
    "two documents": (json.dumps(shell()).encode() * 2, 400),
    "rule is a number": (_with(rule=7), 400),
    "rule is missing": (json.dumps({name: value for name, value in shell().items() if name != "rule"}).encode(), 400),
    "fields are a list": (_with(output_fields=[]), 400),
    "priority unknown": (_with(priority="Dreadful"), 400),
    "time is none": (_with(time="yesterday"), 400),
    "tags are a string": (_with(tags="drift"), 400),
    "NaN": (_with(output_fields={"proc.tty": "XX"}).replace(b'"XX"', b"NaN"), 400),
    "Infinity": (_with(output_fields={"proc.tty": "XX"}).replace(b'"XX"', b"-Infinity"), 400),
    "deep nesting": (_with(output_fields={"x": "XX"}).replace(b'"XX"', b"[" * 5000 + b"]" * 5000), 400),
    "deep and unclosed": (b"[" * 100_000, 400),
    "8 MiB": (_with(output="x" * 8 * 1024**2), 413),
}


@pytest.mark.parametrize("name", BAD_ALERTS)
async def test_a_bad_alert_is_refused_and_leaves_nothing_on_the_ledger(pipeline: Pipeline, name: str) -> None:
    """The next good alert is the next event of all, so the bad one left none."""
    body, status = BAD_ALERTS[name]
    async with pipeline.stream() as client:
        assert await pipeline.post(body) == status
        fence = shell()
        assert await pipeline.post(fence) == 200
        await client.wait_for(lambda c: c.last_event_id)
    events = [event for event in client.events if event.event != "connected"]
    assert [event.data["uuid"] for event in events] == [fence["uuid"]]
    assert await pipeline.dead_letters() == 0


async def test_a_request_that_is_cut_off_leaves_nothing(pipeline: Pipeline) -> None:
    """A sender that dies in the middle of its alert has sent none."""
    host, port = pipeline.webhook.removeprefix("http://").split(":")
    async with pipeline.stream() as client:
        _, writer = await asyncio.open_connection(host, int(port))
        body = json.dumps(shell()).encode()
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body[:50]))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        fence = shell()
        await pipeline.post(fence)
        await client.wait_for(lambda c: c.last_event_id)
    assert [event["uuid"] for event in client.of("falco")] == [fence["uuid"]]


FULL = json.dumps(state(2, instance("i-0", instance_type="c7g.large"))).encode()
BAD_STATES = {
    "half-written": (FULL[: len(FULL) // 2], "truncated"),
    "empty": (b"", "truncated"),
    "no JSON": (b"not a state", "malformed"),
    "a list": (b"[]", "malformed"),
    "future version": (FULL.replace(b'"version": 4', b'"version": 5'), "future_version"),
    "old version": (FULL.replace(b'"version": 4', b'"version": 2'), "old_version"),
    "serial is a text": (FULL.replace(b'"serial": 2', b'"serial": "2"'), "malformed"),
    "another lineage": (FULL.replace(b"7c1e4b52", b"00000000"), "lineage_changed"),
    "lower serial": (FULL.replace(b'"serial": 2', b'"serial": 0'), "stale_serial"),
}


async def _condition(pipeline: Pipeline, workspace: str, condition: str) -> None:
    """Wait until ingest-tfstate's metrics show the workspace's condition, and check that the last state is kept."""
    line = f'tfdrift_state_condition{{condition="{condition}",workspace="{workspace}"}} 1.0'
    async with asyncio.timeout(DEADLINE_SECONDS):
        while line not in (await pipeline.metrics("ingest-tfstate")).splitlines():
            await asyncio.sleep(0.02)

    def ours(listed: dict) -> list[dict]:
        return [head for head in listed["workspaces"] if head["workspace"] == workspace]

    (head,) = ours(await pipeline.get_until("/api/v1/workspaces", lambda listed: any(map(_marked, ours(listed)))))
    assert (head["condition"], head["serial"], head["resource_count"]) == (condition, 1, 1)


def _marked(head: dict) -> bool:
    return head["condition"] is not None


@pytest.mark.parametrize("name", BAD_STATES)
async def test_a_bad_state_is_a_named_condition_and_the_last_good_one_is_kept(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime], name: str
) -> None:
    """Drifts are still reported against the last good state, and the next good serial is taken."""
    bad, condition = BAD_STATES[name]
    web = instance_id()
    async with pipeline.stream(f"?workspace={workspace}") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        pipeline.write_state(workspace, bad, next(times))
        await _condition(pipeline, workspace, condition)
        await pipeline.post(unprotect(web, next(times)))
        drift = await client.first("drift")
        pipeline.write_state(workspace, state(3, instance(web, instance_type="m5.large")), next(times))
        await client.first("state_change", serial=3)
    assert drift["old_value"] is True
    assert [change["serial"] for change in client.of("state_change")] == [1, 3]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
async def test_an_unreadable_state_is_a_condition_until_it_can_be_read(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """Permissions are the operator's; they are named, and taken up again when they are mended."""
    web = instance_id()
    path = pipeline.states / f"{workspace}.tfstate"
    async with pipeline.stream(f"?workspace={workspace}") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        path.chmod(0)
        path.touch()
        await _condition(pipeline, workspace, "unreadable")


async def test_a_folder_in_the_place_of_a_state_is_unreadable(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """What cannot be read as a file is a condition, and a file that comes back is taken."""
    web = instance_id()
    path = pipeline.states / f"{workspace}.tfstate"
    async with pipeline.stream(f"?workspace={workspace}") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        path.unlink()
        path.mkdir()
        await _condition(pipeline, workspace, "unreadable")
        path.rmdir()
        pipeline.write_state(workspace, state(2, instance(web, instance_type="m5.large")), next(times))
        await client.first("state_change", serial=2)


async def test_a_state_that_vanishes_is_a_condition_and_destroys_nothing(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A missing file says nothing about the cloud."""
    web = instance_id()
    path = pipeline.states / f"{workspace}.tfstate"
    async with pipeline.stream(f"?workspace={workspace}") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        path.unlink()
        await _condition(pipeline, workspace, "missing")
        await pipeline.post(resize(web, "m5.large", next(times)))
        assert (await client.first("drift"))["address"] == "aws_instance.web"
    assert [change["action"] for change in client.of("state_change")] == ["observed"]


async def test_a_state_that_is_written_slowly_is_taken_once_it_is_whole(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A writer that does not rename shows halves in between; only the whole is reported."""
    web = instance_id()
    path = pipeline.states / f"{workspace}.tfstate"
    whole = json.dumps(state(2, instance(web, instance_type="m5.large"))).encode()
    async with pipeline.stream(f"?workspace={workspace}") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        with path.open("wb", buffering=0) as file:
            for start in range(0, len(whole), 200):
                file.write(whole[start : start + 200])
        change = await client.first("state_change", serial=2)
    assert change["resource"] == "aws_instance.web"


async def test_no_line_of_any_log_is_an_error_or_anything_but_json(pipeline: Pipeline) -> None:
    """After all that input, too: a line that is no JSON object, or an error, is a defect."""
    for service in pipeline.processes:
        lines = pipeline.log_lines(service)
        assert lines
        assert [line for line in lines if line["level"] in ("error", "critical")] == []
        assert all({"event", "service", "level", "timestamp"} <= set(line) for line in lines)


async def test_a_bad_alert_is_logged_with_its_reason_and_without_its_content(pipeline: Pipeline) -> None:
    """What was wrong is for the operator; what was in it is not for the log."""
    assert await pipeline.post(_with(rule=7, output="hunter2 in the output")) == 400
    rejected = [line for line in pipeline.log_lines("ingest-falco") if line["event"] == "alert_rejected"]
    assert rejected[-1]["status"] == 400
    assert rejected[-1]["reason"]
    assert not any("hunter2" in json.dumps(line) for line in rejected)


async def test_what_others_write_that_is_no_record_stops_no_detector(tmp_path: Path, times: Iterator[datetime]) -> None:
    """Events that cannot be read join the dead letters with the reason, and records that are none are passed over."""
    web = instance_id()
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        client = await nats.connect(pipeline.nats.url)
        jetstream = client.jetstream()
        events = (
            "falco.low.aws.ec2",
            "state_change.info.aws.aws_vpc",
            "attribution.info.aws.aws_vpc",
            "state_change.odd",
        )
        for event in events:
            await jetstream.publish(f"tfdrift.{event}", b"{}")
        for bucket in (STATE_BUCKET, CLAIMS_BUCKET, DRIFTS_BUCKET):
            await (await jetstream.key_value(bucket)).put("odd", b"{}")
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await pipeline.dead_letters() < len(events):
                await asyncio.sleep(0.02)
        subject = f"tfdrift_dead.{DETECTOR}"
        dead = [await jetstream.get_msg("TFDRIFT_DEAD", number) for number in range(1, len(events) + 1)]
        await client.close()
        assert {message.subject for message in dead} == {subject}
        assert {(message.headers or {})["Tfdrift-Subject"] for message in dead} == {f"tfdrift.{one}" for one in events}
        assert all("cannot be read" in (message.headers or {})["Tfdrift-Reason"] for message in dead)

        assert pipeline.stop(DETECTOR) == 0
        pipeline.start(DETECTOR)
        await pipeline.ready()
        async with pipeline.stream() as stream:
            pipeline.write_state("prod", state(1, instance(web)), next(times))
            await stream.first("state_change", workspace="prod")
            await pipeline.post(unprotect(web, next(times)))
            assert (await stream.first("drift"))["resource_id"] == web
