"""The payloads, as clients receive them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from tests.shared.samples import ATTRIBUTION, MOMENT, OBSERVED, SAMPLES, STATE_CHANGE, drift, falco
from tfdrift.events import CloudCall, Drift, Event, FalcoEvent, UserIdentity, Via
from tfdrift.subjects import parse

# The contract: the fields of the user's own document, then the additions.
SEED_FIELDS = {
    "falco": "severity rule output container_id",
    "drift": "severity resource_type resource_id old_value new_value user_identity timestamp",
    "state_change": "resource action serial",
    "attribution": "state_change_id resource serial workspace",
}
FIELDS = {
    "falco": "priority source hostname tags timestamp uuid event_id event_name provider service account_id region "
    "user_identity source_ip user_agent error_code read_only resources output_fields",
    "drift": "id status resolution kind attribute address resource_name workspace provider account_id region event_id "
    "event_name source_ip user_agent matched_rules detected_at history value_unknown detail",
    "state_change": "lineage workspace resource_type resource_id provider changes terraform_version timestamp",
    "attribution": "actors timestamp",
}
SUBJECTS = [
    "tfdrift.falco.critical.aws.ec2",
    "tfdrift.drift.high.aws.aws_instance",
    "tfdrift.state_change.info.aws.aws_iam_policy",
    "tfdrift.state_change.info.aws.workspace",
    "tfdrift.attribution.info.aws.aws_iam_policy",
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def refuse(word: str) -> None:
    """Refuse NaN, Infinity and -Infinity, which Python's parser accepts and JSON does not have."""
    raise AssertionError(f"{word} is not JSON")


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_the_seeds_fields_come_first(event: Event) -> None:
    """The fields of the user's document come first and in their order, and every field of the contract exists."""
    names = list(json.loads(event.encode()))
    seed = SEED_FIELDS[event.event].split()
    assert names[: len(seed)] == seed
    assert set(FIELDS[event.event].split()) <= set(names)


def test_an_identity_has_the_contracts_fields() -> None:
    """The three fields of the user's document come first."""
    names = list(json.loads(UserIdentity(via=Via.CLI).encode()))
    assert names == ["type", "user_name", "arn", "principal_id", "account_id", "session_name", "via"]


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_a_payload_is_compact_and_reads_back(event: Event) -> None:
    """The payload is the SSE data: without needless spaces, and without loss."""
    payload = event.encode()
    assert orjson.dumps(orjson.loads(payload)) == payload
    assert type(event).model_validate_json(payload) == event


@pytest.mark.parametrize(("event", "subject"), [*zip(SAMPLES, SUBJECTS, strict=True)], ids=SUBJECTS)
def test_a_payload_knows_its_subject(event: Event, subject: str) -> None:
    """The subject follows from the payload alone."""
    assert event.subject() == parse(subject)


def test_an_alert_of_another_source_is_published_under_that_source() -> None:
    """The kind is the cloud service, or Falco's source where there is none."""
    alert = falco().model_copy(update={"service": None, "source": "K8s Audit"})
    assert str(alert.subject()) == "tfdrift.falco.critical.aws.k8s_audit"


@given(JSON)
def test_any_value_is_one_line_of_json(value: object) -> None:
    """Any value of a cloud or a provider becomes valid UTF-8 and JSON on one line."""
    payload = drift(value, {"inside": value}).encode()
    assert b"\n" not in payload
    assert b"\r" not in payload
    json.loads(payload.decode("utf-8"), parse_constant=refuse)


@pytest.mark.parametrize("text", ["a\nb\r\nc\rd", "\u2028\u2029\x85", "\0\x1f\x7f", 'quote " and \\', "日本 😀", ""])
def test_text_survives_byte_for_byte(text: str) -> None:
    """Line breaks are escaped; U+2028 may stay, since it does not end a line of SSE."""
    payload = falco(output=text, output_fields={text: text}).encode()
    assert b"\n" not in payload
    assert b"\r" not in payload
    assert json.loads(payload)["output"] == text
    assert json.loads(payload)["output_fields"] == {text: text}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_lacks_become_null(number: float) -> None:
    """A client's JSON.parse never meets NaN."""
    data = json.loads(drift(number, [number, {"deep": number}]).encode(), parse_constant=refuse)
    assert (data["old_value"], data["new_value"]) == (None, [None, {"deep": None}])


def test_a_large_integer_keeps_its_digits() -> None:
    """Terraform's numbers are of any size."""
    assert json.loads(drift(2**80, -(2**63)).encode())["old_value"] == 2**80


@pytest.mark.parametrize("event", [falco(output="\ud800"), drift("\udfff"), drift(None, ["\ud800"])])
def test_a_lone_surrogate_never_reaches_the_ledger(event: Event) -> None:
    """It has no UTF-8 form, so the error is raised before anything is published."""
    with pytest.raises(PydanticSerializationError):
        event.encode()


def test_a_lone_surrogate_in_a_name_is_replaced() -> None:
    """The payload stays valid UTF-8."""
    data = json.loads(falco(output_fields={"\ud800": 1}).encode().decode("utf-8"))
    assert list(data["output_fields"].values()) == [1]


def test_fields_of_a_newer_writer_are_ignored() -> None:
    """Services are upgraded one by one."""
    data = json.loads(drift().encode())
    data["from_the_future"] = 1
    data["user_identity"]["from_the_future"] = {"a": []}
    assert Drift.model_validate_json(json.dumps(data)) == drift()


def test_a_payload_cannot_be_changed() -> None:
    """Facts are frozen."""
    with pytest.raises(ValidationError):
        STATE_CHANGE.serial = 44  # type: ignore[misc]


def test_times_are_written_in_utc() -> None:
    """A time with an offset is converted; one without is refused, since it is ambiguous."""
    tokyo = MOMENT.astimezone(timezone(timedelta(hours=9)))
    event = FalcoEvent.model_validate({**falco().model_dump(), "timestamp": tokyo})
    assert json.loads(event.encode())["timestamp"] == "2025-01-15T10:00:00.000000Z"
    with pytest.raises(ValidationError, match="timezone"):
        FalcoEvent.model_validate({**falco().model_dump(), "timestamp": datetime(2025, 1, 15)})


def test_a_workspace_seen_for_the_first_time_names_no_resource() -> None:
    """One event with the count represents all of its resources."""
    data = json.loads(OBSERVED.encode())
    assert (data["action"], data["resource"], data["resource_count"]) == ("observed", None, 9)


def test_an_attribution_names_its_actors() -> None:
    """Each actor is a person, their call, and whether it was sanctioned."""
    (actor,) = json.loads(ATTRIBUTION.encode())["actors"]
    assert list(actor) == ["user_identity", "event_id", "event_name", "timestamp", "sanctioned"]


def test_a_cloud_call_is_read_back() -> None:
    """The detector sees what the cloud logged, and null differs from empty."""
    call = CloudCall(event_source="ec2.amazonaws.com", request={"a": [None, {}, ""], "b": 1.5}, response=None)
    assert CloudCall.model_validate_json(call.encode()) == call
