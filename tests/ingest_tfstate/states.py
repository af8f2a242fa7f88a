"""States to feed, as a program that writes them would."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest_tfstate.record.announce import announcements
from ingest_tfstate.record.records import StateSnapshot, Stored, first_records, next_head, next_records, recorded_at
from ingest_tfstate.state.v4 import parse_state
from tfdrift.events import StateChange
from tfdrift.records import ResourceRecord, WorkspaceHead
from tfdrift.redaction import Redactor

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'
LINEAGE = "3f2d8c1e-1111-2222-3333-444455556666"
START = datetime(2025, 1, 15, 10, 0, tzinfo=UTC)
REDACTOR = Redactor(b"a key for tests")


def resource(address: str, *, provider: str = AWS, mode: str = "managed", **attributes: Any) -> dict[str, Any]:
    """A resource with one instance without a key, at an address such as ``aws_vpc.main``."""
    kind, name = address.split(".")
    instance = {"schema_version": 1, "attributes": attributes, "private": "c2VjcmV0"}
    return {"mode": mode, "type": kind, "name": name, "provider": provider, "instances": [instance]}


def state(*resources: dict[str, Any], serial: int = 1, lineage: str = LINEAGE, **members: Any) -> bytes:
    """A version 4 state as Terraform prints it."""
    document = {"version": 4, "terraform_version": "1.9.5", "serial": serial, "lineage": lineage, "outputs": {}}
    return json.dumps(document | {"resources": list(resources)} | members, indent=2).encode()


class Bucket:
    """The records and the head of one workspace, moved on by the pure core alone."""

    def __init__(self) -> None:
        self.records: dict[str, ResourceRecord] = {}
        self.head: WorkspaceHead | None = None
        self.written: list[ResourceRecord] = []

    def take(self, data: bytes, minutes: int = 0) -> list[StateChange]:
        """Record a state written `minutes` after the start; returns what is announced of it."""
        self.record(data, minutes)
        return self.announce(data, minutes)

    def record(self, data: bytes, minutes: int = 0) -> None:
        """The first half: the records are written."""
        snapshot = self._snapshot(data, minutes)
        at = recorded_at(snapshot.moment, self.head, self.records.values())
        if self.head is None:
            self.written = list(first_records(snapshot, at, REDACTOR))
        else:
            self.written = next_records(snapshot, at, REDACTOR, Stored(self.head, self.records))
        self.records |= {record.address: record for record in map(_through_json, self.written)}

    def announce(self, data: bytes, minutes: int = 0) -> list[StateChange]:
        """The second half: events, then the head."""
        snapshot = self._snapshot(data, minutes)
        at = recorded_at(snapshot.moment, self.head, self.records.values())
        events = [] if self.head is None else announcements(self.records.values(), self.head, "1.9.5")
        self.head = next_head(snapshot, at)
        return events

    def _snapshot(self, data: bytes, minutes: int) -> StateSnapshot:
        moment = START + timedelta(minutes=minutes)
        return StateSnapshot("prod", "file:///states/prod.tfstate", parse_state(data), str(hash(data)), moment, moment)


def _through_json(record: ResourceRecord) -> ResourceRecord:
    return ResourceRecord.model_validate_json(record.encode())
