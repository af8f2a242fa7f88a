"""The ledger message of an alert, within the size that NATS takes.

NATS refuses a message whose headers and payload together exceed its ``max_payload`` (1 MiB unless configured).
The call is a header, escaped, so it can outgrow the body that it came in. Then its response is omitted, and if that is
not enough its request: the alert itself always arrives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import orjson

from ingest_falco.alert.normalise import Normalised
from ingest_falco.errors import AlertTooLarge
from tfdrift.envelope import CALL, MSG_ID, Envelope, header_text, parse_header_text
from tfdrift.events import CloudCall

# What a block of NATS headers has beside its headers: its version and two line ends.
FRAME_BYTES: Final = len(b"NATS/1.0\r\n\r\n")
MAX_MESSAGE_BYTES: Final = 1024 * 1024 - FRAME_BYTES  # nats-server's default max_payload
# The first part of a text of Falco's, which names what happened.
_MAX_OUTPUT: Final = 1024

# W3C Trace Context, version 00 and what later versions keep of it.
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class LedgerMessage:
    """A message that is published, or waits for it in the spool.

    Attributes:
        omitted: the parts of the call that were left out to make it fit.
    """

    subject: str
    headers: Mapping[str, str]
    payload: bytes
    omitted: tuple[str, ...] = ()

    @property
    def message_id(self) -> str:
        """The id by which JetStream and the spool deduplicate."""
        return self.headers[MSG_ID]

    @property
    def size_bytes(self) -> int:
        """The bytes of payload and headers; the headers are ASCII, and each has four more on the wire."""
        header_bytes = sum(len(name) + len(value) + 4 for name, value in self.headers.items())
        return len(self.payload) + header_bytes


def build_message(normalised: Normalised, *, received: datetime, traceparent: str | None) -> LedgerMessage:
    """The message of one alert.

    Raises:
        AlertTooLarge: it does not fit even without its call.
    """
    if traceparent is not None and not _TRACEPARENT.fullmatch(traceparent):
        traceparent = None
    envelope = Envelope(
        message_id=normalised.message_id,
        received=received,
        occurred=normalised.occurred,
        traceparent=traceparent,
        call=normalised.call.encode() if normalised.call is not None else None,
    )
    message = LedgerMessage(str(normalised.event.subject()), envelope.headers(), normalised.event.encode())
    return fit(message, MAX_MESSAGE_BYTES)


def fit(message: LedgerMessage, max_bytes: int, *, without_fields: bool = False) -> LedgerMessage:
    """The message with as much of its call as fits.

    Args:
        without_fields: also omit the output fields, where only that fits.

    Raises:
        AlertTooLarge: not even that fits.
    """
    if message.size_bytes <= max_bytes:
        return message
    for smaller in _shrinking(message, max_bytes, without_fields):
        if smaller.size_bytes <= max_bytes:
            return smaller
    raise AlertTooLarge(f"the alert makes a message of {message.size_bytes} bytes; {max_bytes} are allowed")


def _shrinking(message: LedgerMessage, max_bytes: int, without_fields: bool) -> Iterator[LedgerMessage]:
    """The message with less and less in it, each with the names of the omitted parts."""
    omitted: tuple[str, ...] = ()
    if CALL in message.headers:
        call = CloudCall.model_validate_json(parse_header_text(message.headers[CALL]))
        for part in ("response", "request"):
            if getattr(call, part) is None:
                continue
            omitted = tuple(sorted({*omitted, part}))
            detail = f"a message of the ledger has at most {max_bytes} bytes: {' and '.join(omitted)} omitted"
            call = call.model_copy(update={part: None, "incomplete": True, "detail": detail})
            header = header_text(call.encode().decode())
            message = replace(message, headers={**message.headers, CALL: header}, omitted=omitted)
            yield message
    event = orjson.loads(message.payload) if without_fields else {}
    if event.get("output_fields"):
        reduced = orjson.dumps({**event, "output_fields": None, "output": event["output"][:_MAX_OUTPUT]})
        yield replace(message, payload=reduced, omitted=(*omitted, "fields"))
