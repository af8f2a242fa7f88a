"""The users of deploy/nats/users.conf on a real nats-server: each service works with its own, and no more than that."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import nats
import nats.errors
import pytest

from tests.conftest import NatsServer
from tests.pipeline import SERVICES, Pipeline

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
sys.path.insert(0, str(EXAMPLES))

from play import as_of  # noqa: E402 -- found by the path above

VIOLATION = re.compile(r"Permissions Violation|Publish Violation|Subscription Violation")


class OwnUsers(Pipeline):
    """A pipeline whose services are users of their own."""

    def environment(self, service: str) -> dict[str, str]:
        return super().environment(service) | {"TFDRIFT_NATS_USER": service, "TFDRIFT_NATS_PASSWORD": f"pw-{service}"}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[NatsServer]:
    """A nats-server with the users; the password of each is `pw-NAME`."""
    for name in (*SERVICES, "operator"):
        monkeypatch.setenv(f"{name.upper().replace('-', '_')}_PASSWORD", f"pw-{name}")
    store = tmp_path_factory.mktemp("users") / "store"
    store.mkdir()
    server = NatsServer(store, ("-c", str(ROOT / "deploy" / "nats" / "users.conf")))
    server.start()
    yield server
    server.stop()


@contextmanager
def started(folder: Path, server: NatsServer) -> Iterator[OwnUsers]:
    """The four services, running."""
    pipeline = OwnUsers(folder, server)
    try:
        for service in SERVICES:
            pipeline.start(service)
        yield pipeline
    finally:
        pipeline.stop_all()


async def test_the_pipeline_works_with_its_own_users(tmp_path: Path, server: NatsServer) -> None:
    """Alerts become drifts, a drift is dismissed, history and presence are read, and NATS refuses nothing."""
    with started(tmp_path, server) as pipeline:
        pipeline.write_state("prod", (EXAMPLES / "prod.tfstate").read_bytes())
        await pipeline.ready()
        async with pipeline.stream("?events=drift") as client:
            play = uuid.uuid4()
            for line in (EXAMPLES / "day.jsonl").read_text(encoding="utf-8").splitlines():
                await pipeline.post(as_of(json.loads(line), datetime.now(UTC), play))
            drift = await client.first("drift", status="open")
            url = f"{pipeline.gateway}/api/v1/drifts/{drift['id']}/dismiss"
            async with aiohttp.ClientSession() as session, session.post(url, json={"reason": "a test"}) as answer:
                assert answer.status == 200, await answer.text()
            await client.first("drift", id=drift["id"], status="resolved")
        await pipeline.get_until("/api/v1/workspaces", lambda found: "prod" in json.dumps(found))
        assert (await pipeline.get("/api/v1/events?limit=5"))["events"]
        await pipeline.get_until("/api/v1/health", lambda found: "drift-detector" in json.dumps(found))
        log = server.folder.with_suffix(".log").read_text(encoding="utf-8")
        assert [line for line in log.splitlines() if VIOLATION.search(line)] == []


BEYOND = {
    "ingest-falco": ["tfdrift.drift.high.aws.modified", "$KV.tfdrift_drifts.x", "$JS.API.STREAM.DELETE.TFDRIFT"],
    "ingest-tfstate": ["tfdrift.falco.high.aws.x", "$KV.tfdrift_claims.x", "$JS.API.STREAM.PURGE.TFDRIFT"],
    "drift-detector": ["tfdrift.falco.high.aws.x", "$KV.tfdrift_state.x", "$JS.API.STREAM.DELETE.KV_tfdrift_drifts"],
    "sse-gateway": ["tfdrift.falco.high.aws.x", "$KV.tfdrift_state.x", "$JS.API.STREAM.UPDATE.TFDRIFT"],
}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_is_refused_beyond_its_own(server: NatsServer, service: str) -> None:
    """It can neither publish what another service says, nor delete or change a stream, nor listen to the ledger."""
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error))

    client = await nats.connect(server.url, user=service, password=f"pw-{service}", error_cb=note)
    try:
        for subject in BEYOND[service]:
            await client.publish(subject, b"{}")
        await client.subscribe("tfdrift.>")
        await client.flush()
        async with asyncio.timeout(20):
            while len(refused) < len(BEYOND[service]) + 1:
                await asyncio.sleep(0.01)
    finally:
        with suppress(nats.errors.Error):
            await client.close()
    text = "\n".join(refused).lower()
    for subject in (*BEYOND[service], "tfdrift.>"):
        assert f'"{subject.lower()}"' in text
