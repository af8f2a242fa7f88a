#!/usr/bin/env python3
"""Posts the alerts of day.jsonl to ingest-falco, as Falco's http_output would, one after the other.

Each alert happens when it is posted: its times become now and its ids new, so that the day can be played again.
FALCO_URL says where ingest-falco is; FALCO_PORT alone changes the port on this machine.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DAY = Path(__file__).with_name("day.jsonl")
NAMING = "instanceId", "groupId", "bucketName", "roleName", "dBInstanceIdentifier", "functionName", "keyId", "name"
PAUSE_SECONDS = 0.4  # long enough to watch the drifts appear, short enough not to wait for them


def as_of(alert: dict[str, Any], now: datetime, play: uuid.UUID) -> dict[str, Any]:
    """The alert with times of `now` (CloudTrail's in whole seconds, Falco's in nanoseconds) and ids of this play."""
    fields = dict(alert["output_fields"])
    nanoseconds = f"{now:%Y-%m-%dT%H:%M:%S.%f}000Z"
    if fields.get("ct.id"):
        fields["ct.id"] = str(uuid.uuid5(play, fields["ct.id"]))
        fields["ct.time"] = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        stamp = fields["ct.time"]
    else:
        fields["evt.time.iso8601"] = int(now.timestamp()) * 10**9 + now.microsecond * 1000
        stamp = nanoseconds
    text = alert["output"].split(": ", 1)[1]
    fresh = {"uuid": str(uuid.uuid5(play, alert["uuid"])), "time": nanoseconds, "output": f"{stamp}: {text}"}
    return alert | fresh | {"output_fields": fields}


def describe(alert: dict[str, Any]) -> str:
    """One line for the terminal: who did what, and why nothing came of it where nothing did."""
    fields = alert["output_fields"]
    if not fields.get("ct.id"):
        return f"{fields.get('user.name') or '-':<22}{alert['rule']} ({fields.get('container.name')})"
    request = json.loads(fields["ct.request"] or "null") or {}
    ending = {"true": "  only read"}.get(fields["ct.readonly"], "")
    if fields["ct.error"]:
        ending = f"  failed: {fields['ct.error']}"
    if "Terraform" in (fields["ct.useragent"] or ""):
        ending = "  by Terraform"
    who = fields["ct.originaluser"] or fields["ct.user"] or fields["ct.user.identitytype"]
    return f"{who[:20]:<22}{fields['ct.name']:<38}{target(request)}{ending}"


def target(request: dict[str, Any]) -> str:
    """What the call names: the first identifier among its parameters."""
    named = next((str(request[name]) for name in NAMING if name in request), "")
    return named.rpartition(":")[2]


def post(url: str, alert: dict[str, Any]) -> None:
    """Post one alert; exit with a sentence when ingest-falco is not there or refuses it."""
    body = json.dumps(alert, separators=(",", ":"), ensure_ascii=False).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 -- the operator's URL
    try:
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
    except urllib.error.HTTPError as refusal:
        sys.exit(f"ingest-falco at {url} answered {refusal.code}: {refusal.read(500).decode(errors='replace')}")
    except OSError as failure:
        reason = getattr(failure, "reason", failure)
        sys.exit(f"ingest-falco does not answer at {url} ({reason}): start the pipeline with `make run` first.")


def main() -> None:
    """Play the day once."""
    url = os.environ.get("FALCO_URL") or f"http://127.0.0.1:{os.environ.get('FALCO_PORT') or 2801}/"
    play = uuid.uuid4()
    for alert in map(json.loads, DAY.open(encoding="utf-8")):
        now = datetime.now(UTC)
        post(url, as_of(alert, now, play))
        print(f"{now:%H:%M:%S}  {describe(alert)}", flush=True)
        time.sleep(PAUSE_SECONDS)
    print("That was the day: the drifts are on the dashboard, http://127.0.0.1:8080/ unless you moved it.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
