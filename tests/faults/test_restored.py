"""A copy of NATS's folder, as docs/operations.md makes it, brings everything back."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import NatsServer
from tests.e2e.alerts import JANE, resize
from tests.e2e.estate import instance, instance_id, state
from tests.pipeline import running


async def test_a_backup_brings_back_drifts_and_the_ledger(tmp_path: Path) -> None:
    """NATS is stopped and copied, goes on, loses its volume, and is started on the copy; the services reconnect."""
    web, later = instance_id(), instance_id()
    with running(tmp_path) as pipeline:
        assert isinstance(pipeline.nats, NatsServer)
        store, backup = pipeline.nats.folder, tmp_path / "backup"
        await pipeline.ready()
        async with pipeline.stream("?events=drift,state_change") as client:
            pipeline.write_state("prod", state(1, instance(web), instance(later, "later")))
            await client.first("state_change")
            await pipeline.post(resize(web, "m5.large", datetime.now(UTC), who=JANE))
            kept = await client.first("drift", status="open")
        before = [stored.sequence for stored in await pipeline.ledger()]
        pipeline.nats.stop()
        shutil.copytree(store, backup)
        pipeline.nats.start()
        await pipeline.ready()
        pipeline.nats.stop()
        shutil.rmtree(store)
        shutil.copytree(backup, store)
        pipeline.nats.start()
        await pipeline.ready()
        assert [stored.sequence for stored in await pipeline.ledger()][: len(before)] == before
        await pipeline.get_until(
            "/api/v1/drifts?status=open", lambda page: [one["id"] for one in page["drifts"]] == [kept["id"]]
        )
        await pipeline.post(resize(later, "c5.large", datetime.now(UTC), who=JANE))
        await pipeline.get_until("/api/v1/drifts?status=open", lambda page: len(page["drifts"]) == 2)
