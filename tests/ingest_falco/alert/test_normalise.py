"""The ledger message of an alert, and its id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_falco.alert.message import MAX_MESSAGE_BYTES, LedgerMessage, build_message
from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.clouds.aws.cloudtrail import read_call
from ingest_falco.clouds.part import Reason
from ingest_falco.errors import AlertTooLarge
from tests.ingest_falco.samples import body, cloud_alert, cloud_fields, host_alert
from tfdrift.envelope import CALL, TRACEPARENT, parse_headers
from tfdrift.events import CloudCall, CloudResource, FalcoEvent, Json, Via
from tfdrift.subjects import Provider

NOW = datetime(2025, 1, 15, 10, 5, tzinfo=UTC)


def normalised(alert: dict[str, Any]) -> Normalised:
    return normalise(parse_alert(body(alert)))


def message(alert: dict[str, Any], traceparent: str | None = None) -> LedgerMessage:
    return build_message(normalised(alert), received=NOW, traceparent=traceparent)


def test_a_cloud_call_is_reported_in_full() -> None:
    """Every field of wire.md for a cloud call, and the call itself for the detector alone."""
    result = normalised(cloud_alert())
    event = result.event
    assert str(event.subject()) == "tfdrift.falco.low.aws.ec2"
    assert (event.provider, event.service, event.event_name) == (Provider.AWS, "ec2", "ModifyInstanceAttribute")
    assert (event.account_id, event.region, event.source_ip) == ("123456789012", "eu-central-1", "198.51.100.7")
    assert event.timestamp == result.occurred == datetime(2025, 1, 15, 10, tzinfo=UTC)
    assert event.read_only is False
    assert event.error_code is None
    assert event.output_fields is None
    assert event.user_identity is not None
    assert (event.user_identity.user_name, event.user_identity.via) == ("ann", Via.CLI)
    assert result.call == CloudCall(
        event_source="ec2.amazonaws.com",
        event_type="AwsApiCall",
        request={"instanceId": "i-0abc", "instanceType": {"value": "m5.large"}},
        response={"_return": True},
    )


@pytest.mark.parametrize(
    ("source", "provider"),
    [
        ("syscall", Provider.HOST),
        ("syscalls", Provider.HOST),
        ("k8s_audit", Provider.KUBERNETES),
        ("k8s_audit_eks", Provider.KUBERNETES),
        ("gcp_auditlog", Provider.GCP),
        ("azure_platformlogs", Provider.AZURE),
        ("okta", Provider.OTHER),
        ("github", Provider.OTHER),
    ],
)
def test_other_sources_pass_with_their_fields(source: str, provider: Provider) -> None:
    """Their output fields reach the client as they came, and the source stands in the subject."""
    event = normalised(host_alert(source=source)).event
    assert str(event.subject()) == f"tfdrift.falco.critical.{provider}.{source}"
    assert event.container_id == "abc123"
    assert event.output_fields == host_alert()["output_fields"]
    assert event.user_identity is None


@pytest.mark.parametrize("container_id", ["host", "<NA>", "", None])
def test_the_host_is_no_container(container_id: str | None) -> None:
    """Falco writes the host where a container would stand."""
    assert normalised(host_alert(output_fields={"container.id": container_id})).event.container_id is None


def test_a_cloud_alert_without_any_field_still_arrives() -> None:
    """A rule that names no field makes a poor alert, but an alert."""
    result = normalised(cloud_alert(fields={}))
    assert result.event.provider is Provider.AWS
    assert result.event.timestamp == datetime(2025, 1, 15, 10, 0, 5, 123456, tzinfo=UTC)
    assert result.call is None
    assert str(result.event.subject()) == "tfdrift.falco.low.aws.aws_cloudtrail"


@pytest.mark.parametrize(
    ("changes", "request_value", "undecodable"),
    [
        ({"request": "null"}, None, ()),
        ({"request": None}, None, ()),
        ({"request": "<NA>"}, None, ()),
        ({"request": '{"a":'}, None, ("request",)),
        ({"request": '{"a":NaN}'}, None, ("request",)),
        ({"request": "[" * 100 + "]" * 100}, None, ("request",)),
        ({"request": {"a": 1}}, {"a": 1}, ()),
        ({"request": "{}", "response": "oops", "resources": "{"}, {}, ("response", "resources")),
    ],
)
def test_a_part_that_cannot_be_read_costs_only_itself(
    changes: dict[str, Json], request_value: Json, undecodable: tuple[str, ...]
) -> None:
    """Absent is not unreadable; the unreadable part is named and the rest of the call stays."""
    call = read_call(cloud_fields(**changes))
    assert call.detail is not None
    assert call.detail.request == request_value
    assert tuple(gap.part for gap in call.gaps if gap.reason is Reason.UNDECODABLE) == undecodable
    assert call.event_name == "ModifyInstanceAttribute"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (None, ()),
        ("", ()),
        (
            '{"ARN":"arn:aws:s3:::b","accountId":"1","type":"AWS::S3::Bucket"},{"ARNPrefix":"arn:aws:s3:::b/"}',
            (
                CloudResource(arn="arn:aws:s3:::b", type="AWS::S3::Bucket", account_id="1"),
                CloudResource(arn="arn:aws:s3:::b/"),
            ),
        ),
        ('[{"ARN":"arn:aws:s3:::b"}]', (CloudResource(arn="arn:aws:s3:::b"),)),
        ('"text",1', ()),
    ],
)
def test_resources_are_objects_joined_by_commas(resources: str | None, expected: tuple[CloudResource, ...]) -> None:
    """The plugin writes them without brackets."""
    assert read_call(cloud_fields(resources=resources)).resources == expected


@pytest.mark.parametrize(
    ("sent", "expected"), [("true", True), ("false", False), (True, True), (False, False), (None, None), ("x", None)]
)
def test_read_only_is_a_word_or_a_boolean(sent: Json, expected: bool | None) -> None:
    """The plugin sends the word; null is unknown, not false."""
    assert read_call(cloud_fields(readonly=sent)).read_only is expected


def test_a_call_with_only_an_errors_message_failed() -> None:
    """A failed sign-in has no code."""
    call = read_call(cloud_fields(name="ConsoleLogin", error=None, errormessage="Failed authentication"))
    assert call.error_code == "Failed authentication"
    assert read_call(cloud_fields(error="AccessDenied", errormessage="no")).error_code == "AccessDenied"


def test_the_service_and_its_endpoint_stand_in_for_each_other() -> None:
    """A rule may name either field."""
    by_endpoint = read_call(cloud_fields(shortsrc=None))
    by_service = read_call(cloud_fields(src=None))
    assert by_endpoint.service == by_service.service == "ec2"
    assert by_service.detail is not None
    assert by_service.detail.event_source == "ec2.amazonaws.com"


def test_the_account_is_the_one_whose_trail_has_the_call() -> None:
    """A caller of another account changes things here: the resource's account is the recipient."""
    changes = {"recipientaccountid": "222222222222"}
    event = normalised(cloud_alert(cloud_fields(**changes))).event
    assert event.account_id == "222222222222"
    assert event.user_identity is not None
    assert event.user_identity.account_id == "123456789012"
    assert read_call(cloud_fields(recipientaccountid=None)).account_id == "123456789012"


