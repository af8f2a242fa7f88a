"""Which calls claim nothing, and what a claim says of who made it, when and where."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drift_detector.catalog.load import load_catalog
from drift_detector.claim.aws.cloudtrail import call_of
from drift_detector.facts.call import Call, Sanction
from tests.drift_detector.cloudtrail import RECEIVED, alert_of

CATALOG = load_catalog()


def _record(**changes: Any) -> dict[str, Any]:
    return {
        "eventSource": "ec2.amazonaws.com",
        "eventName": "ModifyInstanceAttribute",
        "eventID": "e-1",
        "eventTime": "2026-01-01T12:00:00Z",
        "awsRegion": "eu-central-1",
        "recipientAccountId": "123456789012",
        "requestParameters": {"instanceId": "i-1", "instanceType": {"value": "t3.large"}},
        **changes,
    }


def _call(**changes: Any) -> Call | None:
    return call_of(*alert_of(_record(**changes)), CATALOG)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"errorCode": "Client.UnauthorizedOperation"}, id="it failed"),
        pytest.param({"readOnly": True}, id="it only read"),
        pytest.param({"eventType": "AwsServiceEvent"}, id="it is a service's own echo"),
        pytest.param({"eventName": "ModifyInstanceEventStartTime"}, id="the catalog does not know it"),
        pytest.param({"requestParameters": None}, id="it has no request"),
        pytest.param({"requestParameters": []}, id="its request has another shape"),
        pytest.param({"requestParameters": {"instanceId": "i-1"}}, id="it sets nothing that Terraform knows"),
        pytest.param(
            {"requestParameters": {"instanceId": "i-1", "instanceType": {"value": "t3.large"}, "dryRun": True}},
            id="it was a dry run",
        ),
    ],
)
def test_a_call_claims_nothing_when(changes: dict[str, Any]) -> None:
    """Such a call changed nothing in the cloud, or nothing that is known."""
    assert _call() is not None
    assert _call(**changes) is None


def test_a_claim_keeps_when_and_where() -> None:
    """The cloud's clock orders claims; the account and region bound what they can mean."""
    call = _call()
    assert call is not None
    assert (call.occurred, call.received) == (datetime(2026, 1, 1, 12, tzinfo=UTC), RECEIVED)
    assert (call.account_id, call.region) == ("123456789012", "eu-central-1")


def test_an_arn_tells_account_and_region_better_than_the_event() -> None:
    """A call on another account's or region's resource is a claim about that one."""
    arn = "arn:aws:dynamodb:us-east-2:210987654321:table/orders"
    request = {"resourceArn": arn, "tags": [{"key": "Env", "value": "prod"}]}
    call = _call(eventSource="dynamodb.amazonaws.com", eventName="TagResource", requestParameters=request)
    assert call is not None
    assert (call.account_id, call.region) == ("210987654321", "us-east-2")


def test_an_arn_out_of_a_url_is_read_as_the_arn() -> None:
    """Where a URL's path names the resource, some services log the ARN as it stood there, encoded."""
    encoded = "arn%3Aaws%3Akafka%3Aus-east-2%3A210987654321%3Acluster%2Forders%2F0123-abcd-2"
    call = _call(
        eventSource="kafka.amazonaws.com", eventName="DeleteCluster", requestParameters={"clusterArn": encoded}
    )
    assert call is not None
    assert (call.account_id, call.region) == ("210987654321", "us-east-2")
    assert call.groups[0][0].identity == {"arn": "arn:aws:kafka:us-east-2:210987654321:cluster/orders/0123-abcd-2"}


def test_a_policy_that_is_attached_does_not_tell_the_account() -> None:
    """The ARN of something else in the call is not the resource's."""
    request = {"roleName": "app", "policyArn": "arn:aws:iam::210987654321:policy/theirs"}
    call = _call(eventSource="iam.amazonaws.com", eventName="AttachRolePolicy", requestParameters=request)
    assert call is not None
    assert call.account_id == "123456789012"


@pytest.mark.parametrize(("source", "name"), [("iam", "DeleteRole"), ("s3", "DeleteBucket")])
def test_what_has_no_region_is_claimed_in_none(source: str, name: str) -> None:
    """IAM logs to us-east-1, wherever the state's provider is."""
    request = {"roleName": "app", "bucketName": "acme"}
    call = _call(eventSource=f"{source}.amazonaws.com", eventName=name, requestParameters=request)
    assert call is not None
    assert call.region is None


def test_terraforms_own_calls_are_sanctioned() -> None:
    """Terraform's claims wait for a state instead of opening a drift."""
    call = _call(userAgent="APN/1.0 HashiCorp/1.0 Terraform/1.9.0")
    assert call is not None
    assert call.sanction is Sanction.TERRAFORM


def test_the_rules_may_sanction_a_principal() -> None:
    """The sanction of a call that is not Terraform's is the rules' to give."""
    call = call_of(*alert_of(_record()), CATALOG, lambda _: Sanction.PRINCIPAL)
    assert call is not None
    assert call.sanction is Sanction.PRINCIPAL


def test_every_real_record_is_understood_or_passed_over(corpus: Path) -> None:
    """No record makes the reading fail, and failed and read-only ones claim nothing."""
    claimed = 0
    for file in sorted((corpus / "cloudtrail").rglob("*.json")):
        document = json.loads(file.read_text())
        for record in document["Records"] if isinstance(document, dict) else document:
            call = call_of(*alert_of(record), CATALOG)
            claimed += call is not None
            assert call is None or not (record.get("errorCode") or record.get("readOnly"))
    assert claimed >= 80
