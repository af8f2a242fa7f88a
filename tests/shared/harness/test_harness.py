"""The lifecycle of a service, from outside: a real process, real signals, a real nats-server."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nats
import pytest
from nats.js.api import StreamConfig

from tests.conftest import DEADLINE_SECONDS, NatsServer, eventually, free_port
from tests.shared.harness.probe import Probe
from tfdrift import __version__

MakeProbe = Callable[..., Probe]

DRAINING = """
runtime.readiness.set("work", True)
await runtime.stopping.wait()
await signalled("drained")
runtime.log.info("drained")
"""


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[MakeProbe]:
    """Makes probes, and kills those that still run."""
    probes: list[Probe] = []

    def make(*arguments: str, **variables: str) -> Probe:
        folder = tmp_path / str(len(probes))
        folder.mkdir()
        probes.append(Probe(folder, *arguments, **variables))
        return probes[-1]

    yield make
    for one in probes:
        one.kill()


async def test_a_service_is_ready_when_it_says_so_and_nats_is_there(probe: MakeProbe, nats_url: str) -> None:
    """It is alive at once, and ready only when its own condition is true."""
    service = probe(
        'await signalled("go")\nruntime.readiness.set("work", True)\nawait signalled("never")',
        TFDRIFT_NATS_URL=nats_url,
    )
    service.start()
    await service.status("/healthz", 200)
    await eventually(lambda: service.logs("starting"))
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not json.loads(await service.status("/readyz", 503))["conditions"]["nats"]:
            await asyncio.sleep(0.01)
    assert json.loads(await service.status("/readyz", 503))["ready"] is False
    service.give("go")
    answer = json.loads(await service.status("/readyz", 200))
    assert answer == {"ready": True, "conditions": {"nats": True, "not_draining": True, "work": True}}
    assert (await service.get("/unknown"))[0] == 404


async def test_a_service_is_unready_while_nats_is_away(probe: MakeProbe, nats_server: NatsServer) -> None:
    """It stays alive, and is ready again as soon as NATS is back."""
    service = probe(TFDRIFT_NATS_URL=nats_server.url)
    service.start()
    await service.status("/readyz", 200)
    nats_server.stop(signal.SIGKILL)
    assert json.loads(await service.status("/readyz", 503))["conditions"]["nats"] is False
    assert (await service.get("/healthz"))[0] == 200
    nats_server.start()
    await service.status("/readyz", 200)
    assert service.err == ""


async def test_metrics_come_in_the_format_that_is_asked_for(probe: MakeProbe, nats_url: str) -> None:
    """Prometheus' text is the default, OpenMetrics comes on request; the gauge of readiness is up to date."""
    service = probe(TFDRIFT_NATS_URL=nats_url)
    service.start()
    async with asyncio.timeout(DEADLINE_SECONDS):
        while "\ntfdrift_ready 1.0\n" not in await service.status("/metrics", 200):
            await asyncio.sleep(0.02)
    _, content_type, text = await service.get("/metrics")
    assert content_type.startswith("text/plain; version=")
    assert "# TYPE tfdrift_nats_connected gauge" in text
    assert "# EOF" not in text
    _, content_type, text = await service.get("/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_makes_it_unready_then_drained_then_gone(
    probe: MakeProbe, nats_url: str, number: signal.Signals
) -> None:
    """A load balancer sees it unready before it ends, and work that has begun is finished."""
    service = probe(DRAINING, TFDRIFT_NATS_URL=nats_url)
    service.start()
    await service.status("/readyz", 200)
    service.signal(number)
    assert json.loads(await service.status("/readyz", 503))["conditions"]["not_draining"] is False
    assert (await service.get("/healthz"))[0] == 200
    service.give("drained")
    assert await service.exit_code() == 0
    assert [line["event"] for line in service.logs()] == ["starting", "stopping", "drained", "stopped"]
    assert service.err == ""


async def test_a_drain_that_takes_too_long_is_cut_short(probe: MakeProbe, nats_url: str) -> None:
    """An orchestrator would kill it otherwise; the log names the remedy."""
    service = probe(DRAINING, TFDRIFT_NATS_URL=nats_url, TFDRIFT_DRAIN_SECONDS="0.3")
    service.start()
    await service.status("/readyz", 200)
    begun = time.monotonic()
    service.signal(signal.SIGTERM)
    assert await service.exit_code() == 0
    assert 0.3 <= time.monotonic() - begun < 5
    (line,) = service.logs("drain_cut_short")
    assert "TFDRIFT_DRAIN_SECONDS" in line["remedy"]
    assert service.logs("drained") == []