def test_the_clouds_event_id_is_the_identity_of_a_cloud_alert() -> None:
    """falcosidekick makes a uuid at each receipt, so the same call has many; the rule distinguishes alerts."""
    first = normalised(cloud_alert(uuid="1"))
    again = normalised(cloud_alert(uuid="2", time="2025-01-15T10:09:00Z", output="sent again"))
    other_rule = normalised(cloud_alert(uuid="1", rule="Another rule"))
    other_call = normalised(cloud_alert(cloud_fields(id="another"), uuid="1"))
    assert first.message_id == again.message_id
    assert len({first.message_id, other_rule.message_id, other_call.message_id}) == 3


def test_other_alerts_are_known_by_their_uuid_or_their_content() -> None:
    """Falco sends no uuid, so the same content is the same alert, in whatever order its members stand."""
    alert = host_alert()
    backwards = dict(reversed(alert.items()))
    assert normalised(alert) == normalised(backwards)
    assert normalised(alert).message_id != normalised(host_alert(hostname="node-2")).message_id
    assert normalised(host_alert(uuid="a")).message_id == normalised(host_alert(uuid="a", tags=[])).message_id
    assert normalised(alert).event.uuid == normalised(alert).event.uuid != ""


def test_the_trace_of_the_request_goes_along_when_it_is_one() -> None:
    """W3C Trace Context or nothing."""
    valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert message(host_alert(), valid).headers[TRACEPARENT] == valid
    assert TRACEPARENT not in message(host_alert(), "00-zz\r\nX: 1").headers


def test_a_call_too_large_for_the_ledger_loses_its_response_then_its_request() -> None:
    """The alert arrives whatever its call weighs, and names the omitted parts."""
    heavy = f'{{"value":"{"ä" * 120_000}"}}'  # each of these takes four bytes in a header
    lost_response = message(cloud_alert(cloud_fields(request=heavy, response=heavy + " " * 200_000)))
    assert lost_response.omitted == ()
    lost_response = message(cloud_alert(cloud_fields(request=heavy, response=f'["{"ä" * 200_000}"]')))
    lost_both = message(cloud_alert(cloud_fields(request=f'["{"ä" * 300_000}"]', response="{}")))
    assert lost_response.omitted == ("response",)
    assert lost_both.omitted == ("request", "response")
    for small in (lost_response, lost_both):
        assert small.size_bytes <= MAX_MESSAGE_BYTES
        assert FalcoEvent.model_validate_json(small.payload).event_name == "ModifyInstanceAttribute"
    envelope_call = parse_headers(lost_response.headers).call
    assert envelope_call is not None
    assert len(CloudCall.model_validate_json(envelope_call).request["value"]) == 120_000


def test_an_alert_that_cannot_fit_is_too_large() -> None:
    """Numbers can take more room than they came in."""
    fields = {"n": [1e15] * 80_000}
    compact = body(host_alert(output_fields=fields)).replace(b"1000000000000000.0", b"1e15")
    assert len(compact) < 768 * 1024
    with pytest.raises(AlertTooLarge, match="bytes"):
        build_message(normalise(parse_alert(compact)), received=NOW, traceparent=None)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    fields=st.dictionaries(st.sampled_from(sorted(cloud_fields())), _json), host=st.booleans(), rule=st.text(min_size=1)
)
def test_any_fields_make_a_message_that_reads_back(fields: dict[str, Json], host: bool, rule: str) -> None:
    """With any value in any field, the message follows the ledger's grammar and its readers understand it."""
    try:
        sent = body((host_alert if host else cloud_alert)(output_fields=fields, rule=rule))
    except TypeError:  # a lone surrogate is no JSON, so nobody can send it
        return
    result = normalise(parse_alert(sent))
    built = build_message(result, received=NOW, traceparent=None)
    assert FalcoEvent.model_validate_json(built.payload) == result.event
    assert b"\n" not in built.payload
    assert all(value.isascii() and "\n" not in value and "\r" not in value for value in built.headers.values())
    assert (CALL in built.headers) == (result.call is not None)
    if result.call is not None:
        call = parse_headers(built.headers).call
        assert call is not None
        assert CloudCall.model_validate_json(call) == result.call
