"""A full disk, a damaged file and a small NATS: each is a named condition, and the service goes on."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import REGISTRY

from ingest_falco.alert.message import LedgerMessage, build_message
from ingest_falco.alert.normalise import normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.conditions import Condition
from ingest_falco.spool.file import FILE_NAME, SpoolFile
from ingest_falco.spool.ledger import DEAD_SUBJECT
from tests.conftest import DEADLINE_SECONDS, NatsServer, eventually
from tests.ingest_falco.samples import body, cloud_alert, cloud_fields, host_alert
from tests.ingest_falco.service import Process, Running, running, small_nats
from tfdrift.envelope import parse_headers, parse_rfc3339
from tfdrift.events import CloudCall, FalcoEvent
from tfdrift.subjects import DEAD_STREAM

NOW = parse_rfc3339("2025-01-15T10:05:00Z")


def spooled() -> float:
    return REGISTRY.get_sample_value("tfdrift_spool_entries") or 0.0


def present(condition: Condition) -> bool:
    return REGISTRY.get_sample_value("tfdrift_falco_condition", {"condition": condition}) == 1


async def rules_on(service: Running) -> list[str]:
    return [FalcoEvent.model_validate_json(message.data).rule for message in await service.ledger(("tfdrift.falco.>",))]


def padded(rule: str, size: int = 20_000) -> bytes:
    return body(host_alert(rule=rule, output_fields={"padding": os.urandom(size // 2).hex()}))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_drains_once_nats_is_back(nats_server: NatsServer, tmp_path: Path) -> None:
    """The spool's own disk takes no more writes, so nothing can be deleted from it: it drains and works again."""
    with small_disk(tmp_path / "disk") as disk:
        async with running(nats_server.url, disk) as service:
            nats_server.stop()
            await eventually(lambda: not service.runtime.bus.connected)
            taken = []
            for number in range(20):
                status, text = await service.post(padded(str(number)))
                if status == 200:
                    taken.append(str(number))
                else:
                    assert (status, "full" in text) == (503, True)
            assert 0 < len(taken) < 20
            assert "TFDRIFT_SPOOL_DIR" in service.runtime.readiness.details[Condition.SPOOL_DISK_FULL]
            nats_server.start()
            await eventually(lambda: spooled() == 0)
            assert await rules_on(service) == taken
            assert await service.post(padded("after")) == (200, "")
            await eventually(lambda: not present(Condition.SPOOL_DISK_FULL))
            nats_server.stop()
            await eventually(lambda: not service.runtime.bus.connected)
            assert await service.post(padded("again")) == (200, ""), "the room of the forwarded alerts is free again"
            nats_server.start()
            await eventually(lambda: spooled() == 0)
            assert await rules_on(service) == [*taken, "after", "again"]


async def test_a_file_that_may_not_grow_drains_once_nats_is_back(nats_server: NatsServer, tmp_path: Path) -> None:
    """The same with a limit on the size of files, which needs no root: writes fail with another error."""
    process = Process(nats_server.url, tmp_path)
    nats_server.stop()
    await process.start(partial(resource.setrlimit, resource.RLIMIT_FSIZE, (400_000, 400_000)))
    try:
        async with aiohttp.ClientSession() as client:

            async def post(rule: str) -> int:
                async with client.post(process.url, data=padded(rule)) as answer:
                    return answer.status

            statuses = [await post(str(number)) for number in range(30)]
            assert {200, 503} == set(statuses)
            nats_server.start()
            async with asyncio.timeout(DEADLINE_SECONDS):
                while await process.metric("tfdrift_spool_forwarded_total") < statuses.count(200):
                    await asyncio.sleep(0.05)
            assert await post("after") == 200
            assert await process.metric("tfdrift_spool_entries") == 0
    finally:
        assert process.stop() == 0


def message(number: int) -> LedgerMessage:
    alert = parse_alert(padded(str(number), 3000))
    return build_message(normalise(alert), received=NOW, traceparent=None)


def fill(folder: Path, count: int) -> Path:
    """A spool with alerts of an earlier process; returns its file."""
    file = SpoolFile(folder)
    file.add([message(number) for number in range(count)])
    file.close()
    return folder / FILE_NAME


def damage_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(100))


