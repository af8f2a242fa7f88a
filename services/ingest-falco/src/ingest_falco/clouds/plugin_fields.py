"""Scalars among an alert's output fields, in the spellings that Falco's plugins give them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tfdrift.envelope import parse_rfc3339
from tfdrift.events import Json

# What Falco prints for a field without a value, where a formatter made it a string.
NOT_AVAILABLE: Final = "<NA>"

_TRUTH: Final = {"true": True, "false": False}


def text_field(fields: Mapping[str, Json], name: str) -> str | None:
    """A field as text; None where it is missing, null, empty, ``<NA>``, or no scalar."""
    value = fields.get(name)
    if isinstance(value, str):
        return None if value in ("", NOT_AVAILABLE) else value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def flag_field(fields: Mapping[str, Json], name: str) -> bool | None:
    """A field as a truth value: the plugin sends the word, other senders the boolean."""
    value = fields.get(name)
    if isinstance(value, bool):
        return value
    return _TRUTH.get(value.lower()) if isinstance(value, str) else None


def time_field(fields: Mapping[str, Json], name: str) -> datetime | None:
    """A field as a time; None where it is missing or not RFC 3339."""
    text = text_field(fields, name)
    try:
        return parse_rfc3339(text) if text else None
    except (ValueError, OverflowError):
        return None
