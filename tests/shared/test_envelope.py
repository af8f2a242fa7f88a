"""The headers of a message of the ledger."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfdrift.bus import Bus, NatsOptions, Retention
from tfdrift.envelope import (
    Envelope,
    canonical_json,
    header_text,
    parse_header_text,
    parse_headers,
    parse_rfc3339,
    rfc3339,
)

RECEIVED = datetime(2025, 1, 15, 10, 0, 0, 123456, tzinfo=UTC)
OFFSETS = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
MOMENTS = st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30), timezones=OFFSETS)
ENVELOPES = st.builds(
    Envelope,
    message_id=st.text(),
    received=MOMENTS,
    occurred=st.none() | MOMENTS,
    workspace=st.none() | st.text(),
    traceparent=st.none() | st.text(min_size=1),
    call=st.none() | st.text(min_size=1).map(str.encode),
)

AWKWARD = [
    "",
    " ",
    " at both ends ",
    "\\",
    "\\n is not a line break",
    "a\r\nTfdrift-Injected: yes",
    "\x00\x1f\x7f\x85",
    "\u2028\u2029",
    "Zoë/日本/😀",
    "\t",
    ":",
    "\\x20",
]


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_survives_as_one_ascii_line(text: str) -> None:
    """Any text, lone surrogates included, becomes printable ASCII and is read back."""
    value = header_text(text)
    assert re.fullmatch(r"[ -~]*", value)
    assert value == value.strip()
    assert parse_header_text(value) == text


@given(ENVELOPES)
def test_an_envelope_is_read_back(envelope: Envelope) -> None:
    """The next service reads what the one before wrote."""
    assert parse_headers(envelope.headers()) == envelope


async def test_awkward_texts_pass_through_a_real_server(nats_url: str) -> None:
    """Line breaks and white space at the ends are neither lost nor taken for headers."""
    bus = Bus(NatsOptions((nats_url,), "test"), Retention(1, 64 * 1024**2, 1))
    await bus.open()
    try:
        for number, text in enumerate(AWKWARD, start=1):
            sent = Envelope(f"{number}{text}", RECEIVED, workspace=text, call=f"{{{text}}}".encode())
            await bus.publish("tfdrift.falco.low.aws.ec2", b"{}", sent.headers())
            message = await bus.get_message("TFDRIFT", number)
            assert message is not None
            assert parse_headers(message.headers) == sent
            assert "Tfdrift-Injected" not in message.headers
    finally:
        await bus.close()


@pytest.mark.parametrize("headers", [None, {}, {"Nats-Msg-Id": "a"}, {"Tfdrift-Received": rfc3339(RECEIVED)}])
def test_a_missing_header_is_named(headers: dict[str, str] | None) -> None:
    """The error names the header that somebody else's message lacks."""
    with pytest.raises(ValueError, match=r"has no (Nats-Msg-Id|Tfdrift-Received)"):
        parse_headers(headers)


@pytest.mark.parametrize(
    ("name", "value"), [("Tfdrift-Received", "yesterday"), ("Tfdrift-Occurred", "2025-01-15"), ("Nats-Msg-Id", "\\x2")]
)
def test_a_malformed_header_is_a_value_error(name: str, value: str) -> None:
    """Every malformed message raises the same error."""
    with pytest.raises(ValueError, match=r".+"):
        parse_headers({"Nats-Msg-Id": "a", "Tfdrift-Received": rfc3339(RECEIVED), name: value})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-15T10:00:00Z", datetime(2025, 1, 15, 10, tzinfo=UTC)),
        ("2025-01-15t10:00:00z", datetime(2025, 1, 15, 10, tzinfo=UTC)),
        ("2025-01-15 10:00:00Z", datetime(2025, 1, 15, 10, tzinfo=UTC)),
        ("2025-01-15T10:00:00.5Z", datetime(2025, 1, 15, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2025-01-15T10:00:00.123456789Z", datetime(2025, 1, 15, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2025-01-15T10:00:00.999999999+09:00", datetime(2025, 1, 15, 1, 0, 0, 999_999, tzinfo=UTC)),
        ("2025-01-14T18:30:00-15:30", datetime(2025, 1, 15, 10, tzinfo=UTC)),
        ("2025-01-15T10:00:00-00:00", datetime(2025, 1, 15, 10, tzinfo=UTC)),
    ],
)
def test_every_form_of_rfc_3339_is_read_as_utc(text: str, moment: datetime) -> None:
    """Falco writes nanoseconds, others offsets; digits beyond microseconds are truncated."""
    assert parse_rfc3339(text) == moment
    assert parse_rfc3339(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-01-15",
        "2025-01-15T10:00Z",
        "2025-01-15T10:00:00",
        "2025-W03-3T10:00:00Z",
        "20250115T100000Z",
        "2025-02-30T10:00:00Z",
        "2025-01-15T25:00:00Z",
        "2025-01-15T10:00:00+25:00",
        "2025-01-15T10:00:00.Z",
        "2025-01-15T10:00:00Z\n",
        "٢٠٢٥-01-15T10:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_time_of_another_form_is_a_value_error(text: str) -> None:
    """Other forms of ISO 8601 and times beyond Python's calendar raise ValueError and nothing else."""
    with pytest.raises(ValueError, match=r".+"):
        parse_rfc3339(text)


@given(MOMENTS)
def test_a_moment_is_written_in_utc_with_microseconds(moment: datetime) -> None:
    """One form for all times, so that they sort as text."""
    text = rfc3339(moment)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text)
    assert parse_rfc3339(text) == moment


def test_equal_values_have_equal_canonical_bytes() -> None:
    """The order of an object's members does not matter."""
    assert canonical_json({"b": [1, None], "a": "ü"}) == canonical_json({"a": "ü", "b": [1, None]})
    assert canonical_json({"b": [1, None], "a": "ü"}) == '{"a":"ü","b":[1,null]}'.encode()
