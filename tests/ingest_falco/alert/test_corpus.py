"""Every call of real CloudTrail logs becomes an event that names its person."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest_falco.alert.message import build_message
from ingest_falco.alert.normalise import normalise
from ingest_falco.alert.parse import parse_alert
from tests.ingest_falco.samples import body
from tfdrift.events import Via


@pytest.fixture
def to_alert(corpus: Path) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The converter that stands beside the corpus; skipped where there is none."""
    path = corpus.parent / "tools" / "cloudtrail_to_falco.py"
    if not path.exists():
        pytest.skip(f"{path} is missing: nothing turns CloudTrail records into alerts")
    spec = importlib.util.spec_from_file_location("cloudtrail_to_falco", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    convert: Callable[[dict[str, Any]], dict[str, Any]] = module.alert
    return convert


def records(corpus: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((corpus / "cloudtrail").rglob("*.json")):
        log = json.loads(path.read_bytes())
        yield from log["Records"] if isinstance(log, dict) else log


def person(identity: dict[str, Any]) -> str | None:
    """The person that CloudTrail itself names."""
    match identity["type"]:
        case "AssumedRole" | "FederatedUser":
            name: str = identity["principalId"].rpartition(":")[2]
            return name
        case "AWSService":
            return identity.get("invokedBy")
        case _:
            return identity.get("userName")


def test_every_record_is_normalised_and_names_its_person(
    corpus: Path, to_alert: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Nothing is malformed, undecodable or omitted, and the name is the one that CloudTrail has."""
    count = 0
    for record in records(corpus):
        result = normalise(parse_alert(body(to_alert(record))))
        message = build_message(result, received=datetime.now(UTC), traceparent=None)
        assert (result.gaps, message.omitted) == ((), ())
        assert result.event.event_id == record["eventID"]
        assert result.event.user_identity is not None
        assert result.event.user_identity.user_name == person(record["userIdentity"])
        is_terraform = "Terraform/" in record.get("userAgent", "")
        assert (result.event.user_identity.via is Via.TERRAFORM) == is_terraform
        assert result.call is not None
        assert result.call.request == record.get("requestParameters")
        assert result.call.response == record.get("responseElements")
        assert len(result.event.resources) == len(record.get("resources") or [])
        count += 1
    assert count > 1000
