"""Azure: what the ledger says of an alert about the Activity Log, in each of the shapes that it comes in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from tests.ingest_falco.samples import body, host_alert
from tfdrift.events import Json
from tfdrift.subjects import Provider

SUBSCRIPTION = "7bfb2c5c-7308-46ed-8ae4-fffa356eb406"
NAME = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.Compute/virtualMachines/web"
OPERATION = "Microsoft.Compute/virtualMachines/write"
RESPONSE = {"name": "web", "properties": {"hardwareProfile": {"vmSize": "Standard_B2s"}}}
SCHEMAS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
CLAIMS: dict[str, Json] = {
    f"{SCHEMAS}/upn": "ann@example.com",
    f"{SCHEMAS}/name": "ann@example.com",
    "appid": PORTAL,
    "http://schemas.microsoft.com/identity/claims/objectidentifier": "object-1",
    "http://schemas.microsoft.com/identity/claims/tenantid": "tenant-1",
}


def streamed(**changes: Json) -> dict[str, Any]:
    """An entry as Azure Monitor streams it to an Event Hub."""
    return {
        "time": "2025-01-15T09:59:58.274985Z",
        "resourceId": NAME.upper(),
        "operationName": OPERATION.upper(),
        "category": "Administrative",
        "resultType": "Accept",
        "resultSignature": "Accepted.Created",
        "callerIpAddress": "198.51.100.7",
        "correlationId": "correlation-1",
        "identity": {"authorization": {"scope": NAME, "action": OPERATION}, "claims": CLAIMS},
        "level": "Information",
        "location": "global",
        "properties": {"statusCode": "Created", "responseBody": json.dumps(RESPONSE)},
        **changes,
    }


def listed(**changes: Json) -> dict[str, Any]:
    """The same entry as the REST API lists it."""
    return {
        "eventTimestamp": "2025-01-15T09:59:58.274985Z",
        "eventDataId": "entry-1",
        "correlationId": "correlation-1",
        "operationName": {"value": OPERATION, "localizedValue": "Create or Update Virtual Machine"},
        "status": {"value": "Accepted", "localizedValue": "Accepted"},
        "subStatus": {"value": "Created", "localizedValue": "Created (HTTP Status Code: 201)"},
        "resourceId": NAME,
        "subscriptionId": SUBSCRIPTION,
        "caller": "ann@example.com",
        "claims": CLAIMS,
        "httpRequest": {"clientIpAddress": "198.51.100.7", "method": "PUT"},
        "properties": {"responseBody": json.dumps(RESPONSE)},
        **changes,
    }


def flat() -> dict[str, Json]:
    """The same entry as flat fields."""
    return {
        "azure.operationName": OPERATION,
        "azure.resourceId": NAME,
        "azure.subscriptionId": SUBSCRIPTION,
        "azure.caller": "ann@example.com",
        "azure.callerIpAddress": "198.51.100.7",
        "azure.status": "Accepted",
        "azure.subStatus": "Created",
        "azure.properties": json.dumps({"responseBody": json.dumps(RESPONSE)}),
        "json.value[/eventTimestamp]": "2025-01-15T09:59:58.274985Z",
    }


def normalised(fields: dict[str, Any], source: str = "azure_platformlogs") -> Normalised:
    return normalise(parse_alert(body(host_alert(source=source, output_fields=fields))))


def of_entry(**changes: Json) -> Normalised:
    return normalised({"json.obj": json.dumps(streamed(**changes))})


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        pytest.param({"json.obj": json.dumps(streamed())}, "azure_platformlogs", id="streamed"),
        pytest.param({"jevt.obj": json.dumps(listed())}, "azure_activitylog", id="listed"),
        pytest.param(flat(), "azureaudit", id="flat fields"),
    ],
)
def test_an_operation_is_told_in_full(fields: dict[str, Json], source: str) -> None:
    """The same entry makes the same event, whichever way it is sent."""
    result = normalised(fields, source)
    event = result.event
    assert str(event.subject()) == "tfdrift.falco.critical.azure.microsoft_compute"
    assert (event.provider, event.service) == (Provider.AZURE, "microsoft.compute")
    assert event.event_name is not None
    assert event.event_name.lower() == OPERATION.lower()
    assert (event.account_id, event.source_ip) == (SUBSCRIPTION, "198.51.100.7")
    assert (event.error_code, event.read_only) == (None, False)
    assert event.timestamp == datetime(2025, 1, 15, 9, 59, 58, 274985, tzinfo=UTC)
    assert [(one.arn or "").lower() for one in event.resources] == [NAME.lower()]
    assert event.user_identity is not None
    assert event.user_identity.user_name == "ann@example.com"
    assert result.call is not None
    assert (result.call.event_source, result.call.event_type) == ("microsoft.compute", "AcceptedCreated")
    assert result.call.request == RESPONSE


def test_the_entries_of_an_operation_are_events_of_their_own() -> None:
    """They share the operation's id; the start must not hide the outcome. The same entry again is the same event."""
    start, accepted = of_entry(resultType="Start", resultSignature="Started."), of_entry()
    assert start.message_id != accepted.message_id == of_entry().message_id
    assert start.call is not None
    assert accepted.call is not None
    assert start.call.operation == accepted.call.operation is not None


