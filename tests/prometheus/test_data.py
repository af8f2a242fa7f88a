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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from deploy.grafana.__main__ import dashboards
from deploy.grafana.plots import queries

from tests.conftest import DEADLINE_SECONDS, NatsServer, free_port
from tests.pipeline import SERVICES, Pipeline, running
from tests.prometheus.test_alerts import ALL, OWN_NAME, ROOT, RULES

# What Prometheus has from the exporter of NATS alone begins with it.
OF_NATS = "jetstream_"
# As short as a test may be; Prometheus scrapes twice a second.
BRIEFLY = {"$__rate_interval": "10s", "$__range": "10m"}
EXAMPLES = ROOT / "examples"
sys.path.insert(0, str(EXAMPLES))

from play import as_of  # noqa: E402 -- found by the path above


@contextmanager
def scraping(folder: Path, ports: Mapping[str, int]) -> Iterator[str]:
    """Prometheus with our rules, scraping a port of each job; yields its URL."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed: Debian's package prometheus has it")
    targets = [{"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for job, port in ports.items()]
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


def admin_ports(pipeline: Pipeline) -> dict[str, int]:
    """The port with the metrics of each service."""
    return {name: pipeline.ports[name][1] for name in SERVICES}


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


async def test_every_rule_and_every_panel_has_data(tmp_path: Path) -> None:
    """Recordings and panels have values, alerts are evaluated without an error, and what they read is scraped."""
    with running(tmp_path) as pipeline, scraping(tmp_path, admin_ports(pipeline)) as api:
        pipeline.write_state("prod", (EXAMPLES / "prod.tfstate").read_bytes())
        await pipeline.ready()
        async with pipeline.stream() as client, aiohttp.ClientSession() as session:
            play = uuid.uuid4()
            for line in (EXAMPLES / "day.jsonl").read_text(encoding="utf-8").splitlines():
                await pipeline.post(as_of(json.loads(line), datetime.now(UTC), play))
            await client.first("drift", status="open")
            for rule in ALL:
                if "record" in rule and OF_NATS not in rule["expr"]:
                    await polled(session, f"{api}/query", lambda data: data["result"], query=rule["record"])
            evaluated = await polled(session, f"{api}/rules", lambda data: len(_rules(data)) == len(ALL))
            assert [rule for rule in _rules(evaluated) if rule["health"] != "ok"] == []
            alive = 'ALERTS{alertname="TfdriftPrometheusAlive", alertstate="firing"}'
            await polled(session, f"{api}/query", lambda data: data["result"], query=alive)
            panels = [one for text in dashboards().values() for one in queries(text, BRIEFLY)]
            for _, _, query in panels:
                if "nats_storage" not in query:  # test_what_is_read_of_nats_has_data
                    await polled(session, f"{api}/query", lambda data: data["result"], query=query)
            for service in SERVICES:  # a series more for each counter, which nobody reads
                assert "_created" not in await pipeline.metrics(service)
            read = {name for rule in ALL for name in OWN_NAME.findall(rule["expr"])}
            read |= {name for _, _, query in panels for name in OWN_NAME.findall(query)}
            await polled(session, f"{api}/metadata", lambda families: all(_is_scraped(name, families) for name in read))


@contextmanager
def exporting(folder: Path) -> Iterator[int]:
    """nats-server and its exporter, as the compose stack starts it; yields the exporter's port."""
    program = shutil.which("prometheus-nats-exporter")
    if program is None:
        pytest.skip("prometheus-nats-exporter is not installed")
    monitoring, port = free_port(), free_port()
    folder.mkdir()
    server = NatsServer(folder, ("-m", str(monitoring)))
    server.start()
    stack = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    options = stack["services"]["nats-exporter"]["command"][:-1]
    command = [program, *options, "-addr", "127.0.0.1", "-port", str(port), f"http://127.0.0.1:{monitoring}"]
    exporter = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        exporter.terminate()
        exporter.wait(DEADLINE_SECONDS)
        server.stop()


async def test_what_is_read_of_nats_has_data(tmp_path: Path) -> None:
    """The storage of NATS, as its exporter gives it to Prometheus."""
    recordings = [rule["record"] for rule in ALL if "record" in rule and OF_NATS in rule["expr"]]
    assert recordings
    with exporting(tmp_path / "nats") as port, scraping(tmp_path, {"nats": port}) as api:
        async with aiohttp.ClientSession() as session:
            for recording in recordings:
                await polled(session, f"{api}/query", lambda data: data["result"], query=recording)


def _rules(data: Any) -> list[dict[str, Any]]:
    """The rules of an answer that Prometheus has evaluated."""
    rules = [rule for group in data["groups"] for rule in group["rules"]]
    return [rule for rule in rules if rule["health"] != "unknown"]


def _is_scraped(name: str, metadata: dict[str, Any]) -> bool:
    """Whether a service exposes the family of a series, as OpenMetrics names it; the series may not have begun yet."""
    return name in metadata or re.sub(r"_(bucket|sum|count|total)$", "", name) in metadata
