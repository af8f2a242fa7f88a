"""What the gateway says of the whole pipeline."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

from tests.conftest import DEADLINE_SECONDS, NatsServer, eventually
from tests.pipeline import Pipeline
from tests.sse_gateway.gateway import Gateway, alert, publish, running
from tests.sse_gateway.stored import put_resource
from tfdrift.harness.presence import be_present
from tfdrift.harness.readiness import Readiness
from tfdrift.records import WORKSPACES_BUCKET, WorkspaceHead, workspace_key
from tfdrift.severity import Severity

PATH = "/api/v1/health"


async def until(gateway: Gateway, **wanted: Any) -> dict[str, Any]:
    """Wait until the answer has these members, and return it."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            status, found = await gateway.get(PATH)
            assert status == 200
            if all(found[name] == value for name, value in wanted.items()):
                return dict(found)
            await asyncio.sleep(0.1)


async def present(gateway: Gateway, service: str, ready: bool = True) -> Readiness:
    """Let a service answer that it is there; its condition can be changed afterwards."""
    readiness = Readiness()
    readiness.set("work", ready)
    await be_present(gateway.bus, service, readiness)
    return readiness


async def test_it_is_ok_only_if_every_service_answers_and_is_ready(nats_url: str) -> None:
    """One that is silent or not ready is named, with the condition that fails."""
    async with running(nats_url) as gateway:
        await put_resource(gateway, "prod", "aws_instance.web")
        for service in ("ingest-falco", "ingest-tfstate"):
            await present(gateway, service)
        found = await until(gateway, reasons=["drift-detector does not answer."])
        assert found["status"] == "degraded"
        detector = await present(gateway, "drift-detector", ready=False)
        found = await until(gateway, reasons=["drift-detector is not ready."])
        (service,) = [each for each in found["services"] if each["name"] == "drift-detector"]
        assert (service["status"], service["instances"], service["failing"]) == ("not_ready", 1, ["work"])
        detector.explain("shortened", "Alerts were shortened.")
        detector.set("work", True)
        found = await until(gateway, status="ok")
        assert (found["reasons"], found["last_alert_at"]) == ([], None)
        (service,) = [each for each in found["services"] if each["name"] == "drift-detector"]
        assert service["hints"] == ["Alerts were shortened."]
        await publish(gateway.bus, [alert(Severity.HIGH)])
        while (await gateway.get(PATH))[1]["last_alert_at"] is None:
            await asyncio.sleep(0.1)


async def test_a_refused_state_and_no_state_at_all_are_reasons(nats_url: str) -> None:
    """Where there is no state, nothing can be compared."""
    async with running(nats_url) as gateway:
        assert "No Terraform state" in (await gateway.get(PATH))[1]["reasons"][-1]
        await put_resource(gateway, "prod", "aws_instance.web")
        entry = await gateway.bus.bucket(WORKSPACES_BUCKET).get(workspace_key("prod"))
        assert entry is not None
        assert entry.value is not None
        head = WorkspaceHead.model_validate_json(entry.value).model_copy(update={"condition": "truncated"})
        await gateway.bus.bucket(WORKSPACES_BUCKET).put(workspace_key("prod"), head.encode())
        while "The state of prod is refused: truncated." not in (await gateway.get(PATH))[1]["reasons"]:
            await asyncio.sleep(0.1)


async def test_while_nats_is_away_it_does_not_claim_to_know(nats_server: NatsServer) -> None:
    """It still answers."""
    async with running(nats_server.url) as gateway:
        await put_resource(gateway, "prod", "aws_instance.web")
        nats_server.stop()
        await eventually(lambda: not gateway.bus.connected)
        found = await until(gateway, nats=False)
        assert (found["status"], found["reasons"]) == ("degraded", ["NATS is away, so nothing new can be known."])
        nats_server.start()
        await eventually(lambda: gateway.bus.connected)


async def test_a_service_that_is_stopped_is_silent(tmp_path: Path, nats_server: NatsServer) -> None:
    """The real processes answer."""
    pipeline = Pipeline(tmp_path, nats_server)

    def detector(health: Any) -> str:
        return str(next(each["status"] for each in health["services"] if each["name"] == "drift-detector"))

    try:
        for service in ("sse-gateway", "drift-detector"):
            pipeline.start(service)
        for service in ("sse-gateway", "drift-detector"):
            await pipeline.ready(service)
        await pipeline.get_until(PATH, lambda health: detector(health) == "ok")
        process = pipeline.processes.pop("drift-detector")
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, DEADLINE_SECONDS)
        await pipeline.get_until(PATH, lambda health: detector(health) == "silent")
    finally:
        pipeline.stop_all()
