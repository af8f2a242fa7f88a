"""The keyed hash that stands in a record for a sensitive value, as ingest-tfstate makes it.

A claimed value is the recorded one if its hash under the same key is; see `tfdrift.records`.
"""

from __future__ import annotations

import orjson

from drift_detector.compare.attributes import Hasher
from tfdrift import redaction


def hasher_of(key: bytes) -> Hasher:
    """The function that gives a value's HMAC-SHA256 in hex under a key; "" for a value that no record holds."""

    def keyed_hash(value: object) -> str:
        try:
            return redaction.keyed_hash(key, value)
        except orjson.JSONEncodeError:
            return ""  # such as a number of more than 64 bits, which no state that was read has either

    return keyed_hash
