"""A real Prometheus over the running pipeline: every rule can be evaluated and finds its metrics."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tests.conftest import DEADLINE_SECONDS, free_port
from tests.pipeline import SERVICES, Pipeline, running
from tests.prometheus.test_alerts import ALL, OWN_NAME, ROOT, RULES

EXAMPLES = ROOT / "examples"
sys.path.insert(0, str(EXAMPLES))

from play import as_of  # noqa: E402 -- found by the path above


@contextmanager
def prometheus(folder: Path, pipeline: Pipeline) -> Iterator[str]:
    """Prometheus with our rules, scraping the four services; yields its URL."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed: Debian's package prometheus has it")
    targets = [
        {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{pipeline.ports[name][1]}"]}]}
        for name in SERVICES
    ]
    often = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    config = {"global": often, "rule_files": [f"{RULES}/*.yml"], "scrape_configs": targets}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "prometheus.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://{address}/api/v1"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE_SECONDS)


async def polled(session: aiohttp.ClientSession, url: str, good: Callable[[Any], object], **parameters: str) -> Any:
    """The data of a path of Prometheus, once it is as wanted; the latest is shown when it is not in time."""
    data: Any = None
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while data is None or not good(data):
                await asyncio.sleep(0.1)
                with suppress(aiohttp.ClientError, KeyError):  # it is starting
                    async with session.get(url, params=parameters) as answer:
                        data = (await answer.json())["data"]
    except TimeoutError:
        pytest.fail(f"not within {DEADLINE_SECONDS:g} s: {url} {parameters} answers {str(data)[:2000]}")
    return data


async def test_every_rule_has_data(tmp_path: Path) -> None:
    """Recordings have values, alerts are evaluated without an error, and every metric that they read is scraped."""
    with running(tmp_path) as pipeline, prometheus(tmp_path, pipeline) as api:
        pipeline.write_state("prod", (EXAMPLES / "prod.tfstate").read_bytes())
        await pipeline.ready()
        async with pipeline.stream("?events=drift") as client, aiohttp.ClientSession() as session:
            play = uuid.uuid4()
            for line in (EXAMPLES / "day.jsonl").read_text(encoding="utf-8").splitlines():
                await pipeline.post(as_of(json.loads(line), datetime.now(UTC), play))
            await client.first("drift", status="open")
            for rule in ALL:
                if "record" in rule:
                    await polled(session, f"{api}/query", lambda data: data["result"], query=rule["record"])
            evaluated = await polled(session, f"{api}/rules", lambda data: len(_rules(data)) == len(ALL))
            assert [rule for rule in _rules(evaluated) if rule["health"] != "ok"] == []
            alive = 'ALERTS{alertname="TfdriftPrometheusAlive", alertstate="firing"}'
            await polled(session, f"{api}/query", lambda data: data["result"], query=alive)
            read = {name for rule in ALL for name in OWN_NAME.findall(rule["expr"])}
            await polled(session, f"{api}/metadata", lambda families: all(_is_scraped(name, families) for name in read))


def _rules(data: Any) -> list[dict[str, Any]]:
    """The rules of an answer that Prometheus has evaluated."""
    rules = [rule for group in data["groups"] for rule in group["rules"]]
    return [rule for rule in rules if rule["health"] != "unknown"]


def _is_scraped(name: str, metadata: dict[str, Any]) -> bool:
    """Whether a service exposes the family of a series, as OpenMetrics names it; the series may not have begun yet."""
    return name in metadata or re.sub(r"_(bucket|sum|count|total)$", "", name) in metadata
