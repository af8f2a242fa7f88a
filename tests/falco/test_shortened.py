"""Alerts that lost a part on the way: what can be read counts, and an incomplete one never hides a complete one."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.clouds.partial_json import is_shortened, parse_prefix, repaired
from ingest_falco.conditions import Condition
from tests.falco.sidekick import forwarded
from tests.ingest_falco.samples import body, cloud_alert, cloud_fields, host_alert
from tests.ingest_falco.service import running
from tfdrift.envelope import parse_headers
from tfdrift.events import TRUNCATED, CloudCall

USER_DATA = "IyEvYmluL2Jhc2gK" * 400
REQUEST = {"instanceId": "i-0abc", "instanceType": {"value": "m5.large"}, "userData": {"value": USER_DATA}}


def read(sent: bytes) -> Normalised:
    return normalise(parse_alert(sent))


def large(**changes: Any) -> dict[str, Any]:
    """An alert of more than 4,096 bytes, whose request has the resource first."""
    return cloud_alert(cloud_fields(request=json.dumps(REQUEST, separators=(",", ":")), **changes))


def test_the_readable_prefix_still_names_the_resource() -> None:
    """The call says that it is incomplete, and why."""
    result = read(forwarded(large()))
    assert result.call is not None
    assert result.call.request == {
        "instanceId": "i-0abc",
        "instanceType": {"value": "m5.large"},
        "userData": {"value": TRUNCATED},
    }
    assert result.call.incomplete
    assert "falcosidekick shortened ct.request" in (result.call.detail or "")
    whole = read(body(large()))
    assert whole.call is not None
    assert (whole.call.incomplete, whole.call.detail) == (False, None)


def test_a_small_alert_is_sent_whole() -> None:
    """Only alerts over 4,096 bytes are shortened."""
    result = read(forwarded(cloud_alert()))
    assert result.gaps == ()
    assert result.event.uuid == "3f0e"


@pytest.mark.parametrize(
    "text", ["x" * 600, "ä" * 400, "x" + "ä" * 400, "€" * 400, "x" + "€" * 300, "😀" * 200, "xx😀" * 99]
)
def test_each_shortened_text_is_recognised(text: str) -> None:
    """Whatever character the 507th byte belongs to."""
    alert = host_alert(output_fields={"proc.cmdline": text, "padding": "x" * 4096})
    (cut, _) = json.loads(forwarded(alert))["output_fields"].values()
    assert is_shortened(cut)


@pytest.mark.parametrize("text", ["[...]", "x" * 507, "x" * 506 + "[...]", "x" * 508 + "[...]", "x" * 512, ""])
def test_no_other_text_is_taken_for_a_shortened_one(text: str) -> None:
    """A text may end so by itself; only at 512 bytes it is falcosidekick's."""
    assert not is_shortened(text)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=25,
)


def within(part: Any, whole: Any) -> bool:
    """Whether all that is in `part` is in `whole` too, in its place."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and within(value, whole[name]) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(itertools.starmap(within, zip(part, whole, strict=False)))
    return bool(part == whole)


def without_marks(value: Any) -> Any:
    """The value without what stands for a truncated end."""
    if isinstance(value, dict):
        return {name: without_marks(inner) for name, inner in value.items() if TRUNCATED not in (name, inner)}
    return [without_marks(inner) for inner in value if inner != TRUNCATED] if isinstance(value, list) else value


@given(st.dictionaries(st.text(max_size=8), _json, max_size=5), st.data())
def test_a_prefix_has_nothing_that_the_whole_has_not(value: dict[str, Any], data: st.DataObject) -> None:
    """Wherever it ends: no truncated text or number is taken for a whole one."""
    text = json.dumps(value)
    shortened = text[: data.draw(st.integers(0, len(text)))] + "[...]"
    found = parse_prefix(shortened)
    assert found is None or within(found, value)
    assert found is None or within(found, without_marks(parse_prefix(shortened, marked=True)))


@pytest.mark.parametrize(
    ("changes", "request_value", "said"),
    [
        ({"request": None}, None, "Falco sends no ct.request"),
        ({"request": '{"omitted":true,"originalSize":120000,"reason":"x"}'}, None, "CloudTrail omitted ct.request"),
        ({"request": r'{"instanceId":"i-1","name":"\ud800"}'}, {"instanceId": "i-1", "name": "�"}, "no text"),
        ({"request": '{"instanceId":"i-1","name":"a\x00b"}'}, {"instanceId": "i-1", "name": "a�b"}, "no text"),
        ({"request": '{"instanceId":'}, None, "ct.request is no JSON"),
    ],
    ids=["null", "omitted", "lone surrogate", "NUL", "truncated in another member"],
)
def test_each_kind_of_gap_is_said(changes: dict[str, Any], request_value: Any, said: str) -> None:
    """The rest of the call counts, and the call is incomplete."""
    call = read(body(cloud_alert(cloud_fields(**changes)))).call
    assert call is not None
    assert call.request == request_value
    assert call.incomplete
    assert said in (call.detail or "")


@pytest.mark.parametrize(
    "changes",
    [
        {"request": "null"},
        {"request": None, "readonly": "true"},
        {"request": None, "eventtype": "AwsServiceEvent"},
        {"request": r'{"name":"\ud83d\ude00 \\ud800 \u0000"}'},
    ],
    ids=["no parameters", "read only", "a service's event", "pairs, escapes and escaped NUL"],
)
def test_a_whole_call_is_not_called_incomplete(changes: dict[str, Any]) -> None:
    """A request without parameters is the text null."""
    assert read(body(cloud_alert(cloud_fields(**changes)))).gaps == ()


def test_repairing_leaves_what_is_text() -> None:
    """A pair of surrogates is one character, and an escaped backslash begins no escape."""
    assert repaired(r'"\ud83d\ude00 \\ud800 \\\ud800"') == r'"\ud83d\ude00 \\ud800 \\�"'


def test_renamed_brackets_are_read() -> None:
    """falcosidekick's `bracketreplacer` renames json.value[/insertId]."""
    fields = {
        "json.value[/insertId]": "a1",
        "json.value[/protoPayload/methodName]": "v1.compute.instances.setTags",
        "json.value[/protoPayload/serviceName]": "compute.googleapis.com",
    }
    alert = host_alert(source="gcp_auditlog", output_fields=fields)
    assert read(forwarded(alert, bracket_replacer="_")).event.event_id == "a1"
    assert read(forwarded(alert)).event.event_id == "a1"


ARRIVALS = {
    "whole": body(large()),
    "shortened": forwarded(large()),
    "without a request": body(cloud_alert(cloud_fields(request=None))),
}


@pytest.mark.parametrize("order", list(itertools.permutations(ARRIVALS)))
async def test_an_alert_that_has_more_is_stored_later_too(
    nats_url: str, tmp_path: Path, order: tuple[str, ...]
) -> None:
    """Each has a message of its own on the ledger, marked by what it lacks; the same again is a duplicate."""
    async with running(nats_url, tmp_path) as service:
        for name in (*order, *order):
            assert (await service.post(ARRIVALS[name]))[0] == 200
        calls = [parse_headers(message.headers).call for message in await service.ledger()]
        found = [CloudCall.model_validate_json(call) for call in calls if call is not None]
        assert [call.incomplete for call in found] == [name != "whole" for name in order]
        assert "shortens" in service.runtime.readiness.details[Condition.SHORTENED]
        assert (REGISTRY.get_sample_value("tfdrift_falco_shortened_total") or 0) >= 1
