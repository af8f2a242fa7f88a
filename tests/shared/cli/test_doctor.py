"""The doctor: broken set-ups, each with its cause and a remedy."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nats
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from nats.js.api import StreamConfig

from tests.conftest import NatsServer
from tests.service_process import run_program
from tfdrift.bus import Bus, NatsOptions, Retention
from tfdrift.bus.topology import ensure
from tfdrift.cli.diagnose import of_clocks, of_gateway_error, of_health, of_ports, of_versions
from tfdrift.subjects import STREAM

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def health(**changed: Any) -> dict[str, Any]:
    """The gateway's answer when all is well."""
    names = "ingest-falco", "ingest-tfstate", "drift-detector", "sse-gateway"
    return {
        "nats": True,
        "services": [{"name": name, "status": "ok", "instances": 1, "failing": [], "hints": []} for name in names],
        "workspaces": [{"workspace": "prod", "serial": 1, "condition": None}],
        "last_alert_at": "2026-11-23T11:59:00.000000Z",
    } | changed


def service(status: str, *failing: str, name: str = "drift-detector", hint: str = "") -> list[dict[str, Any]]:
    """One service alone, in a state."""
    hints = [hint] if hint else []
    return [{"name": name, "status": status, "instances": 1, "failing": [*failing], "hints": hints}]


def test_a_sound_pipeline_has_no_findings() -> None:
    """Nothing is said where nothing is wrong."""
    assert of_health(health(), NOW) == []


@pytest.mark.parametrize(
    ("changed", "problem", "remedy"),
    [
        ({"nats": False}, "cannot reach NATS", "start NATS"),
        ({"services": service("silent")}, "drift-detector is silent", "exit code 78"),
        ({"services": service("not_ready", "nats")}, "drift-detector is not ready (nats)", "/readyz"),
        ({"services": service("unknown")}, "drift-detector is unknown", "start NATS"),
        ({"workspaces": []}, "no Terraform state", "TFDRIFT_STATE_SOURCES"),
        ({"workspaces": [{"workspace": "prod", "condition": "unreadable"}]}, "prod is refused: unreadable", "log"),
        (
            {"services": service("ok", hint="Falco sends no ct.request for aws_cloudtrail: see deploy/falco")},
            "drift-detector: Falco sends no ct.request",
            "append_output",
        ),
        (
            {"services": service("ok", hint="falcosidekick shortens fields over 512 bytes")},
            "falcosidekick shortens",
            "TFDRIFT_RELAY_URL",
        ),
        ({"services": service("ok", hint="a sender at 10.0.0.9 is refused: wrong token")}, "10.0.0.9", "the token"),
        ({"last_alert_at": None}, "no alert has ever arrived", "/test"),
        ({"last_alert_at": "2026-11-22T00:00:00.000000Z"}, "no alert has arrived since 2026-11-22", "Falco"),
        ({"last_alert_at": "2026-11-23T13:00:00.000000Z"}, "from the future", "clock"),
    ],
)
def test_what_the_gateway_knows_has_a_remedy(changed: dict[str, Any], problem: str, remedy: str) -> None:
    """One finding for one fault."""
    (finding,) = of_health(health(**changed), NOW)
    assert problem in finding.problem
    assert remedy in finding.remedy


def test_a_gateway_that_refuses_wants_a_token() -> None:
    """Another remedy than for one that is away."""
    assert "--token" in of_gateway_error("the gateway answered 401: a token is needed").remedy
    assert "start sse-gateway" in of_gateway_error("the gateway does not answer").remedy


def test_an_older_instance_is_named() -> None:
    """Older than another instance, or than this command; versions are compared as numbers."""
    instances = [("drift-detector", "0.9.0"), ("drift-detector", "0.10.0"), ("sse-gateway", "0.10.0")]
    (finding,) = of_versions(instances, "0.10.0")
    assert "drift-detector is of release 0.9.0, and the newest is 0.10.0" in finding.problem
    assert "replace it" in finding.remedy
    assert of_versions(instances[1:], "0.10.0") == []


async def test_an_older_instance_is_found_over_nats(nats_url: str) -> None:
    """It answers for itself, as every service does."""
    bus = Bus(NatsOptions((nats_url,), "old"), Retention(168, 64 * 1024**2, 1))
    await bus.open()
    try:
        answer = {"service": "drift-detector", "version": "0.0.1", "ready": True, "conditions": {}, "details": {}}
        await bus.answer_presence(lambda: json.dumps(answer).encode())
        assert "an instance of drift-detector is of release 0.0.1, and the newest is" in await doctor(nats_url)
    finally:
        await bus.close()


