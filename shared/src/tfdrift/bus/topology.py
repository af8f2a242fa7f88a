"""The streams and buckets of the pipeline, created where they are missing and verified where they exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from tfdrift.bus.errors import Differs, NotFound, Rejected
from tfdrift.bus.requests import answered
from tfdrift.records import CLAIMS_BUCKET, DRIFTS_BUCKET, STATE_BUCKET, WORKSPACES_BUCKET
from tfdrift.subjects import ALL_EVENTS, DEAD_PREFIX, DEAD_STREAM, STREAM

BUCKETS: Final = (STATE_BUCKET, WORKSPACES_BUCKET, DRIFTS_BUCKET, CLAIMS_BUCKET)

# Falco and falcosidekick repeat an alert within minutes; the window covers this and a restart of either.
DUPLICATE_WINDOW_SECONDS: Final = 30 * 60
DEAD_LETTER_BYTES: Final = 256 * 1024 * 1024
# By default nats-server refuses larger messages.
MAX_MESSAGE_BYTES: Final = 1024 * 1024

_STREAM_NAME_IN_USE: Final = 10058
_SUBJECTS_OVERLAP: Final = 10065


@dataclass(frozen=True, slots=True)
class Retention:
    """How far back the ledger reaches, and on how many servers everything is stored."""

    hours: float
    bytes: int
    replicas: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting in which an existing stream differs from ours; it is reported and left as it is."""

    stream: str
    setting: str
    wanted: object
    found: object


def bucket_stream(bucket: str) -> str:
    """Return the stream behind a key-value bucket (nats-server ADR-8)."""
    return f"KV_{bucket}"


def bucket_subject(bucket: str, key: str) -> str:
    """Return the subject of a key's values (nats-server ADR-8)."""
    return f"$KV.{bucket}.{key}"


def wanted_streams(retention: Retention) -> list[StreamConfig]:
    """Return the configuration of every stream: the ledger, the dead letters, and one for each bucket."""
    age_seconds = retention.hours * 3600
    common: dict[str, Any] = {"storage": StorageType.FILE, "num_replicas": retention.replicas, "allow_direct": True}
    ledger = StreamConfig(
        name=STREAM,
        description="Every event that a client can see, in one order",
        subjects=[ALL_EVENTS],
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        max_age=age_seconds,
        max_bytes=retention.bytes,
        duplicate_window=min(DUPLICATE_WINDOW_SECONDS, age_seconds),
        **common,
    )
    dead = StreamConfig(
        name=DEAD_STREAM,
        description="Messages that could not be processed, with the reason in a header",
        subjects=[f"{DEAD_PREFIX}.>"],
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        max_age=age_seconds,
        max_bytes=DEAD_LETTER_BYTES,
        **common,
    )
    buckets = [
        StreamConfig(
            name=bucket_stream(bucket),
            subjects=[bucket_subject(bucket, ">")],
            discard=DiscardPolicy.NEW,
            max_msgs_per_subject=1,
            allow_rollup_hdrs=True,
            deny_delete=True,
            allow_msg_ttl=True,
            **common,
        )
        for bucket in BUCKETS
    ]
    return [ledger, dead, *buckets]


_COMPARED: Final = ("max_age", "max_bytes", "num_replicas", "storage", "duplicate_window", "max_msgs_per_subject")


async def ensure(jetstream: JetStreamContext, retention: Retention) -> list[Difference]:
    """Create every stream that is missing; returns the settings that differ in those that exist.

    Raises:
        Differs: a stream with one of our names has other subjects, so it is not ours to write to.
    """
    differences: list[Difference] = []
    for wanted in wanted_streams(retention):
        found = await _find_or_add(jetstream, wanted)
        if found is None:
            continue
        if sorted(found.subjects or ()) != sorted(wanted.subjects or ()):
            raise Differs(
                f"the stream {wanted.name} exists with subjects {found.subjects} in place of {wanted.subjects}; "
                f"point TFDRIFT_NATS_URL at another account, or remove that stream"
            )
        for setting in _COMPARED:
            ours, theirs = getattr(wanted, setting), getattr(found, setting)
            if ours not in (None, 0) and ours != theirs:
                differences.append(Difference(str(wanted.name), setting, ours, theirs))
    return differences


async def _find_or_add(jetstream: JetStreamContext, wanted: StreamConfig) -> StreamConfig | None:
    """Return the configuration of the stream as it was found; None when it was created as wanted."""
    try:
        return (await answered(jetstream.stream_info(str(wanted.name)))).config
    except NotFound:
        pass
    try:
        await answered(jetstream.add_stream(wanted))
    except Rejected as error:
        if error.code == _SUBJECTS_OVERLAP:
            raise Differs(
                f"another stream listens to subjects of {wanted.name} ({', '.join(wanted.subjects or ())}); "
                f"point TFDRIFT_NATS_URL at another account, or remove that stream"
            ) from error
        if error.code != _STREAM_NAME_IN_USE:
            raise
        # Another service created it in the meantime.
        return (await answered(jetstream.stream_info(str(wanted.name)))).config
    return None
