"""Audit logs that come without Falco end in the same calls, and each sender is answered after the acknowledgement."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ingest_falco.alert.audit_logs import AUDIT_LOGS, alerts
from ingest_falco.alert.normalise import normalise
from tests.conftest import NatsServer
from tests.ingest_falco.service import running
from tfdrift.envelope import parse_headers, parse_rfc3339
from tfdrift.events import CloudCall, FalcoEvent, Via
from tfdrift.subjects import Provider

NOW = parse_rfc3339("2026-01-15T10:05:00Z")


def record(**changes: Any) -> dict[str, Any]:
    """A CloudTrail record, as AWS writes it."""
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLEID:ann@example.com",
            "arn": "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann@example.com",
            "accountId": "123456789012",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "AWSReservedSSO_Admin_0123456789abcdef"}},
        },
        "eventTime": "2026-01-15T10:00:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "ModifyInstanceAttribute",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "AWS Internal",
        "sessionCredentialFromConsole": "true",
        "requestParameters": {"instanceId": "i-0abc", "disableApiTermination": {"value": False}},
        "responseElements": {"_return": True},
        "eventID": "7d1c1b6e-3f0e-4c9a-9d39-1f3f6b1d2c11",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "recipientAccountId": "123456789012",
        **changes,
    }


def envelope(detail: dict[str, Any]) -> dict[str, Any]:
    """What EventBridge's API destinations send."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2",
        "account": "123456789012",
        "time": "2026-01-15T10:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


LOG_ENTRY = {
    "insertId": "-dl9hmre1i3ge",
    "timestamp": "2026-01-15T09:59:58.274985Z",
    "resource": {"type": "gce_instance", "labels": {"project_id": "shop", "zone": "europe-west1-b"}},
    "protoPayload": {
        "serviceName": "compute.googleapis.com",
        "methodName": "v1.compute.instances.setTags",
        "resourceName": "projects/shop/zones/europe-west1-b/instances/web",
        "authenticationInfo": {"principalEmail": "ann@example.com"},
        "requestMetadata": {"callerIp": "198.51.100.7", "callerSuppliedUserAgent": "google-cloud-sdk gcloud/470.0.0"},
        "request": {"tags": ["http"]},
    },
}
PUSH = {
    "message": {"data": base64.b64encode(json.dumps(LOG_ENTRY).encode()).decode(), "messageId": "2070443601311540"},
    "subscription": "projects/shop/subscriptions/tfdrift",
}
AUDIT_EVENT = {
    "auditID": "f1",
    "stage": "ResponseComplete",
    "verb": "patch",
    "requestURI": "/apis/apps/v1/namespaces/shop/deployments/web",
    "user": {"username": "ann@example.com"},
    "objectRef": {
        "resource": "deployments",
        "namespace": "shop",
        "name": "web",
        "apiGroup": "apps",
        "apiVersion": "v1",
    },
    "requestObject": {"spec": {"replicas": 5}},
    "responseStatus": {"code": 200},
    "requestReceivedTimestamp": "2026-01-15T10:00:00Z",
    "userAgent": "kubectl/v1.31.0",
}
EVENT_LIST = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [AUDIT_EVENT]}
RESOURCE = "/subscriptions/5a1f7b5c-0000-4000-8000-000000000001/resourceGroups/shop/providers/Microsoft.Compute/disks/a"
GRID_EVENT = {
    "id": "b2f0b1a8-0001",
    "eventType": "Microsoft.Resources.ResourceWriteSuccess",
    "subject": RESOURCE,
    "eventTime": "2026-01-15T10:00:00Z",
    "data": {
        "operationName": "Microsoft.Compute/disks/write",
        "resourceUri": RESOURCE,
        "status": "Succeeded",
        "correlationId": "c1",
        "claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "ann@example.com"},
    },
}


def body(document: Any) -> bytes:
    return json.dumps(document).encode()


BODIES = {
    "a record": ("/cloudtrail", body(record()), 1),
    "a file": ("/cloudtrail", body({"Records": [record(eventID="1"), record(eventID="2")]}), 2),
    "EventBridge": ("/cloudtrail", body(envelope(record())), 1),
    "a list of envelopes": ("/cloudtrail", body([envelope(record(eventID=str(n))) for n in range(3)]), 3),
    "lines": ("/cloudtrail", b"\n".join(body(record(eventID=str(n))) for n in range(3)) + b"\n", 3),
    "one line": ("/cloudtrail", body(record()) + b"\n", 1),
    "a push": ("/gcp", body(PUSH), 1),
    "a log entry": ("/gcp", body(LOG_ENTRY), 1),
    "an EventList": ("/k8s-audit", body(EVENT_LIST), 1),
    "an audit event": ("/k8s-audit", body(AUDIT_EVENT), 1),
    "Event Grid": ("/azure", body([GRID_EVENT]), 1),
    "Azure Monitor": ("/azure", body({"records": [{**GRID_EVENT["data"], "time": "2026-01-15T10:00:00Z"}]}), 1),
}


