"""The keyed hash that stands in a record for a sensitive value, as ingest-tfstate makes it.

A claimed value is the recorded one if its hash under the same key is; see `tfdrift.records`.
"""

from __future__ import annotations

import hashlib
import hmac

import orjson

from drift_detector.compare.attributes import Hasher
from tfdrift.envelope import canonical_json


def hasher_of(key: bytes) -> Hasher:
    """The function that gives a value's HMAC-SHA256 in hex under a key; "" for a value that no record holds."""

    def keyed_hash(value: object) -> str:
        try:
            text = canonical_json(value)
        except orjson.JSONEncodeError:
            return ""  # such as a number of more than 64 bits, which no state that was read holds either
        return hmac.new(key, text, hashlib.sha256).hexdigest()

    return keyed_hash
