"""Calls and alerts lose their secrets before anything stores them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from drift_detector.catalog.load import load_catalog
from tests.drift_detector.cloudtrail import alert_of
from tfdrift.events import CloudCall, FalcoEvent
from tfdrift.records import SENSITIVE_MEMBER, hidden_hash
from tfdrift.redaction import MASK, MAX_DEPTH, Walk, keyed_hash, parse_rules, redact_call, redact_event
from tfdrift.redaction.calls import _services

SECRET = "hunter2-correct-horse"
KEY = b"a key for tests"
WALK = Walk(KEY)


def redacted(source: str, name: str, request: Any, **more: Any) -> CloudCall:
    """The call of a record, redacted."""
    record = {"eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request, **more}
    event, envelope = alert_of(record)
    assert envelope.call is not None
    return redact_call(WALK, event, CloudCall.model_validate_json(envelope.call))


def event(**fields: Any) -> FalcoEvent:
    """An alert of Falco's own."""
    found, _ = alert_of({"eventSource": "x", "eventName": "y"})
    return found.model_copy(update=fields)


@pytest.mark.parametrize(
    ("source", "name", "request_"),
    [
        ("iam", "CreateLoginProfile", {"userName": "a", "password": SECRET}),
        ("ssm", "PutParameter", {"name": "/p", "value": SECRET}),
        ("ec2", "RunInstances", {"userData": SECRET}),
        ("lambda", "UpdateFunctionConfiguration20150331v2", {"environment": {"variables": {"ANY": SECRET}}}),
        ("glue", "UpdateJob", {"jobUpdate": {"defaultArguments": {"--db_password": SECRET}}}),
        ("events", "PutTargets", {"targets": [{"input": json.dumps({"token": SECRET})}]}),
        ("rds", "ModifyDBInstance", {"masterUserPassword": SECRET}),
    ],
)
def test_a_secret_of_a_request_is_hidden(source: str, name: str, request_: Any) -> None:
    """By the operation's model, by its name, or within a text."""
    call = redacted(source, name, request_)
    assert call.request is not None
    assert SECRET not in call.encode().decode()


def test_a_hidden_value_has_the_hash_of_the_value_in_a_state() -> None:
    """So the detector can tell whether a call set what the state has."""
    call = redacted("rds", "ModifyDBInstance", {"dBInstanceIdentifier": "db", "masterUserPassword": SECRET})
    assert isinstance(call.request, dict)
    assert hidden_hash(call.request["masterUserPassword"]) == keyed_hash(KEY, SECRET)
    assert call.request["dBInstanceIdentifier"] == "db"


def test_without_a_key_a_secret_is_hidden_and_its_hash_is_empty() -> None:
    """NATS is away when ingest-falco starts, and nobody configured a key."""
    record = {"eventSource": "iam.amazonaws.com", "eventName": "CreateLoginProfile"}
    found, envelope = alert_of({**record, "requestParameters": {"password": SECRET}})
    assert envelope.call is not None
    call = redact_call(Walk(None), found, CloudCall.model_validate_json(envelope.call))
    assert isinstance(call.request, dict)
    assert hidden_hash(call.request["password"]) == ""


@pytest.mark.parametrize(
    "record",
    [
        {"eventSource": "ec2.amazonaws.com", "eventName": "ModifyInstanceAttribute", "errorCode": "Denied"},
        {"eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances", "readOnly": True},
        {"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole"},
        {"eventSource": "example.amazonaws.com", "eventName": "NoSuchOperation"},
    ],
)
def test_a_call_that_nothing_reads_has_no_request(record: dict[str, Any]) -> None:
    """It failed, only read, or is of an operation that no mapping reads."""
    content = {"requestParameters": {"harmless": SECRET}, "responseElements": {"harmless": SECRET}}
    found, envelope = alert_of({**record, **content})
    assert envelope.call is not None
    call = redact_call(WALK, found, CloudCall.model_validate_json(envelope.call))
    assert (call.request, call.response) == (None, None)


def test_what_identifies_a_resource_stays() -> None:
    """The API key of API Gateway is called as a secret is, and is an id."""
    call = redacted("apigateway", "UpdateApiKey", {"apiKey": "abc123", "patchOperations": []})
    assert call.request == {"apiKey": "abc123", "patchOperations": []}


def test_falcos_texts_keep_what_is_no_secret() -> None:
    """Only the secret itself is masked, in the output and in each field."""
    found = redact_event(
        WALK,
        event(
            output=f"Shell (command=psql postgres://app:{SECRET}@db/app)",
            output_fields={
                "proc.cmdline": f"job --password {SECRET}",
                "proc.pid": 7,
                "proc.env": f"DB_PW={SECRET} A=b",
            },
        ),
    )
    assert found.output == f"Shell (command=psql postgres://app:{MASK}@db/app)"
    assert found.output_fields == {
        "proc.cmdline": f"job --password {MASK}",
        "proc.pid": 7,
        "proc.env": f"DB_PW={MASK} A=b",
    }


def test_a_field_that_is_nested_without_end_is_masked_whole() -> None:
    """It cannot be searched, and the alert arrives all the same."""
    deep: Any = SECRET
    for _ in range(MAX_DEPTH + 2):
        deep = [deep]
    assert redact_event(WALK, event(output_fields={"json.obj": deep})).output_fields == {"json.obj": MASK}
    call = redacted("glue", "UpdateJob", {"jobUpdate": deep})
    assert (call.request, call.incomplete) == (None, True)


def test_a_number_that_json_cannot_express_is_hidden_without_a_hash() -> None:
    """It equals nothing that is recorded."""
    assert WALK.hide(2**70) == {SENSITIVE_MEMBER: ""}


def test_an_operators_rules_hold_for_calls_and_alerts() -> None:
    """A name hides a field, a pattern a whole text."""
    walk = Walk(KEY, parse_rules({"names": ["acme.*"], "patterns": ["ACME-[0-9]+"]}))
    found = redact_event(walk, event(output_fields={"acme.code": "x", "note": "see ACME-1", "other": "y"}))
    assert found.output_fields == {"acme.code": MASK, "note": MASK, "other": "y"}


def test_the_list_of_operations_is_that_of_the_mapping() -> None:
    """`make secrets` writes it after the mapping or botocore has changed."""
    listed = {f"{service}:{operation}" for service, found in _services().items() for operation in found}
    assert listed == set(load_catalog().events)