@pytest.mark.parametrize(("path", "sent", "count"), BODIES.values(), ids=BODIES.keys())
async def test_each_sender_is_understood(nats_url: str, tmp_path: Path, path: str, sent: bytes, count: int) -> None:
    """Posting it again changes nothing; compressed it is the same."""
    async with running(nats_url, tmp_path) as service:
        assert await service.post(sent, path) == (200, "")
        assert await service.post(sent, path) == (200, "")
        assert await service.post(gzip.compress(sent), path, {"Content-Encoding": "gzip"}) == (200, "")
        messages = await service.ledger()
        assert len(messages) == count
        event = FalcoEvent.model_validate_json(messages[0].data)
        assert event.user_identity is not None
        assert event.user_identity.user_name == "ann@example.com"
        assert event.event_name
        call = parse_headers(messages[0].headers).call
        assert call is not None
        assert not CloudCall.model_validate_json(call).incomplete


def test_a_record_is_the_call_that_falco_would_send() -> None:
    """The person of a role is its session, a console session is one, and the request is whole."""
    (alert,) = alerts(AUDIT_LOGS["/cloudtrail"], body(record()), NOW)
    result = normalise(alert)
    event = result.event
    assert event.user_identity is not None
    assert (event.provider, event.service, event.user_identity.via) == (Provider.AWS, "ec2", Via.CONSOLE)
    assert (event.event_id, event.account_id, event.read_only) == (record()["eventID"], "123456789012", False)
    assert result.call is not None
    assert result.call.request == record()["requestParameters"]
    assert result.occurred == parse_rfc3339("2026-01-15T10:00:00Z")
    (bare,) = alerts(AUDIT_LOGS["/cloudtrail"], body(record(requestParameters=None)), NOW)
    assert normalise(bare).gaps == ()


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ({"type": "IAMUser", "userName": "john", "arn": "arn:aws:iam::1:user/john"}, "john"),
        ({"type": "Root", "arn": "arn:aws:iam::1:root"}, "root"),
        ({"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"}, "autoscaling.amazonaws.com"),
        ({"type": "AWSAccount", "principalId": "AROA1:dan"}, "dan"),
        ({"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/cy"}, "cy"),
        ({"type": "WebIdentityUser", "userName": "eve"}, "eve"),
        (None, None),
    ],
)
def test_the_person_of_a_record_is_that_of_its_identity(identity: dict[str, Any] | None, name: str | None) -> None:
    """Each type of CloudTrail's."""
    (alert,) = alerts(AUDIT_LOGS["/cloudtrail"], body(record(userIdentity=identity)), NOW)
    found = normalise(alert).event.user_identity
    assert (found.user_name if found is not None else None) == name


async def test_reading_calls_are_ignored(nats_url: str, tmp_path: Path) -> None:
    """A file of CloudTrail's has mostly those."""
    async with running(nats_url, tmp_path) as service:
        records = [record(eventID="1"), record(eventID="2", eventName="DescribeInstances", readOnly=True)]
        assert await service.post(body({"Records": records}), "/cloudtrail") == (200, "")
        assert len(await service.ledger()) == 1


@pytest.mark.parametrize(
    ("path", "sent", "reason"),
    [
        ("/cloudtrail", b"", "not JSON"),
        ("/cloudtrail", b"hello", "not JSON"),
        ("/cloudtrail", b"{}", "no entry of the CloudTrail"),
        ("/cloudtrail", b'{"Records":[1]}', "no JSON object"),
        ("/cloudtrail", body(record()) + b"\nhello\n", "a line of the body is not JSON"),
        ("/gcp", b'{"message":{"data":"!"}}', "no log entry"),
        ("/gcp", b'{"message":{}}', "no log entry"),
        ("/k8s-audit", b'{"kind":"Pod"}', "no entry of the Kubernetes audit log"),
        ("/azure", b'[{"eventType":"Microsoft.Storage.BlobCreated","data":{}}]', "no entry of the Azure"),
    ],
)
async def test_what_is_no_entry_is_refused(nats_url: str, tmp_path: Path, path: str, sent: bytes, reason: str) -> None:
    """400 with the reason; nothing of it is stored unless it is an entry."""
    async with running(nats_url, tmp_path) as service:
        status, text = await service.post(sent, path)
        assert (status, reason in text) == (400, True), text


async def test_event_grid_validates_its_subscription(nats_url: str, tmp_path: Path) -> None:
    """Both handshakes: that of Event Grid's own schema, and that of CloudEvents."""
    handshake = [
        {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "512d38b6"}}
    ]
    async with running(nats_url, tmp_path) as service:
        status, text = await service.post(body(handshake), "/azure")
        assert (status, json.loads(text)) == (200, {"validationResponse": "512d38b6"})
        headers = {"WebHook-Request-Origin": "eventgrid.azure.net"}
        async with service.client.options(service.url + "/azure", headers=headers) as answer:
            assert answer.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"


async def test_an_entry_is_answered_after_it_is_on_disk(nats_server: NatsServer, tmp_path: Path) -> None:
    """With NATS away it is in the spool; with the token missing it is refused."""
    nats_server.stop()
    async with running(
        nats_server.url, tmp_path, connected=False, webhook_token="t", spool_max_bytes=str(1024**2)
    ) as service:
        assert (await service.post(body(record()), "/cloudtrail"))[0] == 401
        token = {"Authorization": "Bearer t"}
        assert await service.post(body(record()), "/cloudtrail", token) == (200, "")
        large = [record(eventID=str(n), requestParameters={"padding": "x" * 200_000}) for n in range(8)]
        assert (await service.post(body({"Records": large}), "/cloudtrail", token))[0] == 503
