"""Measures what an alert costs at the webhook, beside a handler that only validates the body and publishes nothing.

Two processes answer the same alerts over the same 64 connections, in turns: ingest-falco, which answers once JetStream
has stored the alert, and a plain aiohttp handler that reads the body into a pydantic model. Prints the CPU time of each
process per request, and what one core would do at that cost. Other work on the machine changes the rates, but hardly
the ratio of two CPU times that are taken in turns. Then ingest-falco alone: open, and by what a sender shows.

Where the time goes, of some 470 µs an alert on the machine where the plain handler takes 105: the HTTP request 140 (the
guard against browsers, authentication and deadlines are 35 of it), reading, redacting and encoding the alert 250,
publishing and its acknowledgement 75. A ratio of 0.8 would leave 130 for everything, less than the request alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import uvloop
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import BaseModel
from tests.conftest import NatsServer, console_script, free_port

from bench.report import report

CONNECTIONS = 64
REQUESTS = 4000
ROUNDS = 4
WAY_REQUESTS = 1000
WAY_ROUNDS = 3
TOKEN = "a-token-of-the-benchmark"
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class PlainAlert(BaseModel):
    """What a plain handler would check of an alert."""

    rule: str
    priority: str
    source: str
    time: str
    output: str
    hostname: str
    tags: list[str]
    output_fields: dict[str, Any]


def plain(port: int) -> None:
    """Serve the plain handler until the process ends."""

    async def handle(request: web.Request) -> web.Response:
        PlainAlert.model_validate_json(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", handle)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


def bodies(label: str, count: int) -> Iterator[bytes]:
    """Alerts of distinct calls, as Falco's cloudtrail plugin gives them."""
    fields = {
        "ct.time": "2026-01-15T10:00:00Z",
        "ct.src": "ec2.amazonaws.com",
        "ct.shortsrc": "ec2",
        "ct.name": "ModifyInstanceAttribute",
        "ct.user": "ops-admin",
        "ct.originaluser": "ann",
        "ct.user.accountid": "123456789012",
        "ct.user.identitytype": "AssumedRole",
        "ct.user.principalid": "AROAEXAMPLEID:ann",
        "ct.user.arn": "arn:aws:sts::123456789012:assumed-role/ops-admin/ann",
        "ct.region": "eu-central-1",
        "ct.srcip": "198.51.100.7",
        "ct.useragent": "aws-cli/2.15.0 Python/3.11.6",
        "ct.readonly": "false",
        "ct.eventtype": "AwsApiCall",
        "ct.recipientaccountid": "123456789012",
        "ct.request": '{"instanceId":"i-0abc","instanceType":{"value":"m5.large"}}',
        "ct.response": '{"_return":true}',
    }
    alert = {
        "hostname": "falco-0",
        "output": "10:00:05.000000000: Notice AWS change ModifyInstanceAttribute by ann",
        "priority": "Notice",
        "rule": "AWS infrastructure changed",
        "source": "aws_cloudtrail",
        "tags": ["aws", "drift"],
        "time": "2026-01-15T10:00:05.123456789Z",
    }
    for number in range(count):
        yield json.dumps({**alert, "output_fields": {"ct.id": f"{label}-{number}", **fields}}).encode()


async def load(port: int, sent: list[bytes], header: bytes = b"", tls: ssl.SSLContext | None = None) -> float:
    """Post all bodies over 64 connections that stay open; returns the seconds that it took."""
    waiting = iter(sent)
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: " % header

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
        for body in waiting:
            writer.write(b"%s%d\r\n\r\n%s" % (head, len(body), body))
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"answered {answer!r}")
        writer.close()

    began = perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return perf_counter() - began


def cpu_seconds(pid: int) -> float:
    """Returns the CPU time of a process, in user and kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


@contextmanager
def process(command: list[str], environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server process; entered once it listens."""
    running = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        asyncio.run(_listening(port))
        yield running
    finally:
        running.terminate()
        running.wait(20)


async def _listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                return
            except OSError:
                await asyncio.sleep(0.05)


