"""What the tests of the REST API store: drifts and resources in their buckets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sse_gateway.gateway import Gateway
from tfdrift.events import Drift, DriftKind, DriftStatus, UserIdentity, Via
from tfdrift.records import (
    DRIFTS_BUCKET,
    STATE_BUCKET,
    WORKSPACES_BUCKET,
    DriftRecord,
    ResourceRecord,
    WorkspaceHead,
    resource_key,
    workspace_key,
)
from tfdrift.severity import Severity
from tfdrift.subjects import Provider

BEGIN = datetime(2025, 1, 15, 10, tzinfo=UTC)


def drift(number: int, **changes: Any) -> Drift:
    fields: dict[str, Any] = {
        "severity": Severity.HIGH,
        "resource_type": "aws_instance",
        "resource_id": f"i-{number}",
        "old_value": "t3.micro",
        "new_value": "t3.large",
        "user_identity": UserIdentity(
            type="AssumedRole", user_name="Jane", arn="arn:aws:sts::1:x/Jane", via=Via.CONSOLE
        ),
        "timestamp": BEGIN + timedelta(minutes=number),
        "id": f"d{number}",
        "status": DriftStatus.OPEN,
        "resolution": None,
        "kind": DriftKind.MODIFIED,
        "attribute": "tags.Env",
        "address": f"aws_instance.web[{number}]",
        "resource_name": "web",
        "workspace": "prod",
        "provider": Provider.AWS,
        "account_id": "1",
        "region": "eu-west-1",
        "event_id": None,
        "event_name": None,
        "source_ip": None,
        "user_agent": None,
        "matched_rules": (),
        "detected_at": BEGIN,
    }
    return Drift(**{**fields, **changes})


async def store(gateway: Gateway, *drifts: Drift) -> None:
    bucket = gateway.bus.bucket(DRIFTS_BUCKET)
    for each in drifts:
        record = DriftRecord(drift=each, version=1, published=1, received=BEGIN, occurred=None)
        await bucket.put(each.id, record.encode())

    async def seen() -> bool:
        listed = {row["id"]: row["status"] for row in (await gateway.get("/api/v1/drifts?limit=1000"))[1]["drifts"]}
        return all(listed.get(each.id) == each.status for each in drifts)

    while not await seen():
        pass


async def put_resource(gateway: Gateway, workspace: str, address: str, **changes: Any) -> None:
    """A resource in the state of a workspace, whose head is there too."""
    fields: dict[str, Any] = {
        "workspace": workspace,
        "address": address,
        "type": "aws_db_instance",
        "name": "main",
        "provider": Provider.AWS,
        "id": "db-1",
        "account_id": "1",
        "region": "eu-west-1",
        "lineage": "l",
        "serial": 3,
        "recorded_at": BEGIN,
        "attributes": {},
    }
    record = ResourceRecord(**{**fields, **changes})
    await gateway.bus.bucket(STATE_BUCKET).put(resource_key(workspace, address), record.encode())
    head = WorkspaceHead(
        workspace=workspace,
        source="file:///states",
        lineage="l",
        serial=3,
        digest="d",
        terraform_version=None,
        recorded_at=BEGIN,
        resource_count=1,
        data_source_count=0,
        types={},
    )
    await gateway.bus.bucket(WORKSPACES_BUCKET).put(workspace_key(workspace), head.encode())

    while workspace not in str((await gateway.get("/api/v1/workspaces"))[1]):
        pass
