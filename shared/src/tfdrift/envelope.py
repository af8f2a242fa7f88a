"""The headers that travel beside a ledger payload."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

MSG_ID: Final = "Nats-Msg-Id"
RECEIVED: Final = "Tfdrift-Received"
OCCURRED: Final = "Tfdrift-Occurred"
WORKSPACE: Final = "Tfdrift-Workspace"
TRACEPARENT: Final = "traceparent"
CALL: Final = "Tfdrift-Call"

# RFC 3339 §5.6 (`date-time`); `datetime.fromisoformat` also takes week dates, basic forms and times without seconds.
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def rfc3339(moment: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC with microseconds: ``2025-01-15T10:00:00.000000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> datetime:
    """Parse an RFC 3339 time with an offset; fractions beyond microseconds are truncated.

    Raises:
        ValueError: it is not such a time, it has no offset, or in UTC it is not in the years 1 to 9999.
    """
    if not _RFC3339.fullmatch(text):
        raise ValueError(f"{text!r} is not an RFC 3339 time with a UTC offset such as 2025-01-15T10:00:00Z")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is not in the years 1 to 9999") from error


def header_text(text: str) -> str:
    """Return a text as a header value: NATS headers are lines, so it is escaped to ASCII without line breaks.

    White space at either end is escaped too, since parsers of headers strip it.
    """
    escaped = text.encode("unicode_escape").decode("ascii")
    if escaped[:1] == " ":
        escaped = f"\\x20{escaped[1:]}"
    return f"{escaped[:-1]}\\x20" if escaped[-1:] == " " else escaped


def parse_header_text(value: str) -> str:
    """Return the text of a header value; the inverse of `header_text`."""
    return value.encode("ascii", "replace").decode("unicode_escape")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What travels beside a payload, in the headers of its message.

    Attributes:
        message_id: the id by which JetStream deduplicates.
        received: when the pipeline first saw the cause of the message.
        occurred: when the cause happened in the cloud, where that is known.
        workspace: the Terraform workspace that the message is about, where there is one.
        traceparent: the W3C trace context that the cause came with.
        call: the cloud call behind a `falco` event, for the detector; clients never see it.
    """

    message_id: str
    received: datetime
    occurred: datetime | None = None
    workspace: str | None = None
    traceparent: str | None = None
    call: bytes | None = None

    def headers(self) -> dict[str, str]:
        """Return the NATS headers of this envelope; every value is one line of ASCII."""
        headers = {MSG_ID: header_text(self.message_id), RECEIVED: rfc3339(self.received)}
        if self.occurred is not None:
            headers[OCCURRED] = rfc3339(self.occurred)
        if self.workspace is not None:
            headers[WORKSPACE] = header_text(self.workspace)
        if self.traceparent is not None:
            headers[TRACEPARENT] = header_text(self.traceparent)
        if self.call is not None:
            headers[CALL] = header_text(self.call.decode())
        return headers


def parse_headers(headers: Mapping[str, str] | None) -> Envelope:
    """Return the envelope of a message.

    Raises:
        ValueError: a header that every message of the ledger has is missing, or one is malformed.
    """
    headers = headers or {}
    missing = [name for name in (MSG_ID, RECEIVED) if name not in headers]
    if missing:
        raise ValueError(f"the message has no {' and no '.join(missing)} header")
    occurred, workspace, traceparent, call = (headers.get(n) for n in (OCCURRED, WORKSPACE, TRACEPARENT, CALL))
    return Envelope(
        message_id=parse_header_text(headers[MSG_ID]),
        received=parse_rfc3339(headers[RECEIVED]),
        occurred=parse_rfc3339(occurred) if occurred else None,
        workspace=parse_header_text(workspace) if workspace is not None else None,
        traceparent=parse_header_text(traceparent) if traceparent else None,
        call=parse_header_text(call).encode() if call else None,
    )


def canonical_json(value: object) -> bytes:
    """Return compact JSON with sorted keys, so that equal values have equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
