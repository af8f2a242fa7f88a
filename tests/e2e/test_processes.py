"""The four processes as an operator meets them: configuration, start, stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.conftest import NatsServer, eventually, free_port
from tests.e2e.alerts import shell
from tests.pipeline import SERVICES, Pipeline, running
from tests.service_process import run_program

PUBLIC = tuple(service for service in SERVICES if service != "drift-detector")
EXIT_CONFIGURATION = 78


def run(service: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a service to its end with these variables and none other of ours."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TFDRIFT_")}
    given = {"TFDRIFT_STATE_SOURCES": "file:///nowhere/*.tfstate", "TFDRIFT_ADMIN_PORT": str(free_port())}
    return run_program(service, *arguments, environment=kept | given | variables)


def one_sentence(done: subprocess.CompletedProcess[str], service: str) -> str:
    """What a service that cannot run as configured says: one line on stderr, with its name in front."""
    assert done.returncode == EXIT_CONFIGURATION, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(f"{service}: ")
    return lines[0]


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_variable_is_named_with_what_is_allowed(service: str) -> None:
    """Nothing is started."""
    message = one_sentence(run(service, TFDRIFT_ADMIN_PORT="99999"), service)
    assert "TFDRIFT_ADMIN_PORT" in message
    assert "65535" in message
    assert "99999" in message


@pytest.mark.parametrize("service", SERVICES)
def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(service: str) -> None:
    """A TFDRIFT_ variable that no service knows is a typing error."""
    message = one_sentence(run(service, TFDRIFT_NATS_ULR="nats://127.0.0.1:4222"), service)
    assert "TFDRIFT_NATS_ULR" in message
    assert "TFDRIFT_NATS_URL" in message


@pytest.mark.parametrize("service", SERVICES)
def test_an_occupied_admin_port_is_named(service: str) -> None:
    """Somebody else listens there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        message = one_sentence(run(service, TFDRIFT_ADMIN_PORT=port, TFDRIFT_HTTP_PORT=str(free_port())), service)
    assert f"127.0.0.1:{port}" in message


@pytest.mark.parametrize("service", PUBLIC)
def test_an_occupied_public_port_is_named(service: str, tmp_path: Path) -> None:
    """Somebody else listens there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        message = one_sentence(run(service, TFDRIFT_HTTP_PORT=port, TFDRIFT_SPOOL_DIR=str(tmp_path)), service)
    assert f"127.0.0.1:{port}" in message


WRONG = [
    ("ingest-tfstate", "TFDRIFT_STATE_SOURCES", "gopher://states"),
    ("ingest-tfstate", "TFDRIFT_STATE_POLL_SECONDS", "soon"),
    ("ingest-falco", "TFDRIFT_SPOOL_DIR", "/proc/spool"),
    ("drift-detector", "TFDRIFT_RULES", "/nowhere/rules.yaml"),
    ("sse-gateway", "TFDRIFT_CORS_ORIGINS", "localhost"),
    ("sse-gateway", "TFDRIFT_KEEPALIVE_SECONDS", "-1"),
    ("sse-gateway", "TFDRIFT_RETENTION_HOURS", "a week"),
]


@pytest.mark.parametrize(("service", "variable", "text"), WRONG, ids=[f"{s} {v}" for s, v, _ in WRONG])
def test_each_services_own_variables_are_checked_before_it_starts(service: str, variable: str, text: str) -> None:
    """The sentence names the variable."""
    variables = {variable: text, "TFDRIFT_HTTP_PORT": str(free_port())}
    assert variable in one_sentence(run(service, **variables), service)


@pytest.mark.parametrize("service", SERVICES)
def test_one_environment_serves_all_services(service: str) -> None:
    """A variable that only another service reads is passed over."""
    done = run(service, "--check-config", TFDRIFT_KEEPALIVE_SECONDS="10", TFDRIFT_SPOOL_MAX_BYTES="2000000")
    assert (done.returncode, done.stderr) == (0, "")
    assert "TFDRIFT_NATS_URL=nats://127.0.0.1:4222" in done.stdout


async def test_services_wait_for_nats_say_so_and_stop_when_told(tmp_path: Path) -> None:
    """While NATS is away they are alive and not ready; once it comes they are; SIGTERM and SIGINT end them with 0."""
    (tmp_path / "nats").mkdir()
    nats = NatsServer(tmp_path / "nats")
    pipeline = Pipeline(tmp_path, nats)
    try:
        for service in SERVICES:
            pipeline.start(service)
        for service in SERVICES:
            await eventually(lambda name=service: _waits_for_nats(pipeline, name))
        assert all(process.poll() is None for process in pipeline.processes.values())
        nats.start()
        await pipeline.ready()
        assert await pipeline.post(shell()) == 200
        for number, service in enumerate(SERVICES):
            assert pipeline.stop(service, (signal.SIGTERM, signal.SIGINT)[number % 2]) == 0
    finally:
        pipeline.stop_all()
        nats.stop()
    for service in SERVICES:
        lines = pipeline.log_lines(service)
        assert lines[-1]["event"] == "stopped"
        assert [line for line in lines if line["level"] == "error"] == []


def _waits_for_nats(pipeline: Pipeline, service: str) -> bool:
    message = [line for line in pipeline.log_lines(service) if line["event"] == "nats_away"]
    return bool(message) and pipeline.nats.url in message[0]["servers"] and bool(message[0]["remedy"])


async def test_services_stop_while_nats_is_away(tmp_path: Path) -> None:
    """An operator who stops everything at once need not mind the order."""
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        async with pipeline.stream():
            pipeline.nats.stop(signal.SIGKILL)
            for service in SERVICES:
                assert pipeline.stop(service) == 0