def measure(folder: Path, nats: NatsServer) -> dict[str, float]:
    """Returns the figures of both servers and of nats-server."""
    ours, theirs = free_port(), free_port()
    settings = {
        "TFDRIFT_NATS_URL": nats.url,
        "TFDRIFT_HTTP_PORT": str(ours),
        "TFDRIFT_ADMIN_PORT": str(free_port()),
        "TFDRIFT_SPOOL_DIR": str(folder / "spool"),
        "TFDRIFT_LOG_LEVEL": "warning",
    }
    plain_command = [sys.executable, "-m", "bench.webhook", "--plain", str(theirs)]
    with (
        process([console_script("ingest-falco")], settings, ours) as ingest,
        process(plain_command, {}, theirs) as handler,
    ):
        asyncio.run(load(ours, list(bodies("warm", 500))))
        asyncio.run(load(theirs, list(bodies("warm", 500))))
        pids = {"ingest_falco": ingest.pid, "plain_handler": handler.pid, "nats_server": nats._process.pid}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        seconds = {"ingest_falco": 0.0, "plain_handler": 0.0}
        for number in range(ROUNDS):
            seconds["ingest_falco"] += asyncio.run(load(ours, list(bodies(f"round-{number}", REQUESTS))))
            seconds["plain_handler"] += asyncio.run(load(theirs, list(bodies(f"round-{number}", REQUESTS))))
        spent = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
    count = ROUNDS * REQUESTS
    figures = {f"{name}_cpu_us": round(value / count * 1e6, 1) for name, value in spent.items()}
    figures |= {f"{name}_per_second_and_core": round(count / spent[name]) for name in seconds}
    figures |= {f"{name}_per_second_here": round(count / value) for name, value in seconds.items()}
    return figures | {"ratio_on_one_core": round(spent["plain_handler"] / spent["ingest_falco"], 3)}


def certificates(folder: Path) -> ssl.SSLContext:
    """Write a certificate that serves both sides, and return the client's context."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    context.check_hostname = False
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def measure_authentication(folder: Path, nats: NatsServer) -> dict[str, float]:
    """Returns alerts per second and core of ingest-falco: open, and by what a sender shows."""
    tls = certificates(folder)
    files = {
        "TFDRIFT_HTTP_TLS_CERT_FILE": str(folder / "cert.pem"),
        "TFDRIFT_HTTP_TLS_KEY_FILE": str(folder / "key.pem"),
    }
    token = {"TFDRIFT_WEBHOOK_TOKEN": TOKEN}
    basic = b64encode(b"falco:" + TOKEN.encode())
    ways: dict[str, tuple[dict[str, str], bytes, ssl.SSLContext | None]] = {
        "open": ({}, b"", None),
        "basic": (token, b"Authorization: Basic %s\r\n" % basic, None),
        "bearer": (token, b"Authorization: Bearer %s\r\n" % TOKEN.encode(), None),
        "mutual_tls": ({**files, "TFDRIFT_HTTP_TLS_CLIENT_CA_FILE": str(folder / "cert.pem")}, b"", tls),
    }
    with ExitStack() as running:
        servers = {}
        for way, (settings, header, context) in ways.items():
            port = free_port()
            environment = {
                "TFDRIFT_NATS_URL": nats.url,
                "TFDRIFT_HTTP_PORT": str(port),
                "TFDRIFT_ADMIN_PORT": str(free_port()),
                "TFDRIFT_SPOOL_DIR": str(folder / f"spool-{way}"),
                "TFDRIFT_LOG_LEVEL": "warning",
                **settings,
            }
            server = running.enter_context(process([console_script("ingest-falco")], environment, port))
            asyncio.run(load(port, list(bodies(f"warm-{way}", 500)), header, context))
            servers[way] = (server.pid, port, header, context, cpu_seconds(server.pid))
        for number in range(WAY_ROUNDS):
            for way, (_, port, header, context, _) in servers.items():
                asyncio.run(load(port, list(bodies(f"{way}-{number}", WAY_REQUESTS)), header, context))
        count = WAY_ROUNDS * WAY_REQUESTS
        return {
            f"{way}_per_second_and_core": round(count / (cpu_seconds(pid) - before))
            for way, (pid, _, _, _, before) in servers.items()
        }


def main() -> None:
    """Run the benchmark, or with ``--plain PORT`` the handler that it compares with."""
    if sys.argv[1:2] == ["--plain"]:
        plain(int(sys.argv[2]))
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        nats = NatsServer(folder)
        nats.start()
        try:
            report("webhook", measure(folder, nats) | measure_authentication(folder, nats))
        finally:
            nats.stop()


if __name__ == "__main__":
    main()
