"""A pull consumer with a standing request, so that a message arrives the moment it is stored.

nats-py's ``fetch`` makes a task a message and waits for a batch to fill. Here one subscription receives everything,
and one request of a known size stands at the server at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from tfdrift.bus.errors import Unavailable
from tfdrift.bus.messages import Message, parse_delivery, received
from tfdrift.bus.requests import answered

# A standing request ends after this time and is made anew; silence beyond it means that the server forgot us.
EXPIRES_SECONDS = 10.0
_SILENCE_SECONDS = EXPIRES_SECONDS + 2.0
_READ_BATCH = 500
_READ_STALL_SECONDS = 5.0


class PullSession:
    """One subscription to one pull consumer; `on_message` takes the raw message, `on_ended` a request's end."""

    def __init__(
        self,
        client: Client,
        stream: str,
        consumer: str,
        on_message: Callable[[Msg], None],
        on_ended: Callable[[str], None],
    ) -> None:
        self._client = client
        self._request_subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = client.new_inbox()
        self._on_message = on_message
        self._on_ended = on_ended
        self._credit = 0
        self._requested_at = 0.0

    async def __aenter__(self) -> PullSession:
        self._subscription = await answered(self._client.subscribe(self._inbox, cb=self._receive))
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._client.is_closed:
            await answered(self._subscription.unsubscribe())

    @property
    def idle(self) -> bool:
        """Whether no request stands at the server, or one has stood for longer than it can."""
        return self._credit <= 0 or asyncio.get_running_loop().time() - self._requested_at > _SILENCE_SECONDS

    async def request(self, batch: int) -> None:
        """Ask for up to `batch` messages."""
        self._credit = batch
        self._requested_at = asyncio.get_running_loop().time()
        body = orjson.dumps({"batch": batch, "expires": int(EXPIRES_SECONDS * 1e9)})
        await answered(self._client.publish(self._request_subject, body, reply=self._inbox))

    def forget_request(self) -> None:
        """The server that held the request is gone."""
        self._credit = 0

    async def _receive(self, message: Msg) -> None:
        if message.reply and message.reply.startswith("$JS.ACK."):
            self._credit -= 1
            self._on_message(message)
            return
        status = (message.headers or {}).get("Status", "503")
        if status != "100":
            self._credit = 0
            self._on_ended(status)


async def read_range(
    client: Client, jetstream: JetStreamContext, stream: str, start: int, end: int, subjects: tuple[str, ...]
) -> AsyncIterator[Message]:
    """The messages of a stream from `start` to `end`, both included, in order.

    At most one batch waits in memory, so a slow caller slows the reading and nothing else.

    Raises:
        Unavailable: NATS went away in the middle; read again from behind the last message.
    """
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
    except NotFoundError as error:
        raise Unavailable(f"there is no stream {stream} now") from error
    left = info.num_pending or 0
    arrived: asyncio.Queue[Msg | str] = asyncio.Queue()
    try:
        async with PullSession(client, stream, info.name, arrived.put_nowait, arrived.put_nowait) as session:
            while left > 0:
                if session.idle and arrived.empty():
                    await session.request(min(_READ_BATCH, left))
                message = await _next_arrival(arrived)
                delivery = parse_delivery(message.reply)
                left -= 1
                if delivery.stream_sequence > end:
                    return
                yield received(message, delivery)
                if delivery.stream_sequence == end:
                    return
    finally:
        if client.is_connected:
            # nats-server forgets a consumer in memory when it restarts, and this one when it is idle.
            with suppress(NotFoundError, Unavailable):
                await answered(jetstream.delete_consumer(stream, info.name))


async def _next_arrival(arrived: asyncio.Queue[Msg | str]) -> Msg:
    try:
        async with asyncio.timeout(_READ_STALL_SECONDS):
            item = await arrived.get()
    except TimeoutError as error:
        raise Unavailable(f"the reading stalled for {_READ_STALL_SECONDS:g} s") from error
    if isinstance(item, str):
        raise Unavailable(f"the reading was broken off (status {item})")
    return item
