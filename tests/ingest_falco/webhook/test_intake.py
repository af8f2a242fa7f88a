"""An alert that raises an unexpected error concerns itself alone."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest
import structlog
from prometheus_client import REGISTRY

from ingest_falco.alert.message import LedgerMessage
from ingest_falco.alert.normalise import Normalised
from ingest_falco.conditions import Conditions
from ingest_falco.errors import AlertFailed
from ingest_falco.spool.file import SpoolFile
from ingest_falco.spool.ledger import DEAD_SUBJECT, REASON, Ledger
from ingest_falco.spool.spool import Spool
from ingest_falco.webhook.intake import Intake, Outcome, read_alert
from tests.conftest import eventually
from tests.ingest_falco.samples import body, cloud_alert, host_alert
from tests.ingest_falco.service import running, small_nats
from tfdrift.bus import Bus, NatsOptions, Retention
from tfdrift.envelope import CALL
from tfdrift.harness import Readiness
from tfdrift.subjects import DEAD_STREAM

SECRET = "hunter2"


def defective(_: bytes) -> Normalised:
    raise RecursionError(SECRET)


def failed(stage: str) -> float:
    return REGISTRY.get_sample_value("tfdrift_falco_failed_total", {"stage": stage}) or 0.0


async def test_an_unexpected_error_is_counted_and_dead_lettered(nats_url: str, tmp_path: Path) -> None:
    """The dead letter has the reason and what identifies the alert, but nothing of its content."""
    log, conditions = structlog.get_logger(), Conditions(Readiness(), structlog.get_logger())
    bus = Bus(NatsOptions((nats_url,), "test"), Retention(1, 1024**3, 1))
    await bus.open()
    spool = await Spool.open(tmp_path, 1024**2, conditions)
    intake = Intake(Ledger(bus, conditions, log), spool, conditions, log)
    alert = cloud_alert()
    alert["output_fields"]["ct.request"] = SECRET
    before = failed("intake")
    with pytest.raises(AlertFailed):
        await intake.take(body(alert), None, defective)
    assert failed("intake") - before == 1
    ((dead,),) = [messages async for messages in bus.read(DEAD_STREAM, start=1, end=1)]
    assert dead.subject == DEAD_SUBJECT
    assert re.fullmatch(r"RecursionError at test_intake.py:\d+", dead.headers[REASON])
    assert SECRET not in dead.data.decode()
    assert orjson.loads(dead.data)["ct.id"] == alert["output_fields"]["ct.id"]
    assert await intake.take(body(host_alert()), None) is Outcome.ACCEPTED
    await spool.close()
    await bus.close()


async def test_a_spooled_alert_with_an_unexpected_error_stops_no_other(tmp_path: Path) -> None:
    """A call that must shrink and is no JSON is a dead letter; the rest goes on."""
    file = SpoolFile(tmp_path / "spool")
    for name in ("first", "bad", "last"):
        headers = {"Nats-Msg-Id": name} | ({CALL: "no JSON" * 4000} if name == "bad" else {})
        file.add([LedgerMessage("tfdrift.falco.low.host.syscall", headers, orjson.dumps({"rule": name}))])
    file.close()
    before = failed("forward")
    with small_nats(tmp_path, 16_384) as url:
        async with running(url, tmp_path / "spool") as service:
            await eventually(lambda: failed("forward") - before == 1)
            await eventually(lambda: REGISTRY.get_sample_value("tfdrift_spool_entries") == 0)
            rules = [orjson.loads(message.data)["rule"] for message in await service.ledger()]
            assert rules == ["first", "last"]


@pytest.mark.parametrize("uri", ["//[", "http://[::1", "/api/v1/namespaces/x?" + "a=1&" * 5000])
@pytest.mark.parametrize("code", ["9" * 5000, "٤٠٤", "-1"])
def test_an_address_or_a_code_that_python_refuses_is_no_error(uri: str, code: str) -> None:
    """`urlsplit` raises on brackets, `int` on thousands of digits."""
    fields = {"ka.verb": "patch", "ka.target.resource": "pods", "ka.uri": uri, "ka.response.code": code}
    assert read_alert(body(host_alert(source="k8s_audit", output_fields=fields))).event.error_code is None
