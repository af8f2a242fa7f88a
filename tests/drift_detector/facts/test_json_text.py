"""JSON texts and whole numbers from senders that may send anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift_detector.facts.json_text import canonical_text, parse_json
from drift_detector.facts.no_value import MISSING
from drift_detector.facts.numbers import whole_number

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(ANY_JSON)
def test_every_json_value_has_a_canonical_text(value: Any) -> None:
    """Hashing and sorting by the text never fails, and the text is JSON for the value."""
    assert json.loads(canonical_text(value)) == value


@pytest.mark.parametrize("text", ["", "{", "nul", "[" * 65 + "]" * 65, "[" * 5000 + "]" * 5000])
def test_what_is_no_json_or_too_deep_is_missing(text: str) -> None:
    """A text from a state or call may be anything; Python could not walk a deep one."""
    assert parse_json(text) is MISSING


def test_a_document_of_ordinary_depth_is_parsed() -> None:
    """Brackets side by side are no depth."""
    assert parse_json("[" * 60 + "]" * 60) is not MISSING
    assert parse_json("[" + ",".join(["[]"] * 100) + "]") == [[]] * 100


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (22, 22),
        ("22", 22),
        (22.0, 22),
        (-1, -1),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (10**30, None),
        (1e30, None),
        ("9" * 30, None),
        (22.5, None),
        (float("inf"), None),
        (True, None),
        (None, None),
        ("", None),
        ("1_0", None),
        ([22], None),
        ({"port": 22}, None),
    ],
)
def test_a_whole_number_fits_into_64_bits(value: Any, number: int | None) -> None:
    """Anything else is no number, rather than an error or another number."""
    assert whole_number(value) == number
