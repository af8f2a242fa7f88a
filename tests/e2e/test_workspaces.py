"""What becomes of an open drift when its resource moves, or its workspace is renamed or retired."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from tests.e2e.alerts import resize
from tests.e2e.estate import instance, instance_id, state
from tests.pipeline import Pipeline, SseClient
from tests.service_process import run_program


async def drifted(pipeline: Pipeline, client: SseClient, workspace: str, web: str, at: Iterator[datetime]) -> Any:
    """Write a workspace's first state, resize its instance by hand, and return the open drift."""
    pipeline.write_state(workspace, state(1, instance(web), lineage=workspace), next(at))
    await client.first("state_change", workspace=workspace, action="observed")
    assert await pipeline.post(resize(web, "m5.4xlarge", next(at))) == 200
    return await client.first("drift", workspace=workspace, status="open")


async def test_an_open_drift_moves_with_its_resource(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """It is the same drift under the new address, and nothing is destroyed."""
    web = instance_id()
    async with pipeline.stream("?since=1h") as client:
        before = await drifted(pipeline, client, workspace, web, times)
        pipeline.write_state(workspace, state(2, instance(web, "renamed"), lineage=workspace), next(times))
        after = await client.first("drift", workspace=workspace, address="aws_instance.renamed")
        assert (after["id"], after["status"]) == (before["id"], "open")
        assert await pipeline.post(resize(web, "t3.medium", next(times))) == 200
        last = await client.first("drift", workspace=workspace, status="resolved")
    assert (last["id"], last["address"], last["resolution"]) == (before["id"], "aws_instance.renamed", "reverted")
    assert {drift["id"] for drift in client.of("drift") if drift["workspace"] == workspace} == {before["id"]}


async def test_a_renamed_workspace_has_each_drift_once(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """The drift of the old name ends as destroyed, and the one of the new name is open."""
    web, renamed = instance_id(), f"{workspace}_renamed"
    async with pipeline.stream("?since=1h") as client:
        await drifted(pipeline, client, workspace, web, times)
        folder = pipeline.states
        (folder / f"{workspace}.tfstate").rename(folder / f"{renamed}.tfstate")
        after = await client.first("drift", workspace=renamed, status="open")
        before = await client.first("drift", workspace=workspace, status="resolved")
    assert (before["resolution"], after["new_value"], after["address"]) == (
        "destroyed",
        "m5.4xlarge",
        "aws_instance.web",
    )


async def test_the_drifts_of_a_retired_workspace_end_as_destroyed(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """Once an operator has retired it by command."""
    async with pipeline.stream("?since=1h") as client:
        await drifted(pipeline, client, workspace, instance_id(), times)
        (pipeline.states / f"{workspace}.tfstate").unlink()
        command = partial(run_program, "ingest-tfstate", "--forget-workspace", workspace)
        done = await asyncio.to_thread(command, environment=pipeline.environment("ingest-tfstate"))
        assert done.returncode == 0, done.stderr
        last = await client.first("drift", workspace=workspace, status="resolved")
    assert last["resolution"] == "destroyed"
