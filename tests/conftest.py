"""Fixtures that every suite shares: a private nats-server with JetStream on a free port."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

DEADLINE_SECONDS = 20.0


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def console_script(name: str) -> str:
    """The path of a console script of the environment that runs the tests."""
    return str(Path(sys.executable).parent / name)


async def eventually(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until `condition` holds; fail when it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


class NatsServer:
    """A nats-server process with JetStream in a directory of its own; it can be killed and started again."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        command = [
            console_script("nats-server"),
            "-js",
            "-sd",
            str(self._folder),
            "-a",
            "127.0.0.1",
            *self._options,
            "-p",
        ]
        log = (self._folder / "nats.log").open("ab")
        self._process = subprocess.Popen([*command, str(self.port)], stdout=log, stderr=log)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise TimeoutError(f"nats-server did not open port {self.port}")

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
