"""The way back after an outage: the calls of audit log files, each once, whatever arrived before."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.falco.test_without_falco import AUDIT_EVENT, LOG_ENTRY, record
from tests.ingest_falco.samples import body, cloud_alert, cloud_fields
from tests.ingest_falco.service import Running, running
from tests.ingest_tfstate.object_stores import Moto
from tests.service_process import run_program
from tfdrift.envelope import parse_headers, rfc3339
from tfdrift.events import CloudCall, FalcoEvent


def recent(minutes: int = 10, **changes: Any) -> dict[str, Any]:
    """A record of some minutes ago."""
    return record(eventTime=rfc3339(datetime.now(UTC) - timedelta(minutes=minutes)), **changes)


def file_of(*records: dict[str, Any]) -> bytes:
    """A log file, as CloudTrail delivers it."""
    return gzip.compress(json.dumps({"Records": records}).encode())


async def replayed(nats_url: str, uri: str, *more: str, **environment: str) -> tuple[int, str]:
    """The exit code of the mode, and what it printed."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TFDRIFT_")}
    given = {**kept, **environment, "TFDRIFT_NATS_URL": nats_url}
    ended = await asyncio.to_thread(run_program, "ingest-falco", "--replay", uri, *more, environment=given)
    return ended.returncode, ended.stdout + ended.stderr


async def calls(service: Running) -> list[str | None]:
    return [FalcoEvent.model_validate_json(message.data).event_id for message in await service.ledger()]


async def test_the_calls_of_files_are_on_the_ledger_once(nats_url: str, tmp_path: Path) -> None:
    """Those that Falco sent are known, reads and older ones are passed over, and a second run adds nothing."""
    logs = tmp_path / "AWSLogs"
    (logs / "CloudTrail-Digest").mkdir(parents=True)
    reading = recent(eventID="read", readOnly=True, eventName="DescribeInstances")
    (logs / "1.json.gz").write_bytes(file_of(recent(eventID="a"), recent(eventID="sent"), reading))
    (logs / "2.json").write_bytes(json.dumps([recent(eventID="b"), recent(300, eventID="old")]).encode())
    (logs / "3.json").write_bytes(file_of(recent(eventID="b"), recent(eventID="c")))
    (logs / "CloudTrail-Digest" / "4.json.gz").write_bytes(b"no log")
    async with running(nats_url, tmp_path / "spool") as service:
        assert (await service.post(body(cloud_alert(cloud_fields(id="sent")))))[0] == 200
        code, said = await replayed(nats_url, str(logs), "--since", "2h")
        assert (code, said.startswith("3 calls replayed from 3 files; 2 were known, 1 only read, 1 are older")) == (
            0,
            True,
        ), said
        assert sorted(map(str, await calls(service))) == ["a", "b", "c", "sent"]
        code, said = await replayed(nats_url, f"file://{logs}", "--since", "2h")
        assert (code, said[:16]) == (0, "0 calls replayed"), said
        code, said = await replayed(nats_url, str(logs))
        assert (code, said[:16]) == (0, "1 calls replayed"), said


async def test_a_whole_call_replaces_an_incomplete_one(nats_url: str, tmp_path: Path) -> None:
    """What falcosidekick shortened, or Falco sent without a request, is replayed."""
    (tmp_path / "log.json").write_bytes(file_of(recent(eventID="poor")))
    async with running(nats_url, tmp_path / "spool") as service:
        assert (await service.post(body(cloud_alert(cloud_fields(id="poor", request=None)))))[0] == 200
        code, said = await replayed(nats_url, str(tmp_path / "log.json"))
        assert (code, said[:16]) == (0, "1 calls replayed"), said
        found = [parse_headers(message.headers).call for message in await service.ledger()]
        assert [CloudCall.model_validate_json(call).incomplete for call in found if call] == [True, False]


async def test_other_clouds_logs_are_read_too(nats_url: str, tmp_path: Path) -> None:
    """Lines of Google's sinks, and events of an API server; what is no log is said, and the rest goes on."""
    now = rfc3339(datetime.now(UTC))
    (tmp_path / "gcp.json").write_text(
        "".join(json.dumps({**LOG_ENTRY, "insertId": i, "timestamp": now}) + "\n" for i in "xy")
    )
    (tmp_path / "k8s.log").write_text(json.dumps({**AUDIT_EVENT, "requestReceivedTimestamp": now}))
    (tmp_path / "notes.txt").write_text("no log")
    async with running(nats_url, tmp_path / "spool") as service:
        for name, count in (("gcp.json", 2), ("k8s.log", 1)):
            code, said = await replayed(nats_url, str(tmp_path / name))
            assert (code, said.startswith(f"{count} calls replayed")) == (0, True), said
        code, said = await replayed(nats_url, str(tmp_path / "notes.txt"))
        assert (code, "no audit log" in said) == (66, True), said
        assert len(await calls(service)) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("/nowhere",), 66, "there is no file"),
        (("/nowhere", "--since", "yesterday"), 78, "--since 'yesterday' is neither"),
        (("ftp://host/x",), 66, "cannot be listed"),
    ],
)
async def test_what_cannot_be_replayed_is_said(nats_url: str, arguments: tuple[str, ...], code: int, said: str) -> None:
    """One sentence, and an exit code of sysexits.h."""
    found, text = await replayed(nats_url, *arguments)
    assert (found, said in text) == (code, True), text


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[Moto]:
    """A server of S3."""
    folder = tmp_path / "s3"
    folder.mkdir()
    server = Moto(folder)
    server.start()
    yield server
    server.stop()


async def test_a_bucket_is_read_by_its_prefix(nats_url: str, tmp_path: Path, s3: Moto) -> None:
    """As CloudTrail writes it."""
    s3.make_bucket("trail")
    s3.put("trail", "AWSLogs/123456789012/CloudTrail/eu-central-1/2026/01/15/1.json.gz", file_of(recent(eventID="a")))
    s3.put("trail", "other/2.json.gz", file_of(recent(eventID="b")))
    async with running(nats_url, tmp_path / "spool") as service:
        code, said = await replayed(nats_url, "s3://trail/AWSLogs/", "--since", "2h", **s3.environment)
        assert (code, said[:16]) == (0, "1 calls replayed"), said
        assert await calls(service) == ["a"]