def test_clocks_that_differ_are_named() -> None:
    """A second is the precision of HTTP's dates."""
    (finding,) = of_clocks(NOW, NOW + timedelta(minutes=7))
    assert "differs from this one's by 420 s" in finding.problem
    assert "NTP" in finding.remedy
    assert of_clocks(NOW, NOW - timedelta(seconds=2)) == of_clocks(NOW, None) == []


def test_a_port_that_another_program_took_is_named() -> None:
    """Its service is silent, and something listens there; or what answers is no gateway."""
    silent = health(services=service("silent", name="ingest-falco"))
    (finding,) = of_ports(silent, ["ingest-falco", "ingest-tfstate"])
    assert "the port of ingest-falco is taken" in finding.problem
    assert of_ports(health(), ["ingest-falco"]) == []
    assert "taken by another program" in of_gateway_error("the gateway answered 404: nothing").problem


async def test_another_program_on_the_gateways_port_is_named(nats_url: str) -> None:
    """It answers, and not as the gateway does."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="<html>a wiki</html>")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        said = await doctor(nats_url, GATEWAY_URL=str(server.make_url("")))
    assert "the port of sse-gateway is taken by another program" in said
    assert "TFDRIFT_HTTP_PORT" in said


async def test_a_disk_that_is_too_small_is_named(tmp_path: Path) -> None:
    """With both sizes; nothing is left of the trial."""
    config = tmp_path / "nats.conf"
    config.write_text("jetstream { max_file_store: 40MB }\n", encoding="utf-8")
    (tmp_path / "store").mkdir()
    server = NatsServer(tmp_path / "store", ("-c", str(config)))
    server.start()
    try:
        said = await doctor(server.url, TFDRIFT_RETENTION_BYTES="1000000000")
        assert f"the stream {STREAM} does not fit: it is to have 1000000000 bytes, and JetStream has " in said
        assert "max_file_store" in said
        client = await nats.connect(server.url)
        assert await client.jetstream().streams_info() == []
        await client.close()
    finally:
        server.stop()


async def doctor(url: str, **variables: str) -> str:
    """Runs ``tfdrift doctor`` without a gateway; returns what it says."""
    environment = os.environ | {"TFDRIFT_NATS_URL": url, "GATEWAY_URL": "http://127.0.0.1:1"} | variables
    done = await asyncio.to_thread(run_program, "tfdrift", "doctor", environment=environment)
    assert done.returncode == 1
    return done.stdout


async def test_nats_that_is_away_is_named() -> None:
    """Beside the gateway that is away too."""
    said = await doctor("nats://127.0.0.1:1")
    assert "NATS cannot be used" in said
    assert "TFDRIFT_NATS_URL" in said
    assert "start sse-gateway" in said


async def test_an_invalid_variable_is_named() -> None:
    """As the services do."""
    assert "TFDRIFT_STREAM_REPLICAS" in await doctor("nats://127.0.0.1:1", TFDRIFT_STREAM_REPLICAS="many")


async def test_wrong_credentials_and_a_missing_permission_are_told_apart(tmp_path: Path) -> None:
    """The one needs another password, the other another user."""
    config = tmp_path / "nats.conf"
    config.write_text(
        'authorization { users = [ {user: a, password: b, permissions: {publish: ["nothing"]}} ] }\n',
        encoding="utf-8",
    )
    (tmp_path / "store").mkdir()
    server = NatsServer(tmp_path / "store", ("-c", str(config)))
    server.start()
    try:
        wrong = await doctor(server.url, TFDRIFT_NATS_USER="a", TFDRIFT_NATS_PASSWORD="c")
        assert "NATS refuses the credentials" in wrong
        lacking = await doctor(server.url, TFDRIFT_NATS_USER="a", TFDRIFT_NATS_PASSWORD="b")
        assert "NATS does not permit it" in lacking
        assert "users.conf" in lacking
    finally:
        server.stop()


async def test_faults_of_streams_are_named(nats_url: str) -> None:
    """Missing ones, another configuration, and dead letters that wait."""
    assert f"the stream {STREAM} is missing" in await doctor(nats_url)
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    await jetstream.add_stream(StreamConfig(name=STREAM, subjects=["tfdrift.>"], max_age=60))
    await ensure(jetstream, Retention(hours=168, bytes=64 * 1024**2, replicas=1, may_be_smaller=True))
    await jetstream.publish("tfdrift_dead.drift-detector", b"{}")
    await client.close()
    said = await doctor(nats_url)
    assert "another configuration: max_age is 60" in said
    assert "nats stream edit TFDRIFT" in said
    assert "1 messages could not be processed" in said
