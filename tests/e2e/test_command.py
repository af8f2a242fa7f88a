"""The operator's command, against the running pipeline."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import DEADLINE_SECONDS, console_script
from tests.e2e.alerts import JANE, resize
from tests.e2e.estate import instance, instance_id, state
from tests.pipeline import Pipeline
from tests.service_process import run_program


async def tfdrift(pipeline: Pipeline, *arguments: str) -> tuple[int, str, str]:
    """Runs the command; returns its exit code, what it printed, and its errors."""
    environment = os.environ | {
        "GATEWAY_URL": pipeline.gateway,
        "TFDRIFT_NATS_URL": pipeline.nats.url,
    }
    done = await asyncio.to_thread(run_program, "tfdrift", *arguments, environment=environment)
    return done.returncode, done.stdout, done.stderr


async def test_drifts_are_listed_shown_and_dismissed(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A drift is in the list, fails a check in CI, and no longer does when it is dismissed."""
    web = instance_id()
    async with pipeline.stream(f"?workspace={workspace}&events=drift,state_change") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        await pipeline.post(resize(web, "m5.large", next(times), who=JANE))
        drift = await client.first("drift", status="open")
        await pipeline.get_until(f"/api/v1/drifts?workspace={workspace}&status=open", lambda page: page["drifts"])
        code, table, _ = await tfdrift(pipeline, "drifts", "--workspace", workspace, "--fail-on", drift["severity"])
        assert code == 1
        assert drift["id"] in table
        assert "m5.large" in table
        _, lines, _ = await tfdrift(pipeline, "drifts", "--workspace", workspace, "--json")
        assert [json.loads(line)["id"] for line in lines.splitlines()] == [drift["id"]]
        _, text, _ = await tfdrift(pipeline, "show", drift["id"])
        assert "jane.roe@example.com" in text
        _, listed, _ = await tfdrift(pipeline, "workspaces", "--json")
        assert workspace in listed
        _, report, _ = await tfdrift(pipeline, "report", "--format", "csv", "--workspace", workspace)
        assert drift["id"] in report
        _, why, _ = await tfdrift(pipeline, "explain", drift["id"])
        assert 'set it to "m5.large"' in why
        assert (await tfdrift(pipeline, "dismiss", drift["id"], "--reason", "a test"))[0] == 0
        await client.first("drift", id=drift["id"], status="resolved")
        await pipeline.get_until(f"/api/v1/drifts?workspace={workspace}&status=open", lambda page: not page["drifts"])
        assert (await tfdrift(pipeline, "drifts", "--workspace", workspace, "--fail-on", "info"))[0] == 0


async def test_an_alert_file_is_explained_and_a_log_is_replayed(pipeline: Pipeline, tmp_path: Path) -> None:
    """The services' own programs do it."""
    (tmp_path / "prod.tfstate").write_text(json.dumps(state(1, instance("i-1"))))
    (tmp_path / "alert.json").write_text(json.dumps(resize("i-1", "m5.large", datetime.now(UTC), who=JANE)))
    files = str(tmp_path / "alert.json"), str(tmp_path / "prod.tfstate")
    code, text, error = await tfdrift(pipeline, "explain", *files)
    assert code == 0, error
    assert "instance_type" in text
    code, _, error = await tfdrift(pipeline, "replay", str(tmp_path / "nothing-here"), "--since", "2h")
    assert code == 66
    assert "ingest-falco: " in error


async def test_a_gateway_that_is_away_is_one_sentence(pipeline: Pipeline) -> None:
    """No traceback, and the option that names another."""
    code, _, error = await tfdrift(pipeline, "--gateway", "http://127.0.0.1:1", "drifts")
    assert code == 69
    assert "--gateway" in error
    assert "Traceback" not in error
    code, _, error = await tfdrift(pipeline, "show", "nothing")
    assert code == 69
    assert "404" in error


async def test_tail_prints_drifts_as_they_come(pipeline: Pipeline, workspace: str, times: Iterator[datetime]) -> None:
    """One line each, of the workspace that was asked for."""
    web = instance_id()
    async with pipeline.stream(f"?workspace={workspace}") as client:
        pipeline.write_state(workspace, state(1, instance(web)), next(times))
        await client.first("state_change")
        before = int(metric(await pipeline.metrics("sse-gateway")))
        environment = os.environ | {"GATEWAY_URL": pipeline.gateway}
        process = await asyncio.create_subprocess_exec(
            console_script("tfdrift"),
            *("tail", "--workspace", workspace, "--json"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while int(metric(await pipeline.metrics("sse-gateway"))) <= before:
                    await asyncio.sleep(0.05)
                await pipeline.post(resize(web, "m5.large", next(times), who=JANE))
                assert json.loads(await process.stdout.readline())["workspace"] == workspace
        finally:
            process.kill()
            await process.wait()


def metric(text: str) -> float:
    """How many streams are open."""
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("tfdrift_gateway_clients "))
