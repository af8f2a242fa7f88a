"""Starts the compared servers, each as a process on a given core and on a loopback port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import NatsServer, console_script, free_port

from bench.streams.load import Address, Publisher
from bench.streams.publish import HttpPublisher, NatsPublisher

NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_DEADLINE_SECONDS = 30.0


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        process: the id of the process that does the work, to measure its processor time and memory.
        path: the path of its event stream.
        publisher: opens a connection that publishes events.
    """

    name: str
    address: Address
    path: str
    process: int
    publisher: Callable[[], Publisher]


@contextmanager
def pinned(command: list[str], core: int, log: Path, environment: dict[str, str] | None = None) -> Iterator[int]:
    """Run a process on one core and yield its id; SIGTERM ends it."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            env=os.environ | (environment or {}),
            stdout=out,
            stderr=out,
        )
    os.sched_setaffinity(process.pid, {core})
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(port: int) -> Address:
    """Wait until a loopback port accepts connections."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return "127.0.0.1", port
        time.sleep(0.02)
    raise TimeoutError(f"no process listens on port {port}")


@contextmanager
def nats(folder: Path, core: int) -> Iterator[NatsServer]:
    """Run a nats-server with JetStream on the loader's core."""
    folder.mkdir(parents=True, exist_ok=True)
    server = NatsServer(folder)
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        server.start()
    finally:
        os.sched_setaffinity(0, before)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def gateway(
    folder: Path, server: NatsServer, core: int, *, coalescing: bool = True, **variables: str
) -> Iterator[Server]:
    """Run our gateway, whose events are published to NATS; without coalescing, that of `uncoalesced`."""
    port, admin = free_port(), free_port()
    environment = {
        "TFDRIFT_NATS_URL": server.url,
        "TFDRIFT_HTTP_PORT": str(port),
        "TFDRIFT_ADMIN_PORT": str(admin),
        "TFDRIFT_MAX_CLIENTS": "20000",
        "TFDRIFT_MAX_CLIENTS_PER_ADDRESS": "20000",
        "TFDRIFT_RETENTION_BYTES": str(4 * 1024**3),
        **variables,
    }
    command = [console_script("sse-gateway")] if coalescing else [sys.executable, "-m", "bench.streams.uncoalesced"]
    name = "gateway" if coalescing else "gateway, a write per event"
    with pinned(command, core, folder / f"gateway-{port}.log", environment) as process:
        address = wait_for_port(port)
        _wait_ready(admin)
        yield Server(name, address, "/api/v1/stream", process, lambda: NatsPublisher(("127.0.0.1", server.port)))


@contextmanager
def nchan(folder: Path, core: int) -> Iterator[Server | None]:
    """Run nginx with nchan; yields None where Debian's libnginx-mod-nchan is not installed."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None or not NCHAN_MODULE.exists():
        yield None
        return
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"""
load_module {NCHAN_MODULE};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 15000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600;
  nchan_shared_memory_size 256m;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /pub {{ nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 1000; }}
    location = /sub {{ nchan_subscriber eventsource; nchan_channel_id bench; nchan_subscriber_first_message newest; }}
  }}
}}
""",
        encoding="utf-8",
    )
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    with pinned([nginx, "-p", str(folder), "-c", str(configuration), *user], core, folder / "nginx.out") as master:
        address = wait_for_port(port)
        children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
        yield Server("nchan", address, "/sub", int(children[0]), lambda: HttpPublisher(address, "/pub"))


@contextmanager
def python_app(name: str, module: str, folder: Path, core: int) -> Iterator[Server]:
    """Run one of the Python servers of this folder."""
    port = free_port()
    with pinned(
        [sys.executable, "-m", f"bench.streams.{module}", str(port)], core, folder / f"{module}.log"
    ) as process:
        address = wait_for_port(port)
        yield Server(name, address, "/sub", process, lambda: HttpPublisher(address, "/pub"))


@contextmanager
def all_servers(folder: Path, core: int, loader_core: int) -> Iterator[list[Server]]:
    """Run all compared servers side by side; each gateway has a ledger of its own."""
    with ExitStack() as stack:
        servers: list[Server | None] = []
        for coalescing in (True, False):
            server = stack.enter_context(nats(folder / f"nats-{coalescing}", loader_core))
            servers.append(stack.enter_context(gateway(folder, server, core, coalescing=coalescing)))
        servers.append(stack.enter_context(nchan(folder, core)))
        servers.append(stack.enter_context(python_app("sse-starlette", "starlette_app", folder, core)))
        servers.append(stack.enter_context(python_app("aiohttp, a queue per client", "aiohttp_app", folder, core)))
        yield [server for server in servers if server is not None]


def _wait_ready(admin: int) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz") as response:
            if response.status == 200:
                return
        time.sleep(0.05)
    raise TimeoutError("the gateway did not become ready")
