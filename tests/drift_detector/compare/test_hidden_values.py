"""The keyed hashes that stand for sensitive values."""

from __future__ import annotations

import pytest

from drift_detector.catalog.resource_types import Comparison
from drift_detector.compare.hidden_values import hasher_of
from drift_detector.compare.values import same
from drift_detector.compare.verdict import DIFFERENT, SAME, UNKNOWN, Verdict
from drift_detector.facts.mapping_terms import Comparator
from tfdrift.events import Json
from tfdrift.records import SENSITIVE_MEMBER
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


KEY = b"a key"


def hidden(value: object) -> dict[str, Json]:
    """The hash object of a value, as ingest-falco and ingest-tfstate write it."""
    return {SENSITIVE_MEMBER: hasher_of(KEY)(value)}


@pytest.mark.parametrize(
    ("claimed", "recorded", "how", "verdict"),
    [
        (hidden({"commands": ["ls"]}), {"commands": "ls"}, Comparator.VALUE, SAME),
        (hidden({"commands": ["reboot"]}), {"commands": "ls"}, Comparator.VALUE, UNKNOWN),
        (hidden("a"), hidden("a"), Comparator.VALUE, SAME),
        (hidden("a"), hidden("b"), Comparator.VALUE, DIFFERENT),
        (hidden("a"), hidden("b"), Comparator.JSON, UNKNOWN),
        (hidden("a"), "a", Comparator.VALUE, SAME),
        (hidden("5432"), 5432, Comparator.VALUE, SAME),
        (hidden("a"), "b", Comparator.VALUE, DIFFERENT),
        (hidden("a"), None, Comparator.VALUE, DIFFERENT),
        (hidden("a"), ["a"], Comparator.VALUE, UNKNOWN),
        ({SENSITIVE_MEMBER: ""}, hidden("a"), Comparator.VALUE, UNKNOWN),
        ({SENSITIVE_MEMBER: ""}, "a", Comparator.VALUE, UNKNOWN),
    ],
)
def test_a_value_that_a_call_hides_is_compared_by_its_hash(
    claimed: Json, recorded: Json, how: Comparator, verdict: Verdict
) -> None:
    """With the value that a record hides too, and with one that it shows; an empty hash tells nothing."""
    assert same(claimed, recorded, Comparison(how), hasher_of(KEY)) is verdict
