"""Reading a stream in order and without a gap, for as long as it exists.

Theory of operation. A *session* is one ephemeral push consumer. The consumer numbers its messages from 1 without a gap,
so a lost message is noticed at the next one. Any fault (a gap, silence longer than the heartbeat allows, a
reconnection, a lost consumer) ends the session, and the next one starts right behind the last message that was handed
over. So the reader sees every message once and in order, or waits.

nats-py's own ordered consumer is not used: it may stay silent after missed heartbeats, and it makes a task a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamInfo

from tfdrift.bus.errors import BusError
from tfdrift.bus.inbound import Inbound
from tfdrift.bus.messages import Message
from tfdrift.bus.overrun import report_overrun
from tfdrift.bus.requests import answered

_HEARTBEAT_SECONDS = 2.0
_SILENCE_SECONDS = 3 * _HEARTBEAT_SECONDS
_RETRY_SECONDS = 0.5
# nats-server removes the consumer of a reader that died.
_INACTIVE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Follow:
    """What to read, and the callbacks that receive it.

    Attributes:
        stream: the stream's name.
        on_message: called for each message, in order; it must not block.
        on_read: called when everything that arrived at once has been handed over.
        subjects: filters; none means all.
        start: the first sequence wanted; None means the first one of the stream.
        new_only: begin with what comes after now.
        last_per_subject: begin with the last message of each subject (a bucket's current values).
        on_caught_up: called once, when what the stream had at the beginning has been handed over.
        on_remade: called when the stream was created anew; reading then begins at its first message.
    """

    stream: str
    on_message: Callable[[Message], None]
    subjects: tuple[str, ...] = ()
    start: int | None = None
    new_only: bool = False
    last_per_subject: bool = False
    on_read: Callable[[], None] | None = None
    on_caught_up: Callable[[], None] | None = None
    on_remade: Callable[[], None] | None = None


class Follower:
    """Runs one `Follow`, session by session."""

    def __init__(self, inbound: Inbound, jetstream: JetStreamContext, follow: Follow) -> None:
        self._client = inbound.client
        self._inbound = inbound
        self._jetstream = jetstream
        self._follow = follow
        self._next = follow.start
        # Only then a gap in the stream's sequence is a loss.
        self._complete = not follow.subjects and not follow.last_per_subject
        self._handed_over = False
        self._created: datetime | None = None
        self._caught_up = False
        self._broken = asyncio.Event()
        self._heard = 0.0
        self._consumer_sequence = 0
        self._failure: Exception | None = None

    def interrupt(self) -> None:
        """End the current session, because the connection is another one."""
        self._broken.set()

    async def run(self) -> None:
        """Read until cancelled; an error of `on_message` ends it."""
        while True:
            try:
                await self._session()
            except BusError:
                await asyncio.sleep(_RETRY_SECONDS)
            if self._failure is not None:
                raise self._failure

    async def _session(self) -> None:
        info = await answered(self._jetstream.stream_info(self._follow.stream))
        self._note_creation(info)
        if self._next is None and self._follow.new_only:
            self._next = info.state.last_seq + 1
        self._broken.clear()
        self._consumer_sequence = 0
        inbox = self._client.new_inbox()
        subscription = await self._inbound.subscribe(inbox, self._take, self._on_status)
        try:
            consumer = await answered(self._jetstream.add_consumer(self._follow.stream, self._config(inbox)))
            try:
                if not consumer.num_pending:
                    self._note_caught_up()
                await self._until_broken()
            finally:
                await self._delete(consumer.name)
        finally:
            await subscription.end()

    def _config(self, inbox: str) -> ConsumerConfig:
        config = ConsumerConfig(
            deliver_subject=inbox,
            ack_policy=AckPolicy.NONE,
            max_deliver=1,
            mem_storage=True,
            num_replicas=1,
            flow_control=True,
            idle_heartbeat=_HEARTBEAT_SECONDS,
            inactive_threshold=_INACTIVE_SECONDS,
            filter_subjects=list(self._follow.subjects) or None,
        )
        if self._next is not None:
            return config.evolve(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=max(self._next, 1))
        if self._follow.last_per_subject:
            return config.evolve(deliver_policy=DeliverPolicy.LAST_PER_SUBJECT)
        return config

    def _note_creation(self, info: StreamInfo) -> None:
        if self._created is not None and info.created != self._created:
            self._next, self._caught_up, self._handed_over = None, False, False
            if self._follow.on_remade is not None:
                self._follow.on_remade()
        self._created = info.created

    def _note_caught_up(self) -> None:
        if not self._caught_up:
            self._caught_up = True
            if self._follow.on_caught_up is not None:
                self._follow.on_caught_up()

    async def _until_broken(self) -> None:
        loop = asyncio.get_running_loop()
        self._heard = loop.time()
        while not self._broken.is_set() and loop.time() - self._heard < _SILENCE_SECONDS:
            try:
                async with asyncio.timeout(_HEARTBEAT_SECONDS):
                    await self._broken.wait()
            except TimeoutError:
                continue

    async def _delete(self, consumer: str) -> None:
        # Some callers read a bucket often and briefly, and nats-server refuses a stream's 1001st consumer.
        if not self._client.is_connected:
            return
        try:
            await answered(self._jetstream.delete_consumer(self._follow.stream, consumer))
        except BusError:
            return  # it ends by itself after _INACTIVE_SECONDS

    def _take(self, messages: list[Message]) -> None:
        self._heard = asyncio.get_running_loop().time()
        self._hand_over(messages)
        if self._follow.on_read is not None:
            self._follow.on_read()

    def _hand_over(self, messages: list[Message]) -> None:
        on_message = self._follow.on_message
        for message in messages:
            if self._broken.is_set():
                return
            if message.consumer_sequence != self._consumer_sequence + 1:
                self._broken.set()
                return
            self._consumer_sequence = message.consumer_sequence
            if self._complete and self._handed_over and self._next is not None and message.sequence > self._next:
                report_overrun(self._follow.stream, "follower", message.sequence - self._next)
            self._next, self._handed_over = message.sequence + 1, True
            try:
                on_message(message)
            except Exception as error:  # noqa: BLE001 - it must not end the reading of the connection; `run` raises it
                self._failure = error
                self._broken.set()
            if not message.pending:
                self._note_caught_up()

    async def _on_status(self, message: Msg) -> None:
        self._heard = asyncio.get_running_loop().time()
        if self._broken.is_set():
            return
        headers = message.headers or {}
        stalled = headers.get("Nats-Consumer-Stalled")
        if message.reply:  # flow control: the server waits for an answer before it sends more
            await self._client.publish(message.reply)
        elif stalled:
            await self._client.publish(stalled)
        elif headers.get("Status") != "100":
            self._broken.set()
        elif int(headers.get("Nats-Last-Consumer", self._consumer_sequence)) != self._consumer_sequence:
            self._broken.set()  # the heartbeat names a message that never came
