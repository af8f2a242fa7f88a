"""A stand-in for falcosidekick: changes an alert exactly as its ``handlers.go`` does before it goes to an output."""

from __future__ import annotations

import json
from typing import Any

_LARGE_BYTES = 4096
_FIELD_BYTES = 512
_HEAD_BYTES = 507


def forwarded(alert: dict[str, Any], *, uuid: str = "3f0e", bracket_replacer: str = "") -> bytes:
    """The body that falcosidekick's webhook output posts for an alert of Falco's."""
    fields = dict(alert.get("output_fields") or {})
    if bracket_replacer:
        fields = {
            name.replace("]", "").replace("[", bracket_replacer) if "[" in name else name: value
            for name, value in fields.items()
        }
    sent = {**alert, "uuid": uuid, "output_fields": fields}
    if len(_go_json(sent)) > _LARGE_BYTES:
        sent["output_fields"] = {name: _shortened(value) for name, value in fields.items()}
    return _go_json(sent)


def _shortened(value: Any) -> Any:
    """Go truncates a text by bytes, and writes each byte that is no UTF-8 any more as U+FFFD."""
    raw = value.encode() if isinstance(value, str) else b""
    if len(raw) <= _FIELD_BYTES:
        return value
    return _go_text(raw[:_HEAD_BYTES] + b"[...]")


def _go_text(raw: bytes) -> str:
    """The text that Go's JSON encoder makes of bytes: U+FFFD for each one that is no UTF-8."""
    text = ""
    while raw:
        try:
            return text + raw.decode()
        except UnicodeDecodeError as error:
            text += raw[: error.start].decode() + "\ufffd"
            raw = raw[error.start + 1 :]
    return text


def _go_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
