"""What every suite shares: ports, deadlines, and a private nats-server with JetStream."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import TypeVar

import pytest

T = TypeVar("T")

# How long a test waits for a condition: generous, since a busy machine is slow, and only a failure takes all of it.
DEADLINE_SECONDS = 60.0
# Below the range that Linux takes the ports of outgoing connections from (ip_local_port_range).
_PORTS = range(20_000, 32_000)
_candidates = itertools.cycle(_PORTS)
_claims = os.open(Path(tempfile.gettempdir()) / f"tfdrift-test-ports-{os.getuid()}", os.O_RDWR | os.O_CREAT, 0o600)
_claimed: set[int] = set()


def pytest_xdist_auto_num_workers() -> int:
    """Two processes a core: more than half of a test's time is spent waiting for the programs that it started."""
    return 2 * (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def free_port() -> int:
    """A loopback port that nobody listens on, and that no other test process of this user takes while this one runs.

    A port is claimed by a lock on one byte of a file, so that test processes side by side never get the same one
    between the probe here and the start of a service.
    """
    for port in itertools.islice(_candidates, len(_PORTS)):
        if port not in _claimed and _claim(port) and _is_free(port):
            return port
    raise RuntimeError(f"no port of {_PORTS.start} to {_PORTS.stop - 1} is free")


def _claim(port: int) -> bool:
    try:
        fcntl.lockf(_claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _claimed.add(port)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A port whose last connections are in TIME_WAIT may be bound by a server, which sets this option too.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def console_script(name: str) -> str:
    """The path of a console script of the environment that runs the tests."""
    return str(Path(sys.executable).parent / name)


async def eventually(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until `condition` holds; fail, naming the place of the condition, when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            code = condition.__code__ if isinstance(condition, FunctionType) else None
            place = f"{code.co_filename}:{code.co_firstlineno}" if code else repr(condition)
            pytest.fail(f"not within {seconds:g} s: the condition at {place}")
        await asyncio.sleep(0.01)


async def eventually_async(condition: Callable[[], Awaitable[T]], seconds: float = DEADLINE_SECONDS) -> T:
    """Wait until an asynchronous `condition` gives something true, and return that; fail as `eventually` does."""
    deadline = time.monotonic() + seconds
    while not (found := await condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:g} s: {getattr(condition, '__qualname__', condition)}")
        await asyncio.sleep(0.02)
    return found


def log_tail(path: Path, lines: int = 30) -> str:
    """The last lines of a process's log, to end a failure's message with."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return f"; the last lines of {path.name}:\n" + "\n".join(text.splitlines()[-lines:])


class NatsServer:
    """A nats-server process with JetStream in a directory of its own; it can be killed and started again."""

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        command = [console_script("nats-server"), "-js", "-sd", str(self.folder), "-a", "127.0.0.1"]
        log_path = self.folder.with_suffix(".log")
        with log_path.open("ab") as log:
            self._process = subprocess.Popen([*command, "-p", str(self.port), *self._options], stdout=log, stderr=log)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        pytest.fail(f"nats-server did not open port {self.port} within {DEADLINE_SECONDS:g} s{log_tail(log_path)}")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """It holds its connections, and neither reads nor writes."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it by the given signal and wait until it is gone; what it stored stays."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(DEADLINE_SECONDS)
            self._process = None


@pytest.fixture
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A fresh nats-server for one test, which may stop and start it."""
    folder = tmp_path_factory.mktemp("nats")
    server = NatsServer(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def nats_url(nats_server: NatsServer) -> str:
    """The URL of a fresh nats-server."""
    return nats_server.url


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real CloudTrail logs and states; skipped, saying so, where DRIFT_CORPUS is unset."""
    folder = os.environ.get("DRIFT_CORPUS")
    if not folder:
        pytest.skip("DRIFT_CORPUS is unset: no corpus of real logs and states to read")
    return Path(folder)
