"""Runs nats-server for ``make run``; it stops after the services, so that they can publish until their end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from ports import admin_ports, host

# honcho kills what has not ended five seconds after its signal; nats-server itself needs a fraction of one.
LINGER_SECONDS = 4.0


def any_service_left() -> bool:
    """Whether a service's admin port still answers; a service closes it last."""
    for port in admin_ports().values():
        try:
            socket.create_connection((host(), port), timeout=0.2).close()
        except OSError:
            continue
        return True
    return False


def wait_for_services() -> None:
    """Return when all services have ended, or after the deadline."""
    deadline = time.monotonic() + LINGER_SECONDS
    while time.monotonic() < deadline and any_service_left():
        time.sleep(0.05)


def main() -> None:
    """Run nats-server until SIGTERM; if it ends by itself, that is a failure."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))  # before the child exists
    data = Path(os.environ["DATA"])
    log = data / "nats-server.log"
    binary = Path(sys.executable).parent / "nats-server"
    listen = ["-a", "127.0.0.1", "-p", os.environ["NATS_PORT"]]
    command = [str(binary), "-js", "-sd", str(data / "nats"), *listen, "-l", str(log)]
    # A new session: the signal for the process group must not reach nats-server before the services have ended.
    server = subprocess.Popen(command, start_new_session=True)  # noqa: S603 -- our own arguments
    while not stopping:
        if server.poll() is not None:
            sys.exit(f"nats-server ended with code {server.returncode}: see {log}")
        time.sleep(0.1)
    wait_for_services()
    server.terminate()
    server.wait()


if __name__ == "__main__":
    main()
