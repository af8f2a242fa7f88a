"""The keyed hash that replaces a secret: equal values have equal hashes under one key, and nothing else can be told."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tfdrift.envelope import canonical_json


def keyed_hash(key: bytes, value: Any) -> str:
    """Returns the HMAC-SHA256 of the value's canonical JSON, in hex.

    Raises:
        orjson.JSONEncodeError: JSON cannot express the value, such as a number of more than 64 bits.
    """
    return hmac.new(key, canonical_json(value), hashlib.sha256).hexdigest()
