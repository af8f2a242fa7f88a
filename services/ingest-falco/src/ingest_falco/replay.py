"""The one-off mode ``--replay``: puts the calls of audit log files on the ledger.

It is the way back after an outage, since neither Falco nor falcosidekick sends an alert again, and the way in for the
history of the first day. Calls that only read are passed over, and so are calls that the ledger has already, by the
cloud's own event id.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import from_url

from ingest_falco.alert.audit_logs import alerts, log_of
from ingest_falco.alert.message import LedgerMessage, build_message
from ingest_falco.alert.normalise import normalise
from ingest_falco.alert.redact import AlertRedactor
from ingest_falco.conditions import Conditions
from ingest_falco.errors import IngestError, MalformedAlert
from ingest_falco.settings import IngestFalcoSettings
from ingest_falco.spool.ledger import Ledger
from tfdrift.bus import Bus, BusError
from tfdrift.envelope import MSG_ID, parse_header_text, parse_rfc3339
from tfdrift.harness import ConfigurationError, Readiness
from tfdrift.harness.redaction import hash_key, load_redact_file
from tfdrift.subjects import STREAM

SINCE: Final = "only calls since then: a duration such as 90m, 2h or 7d, or an RFC 3339 time; default 24h"
EXIT_UNREADABLE: Final = 66  # EX_NOINPUT of sysexits.h
EXIT_AWAY: Final = 75  # EX_TEMPFAIL

_DEFAULT_SINCE: Final = "24h"
_DURATION: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_CONNECT_SECONDS: Final = 30.0
_IN_FLIGHT: Final = 256
_MAX_FILE_BYTES: Final = 256 * 1024 * 1024
# CloudTrail's digest files, which prove that log files are genuine and have no calls.
_NO_LOGS: Final = "CloudTrail-Digest"
# `falco:<provider>:<event id>:<rule>`; the message of an incomplete call has one part more.
_COMPLETE: Final = re.compile(r"falco:([a-z]+:.*):[0-9a-f]{16}")

File = tuple[str, datetime, Callable[[], bytes]]


def replay(load: Callable[[], IngestFalcoSettings], arguments: Sequence[str]) -> int:
    """Put the calls of the files at a URI on the ledger; returns the exit code and prints what became of them."""
    uri, since = arguments[0], _since(arguments[1] or _DEFAULT_SINCE, datetime.now(UTC))
    settings = load()
    try:
        files = sorted((file for file in _files(uri) if file[1] >= since), key=lambda file: file[1])
    except (BaseError, OSError, ValueError) as error:
        print(f"ingest-falco: {uri} cannot be listed: {error}", file=sys.stderr)
        return EXIT_UNREADABLE
    try:
        counts = asyncio.run(_replay(settings, files, since))
    except (BusError, TimeoutError) as error:
        reason = str(error) or f"it does not answer within {_CONNECT_SECONDS:g} s"
        print(f"ingest-falco: NATS took not everything, run it again: {reason}", file=sys.stderr)
        return EXIT_AWAY
    print(
        f"{counts['replayed']} calls replayed from {counts['files']} files; {counts['known']} were known,"
        f" {counts['reading']} only read, {counts['older']} are older; {counts['unreadable']} files could not be read"
    )
    return EXIT_UNREADABLE if counts["unreadable"] else 0


async def _replay(settings: IngestFalcoSettings, files: list[File], since: datetime) -> Counter[str]:
    bus = Bus(settings.nats_options("ingest-falco"), settings.retention())
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await bus.open()
            key = await hash_key(bus, settings.hash_key)
        log = structlog.get_logger()
        ledger = Ledger(bus, Conditions(Readiness(), log), log)
        known = await _known(bus)
        redactor = AlertRedactor(load_redact_file(settings.redact_file), key)
        counts: Counter[str] = Counter()
        for name, _, read in files:
            try:
                body = _decompressed(await asyncio.to_thread(read))
                messages = list(_messages(body, redactor, since, known, counts))
            except (BaseError, OSError, EOFError, zlib.error, IngestError) as error:
                print(f"ingest-falco: {name}: {error}", file=sys.stderr)
                counts["unreadable"] += 1
                continue
            counts["files"] += 1
            for start in range(0, len(messages), _IN_FLIGHT):
                await asyncio.gather(*(ledger.publish(one) for one in messages[start : start + _IN_FLIGHT]))
            counts["replayed"] += len(messages)
        return counts
    finally:
        await bus.close()


def _messages(
    body: bytes, redactor: AlertRedactor, since: datetime, known: set[str], counts: Counter[str]
) -> Iterator[LedgerMessage]:
    """The messages of the calls in a file that the ledger should get; every other is counted.

    Raises:
        MalformedAlert: it is no audit log.
    """
    log, received = log_of(body), datetime.now(UTC)
    if log is None:
        raise MalformedAlert("it is no audit log that is known")
    for alert in alerts(log, body, received):
        normalised = normalise(alert)
        event = normalised.event
        identity = _identity(normalised.message_id)
        if event.read_only or event.event_name is None:
            counts["reading"] += 1
        elif normalised.occurred is not None and normalised.occurred < since:
            counts["older"] += 1
        elif identity in known:
            counts["known"] += 1
        else:
            if identity is not None:
                known.add(identity)
            yield build_message(redactor.redacted(normalised), received=received, traceparent=None)


async def _known(bus: Bus) -> set[str]:
    """The calls that the ledger has complete, each by its provider and event id."""
    state = await bus.stream_state()
    found: set[str] = set()
    if state.last_sequence:
        read = bus.read(STREAM, start=state.first_sequence, end=state.last_sequence, subjects=("tfdrift.falco.>",))
        async for messages in read:
            ids = (_identity(parse_header_text(message.headers[MSG_ID])) for message in messages)
            found.update(identity for identity in ids if identity is not None)
    return found


def _identity(message_id: str) -> str | None:
    found = _COMPLETE.fullmatch(message_id)
    return found.group(1) if found else None


def _since(text: str, now: datetime) -> datetime:
    if duration := _DURATION.fullmatch(text):
        return now - timedelta(**{_UNITS[duration.group(2)]: int(duration.group(1))})
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise ConfigurationError(f"--since {text!r} is neither a duration such as 2h nor an RFC 3339 time") from error


def _files(uri: str) -> Iterator[File]:
    """The log files at a URI, each with the time of its last change and a function that reads it."""
    if "://" in uri and not uri.startswith("file://"):
        store: Any = from_url(uri)
        for chunk in obstore.list(store):
            for found in chunk:
                path = str(found["path"])
                if _NO_LOGS not in path:
                    yield path, found["last_modified"], partial(_object, store, path)
        return
    root = Path(uri.removeprefix("file://"))
    paths = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
    if not paths:
        raise ValueError("there is no file")
    for file in paths:
        if _NO_LOGS not in str(file):
            yield str(file), datetime.fromtimestamp(file.stat().st_mtime, UTC), file.read_bytes


def _object(store: Any, path: str) -> bytes:
    return bytes(obstore.get(store, path).bytes())


def _decompressed(content: bytes) -> bytes:
    """The content, decompressed where it is gzip, whatever its name; no larger than what a log file can be."""
    if content[:2] != b"\x1f\x8b":
        return content
    with gzip.GzipFile(fileobj=BytesIO(content)) as file:
        found = file.read(_MAX_FILE_BYTES + 1)
    if len(found) > _MAX_FILE_BYTES:
        raise MalformedAlert(f"it has more than {_MAX_FILE_BYTES} bytes")
    return found
