"""The one-off mode ``--show``: prints the ledger messages of the alerts in a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from ingest_falco.alert.message import build_message
from ingest_falco.alert.normalise import normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.alert.redact import AlertRedactor
from ingest_falco.errors import IngestError
from ingest_falco.settings import IngestFalcoSettings

EXIT_UNREADABLE = 66  # EX_NOINPUT of sysexits.h


def show(_: Callable[[], IngestFalcoSettings], arguments: Sequence[str]) -> int:
    """Print one JSON line for each alert of a file: subject, headers and payload of its ledger message.

    The file holds one alert, or one on each line; `-` is standard input. The hashes in place of secrets are empty,
    since no key is read.
    """
    path = Path(arguments[0])
    data = sys.stdin.buffer.read if arguments[0] == "-" else path.read_bytes
    try:
        for body in _bodies(data()):
            normalised = AlertRedactor().redacted(normalise(parse_alert(body)))
            message = build_message(normalised, received=datetime.now(UTC), traceparent=None)
            line = {"subject": message.subject, "headers": dict(message.headers), "payload": message.payload.decode()}
            print(orjson.dumps(line).decode())
    except (OSError, IngestError) as error:
        print(f"ingest-falco: {path}: {error}", file=sys.stderr)
        return EXIT_UNREADABLE
    return 0


def _bodies(data: bytes) -> list[bytes]:
    """The alerts of a file; one that is spread over lines is one alert."""
    lines = [line for line in data.split(b"\n") if line.strip()]
    whole = len(lines) <= 1 or not all(line.startswith(b"{") and line.rstrip().endswith(b"}") for line in lines)
    return [data] if whole else lines
