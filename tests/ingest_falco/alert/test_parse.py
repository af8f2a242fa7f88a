"""The bodies that are Falco alerts, and the reasons against others."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_falco.alert.parse import parse_alert
from ingest_falco.errors import MalformedAlert
from ingest_falco.strict_json import MAX_DEPTH
from tests.ingest_falco.samples import body, cloud_alert, host_alert
from tfdrift.severity import Severity


def nested(levels: int) -> bytes:
    """An alert whose output fields reach that deep into the document."""
    inner = b"[" * (levels - 2) + b"]" * (levels - 2)
    return body(host_alert(output_fields={"x": 1})).replace(b'{"x":1}', b'{"x":' + inner + b"}")


def test_an_alert_of_falcos_http_output_is_read_whole() -> None:
    """Every member arrives, the time truncated to microseconds."""
    alert = parse_alert(body(host_alert()))
    assert alert.rule == "Terminal shell in container"
    assert alert.severity is Severity.CRITICAL
    assert alert.time == datetime(2025, 1, 15, 10, 0, 0, 123456, tzinfo=UTC)
    assert alert.hostname == "node-1"
    assert alert.tags == ("container", "shell")
    assert alert.uuid is None
    assert alert.fields["container.id"] == "abc123"


def test_falcosidekicks_additions_are_read_or_ignored() -> None:
    """It adds a uuid, and members of its own that are not read."""
    alert = parse_alert(body(host_alert(uuid="3f0e", customfields={"team": "a"}, templatedfields=None)))
    assert alert.uuid == "3f0e"


@pytest.mark.parametrize("name", ["hostname", "output", "output_fields", "source", "tags", "uuid"])
@pytest.mark.parametrize("sent", ["missing", "null"])
def test_what_older_versions_leave_out_is_optional(name: str, sent: str) -> None:
    """Falco can be configured to omit output, fields and tags, and early ones had no source and hostname."""
    alert = host_alert()
    alert.pop(name, None)
    parse_alert(body(alert if sent == "missing" else {**alert, name: None}))


def test_an_alert_without_a_source_is_known_by_its_fields() -> None:
    """Falco before 0.32 sent no source."""
    assert parse_alert(body(cloud_alert(source=None))).source == "aws_cloudtrail"
    assert parse_alert(body(host_alert(source=None))).source == "syscall"


MALFORMED: list[tuple[bytes, str]] = [
    (b"", "empty"),
    (b" \n", "empty"),
    (b'{"rule":"x"', "not JSON"),
    (b'{"rule":"x"} trailing', "not JSON"),
    (b'{"rule":"\xff"}', "'priority' is missing"),
    (b'{"rule":"\\ud800"}', "'priority' is missing"),
    (b"\xff\xfe", "not JSON"),
    (b'{"time":NaN}', "not JSON"),
    (b'{"time":1e999}', "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (nested(MAX_DEPTH + 1), "nested deeper"),
    (b"[]", "a list, not one alert"),
    (b"[%s]" % body(host_alert()), "a list, not one alert"),
    (b'"text"', "a string, not one alert"),
    (b"1", "a number, not one alert"),
    (b"true", "a boolean, not one alert"),
    (b"null", "null, not one alert"),
    (b"{}", "'priority' is missing"),
]


@pytest.mark.parametrize(("sent", "reason"), MALFORMED)
def test_what_is_no_alert_is_refused_with_the_reason(sent: bytes, reason: str) -> None:
    """The answer says what is invalid in the body."""
    with pytest.raises(MalformedAlert, match=reason):
        parse_alert(sent)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"priority": "Grave"}, "'Grave' is not one of Falco's priorities"),
        ({"priority": 5}, "'priority' is a number, not a string"),
        ({"rule": None}, "'rule' is missing"),
        ({"rule": ""}, "'rule' is missing"),
        ({"rule": ["x"]}, "'rule' is a list, not a string"),
        ({"output": {}}, "'output' is an object, not a string"),
        ({"time": None}, "'time' is missing"),
        ({"time": 1736935200}, "'time' is a number"),
        ({"time": "yesterday"}, "'yesterday' is not an RFC 3339 time"),
        ({"time": "2025-01-15T10:00:00"}, "is not an RFC 3339 time"),
        ({"time": "0001-01-01T00:00:00+05:00"}, "is not an RFC 3339 time"),
        ({"tags": "container"}, "'tags' is not a list of strings"),
        ({"tags": ["a", 1]}, "'tags' is not a list of strings"),
        ({"output_fields": []}, "'output_fields' is a list, not an object"),
        ({"hostname": 7}, "'hostname' is a number, not a string"),
        ({"source": True}, "'source' is a boolean, not a string"),
    ],
)
def test_a_member_of_an_invalid_type_is_named(changes: dict[str, Any], reason: str) -> None:
    """An invalid member refuses the alert, and the reason names it."""
    with pytest.raises(MalformedAlert, match=reason):
        parse_alert(body(host_alert(**changes)))


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        (b"a\xffb", "a\ufffdb"),
        (b"a\xe4\xb8b", "a\ufffd\ufffdb"),
        (b"a\xed\xa0\x80b", "a\ufffd\ufffd\ufffdb"),
        (b"a\x00\x1fb", "a\ufffd\ufffdb"),
        (b"a\\ud800b", "a\ufffdb"),
        ("aäb".encode(), "aäb"),
    ],
    ids=["one byte", "half a character", "an encoded surrogate", "control characters", "an escaped surrogate", "text"],
)
def test_what_is_no_text_is_replaced_as_go_does(sent: bytes, rule: str) -> None:
    """One U+FFFD for each byte; the alert counts all the same."""
    alert = parse_alert(body(host_alert(rule="RULE")).replace(b"RULE", sent))
    assert alert.rule == rule


def test_nesting_is_allowed_up_to_the_limit() -> None:
    """The deepest alert that everything downstream can encode is taken."""
    parse_alert(nested(MAX_DEPTH))


@given(st.one_of(st.binary(max_size=200), st.builds(lambda length: body(host_alert())[:length], st.integers(0, 400))))
def test_no_bytes_make_it_fail_otherwise(sent: bytes) -> None:
    """Any body is an alert or is malformed; another error would answer 500."""
    with suppress(MalformedAlert):
        parse_alert(sent)