async def test_a_service_that_ends_by_itself_ends_well(probe: MakeProbe, nats_url: str) -> None:
    """`run` may return; the tasks that are left are cancelled."""
    service = probe('runtime.tasks.create_task(signalled("never"))', TFDRIFT_NATS_URL=nats_url)
    service.start()
    assert await service.exit_code() == 0
    assert [line["event"] for line in service.logs()] == ["starting", "stopped"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("TFDRIFT_LOG_LEVEL", "loud"), ("TFDRIFT_ADMIN_PROT", "1"), ("TFDRIFT_NATS_TLS_CA_FILE", "/nowhere")],
)
async def test_an_invalid_variable_starts_nothing(probe: MakeProbe, variable: str, value: str) -> None:
    """One sentence on standard error that names the variable (or its family), and exit code 78."""
    service = probe(**{variable: value})
    service.start()
    assert await service.exit_code() == 78
    assert re.fullmatch(r"probe: [^\n]*TFDRIFT_[^\n]*\n", service.err)
    assert variable[:17] in service.err


async def test_an_occupied_admin_port_is_one_sentence(probe: MakeProbe, nats_url: str) -> None:
    """The sentence names the port and the variables that move it."""
    service = probe(TFDRIFT_NATS_URL=nats_url)
    with socket.create_server(("127.0.0.1", service.port)):
        service.start()
        assert await service.exit_code() == 78
    assert re.fullmatch(rf"probe: [^\n]*127\.0\.0\.1:{service.port}[^\n]*TFDRIFT_ADMIN_PORT[^\n]*\n", service.err)


async def test_an_occupied_public_port_is_one_sentence(probe: MakeProbe, nats_url: str) -> None:
    """The same holds for a port that the service opens itself, and no crash is logged."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        body = "await runtime.serve(web.Application(), runtime.settings.http_port)"
        service = probe(body, TFDRIFT_NATS_URL=nats_url, TFDRIFT_HTTP_PORT=str(port))
        service.start()
        assert await service.exit_code() == 78
    assert re.fullmatch(rf"probe: [^\n]*127\.0\.0\.1:{port}[^\n]*TFDRIFT_HTTP_PORT[^\n]*\n", service.err)
    assert service.logs("crashed") == []


async def test_a_foreign_stream_is_one_sentence(probe: MakeProbe, nats_url: str) -> None:
    """Somebody else's stream is left alone, and the sentence says what to do."""
    client = await nats.connect(nats_url)
    await client.jetstream().add_stream(StreamConfig(name="TFDRIFT", subjects=["orders.>"]))
    await client.close()
    service = probe(TFDRIFT_NATS_URL=nats_url)
    service.start()
    assert await service.exit_code() == 78
    assert re.fullmatch(r"probe: the stream TFDRIFT [^\n]*orders\.>[^\n]*TFDRIFT_NATS_URL[^\n]*\n", service.err)
    assert service.logs("crashed") == []


async def test_nats_may_come_later(probe: MakeProbe, nats_server: NatsServer) -> None:
    """While NATS is away a service logs it once, without credentials, and tries again."""
    nats_server.stop()
    url = f"nats://user:s3cr3t@127.0.0.1:{nats_server.port}"
    service = probe(TFDRIFT_NATS_URL=url)
    service.start()
    await eventually(lambda: service.logs("nats_away"))
    nats_server.start()
    await service.status("/readyz", 200)
    (line,) = service.logs("nats_away")
    assert f"127.0.0.1:{nats_server.port}" in str(line["servers"])
    assert "TFDRIFT_NATS_URL" in line["remedy"]
    assert "s3cr3t" not in service.out
    assert "Traceback" not in service.out + service.err


async def test_stopping_does_not_wait_for_nats(probe: MakeProbe) -> None:
    """A service that never reached NATS has nothing to drain."""
    service = probe(TFDRIFT_NATS_URL=f"nats://127.0.0.1:{free_port()}", TFDRIFT_DRAIN_SECONDS="60")
    service.start()
    await service.status("/healthz", 200)
    begun = time.monotonic()
    service.signal(signal.SIGTERM)
    assert await service.exit_code() == 0
    assert time.monotonic() - begun < 5
    assert service.err == ""


@pytest.mark.parametrize(
    "body",
    [
        'secret = "s3cr3t"\nraise RuntimeError("boom")',
        """
async def fail():
    secret = "s3cr3t"
    raise RuntimeError("boom")
runtime.tasks.create_task(fail())
await runtime.stopping.wait()
""",
        """
async def fail():
    secret = "s3cr3t"
    raise RuntimeError("boom")
await runtime.or_stopping(fail())
await runtime.stopping.wait()
""",
    ],
    ids=["run", "task", "awaited"],
)
async def test_a_crash_is_logged_once(probe: MakeProbe, nats_url: str, body: str) -> None:
    """A defect ends the process with code 1 and one JSON line, with the place and without local variables."""
    service = probe(body, TFDRIFT_NATS_URL=nats_url)
    service.start()
    assert await service.exit_code() == 1
    (line,) = [line for line in service.logs() if line["level"] not in ("debug", "info")]
    assert line["event"] == "crashed"
    assert "RuntimeError" in json.dumps(line)
    assert "boom" in json.dumps(line)
    assert '"fail"' in json.dumps(line) or '"run"' in json.dumps(line)
    # The source line is not in the log either, so a secret could only come from a variable.
    assert "s3cr3t" not in service.out
    assert service.err == ""


