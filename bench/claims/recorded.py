"""The calls of the fixtures, the scenarios and the logs at hand, each with its requests cut down member by member."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.drift_detector.cloudtrail import alert_of
from tests.drift_detector.playbook import Called, message_of
from tests.drift_detector.scenarios import SCENARIOS

from bench.cloudtrail import alert, records
from ingest_falco.alert.normalise import normalise
from ingest_falco.alert.parse import parse_alert

_FIXTURES = Path(__file__).parents[2] / "tests/drift_detector/fixtures/calls"

Call = dict[str, Any]


def recorded_calls(corpus: Path | None) -> Iterator[Call]:
    """Yields every call, as ``name``, ``event`` and ``call``; the logs' where a corpus is given."""
    for one in _whole_calls(corpus):
        yield one
        yield from _parts(one)


def _whole_calls(corpus: Path | None) -> Iterator[Call]:
    for file in sorted(_FIXTURES.rglob("*.json")):
        for number, case in enumerate(json.loads(file.read_text(encoding="utf-8"))):
            event, envelope = alert_of(case["record"])
            yield _call(f"fixture {file.stem} {number} {case['record']['eventName']}", event, envelope.call)
    for name, (steps, _) in SCENARIOS.items():
        for number, step in enumerate(steps):
            if isinstance(step, Called):
                event, envelope = message_of(step)
                yield _call(f"scenario {name} {number}", event, envelope.call)
    for number, record in enumerate(records(corpus / "cloudtrail") if corpus is not None else ()):
        found = normalise(parse_alert(alert(record)))
        text = found.call.model_dump_json().encode() if found.call else None
        yield _call(f"log {number} {record['eventName']}", found.event, text)


def _call(name: str, event: Any, call: bytes | None) -> Call:
    return {"name": name, "event": event.model_dump(mode="json"), "call": json.loads(call or b"null")}


def _parts(given: Call) -> Iterator[Call]:
    """Yields a call without each of its request's members, and one without its response."""
    call = given["call"]
    request = call.get("request") if isinstance(call, dict) else None
    if not isinstance(request, dict):
        return
    for name in request:
        rest = {key: value for key, value in request.items() if key != name}
        yield {**given, "name": f"{given['name']} -{name}", "call": {**call, "request": rest}}
    yield {**given, "name": f"{given['name']} -response", "call": {**call, "response": None}}
