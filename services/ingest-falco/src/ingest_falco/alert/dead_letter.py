"""The dead letter of an alert that raised an unexpected error: what identifies it, and none of its content.

A body may contain secrets that nothing has found yet, so it is not stored. The cloud's event id and the digest of the
body lead to the original: in the cloud's log, from which ``ingest-falco --replay`` reads it again, or at the sender.
"""

from __future__ import annotations

import hashlib
import traceback
from datetime import datetime
from typing import Final

import orjson

from ingest_falco.alert.message import LedgerMessage
from tfdrift.envelope import Envelope
from tfdrift.events import Json

_MEMBERS: Final = ("rule", "source", "priority", "time", "hostname", "uuid")
_FIELDS: Final = ("ct.id", "ct.name", "ct.src", "ct.time")
_MAX_TEXT: Final = 200


def place_of(error: BaseException) -> str:
    """The kind of an error and the line that raised it. Its message may quote the alert, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    line = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{line}"


def dead_letter_of(body: bytes, received: datetime) -> LedgerMessage:
    """A message that identifies the alert in `body`; its subject is empty, since it has none on the ledger."""
    digest = hashlib.sha256(body).hexdigest()
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    found = _texts(document, _MEMBERS)
    if isinstance(document, dict):
        found |= _texts(document.get("output_fields"), _FIELDS)
    payload = orjson.dumps({**found, "body_sha256": digest, "body_bytes": len(body)})
    return LedgerMessage("", Envelope(message_id=f"falco:failed:{digest}", received=received).headers(), payload)


def _texts(document: Json, names: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(document, dict):
        return {}
    return {name: value[:_MAX_TEXT] for name in names if isinstance(value := document.get(name), str)}