async def test_a_log_line_is_one_line_whatever_it_says(probe: MakeProbe, nats_url: str) -> None:
    """Line separators, lone surrogates and libraries' messages do not break the log."""
    body = """
import logging
runtime.log.warning("odd", text="a\\nb\\u2028c\\ud800d\\x85")
logging.getLogger("library").error("from a library: %s", "\\u2028")
"""
    service = probe(body, TFDRIFT_NATS_URL=nats_url)
    service.start()
    assert await service.exit_code() == 0
    lines = [json.loads(line) for line in service.out.splitlines()]
    assert [line["event"] for line in lines] == ["starting", "odd", "from a library: \u2028", "stopped"]
    assert lines[1]["text"] == "a\nb\u2028c\ud800d\x85"
    assert {line["service"] for line in lines} == {"probe"}


async def test_the_log_level_and_form_are_settings(probe: MakeProbe, nats_url: str) -> None:
    """Lines below the level are not written; the console form is readable text."""
    service = probe(
        'runtime.log.info("quiet")\nruntime.log.warning("loud")',
        TFDRIFT_NATS_URL=nats_url,
        TFDRIFT_LOG_LEVEL="warning",
        TFDRIFT_LOG_FORMAT="console",
    )
    service.start()
    assert await service.exit_code() == 0
    assert "loud" in service.out
    assert "quiet" not in service.out
    assert not service.out.startswith("{")


async def test_the_command_line_describes_the_service(probe: MakeProbe) -> None:
    """`--help` lists every variable with its default, `--version` the version; neither needs a valid environment."""
    service = probe(TFDRIFT_ADMIN_PROT="1")
    service.start("--help")
    assert await service.exit_code() == 0
    assert "Probes the harness." in service.out
    assert re.search(r"TFDRIFT_HTTP_PORT\n +public port \(default 9198\)", service.out)
    assert "TFDRIFT_NATS_PASSWORD_FILE" in service.out
    assert "None" not in service.out
    service.start("--version")
    assert await service.exit_code() == 0
    assert service.out == f"probe {__version__}\n"


async def test_check_config_prints_what_is_in_force(probe: MakeProbe) -> None:
    """It prints one line for each variable, secrets hidden; nothing is started, so no port has to be free."""
    service = probe(TFDRIFT_NATS_URL="nats://u:s3cr3t@nats:4222", TFDRIFT_NATS_TOKEN="s3cr3t")
    with socket.create_server(("127.0.0.1", service.port)):
        service.start("--check-config")
        assert await service.exit_code() == 0
    shown = dict(line.split("=", 1) for line in service.out.splitlines())
    assert shown["TFDRIFT_NATS_URL"] == "nats://(set)@nats:4222"
    assert shown["TFDRIFT_NATS_TOKEN"] == "(set)"
    assert shown["TFDRIFT_ADMIN_PORT"] == str(service.port)
    assert shown["TFDRIFT_NATS_USER"] == ""
    assert "s3cr3t" not in service.out


async def test_check_config_refuses_what_the_service_would(probe: MakeProbe) -> None:
    """An unreadable file is found before anything is deployed."""
    service = probe(TFDRIFT_NATS_CREDS_FILE="/nowhere")
    service.start("--check-config")
    assert await service.exit_code() == 78
    assert "TFDRIFT_NATS_CREDS_FILE" in service.err
    assert service.out == ""


@pytest.mark.parametrize("name", ["ingest-falco", "ingest-tfstate", "drift-detector", "sse-gateway"])
def test_every_service_answers_its_command_line(name: str) -> None:
    """The console scripts are installed and know their own variables."""
    script = str(Path(sys.executable).parent / name)
    environment = {"PATH": "/usr/bin:/bin"}
    version = subprocess.run([script, "--version"], env=environment, capture_output=True, check=True, text=True)
    assert version.stdout == f"{name} {__version__}\n"
    helped = subprocess.run([script, "--help"], env=environment, capture_output=True, check=True, text=True)
    assert "TFDRIFT_ADMIN_PORT" in helped.stdout
    assert "TFDRIFT_NATS_URL" in helped.stdout
    refused = subprocess.run(
        [script], env={**environment, "TFDRIFT_LOG_LEVEL": "loud", "TFDRIFT_STATE_SOURCES": "/x/*.tfstate"},
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert (refused.returncode, refused.stdout) == (78, "")
    assert re.fullmatch(rf"{name}: TFDRIFT_LOG_LEVEL [^\n]*\n", refused.stderr)
