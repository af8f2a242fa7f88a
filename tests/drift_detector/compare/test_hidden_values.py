"""The keyed hashes that stand for sensitive values."""

from __future__ import annotations

from drift_detector.compare.hidden_values import hasher_of
from tfdrift.redaction import Redactor


def test_a_claimed_value_hashes_as_a_recorded_one() -> None:
    """Both services make one hash of one value under one key."""
    key = b"a key"
    for value in ("secret", 5432, True, ["b", "a"], {"b": 1, "a": None}):
        assert hasher_of(key)(value) == Redactor(key).keyed_hash(value)
    assert hasher_of(b"another")("secret") != Redactor(key).keyed_hash("secret")


def test_a_value_that_no_record_can_hold_equals_none() -> None:
    """A call may hold numbers of any size; one that cannot be hashed is not the recorded one."""
    assert hasher_of(b"a key")(2**70) == ""