def test_the_resources_of_one_deployment_are_events_of_their_own() -> None:
    """All operations of a deployment share its id."""
    one, other = of_entry(), of_entry(resourceId=NAME.replace("web", "db"))
    assert one.message_id != other.message_id
    assert one.call is not None
    assert other.call is not None
    assert one.call.operation != other.call.operation


@pytest.mark.parametrize(
    ("result", "signature", "phase", "error"),
    [
        ("Start", "Started.", "Started", None),
        ("Success", "Succeeded.OK", "Succeeded", None),
        ("Succeeded", "", "Succeeded", None),
        ("Failure", "Failed.Conflict", "Failed", "Failed.Conflict"),
        ("Failed", "", "Failed", "Failed"),
        ("", "", None, None),
    ],
)
def test_how_an_operation_goes_on(result: str, signature: str, phase: str | None, error: str | None) -> None:
    """The streamed log and the REST API have different words for it."""
    found = of_entry(resultType=result, resultSignature=signature, properties={})
    assert found.call is not None
    assert (found.call.event_type, found.event.error_code) == (phase, error)


@pytest.mark.parametrize(
    ("claims", "kind", "name", "via"),
    [
        ({f"{SCHEMAS}/name": " live.com#ann@example.com"}, "User", "ann@example.com", "unknown"),
        pytest.param(CLAIMS, "User", "ann@example.com", "console", id="a person in the portal"),
        pytest.param(
            {**CLAIMS, "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46"}, "User", "ann@example.com", "cli", id="the CLI"
        ),
        pytest.param({**CLAIMS, "appid": "other"}, "User", "ann@example.com", "unknown", id="another client"),
        pytest.param(
            {"appid": "app-1", "http://schemas.microsoft.com/identity/claims/objectidentifier": "object-2"},
            "ServicePrincipal",
            "app-1",
            "sdk",
            id="an application",
        ),
    ],
)
def test_the_person_behind_an_operation(claims: dict[str, Json], kind: str, name: str, via: str) -> None:
    """The token's claims name the person and the client of Microsoft that they used."""
    identity = of_entry(identity={"claims": claims}).event.user_identity
    assert identity is not None
    assert (identity.type, identity.user_name, identity.via) == (kind, name, via)


def test_nobody_is_nobody() -> None:
    """An entry without claims names no person."""
    assert of_entry(identity={}).event.user_identity is None


@pytest.mark.parametrize(
    ("properties", "request_body", "undecodable"),
    [
        ({"requestbody": json.dumps({"a": 1})}, {"a": 1}, ()),
        ({"responseBody": json.dumps(RESPONSE), "requestbody": "{}"}, RESPONSE, ()),
        ({"responseBody": '{"truncated":'}, None, ("response",)),
        ({}, None, ()),
    ],
)
def test_the_answer_goes_before_the_request(
    properties: dict[str, Json], request_body: Json, undecodable: tuple[str, ...]
) -> None:
    """The answer goes before the request; a truncated body is named."""
    result = of_entry(properties=properties)
    assert result.call is not None
    assert (result.call.request, tuple(gap.part for gap in result.gaps)) == (request_body, undecodable)


def test_an_alert_that_names_no_operation_passes_with_its_fields() -> None:
    """Sign-ins and health events have names of another kind."""
    fields = {"json.value[/operationName]": "Sign-in activity"}
    assert normalised(fields).event.output_fields == fields
