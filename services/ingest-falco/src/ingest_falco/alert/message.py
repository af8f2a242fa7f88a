"""The ledger message of an alert, within the size that NATS takes.

NATS refuses a message whose headers and payload together exceed its ``max_payload`` (1 MiB unless configured).
The call is a header, escaped, so it can outgrow the body that it came in. Then its response is omitted, and if that is
not enough its request: the alert itself always arrives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ingest_falco.alert.normalise import Normalised
from ingest_falco.errors import AlertTooLarge
from tfdrift.envelope import MSG_ID, Envelope
from tfdrift.events import CloudCall

MAX_MESSAGE_BYTES: Final = 1024 * 1024 - 1024  # nats-server's default max_payload, less the header block's frame

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
    message = LedgerMessage(str(normalised.event.subject()), {}, normalised.event.encode())
    for call, omitted in _shrinking(normalised.call):
        envelope = Envelope(
            message_id=normalised.message_id,
            received=received,
            occurred=normalised.occurred,
            traceparent=traceparent,
            call=call.encode() if call is not None else None,
        )
        message = replace(message, headers=envelope.headers(), omitted=omitted)
        if message.size_bytes <= MAX_MESSAGE_BYTES:
            return message
    raise AlertTooLarge(f"the alert makes a message of {message.size_bytes} bytes; {MAX_MESSAGE_BYTES} are allowed")


def _shrinking(call: CloudCall | None) -> tuple[tuple[CloudCall | None, tuple[str, ...]], ...]:
    """The call, then with less and less of it, each with the names of what is omitted."""
    if call is None:
        return ((None, ()),)
    without_response = call.model_copy(update={"response": None})
    bare = without_response.model_copy(update={"request": None})
    return ((call, ()), (without_response, ("response",)), (bare, ("request", "response")))
