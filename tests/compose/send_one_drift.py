"""Posts one alert of the example day to the published webhook and waits for its drift on the published stream.

Run by run.sh with FALCO_PORT, GATEWAY_PORT and PROMETHEUS_PORT of a stack that is starting up.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))

from play import as_of  # noqa: E402 -- found by the path above

DEADLINE_SECONDS = 90.0
REPLICAS = {"ingest-falco": 2, "ingest-tfstate": 1, "drift-detector": 3, "sse-gateway": 2, "edge": 1, "alertmanager": 1}


def url(port: str, path: str) -> str:
    """The address of a published port."""
    return f"http://127.0.0.1:{os.environ[port]}{path}"


def answers(address: str) -> bool:
    """Whether a GET there is answered 200 now."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait(what: str, condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; end the test with `what` when it does not in time."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > DEADLINE_SECONDS:
            sys.exit(f"not within {DEADLINE_SECONDS:.0f} s: {what}")
        time.sleep(0.2)
    print(f"ok  {what}  ({time.monotonic() - started:.1f} s)", flush=True)


def targets_up() -> dict[str, int]:
    """Job to the number of its replicas that Prometheus scrapes without an error."""
    try:
        with urllib.request.urlopen(url("PROMETHEUS_PORT", "/api/v1/targets?state=active"), timeout=2) as answer:
            targets = json.load(answer)["data"]["activeTargets"]
    except OSError:
        return {}
    jobs = [target["labels"]["job"] for target in targets if target["health"] == "up"]
    return {job: jobs.count(job) for job in jobs}


def drifts(stream: Any) -> Iterator[dict[str, Any]]:
    """The drifts of an SSE stream as they come."""
    event = ""
    for raw in stream:
        field, _, value = raw.decode().rstrip("\n").partition(": ")
        if field == "event":
            event = value
        elif field == "data" and event == "drift":
            yield json.loads(value)


def stop_logging() -> dict[str, Any]:
    """The day's alert of the root user stopping the trail, happening now; each has a uuid of its own."""
    with (EXAMPLES / "day.jsonl").open(encoding="utf-8") as day:
        alert = next(alert for alert in map(json.loads, day) if alert["output_fields"].get("ct.name") == "StopLogging")
    return as_of(alert, datetime.now(UTC), uuid.uuid4())


def main() -> None:
    """The whole way: webhook, ledger, detector, stream, and the metrics of all."""
    wait("the gateway answers /health", lambda: answers(url("GATEWAY_PORT", "/health")))
    wait("ingest-falco answers /healthz", lambda: answers(url("FALCO_PORT", "/healthz")))
    with urllib.request.urlopen(url("GATEWAY_PORT", "/api/v1/stream?events=drift"), timeout=DEADLINE_SECONDS) as stream:
        posted = time.monotonic()
        body = json.dumps(stop_logging()).encode()
        with urllib.request.urlopen(url("FALCO_PORT", "/"), data=body, timeout=10) as answer:
            assert answer.status == 200, answer.status
        drift = next(found for found in drifts(stream) if found["attribute"] == "enable_logging")
    print(f"ok  the drift arrived  ({time.monotonic() - posted:.1f} s)")
    assert drift["address"] == "aws_cloudtrail.audit", drift
    assert drift["workspace"] == "prod", drift
    assert (drift["old_value"], drift["new_value"]) == (True, False), drift
    assert drift["user_identity"]["type"] == "Root", drift
    wait("Prometheus scrapes every replica", lambda: targets_up() == REPLICAS)


if __name__ == "__main__":
    main()
