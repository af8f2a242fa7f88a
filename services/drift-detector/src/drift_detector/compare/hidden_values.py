"""Compares a claimed value with one that the record hides.

The record has the keyed hash of such a value in its place, as ingest-tfstate makes it (`tfdrift.records`). A claimed
value is the recorded one if its hash under the same key is equal.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from typing import Final

import orjson

from drift_detector.catalog.resource_types import Comparison
from drift_detector.compare.verdict import DIFFERENT, SAME, UNKNOWN, Verdict
from drift_detector.facts.mapping_terms import Comparator
from tfdrift.envelope import canonical_json
from tfdrift.events import Json
from tfdrift.records import hidden_hash

Hasher = Callable[[object], str]


_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")


def same_as_hidden(claimed: Json, found: str, comparison: Comparison, hasher: Hasher | None) -> Verdict:
    """Whether a claimed value is the one that a record hides behind the hash `found`; unknown without a hasher."""
    if hidden_hash(claimed) == found:
        return SAME
    if hasher is None or hidden_hash(claimed) is not None:
        return UNKNOWN
    if any(hasher(spelling) == found for spelling in _spellings(claimed)):
        return SAME
    simple = comparison.how is Comparator.VALUE and not isinstance(claimed, list | dict)
    # A structure has more spellings than can be tried, so another hash need not mean another value.
    return DIFFERENT if simple else UNKNOWN


def _spellings(value: Json) -> Iterable[Json]:
    yield value
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, str):
        if value in ("true", "false"):
            yield value == "true"
        elif _INTEGER.fullmatch(value):
            yield int(value)


def hasher_of(key: bytes) -> Hasher:
    """Returns the function that gives a value's HMAC-SHA256 in hex under a key; "" for a value that no record has."""

    def keyed_hash(value: object) -> str:
        try:
            text = canonical_json(value)
        except orjson.JSONEncodeError:
            return ""  # such as a number of more than 64 bits, which no state that was read has either
        return hmac.new(key, text, hashlib.sha256).hexdigest()

    return keyed_hash
