"""Posts alerts through the edge while every container of the pipeline is killed and started again in turn.

Falco and falcosidekick never send an alert twice. So each alert must be answered 200, and be on the ledger in the end.
Usage: ``outages.py CONTAINER...``, with FALCO_PORT and GATEWAY_PORT of a running stack.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from datetime import UTC, datetime

from send_one_drift import answers, stop_logging, url, wait

PAUSE_SECONDS = 0.05
TIMEOUT_SECONDS = 60.0


class Poster(threading.Thread):
    """Posts one alert after the other until it is stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.posted: list[str] = []
        self.refused: list[str] = []
        self._stopped = threading.Event()

    def run(self) -> None:
        """Each alert has a uuid of its own; what is not answered 200 is refused."""
        while not self._stopped.wait(PAUSE_SECONDS):
            alert = stop_logging()
            self.posted.append(alert["uuid"])
            try:
                body = json.dumps(alert).encode()
                with urllib.request.urlopen(url("FALCO_PORT", "/"), data=body, timeout=TIMEOUT_SECONDS):
                    pass
            except OSError as error:
                self.refused.append(f"{datetime.now(UTC):%H:%M:%S.%f} {error}")

    def stop(self) -> None:
        """Waits for the answer of the last one."""
        self._stopped.set()
        self.join()


def on_ledger() -> set[str]:
    """The uuid of every Falco event that the gateway lists."""
    found: set[str] = set()
    cursor = ""
    while True:
        path = f"/api/v1/events?events=falco&limit=1000{cursor}"
        try:
            with urllib.request.urlopen(url("GATEWAY_PORT", path), timeout=TIMEOUT_SECONDS) as answer:
                page = json.load(answer)
        except OSError:
            return set()
        found |= {event["data"]["uuid"] for event in page["events"]}
        if not page.get("next_cursor"):
            return found
        cursor = f"&cursor={page['next_cursor']}"


def main() -> None:
    """Kills each container under load, waits until it runs again, and counts what arrived."""
    poster = Poster()
    poster.start()
    for container in sys.argv[1:]:
        before = len(poster.posted)
        subprocess.run(["docker", "kill", container], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["docker", "start", container], check=True, stdout=subprocess.DEVNULL)
        wait(f"{container} was killed, and more alerts were posted", lambda b=before: len(poster.posted) > b + 20)
        wait("the gateway answers /health", lambda: answers(url("GATEWAY_PORT", "/health")))
    poster.stop()
    print(f"    {len(poster.posted)} posted, {len(poster.refused)} refused {poster.refused[:5]}", flush=True)
    if poster.refused:
        sys.exit("alerts were refused while containers were killed")
    wait("every alert is on the ledger", lambda: on_ledger() >= set(poster.posted))


if __name__ == "__main__":
    main()
