"""Compares a claimed value with one that the record hides.

The record has the keyed hash of such a value in its place, as ingest-tfstate makes it (`tfdrift.records`). A claimed
value is the recorded one if its hash under the same key is equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from drift_detector.catalog.resource_types import Comparison
from drift_detector.compare.verdict import DIFFERENT, SAME, UNKNOWN, Verdict
from drift_detector.facts.mapping_terms import Comparator
from tfdrift.events import Json
from tfdrift.records import hidden_hash
from tfdrift.redaction import Redactor

Hasher = Callable[[object], str]


_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")


def same_as_hidden(claimed: Json, found: str, comparison: Comparison, hasher: Hasher | None) -> Verdict:
    """Whether a claimed value is the one that a record hides behind the hash `found`; unknown without a hasher."""
    simple = comparison.how is Comparator.VALUE and not isinstance(claimed, list)
    if (given := hidden_hash(claimed)) is not None:
        return _same_hash(given, found, is_simple=simple)
    if hasher is None or not found:
        return UNKNOWN
    if any(hasher(spelling) == found for spelling in _spellings(claimed)):
        return SAME
    # A structure has more spellings than can be tried: another hash need not be another thing.
    return DIFFERENT if simple and not isinstance(claimed, dict) else UNKNOWN


def same_as_shown(given: str, recorded: Json, comparison: Comparison, hasher: Hasher | None) -> Verdict:
    """Whether the value that a call hides behind the hash `given` is one that the record shows; the same rules hold."""
    if recorded is None or recorded == "":
        return DIFFERENT
    if hasher is None or not given:
        return UNKNOWN
    if any(hasher(spelling) == given for spelling in _spellings(recorded)):
        return SAME
    simple = comparison.how is Comparator.VALUE and not isinstance(recorded, list | dict)
    return DIFFERENT if simple else UNKNOWN


def _same_hash(given: str, found: str, *, is_simple: bool) -> Verdict:
    """Two hashes; an empty one was made without the key, and tells nothing."""
    if not given or not found:
        return UNKNOWN
    return SAME if given == found else DIFFERENT if is_simple else UNKNOWN


def _spellings(value: Json) -> Iterable[Json]:
    yield value
    if isinstance(value, dict):
        # An API may take several values of a key where a state has one text.
        yield {name: [one] for name, one in value.items()}
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, str):
        if value in ("true", "false"):
            yield value == "true"
        elif _INTEGER.fullmatch(value):
            yield int(value)


def hasher_of(key: bytes) -> Hasher:
    """Returns the function that gives a value's keyed hash as records have it; "" for a value that no record has."""
    return Redactor(key).keyed_hash
