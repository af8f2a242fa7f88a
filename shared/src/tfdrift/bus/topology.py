"""The streams and buckets of the pipeline, created where they are missing and verified where they exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig, StreamInfo

from tfdrift.bus.errors import Differs, NotFound, Rejected
from tfdrift.bus.requests import answered
from tfdrift.bus.room import create
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
    """How far back the ledger reaches, and on how many servers everything is stored.

    Attributes:
        bytes: how large the ledger may grow.
        may_be_smaller: whether the ledger is created smaller where JetStream has too little storage for `bytes`.
    """

    hours: float
    bytes: int
    replicas: int
    may_be_smaller: bool = False


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


@dataclass(frozen=True, slots=True)
class Found:
    """A stream as it is now.

    Attributes:
        created: when it was created; another time means another stream.
        messages: how many it has.
        bytes: what they take.
        max_bytes: what they may take; None without a limit.
        differences: the settings in which it differs from ours.
    """

    name: str
    created: datetime
    messages: int
    bytes: int
    max_bytes: int | None
    differences: tuple[Difference, ...] = ()


async def ensure(
    jetstream: JetStreamContext, retention: Retention, on_missing: Callable[[str], None] = lambda _: None
) -> list[Found]:
    """Create every stream that is missing, after calling `on_missing` with its name; returns all of them.

    Raises:
        Differs: a stream with one of our names has other subjects, so it is not ours to write to.
        NoRoom: JetStream has less storage than the ledger is to have.
        BusError: NATS did not answer.
    """
    return [await _ensure_one(jetstream, wanted, retention, on_missing) for wanted in wanted_streams(retention)]


async def _ensure_one(
    jetstream: JetStreamContext, wanted: StreamConfig, retention: Retention, on_missing: Callable[[str], None]
) -> Found:
    name = str(wanted.name)
    try:
        return _verified(await answered(jetstream.stream_info(name)), wanted, retention)
    except NotFound:
        on_missing(name)
    try:
        info = await create(jetstream, wanted, may_be_smaller=retention.may_be_smaller or name == DEAD_STREAM)
    except Rejected as error:
        if error.code == _SUBJECTS_OVERLAP:
            raise Differs(
                f"another stream listens to subjects of {name} ({', '.join(wanted.subjects or ())}); "
                f"point TFDRIFT_NATS_URL at another account, or remove that stream"
            ) from error
        if error.code != _STREAM_NAME_IN_USE:
            raise
        # Another service created it in the meantime.
        return _verified(await answered(jetstream.stream_info(name)), wanted, retention)
    return _found(info)


def created_at(info: StreamInfo) -> datetime:
    """Return when a stream was created."""
    return info.created or datetime.fromtimestamp(0, UTC)


def _verified(info: StreamInfo, wanted: StreamConfig, retention: Retention) -> Found:
    name, found = str(wanted.name), info.config
    if sorted(found.subjects or ()) != sorted(wanted.subjects or ()):
        raise Differs(
            f"the stream {name} exists with subjects {found.subjects} in place of {wanted.subjects}; "
            f"point TFDRIFT_NATS_URL at another account, or remove that stream"
        )
    return _found(info, tuple(differences(info, wanted, retention)))


def differences(info: StreamInfo, wanted: StreamConfig, retention: Retention) -> list[Difference]:
    """Return the settings in which an existing stream differs from ours."""
    name, found, different = str(wanted.name), info.config, list[Difference]()
    for setting in _COMPARED:
        ours, theirs = getattr(wanted, setting), getattr(found, setting)
        if setting == "max_bytes" and (retention.may_be_smaller or name == DEAD_STREAM):
            continue  # the first service took what fits
        if ours not in (None, 0) and ours != theirs:
            different.append(Difference(name, setting, ours, theirs))
    return different


def _found(info: StreamInfo, different: tuple[Difference, ...] = ()) -> Found:
    limit = info.config.max_bytes or 0  # -1 or unset: no limit
    name, state = str(info.config.name), info.state
    return Found(name, created_at(info), state.messages, state.bytes, limit if limit > 0 else None, different)
