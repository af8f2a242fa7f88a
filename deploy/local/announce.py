"""Waits until all four services are ready and prints their addresses.

Then it waits for the signal, because honcho stops everything when one process ends.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.error
import urllib.request

from ports import admin_ports, host

REMIND_SECONDS = 20.0


def address(port: int) -> str:
    """The base URL of a local port."""
    name = f"[{host()}]" if ":" in host() else host()
    return f"http://{name}:{port}"


def is_ready(port: int) -> bool:
    """Whether the service with this admin port is ready."""
    try:
        with urllib.request.urlopen(f"{address(port)}/readyz", timeout=2) as answer:  # noqa: S310 -- http by construction
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_for_all() -> None:
    """Return when every service is ready; print from time to time which are not."""
    remind = time.monotonic() + REMIND_SECONDS
    waiting = admin_ports()
    while waiting := {name: port for name, port in waiting.items() if not is_ready(port)}:
        if time.monotonic() > remind:
            print("not ready yet: " + ", ".join(f"{name} ({address(port)}/readyz)" for name, port in waiting.items()))
            remind += REMIND_SECONDS
        time.sleep(0.1)


def main() -> None:
    """Print the addresses, then wait for the signal."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    wait_for_all()
    gateway, falco = (address(int(os.environ[name])) for name in ("GATEWAY_PORT", "FALCO_PORT"))
    demo = "make demo" if falco.endswith(":2801") else f"FALCO_PORT={os.environ['FALCO_PORT']} make demo"
    print()
    print("TFDrift-Falco is ready.")
    print(f"  dashboard      {gateway}/")
    print(f"  event stream   curl -N {gateway}/api/v1/stream")
    print(f"  Falco posts to {falco}/")
    print(f"  play the day   {demo}    (in another terminal)")
    print("  stop           Ctrl-C")
    print()
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
