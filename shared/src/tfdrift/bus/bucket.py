"""A key-value bucket with compare-and-set and watch, on the publisher and the follower of the bus.

The layout is that of NATS' own key-value stores (nats-server ADR-8), so ``nats kv`` shows it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from tfdrift.bus.errors import Conflict
from tfdrift.bus.follower import Follow
from tfdrift.bus.messages import Entry, Message
from tfdrift.bus.publisher import Publisher
from tfdrift.bus.requests import answered
from tfdrift.bus.topology import bucket_stream, bucket_subject

_OPERATION = "KV-Operation"
_EXPECTED_REVISION = "Nats-Expected-Last-Subject-Sequence"
_DELETE = {_OPERATION: "PURGE", "Nats-Rollup": "sub"}
_DELETED = frozenset({"DEL", "PURGE"})
# How long the marker of a deleted key stays for watchers that are away; one that is away for longer, and is not
# restarted meanwhile, does not learn of the deletion.
_MARKER_TTL = "24h"


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

    async def get(self, key: str) -> Entry | None:
        """The key's current value from the stream's leader, so that a write acknowledged before is seen.

        Raises:
            Unavailable: NATS did not answer.
        """
        try:
            found = await answered(self._jetstream.get_last_msg(bucket_stream(self.name), f"{self._prefix}{key}"))
        except NotFoundError:
            return None
        deleted = (found.headers or {}).get(_OPERATION) in _DELETED
        return Entry(key, None if deleted else found.data or b"", found.seq or 0)

    async def put(self, key: str, value: bytes) -> int:
        """Set a key whatever it was; returns the revision."""
        return (await self._publisher.publish(f"{self._prefix}{key}", value)).sequence

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """Set a key that is still at `revision`; returns the new revision.

        Raises:
            Conflict: somebody else wrote it.
        """
        headers = {_EXPECTED_REVISION: str(revision)}
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

    async def delete(self, key: str) -> None:
        """Remove a key; a marker tells watchers and then expires by itself."""
        await self._publisher.publish(f"{self._prefix}{key}", b"", {**_DELETE, "Nats-TTL": _MARKER_TTL})

    async def watch(
        self,
        on_entry: Callable[[Entry], None],
        *,
        on_caught_up: Callable[[], None] | None = None,
        on_remade: Callable[[], None] | None = None,
        keys: str = ">",
    ) -> None:
        """Hand over the current value of every key, then every change, until cancelled.

        `on_caught_up` is called once when the current values are complete, `on_remade` when the bucket was made
        anew, before its values are handed over again.
        """

        def on_message(message: Message) -> None:
            deleted = message.header(_OPERATION) in _DELETED
            key = message.subject.removeprefix(self._prefix)
            on_entry(Entry(key, None if deleted else message.data, message.sequence))

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
