"""Falco alerts as the pipeline makes them of CloudTrail records, for tests of what the records claim."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tfdrift.envelope import Envelope
from tfdrift.events import CloudCall, CloudResource, FalcoEvent, UserIdentity, Via
from tfdrift.severity import Severity
from tfdrift.subjects import Provider

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)


def alert_of(record: dict[str, Any]) -> tuple[FalcoEvent, Envelope]:
    """The alert and its envelope for one record; a record needs only ``eventSource`` and ``eventName``."""
    identity = record.get("userIdentity") or {}
    source = record["eventSource"]
    occurred = datetime.fromisoformat(record.get("eventTime", "2026-01-01T00:00:00Z"))
    agent = record.get("userAgent") or ""
    event = FalcoEvent(
        severity=Severity.MEDIUM,
        rule="All CloudTrail events",
        output="",
        container_id=None,
        priority="Notice",
        source="aws_cloudtrail",
        hostname=None,
        tags=(),
        timestamp=occurred,
        uuid="00000000-0000-0000-0000-000000000000",
        provider=Provider.AWS,
        service=source.removesuffix(".amazonaws.com"),
        event_id=record.get("eventID", "event-1"),
        event_name=record["eventName"],
        account_id=record.get("recipientAccountId") or identity.get("accountId"),
        region=record.get("awsRegion"),
        user_identity=UserIdentity(
            type=identity.get("type"),
            arn=identity.get("arn"),
            via=Via.TERRAFORM if "HashiCorp" in agent else Via.UNKNOWN,
        ),
        source_ip=record.get("sourceIPAddress"),
        user_agent=agent or None,
        error_code=record.get("errorCode"),
        read_only=record.get("readOnly"),
        resources=tuple(
            CloudResource(arn=one.get("ARN"), type=one.get("type"), account_id=one.get("accountId"))
            for one in record.get("resources") or ()
        ),
    )
    call = CloudCall(
        event_source=source,
        event_type=record.get("eventType", "AwsApiCall"),
        request=record.get("requestParameters"),
        response=record.get("responseElements"),
    )
    return event, Envelope(
        message_id=str(event.event_id), received=RECEIVED, occurred=occurred, call=call.model_dump_json().encode()
    )
