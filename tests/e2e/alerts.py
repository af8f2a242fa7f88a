"""Falco alerts as Falco's http_output posts them, written from the formats' documentation."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

ACCOUNT = "123456789012"
CONSOLE = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
TERRAFORM_AGENT = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 (+https://www.terraform.io) terraform-provider-aws/6.14.0 "
    "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.39.0"
)

JOHN = {
    "ct.user": "john.doe",
    "ct.originaluser": "john.doe",
    "ct.user.identitytype": "IAMUser",
    "ct.user.principalid": "AIDAEXAMPLEJOHNDOE123",
    "ct.user.arn": f"arn:aws:iam::{ACCOUNT}:user/john.doe",
    "ct.useragent": CONSOLE,
}
# A person behind a role: Falco's ct.user is the role, the person is the session.
JANE = {
    "ct.user": "AWSReservedSSO_AdministratorAccess_1f2e3d4c5b6a7980",
    "ct.originaluser": "jane.roe@example.com",
    "ct.user.identitytype": "AssumedRole",
    "ct.user.principalid": "AROAEXAMPLESSOADMIN01:jane.roe@example.com",
    "ct.user.arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/"
    "AWSReservedSSO_AdministratorAccess_1f2e3d4c5b6a7980/jane.roe@example.com",
    "ct.useragent": CONSOLE,
}
TERRAFORM = {
    "ct.user": "ci-terraform",
    "ct.originaluser": "apply-4712",
    "ct.user.identitytype": "AssumedRole",
    "ct.user.principalid": "AROAEXAMPLECITERRAFRM:apply-4712",
    "ct.user.arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ci-terraform/apply-4712",
    "ct.useragent": TERRAFORM_AGENT,
}

Alert = dict[str, Any]


def moments(start: datetime | None = None) -> Iterator[datetime]:
    """Times ten seconds apart, from some minutes ago: CloudTrail tells time in whole seconds, and tells it late."""
    at = (start or datetime.now(UTC) - timedelta(minutes=10)).replace(microsecond=0)
    while True:
        yield at
        at += timedelta(seconds=10)


def cloud_call(
    name: str,
    request: object,
    at: datetime,
    *,
    who: dict[str, str] = JOHN,
    source: str = "ec2",
    response: object = None,
    error: str | None = None,
    read_only: bool = False,
) -> Alert:
    """The alert of one AWS call."""
    event_id = str(uuid.uuid4())
    fields = {
        "ct.id": event_id,
        "ct.time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "ct.src": f"{source}.amazonaws.com",
        "ct.shortsrc": source,
        "ct.name": name,
        "ct.error": error,
        "ct.errormessage": "You are not authorized to perform this operation." if error else None,
        "ct.user.accountid": ACCOUNT,
        "ct.region": "us-east-1",
        "ct.srcip": "203.0.113.24",
        "ct.readonly": "true" if read_only else "false",
        "ct.managementevent": "true",
        "ct.eventtype": "AwsApiCall",
        "ct.requestid": str(uuid.uuid4()),
        "ct.recipientaccountid": ACCOUNT,
        "ct.request": json.dumps(request),
        "ct.response": json.dumps(response),
        "ct.resources": None,
        "ct.request.name": None,
        "ct.sessioncredentialfromconsole": None,
        **who,
    }
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, event_id)),
        "hostname": "falco-0",
        "time": f"{at:%Y-%m-%dT%H:%M:%S}.000000000Z",
        "priority": "Notice",
        "rule": "AWS infrastructure changed",
        "source": "aws_cloudtrail",
        "tags": ["aws", "cloud", "drift"],
        "output": f"{at:%H:%M:%S}: Notice AWS change {name} by {fields['ct.user']} in us-east-1",
        "output_fields": fields,
    }


def event_id(alert: Alert) -> str:
    """The cloud's id of the call that an alert tells of."""
    return str(alert["output_fields"]["ct.id"])


def resize(instance: str, instance_type: str, at: datetime, *, who: dict[str, str] = JOHN) -> Alert:
    """Somebody changes an instance's type."""
    request = {"instanceId": instance, "instanceType": {"value": instance_type}}
    return cloud_call("ModifyInstanceAttribute", request, at, who=who, response={"_return": True})


def unprotect(instance: str, at: datetime) -> Alert:
    """Somebody takes the termination protection off an instance."""
    request = {"instanceId": instance, "disableApiTermination": {"value": False}}
    return cloud_call("ModifyInstanceAttribute", request, at, response={"_return": True})


def shell(at: datetime | None = None) -> Alert:
    """A shell in a container: no cloud call at all."""
    at = at or datetime.now(UTC)
    return {
        "uuid": str(uuid.uuid4()),
        "hostname": "worker-3",
        "time": f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z",
        "priority": "Critical",
        "rule": "Unauthorized Process Execution",
        "source": "syscall",
        "tags": ["container", "shell"],
        "output": "A shell was spawned in a container (user=root shell=bash)",
        "output_fields": {
            "container.id": "3ad7b26ded6d",
            "container.name": "checkout",
            "evt.time.iso8601": int(at.timestamp()) * 10**9,
            "proc.cmdline": "bash",
            "user.name": "root",
        },
    }