def damage_pages(path: Path) -> None:
    """Overwrites a tenth of the file, in its middle."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xff" * (size // 10))


@pytest.mark.parametrize(("damage", "fewest"), [(damage_header, 0), (damage_pages, 60)])
async def test_a_damaged_file_is_moved_aside(
    nats_url: str, tmp_path: Path, damage: Callable[[Path], None], fewest: int
) -> None:
    """The service starts, the alerts that can be read arrive in order, and new ones follow."""
    damage(fill(tmp_path, 100))
    async with running(nats_url, tmp_path) as service:
        await eventually(lambda: present(Condition.SPOOL_CORRUPT) and spooled() == 0)
        assert await service.post(padded("after")) == (200, "")
        rules = await rules_on(service)
        assert rules[-1] == "after"
        assert [int(rule) for rule in rules[:-1]] == sorted(int(rule) for rule in rules[:-1])
        assert fewest <= len(rules) - 1 < 100
        (aside,) = [name for name in os.listdir(tmp_path) if fnmatch(name, f"{FILE_NAME}.corrupt-*Z")]
        assert aside in service.runtime.readiness.details[Condition.SPOOL_CORRUPT]
        assert service.runtime.readiness.ok


async def test_a_file_that_is_damaged_while_it_is_used_is_moved_aside(nats_server: NatsServer, tmp_path: Path) -> None:
    """Alerts wait when a row of the file turns into nonsense: the others arrive."""
    async with running(nats_server.url, tmp_path) as service:
        nats_server.stop()
        await eventually(lambda: not service.runtime.bus.connected)
        for number in range(10):
            # Larger than SQLite's cache in all, so that the file is read.
            assert (await service.post(padded(str(number), 600_000)))[0] == 200
        await asyncio.to_thread(_overwrite_row, service, tmp_path)
        nats_server.start()
        await eventually(lambda: spooled() == 0)
        assert await rules_on(service) == [str(number) for number in range(10) if number != 4]
        assert present(Condition.SPOOL_CORRUPT)


def _overwrite_row(service: Running, folder: Path) -> None:
    """Damages the payload of one alert where it is in the file and its log."""
    for path in (folder / FILE_NAME, folder / f"{FILE_NAME}-wal"):
        content = path.read_bytes()
        marked = content.replace(b'"rule":"4"', b'"rule"\x00"4"')
        with path.open("r+b") as file:
            file.write(marked)


async def test_a_small_nats_takes_large_alerts_without_their_call(tmp_path: Path) -> None:
    """max_payload of 16 KiB: nothing behind a large alert is stuck, and what was omitted is said."""
    big = '["' + "x" * 30_000 + '"]'
    with small_nats(tmp_path, 16_384) as url:
        async with running(url, tmp_path / "spool") as service:
            alerts = {
                "whole": cloud_alert(cloud_fields(id="1"), rule="whole"),
                "large response": cloud_alert(cloud_fields(id="2", response=big), rule="large response"),
                "large request": cloud_alert(cloud_fields(id="3", request=big), rule="large request"),
                "large fields": host_alert(rule="large fields", output_fields={"padding": "x" * 30_000}),
                "too large": host_alert(rule="too large", tags=["x" * 30_000]),
                "last": cloud_alert(cloud_fields(id="4"), rule="last"),
            }
            for alert in alerts.values():
                status, _ = await service.post(body(alert))
                assert status == (413 if alert["rule"] == "too large" else 200)
            found = {}
            for entry in await service.ledger(("tfdrift.falco.>",)):
                call = parse_headers(entry.headers).call
                rule = FalcoEvent.model_validate_json(entry.data).rule
                found[rule] = CloudCall.model_validate_json(call) if call else None
            assert list(found) == [rule for rule in alerts if rule != "too large"]
            assert found["whole"] is not None
            assert not found["whole"].incomplete
            for rule in ("large response", "large request"):
                shrunk = found[rule]
                assert shrunk is not None
                assert shrunk.incomplete
                assert "omitted" in (shrunk.detail or "")
            assert "max_payload" in service.runtime.readiness.details[Condition.LEDGER_LIMIT]


async def test_a_spooled_alert_that_a_small_nats_never_takes_stops_no_other(tmp_path: Path) -> None:
    """It was spooled while NATS was away, and is a dead letter once NATS shows how little it takes."""
    spool = tmp_path / "spool"
    file = SpoolFile(spool)
    alerts = [host_alert(rule="first"), host_alert(rule="huge", tags=["x" * 30_000]), host_alert(rule="last")]
    file.add([build_message(normalise(parse_alert(body(a))), received=NOW, traceparent=None) for a in alerts])
    file.close()
    with small_nats(tmp_path, 16_384) as url:
        async with running(url, spool) as service:
            await eventually(lambda: spooled() == 0)
            assert await rules_on(service) == ["first", "last"]
            ((dead,),) = [messages async for messages in service.runtime.bus.read(DEAD_STREAM, start=1, end=1)]
            assert dead.subject == DEAD_SUBJECT
            assert b"omitted_bytes" in dead.data
