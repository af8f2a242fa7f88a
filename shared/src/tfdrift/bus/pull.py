"""A pull consumer with a standing request, so that a message arrives the moment it is stored.

nats-py's ``fetch`` makes a task a message and waits for a batch to fill. Here one subscription receives everything,
and one request of a known size stands at the server at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import orjson
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from tfdrift.bus.errors import NotFound, Unavailable
from tfdrift.bus.inbound import Inbound, Take
from tfdrift.bus.messages import Message
from tfdrift.bus.requests import answered

# A standing request ends after this time and is sent again; a longer silence means that the server lost it.
EXPIRES_SECONDS = 10.0
# How a request ends when more bytes wait than it may bring, and how nats-server says so (with status 409).
FULL = "full"
_OVER_MAX_BYTES = "Message Size Exceeds MaxBytes"
_BATCH_COMPLETED = "Batch Completed"
_SILENCE_SECONDS = EXPIRES_SECONDS + 2.0
# What a reader requests at a time. The bytes bound the memory, since a message may have 1 MiB.
_READ_BATCH = 4096
_READ_BYTES = 4 * 1024 * 1024
_READ_STALL_SECONDS = 5.0


class PullSession:
    """One subscription to one pull consumer; `take` receives messages, `on_ended` the status that ends a request."""

    def __init__(
        self,
        inbound: Inbound,
        stream: str,
        consumer: str,
        take: Take,
        on_ended: Callable[[str], None],
    ) -> None:
        self._client = inbound.client
        self._inbound = inbound
        self._request_subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = inbound.client.new_inbox()
        self._on_messages = take
        self._on_ended = on_ended
        self._credit = 0
        self._requested_at = 0.0

    async def __aenter__(self) -> PullSession:
        self._subscription = await self._inbound.subscribe(self._inbox, self._take, self._on_status)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._subscription.end()

    @property
    def idle(self) -> bool:
        """Whether no request stands at the server, or the one that does has expired."""
        return self._credit <= 0 or asyncio.get_running_loop().time() - self._requested_at > _SILENCE_SECONDS

    async def request(self, batch: int, max_bytes: int = 0) -> None:
        """Request up to `batch` messages; past `max_bytes`, if given, the request ends early with status `FULL`."""
        self._credit = batch
        self._requested_at = asyncio.get_running_loop().time()
        body = orjson.dumps({"batch": batch, "max_bytes": max_bytes, "expires": int(EXPIRES_SECONDS * 1e9)})
        await answered(self._client.publish(self._request_subject, body, reply=self._inbox))

    def forget_request(self) -> None:
        """Count on no request: the server that had it is gone."""
        self._credit = 0

    def _take(self, messages: list[Message]) -> None:
        self._credit -= len(messages)
        self._on_messages(messages)

    async def _on_status(self, message: Msg) -> None:
        headers = message.headers or {}
        status, description = headers.get("Status", "503"), headers.get("Description", "")
        if status == "100" or description == _BATCH_COMPLETED:  # the count of messages has shown it already
            return
        self._credit = 0
        self._on_ended(FULL if description == _OVER_MAX_BYTES else status)


async def read_range(
    inbound: Inbound,
    jetstream: JetStreamContext,
    stream: str,
    start: int,
    end: int,
    subjects: tuple[str, ...],
) -> AsyncIterator[list[Message]]:
    """Yield the messages of a stream from `start` to `end`, both included, in order, as they arrive.

    At most one batch waits in memory, so a slow caller slows the reading and nothing else.

    Raises:
        Unavailable: NATS went away meanwhile; read again from behind the last message.
    """
    name, left = await _add_reader(jetstream, stream, start, subjects)
    arrivals = _Arrivals()
    try:
        async with PullSession(inbound, stream, name, arrivals.take, arrivals.end) as session:
            while left > 0:
                if session.idle:
                    await session.request(min(_READ_BATCH, left, end - start + 1), _READ_BYTES)
                messages = await arrivals.next()
                if not messages:
                    continue
                left -= len(messages)
                start = messages[-1].sequence + 1
                if start > end:
                    wanted = [message for message in messages if message.sequence <= end]
                    if wanted:
                        yield wanted
                    return
                yield messages
    finally:
        if inbound.client.is_connected:
            await _delete_reader(jetstream, stream, name)


async def count_range(jetstream: JetStreamContext, stream: str, start: int, end: int, subjects: tuple[str, ...]) -> int:
    """Return how many messages a stream has from `start` to `end`, both included.

    Raises:
        Unavailable: NATS is away, or the stream does not exist.
    """
    counts = []
    for first in (start, end + 1):
        name, pending = await _add_reader(jetstream, stream, first, subjects)
        await _delete_reader(jetstream, stream, name)
        counts.append(pending)
    return max(0, counts[0] - counts[1])  # a message stored between the two is counted by the second alone


async def _add_reader(
    jetstream: JetStreamContext, stream: str, start: int, subjects: tuple[str, ...]
) -> tuple[str, int]:
    """Create a consumer from `start` on; returns its name and how many messages it has to deliver."""
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=max(start, 1),
        ack_policy=AckPolicy.NONE,
        max_deliver=1,
        mem_storage=True,
        num_replicas=1,
        inactive_threshold=30.0,
        filter_subjects=list(subjects) or None,
    )
    try:
        info = await answered(jetstream.add_consumer(stream, config))
    except NotFound as error:
        raise Unavailable(f"there is no stream {stream} now") from error
    return info.name, info.num_pending or 0


async def _delete_reader(jetstream: JetStreamContext, stream: str, name: str) -> None:
    # nats-server loses a consumer in memory when it restarts, and this one when it is idle.
    with suppress(NotFound, Unavailable):
        await answered(jetstream.delete_consumer(stream, name))


class _Arrivals:
    """The messages that arrived and that the caller has not taken yet."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._status: str | None = None
        self._arrived = asyncio.Event()

    def take(self, messages: list[Message]) -> None:
        self._messages += messages
        self._arrived.set()

    def end(self, status: str) -> None:
        self._status = status
        self._arrived.set()

    async def next(self) -> list[Message]:
        """Return everything that has arrived; nothing when the request ended at its bound of bytes.

        Raises:
            Unavailable: nothing arrives any more.
        """
        try:
            async with asyncio.timeout(_READ_STALL_SECONDS):
                await self._arrived.wait()
        except TimeoutError as error:
            raise Unavailable(f"the reading stalled for {_READ_STALL_SECONDS:g} s") from error
        if not self._messages and self._status != FULL:
            raise Unavailable(f"the reading ended early (status {self._status})")
        self._arrived.clear()
        messages, self._messages = self._messages, []
        return messages
