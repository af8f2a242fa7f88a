"""Alerts to start from: each test changes what it is about."""

from __future__ import annotations

from typing import Any

import orjson

from tfdrift.events import Json

ROLE_SESSION: dict[str, Json] = {
    "ct.user": "ops-admin",
    "ct.originaluser": "ann",
    "ct.user.accountid": "123456789012",
    "ct.user.identitytype": "AssumedRole",
    "ct.user.principalid": "AROAEXAMPLEID:ann",
    "ct.user.arn": "arn:aws:sts::123456789012:assumed-role/ops-admin/ann",
}


def cloud_fields(**changes: Json) -> dict[str, Json]:
    """The output fields of one cloudtrail alert; in `changes` a double underscore stands for the dot."""
    fields: dict[str, Json] = {
        "ct.id": "7d1c1b6e-3f0e-4c9a-9d39-1f3f6b1d2c11",
        "ct.time": "2025-01-15T10:00:00Z",
        "ct.src": "ec2.amazonaws.com",
        "ct.shortsrc": "ec2",
        "ct.name": "ModifyInstanceAttribute",
        "ct.error": None,
        "ct.region": "eu-central-1",
        "ct.srcip": "198.51.100.7",
        "ct.useragent": "aws-cli/2.15.0 Python/3.11.6",
        "ct.readonly": "false",
        "ct.eventtype": "AwsApiCall",
        "ct.recipientaccountid": "123456789012",
        "ct.request": '{"instanceId":"i-0abc","instanceType":{"value":"m5.large"}}',
        "ct.response": '{"_return":true}',
        "ct.resources": None,
        **ROLE_SESSION,
    }
    return fields | {f"ct.{name.replace('__', '.')}": value for name, value in changes.items()}


def cloud_alert(fields: dict[str, Json] | None = None, **changes: Any) -> dict[str, Any]:
    """A cloudtrail alert as Falco posts it."""
    return {
        "hostname": "falco-0",
        "output": "10:00:05.000000000: Notice AWS change ModifyInstanceAttribute by ann",
        "output_fields": cloud_fields() if fields is None else fields,
        "priority": "Notice",
        "rule": "AWS infrastructure changed",
        "source": "aws_cloudtrail",
        "tags": ["aws", "drift"],
        "time": "2025-01-15T10:00:05.123456789Z",
        **changes,
    }


def host_alert(**changes: Any) -> dict[str, Any]:
    """A syscall alert as Falco posts it."""
    return {
        "hostname": "node-1",
        "output": "A shell was spawned in a container (user=root container=abc123)",
        "output_fields": {"container.id": "abc123", "proc.name": "bash", "evt.time": 1736935200123456789},
        "priority": "Critical",
        "rule": "Terminal shell in container",
        "source": "syscall",
        "tags": ["container", "shell"],
        "time": "2025-01-15T10:00:00.123456789Z",
        **changes,
    }


def body(alert: dict[str, Any]) -> bytes:
    """The alert as a request's body."""
    return orjson.dumps(alert)
