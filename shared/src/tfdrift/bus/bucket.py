"""A key-value bucket with compare-and-set and watch, on the publisher and the follower of the bus.

The layout is that of NATS' own key-value stores (nats-server ADR-8), so ``nats kv`` shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeVar

import structlog
from nats.js import JetStreamContext
from prometheus_client import Counter
from pydantic import ValidationError

from tfdrift.bus.errors import Conflict, NotFound
from tfdrift.bus.fence import EXPECTED_REVISION, Fence
from tfdrift.bus.follower import Follow
from tfdrift.bus.messages import Entry, Message
from tfdrift.bus.publisher import Publisher
from tfdrift.bus.requests import answered
from tfdrift.bus.topology import bucket_stream, bucket_subject

REFUSED_VALUES: Final = Counter(
    "tfdrift_bucket_refused_values_total",
    "Values of a bucket that were passed over: unreadable, or failed for a defect of ours",
    ["bucket", "reason"],
)

_OPERATION = "KV-Operation"
_DELETE = {_OPERATION: "PURGE", "Nats-Rollup": "sub"}
_DELETED = frozenset({"DEL", "PURGE"})
# A fence is stored as the marker of a deleted key, so that it is no value for whoever reads or watches the bucket.
_FENCE = {_OPERATION: "DEL"}
# How long the marker of a deleted key stays for watchers that are away. One that is away for longer, and is not
# restarted meanwhile, misses the deletion.
_MARKER_TTL = "24h"
# A replicated stream refuses a write behind a fence while another one is on its way (server/errors.json).
_ANOTHER_ON_ITS_WAY: Final = 10164
_BUSY_SECONDS: Final = 10.0
_BUSY_STEP_SECONDS: Final = 0.002
# The first errors of an invalid record; the others seldom say more.
_REASONS = 3

V = TypeVar("V")


class Following(Protocol):
    """`Bus.follow`."""

    def __call__(self, follow: Follow) -> Awaitable[None]:
        """Run until cancelled."""
        ...


class Bucket:
    """One bucket; every value is bytes."""

    def __init__(self, name: str, publisher: Publisher, jetstream: JetStreamContext, following: Following) -> None:
        self.name = name
        self._prefix = bucket_subject(name, "")
        self._publisher = publisher
        self._jetstream = jetstream
        self._following = following
        self._turn = asyncio.Lock()
        self._is_replicated = False
        self._log = structlog.get_logger()

    async def get(self, key: str) -> Entry[bytes] | None:
        """The key's current value from the stream's leader, so that a write acknowledged before is seen.

        Raises:
            Unavailable: NATS did not answer.
        """
        try:
            found = await answered(self._jetstream.get_last_msg(bucket_stream(self.name), f"{self._prefix}{key}"))
        except NotFound:
            return None
        deleted = (found.headers or {}).get(_OPERATION) in _DELETED
        return Entry(key, None if deleted else found.data or b"", found.seq or 0)

    async def put(self, key: str, value: bytes, fence: Fence | None = None) -> int:
        """Set a key whatever it was, behind a fence if one is given; returns the revision.

        Raises:
            Conflict: the fence has been raised again.
        """
        if fence is not None:
            return await self._publish_fenced(f"{self._prefix}{key}", value, fence.headers())
        return (await self._publisher.publish(f"{self._prefix}{key}", value)).sequence

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """Set a key that is still at `revision`; returns the new revision.

        Raises:
            Conflict: somebody else wrote it.
        """
        headers = {EXPECTED_REVISION: str(revision)}
        return (await self._publisher.publish(f"{self._prefix}{key}", value, headers)).sequence

    async def create(self, key: str, value: bytes) -> int:
        """Set a key that does not exist, or no longer; returns the revision.

        Raises:
            Conflict: it exists.
        """
        try:
            return await self.update(key, value, 0)
        except Conflict:
            entry = await self.get(key)
            if entry is None or entry.value is not None:
                raise
            return await self.update(key, value, entry.revision)

    async def delete(self, key: str, revision: int | None = None, *, fence: Fence | None = None) -> None:
        """Remove a key; a marker shows the deletion to watchers and then expires by itself.

        Raises:
            Conflict: the fence has been raised again, or the key is not at the revision any more, where one is given.
        """
        headers = {**_DELETE, "Nats-TTL": _MARKER_TTL}
        if fence is not None:
            await self._publish_fenced(f"{self._prefix}{key}", b"", {**headers, **fence.headers()})
            return
        if revision is not None:
            headers[EXPECTED_REVISION] = str(revision)
        await self._publisher.publish(f"{self._prefix}{key}", b"", headers)

    async def _publish_fenced(self, subject: str, value: bytes, headers: Mapping[str, str]) -> int:
        """Write behind a fence: many at once to a stream on one server, one after the other to a replicated one."""
        if not self._is_replicated:
            try:
                return (await self._publisher.publish(subject, value, headers)).sequence
            except Conflict as error:
                if error.code != _ANOTHER_ON_ITS_WAY:
                    raise
                self._is_replicated = True
        async with self._turn:
            deadline = asyncio.get_running_loop().time() + _BUSY_SECONDS
            while True:
                try:
                    return (await self._publisher.publish(subject, value, headers)).sequence
                except Conflict as error:
                    if error.code != _ANOTHER_ON_ITS_WAY or asyncio.get_running_loop().time() > deadline:
                        raise
                await asyncio.sleep(_BUSY_STEP_SECONDS)

    async def fence(self, key: str) -> Fence:
        """Returns the fence of a key as it stands, from the stream's leader."""
        return await self._fence(f"{self._prefix}{key}")

    async def stands(self, fence: Fence) -> bool:
        """Whether nobody has raised a fence again."""
        return (await self._fence(fence.subject)).revision == fence.revision

    async def is_replicated(self) -> bool:
        """Whether several servers keep the bucket.

        Their leader takes one write behind a fence at a time. It refuses another one meanwhile as if the fence had been
        raised (nats-server, ``checkMsgHeadersPreClusteredProposal``), so the caller looks whether it `stands`.
        """
        info = await answered(self._jetstream.stream_info(bucket_stream(self.name)))
        return (info.config.num_replicas or 1) > 1

    async def _fence(self, subject: str) -> Fence:
        try:
            found = await answered(self._jetstream.get_last_msg(bucket_stream(self.name), subject))
        except NotFound:
            return Fence(subject, 0)
        return Fence(subject, found.seq or 0, found.data or b"")

    async def raise_fence(self, fence: Fence, note: bytes) -> Fence:
        """Raise a fence that still stands as given, with a note for the next one; returns the new fence.

        Raises:
            Conflict: somebody else raised it.
        """
        headers = {**_FENCE, EXPECTED_REVISION: str(fence.revision)}
        return Fence(fence.subject, (await self._publisher.publish(fence.subject, note, headers)).sequence, note)

    async def watch(
        self,
        decode: Callable[[bytes], V],
        on_entry: Callable[[Entry[V]], None],
        *,
        on_unreadable: Callable[[str], None] | None = None,
        on_caught_up: Callable[[], None] | None = None,
        on_remade: Callable[[], None] | None = None,
        keys: str = ">",
        without: frozenset[str] = frozenset(),
    ) -> None:
        """Hand over the current value of every key, then every change, until cancelled.

        A value that is no record is passed over with a warning and a count, and the rest goes on: `decode` or
        `on_entry` raises ValueError for it. Any other error of theirs is a defect, which is logged with its traceback
        and passed over likewise. What the caller knew of the key before stays as it was.

        Args:
            decode: makes a record of a value.
            on_entry: receives each record with its key and revision; the value is None when the key was deleted.
            on_unreadable: receives the key of each value that was passed over.
            on_caught_up: called once when the current values are complete.
            on_remade: called when the bucket was created anew, before its values are handed over again.
            keys: a filter of NATS for the keys wanted.
            without: keys with other values than the records wanted.
        """

        def on_message(message: Message) -> None:
            key = message.subject.removeprefix(self._prefix)
            if key in without:
                return
            try:
                deleted = message.header(_OPERATION) in _DELETED
                on_entry(Entry(key, None if deleted else decode(message.data), message.sequence))
            except ValueError as error:  # pydantic's and orjson's errors among them
                self._log.warning("unreadable_record", bucket=self.name, key=key, reason=_reason(error))
                REFUSED_VALUES.labels(self.name, "unreadable").inc()
            except Exception:  # noqa: BLE001 - the supervisor of records: one of them never stops the rest
                self._log.exception("record_failed", bucket=self.name, key=key)
                REFUSED_VALUES.labels(self.name, "failed").inc()
            else:
                return
            if on_unreadable is not None:
                on_unreadable(key)

        await self._following(
            Follow(
                stream=bucket_stream(self.name),
                on_message=on_message,
                subjects=(f"{self._prefix}{keys}",),
                last_per_subject=True,
                on_caught_up=on_caught_up,
                on_remade=on_remade,
            )
        )


def _reason(error: ValueError) -> str:
    """What is wrong with a value, without the value itself, which may be secret."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False)[:_REASONS]
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in first)
    return str(error).partition("\n")[0]
