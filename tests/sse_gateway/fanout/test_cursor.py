"""Ids, and how a client goes on from one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_gateway.fanout.cursor import (
    Cursor,
    ResetReason,
    Resume,
    Span,
    decode_token,
    encode_token,
    epoch_token,
    parse_cursor,
    resume,
)

SPAN = Span("abc", oldest=10, last=20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc-9", Resume(9)),
        ("abc-15", Resume(15)),
        ("abc-20", Resume(20)),
        ("abc-8", Resume(9, ResetReason.EXPIRED)),
        ("abc-0", Resume(9, ResetReason.EXPIRED)),
        ("abc-21", Resume(9, ResetReason.INVALID)),
        ("abc-18446744073709551616", Resume(9, ResetReason.INVALID)),
        ("abd-15", Resume(9, ResetReason.EPOCH)),
        ("15", Resume(9, ResetReason.INVALID)),
        ("abc-", Resume(9, ResetReason.INVALID)),
        ("abc--1", Resume(9, ResetReason.INVALID)),
        ("abc-1.5", Resume(9, ResetReason.INVALID)),
        ("abc-١٥", Resume(9, ResetReason.INVALID)),
        ("abc-15\n", Resume(15)),
        ("☃", Resume(9, ResetReason.INVALID)),
    ],
)
def test_a_client_goes_on_behind_its_id_or_is_reset(text: str, expected: Resume) -> None:
    """Whatever the id, the client gets every later event that the ledger still has."""
    assert resume(parse_cursor(text), SPAN) == expected


def test_an_empty_ledger_resumes_at_its_end() -> None:
    """After a purge the last id is still valid, because nothing after it is missing."""
    empty = Span("abc", oldest=21, last=20)
    assert resume(Cursor("abc", 20), empty) == Resume(20)
    assert resume(Cursor("abc", 19), empty) == Resume(20, ResetReason.EXPIRED)


@given(st.text(alphabet="0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16), st.integers(0, 2**64 - 1))
def test_every_id_that_is_given_out_is_read_back(epoch: str, sequence: int) -> None:
    """Formatting and parsing are inverse."""
    assert parse_cursor(str(Cursor(epoch, sequence))) == Cursor(epoch, sequence)


@given(st.text(max_size=40))
def test_any_text_is_a_cursor_or_none(text: str) -> None:
    """An invalid id is not an error."""
    parse_cursor(text)


def test_the_epoch_is_the_time_of_making_in_base_36() -> None:
    """Streams made a millisecond apart have different epochs."""
    assert epoch_token(datetime(2025, 1, 15, 10, 0, 0, 1000, UTC)) == "m5xqdds1"
    assert epoch_token(datetime(2025, 1, 15, 10, 0, 0, 2000, UTC)) == "m5xqdds2"


@given(st.text(max_size=60).filter(lambda text: text.isprintable()))
def test_tokens_are_read_back(text: str) -> None:
    """Decoding returns the encoded text."""
    assert decode_token(encode_token(text)) == text


@pytest.mark.parametrize("token", ["é", "a", "!!!!", "gICA"])
def test_a_token_of_garbage_is_a_value_error(token: str) -> None:
    """So that it becomes a 400."""
    with pytest.raises(ValueError, match="token"):
        decode_token(token)
