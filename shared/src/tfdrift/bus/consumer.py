"""Consuming a stream as one of several replicas: one of them processes each message, at least once.

A message is acknowledged after its handler has returned, and so after everything that it caused was acknowledged. When
the handler raises `Transient`, the message is delivered again later. When it raises `Poison`, the message becomes a
dead letter with that reason. Any other error is a defect: the message is tried a few times more, since the
circumstances may be to blame, and then becomes a dead letter. So one message never stops the pipeline.

When too many messages become dead letters (`DeadLetterLimit`), the consumer stops. The messages stay on the ledger, and
a restart tries them again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from prometheus_client import Counter, Gauge, Histogram

from tfdrift.bus.dead_letters import DeadLetterLimit, dead_letter
from tfdrift.bus.errors import BusError, NotFound, Poison, Transient
from tfdrift.bus.inbound import Inbound
from tfdrift.bus.messages import Message
from tfdrift.bus.overrun import Position, overrun, report_overrun
from tfdrift.bus.publisher import Publisher
from tfdrift.bus.pull import PullSession
from tfdrift.bus.requests import answered

CONSUMED = Counter("tfdrift_consumed_total", "Messages taken from the ledger, by outcome", ["outcome"])
HANDLING = Histogram("tfdrift_handling_seconds", "Time from taking a message to acknowledging it")
IN_FLIGHT = Gauge("tfdrift_in_flight_messages", "Messages being processed")
BACKLOG = Gauge("tfdrift_backlog_messages", "Messages that wait behind the latest one taken")

STOPPED = Gauge("tfdrift_consumer_stopped", "1 while consuming is stopped, because too many messages were dead letters")

# The messages of a replica that died are delivered to another one after this time.
ACK_WAIT_SECONDS = 10.0
MAX_DELIVERIES = 5
_WATCH_SECONDS = 0.25
_RETRY_SECONDS = 1.0
_OVERRUN_SECONDS = 5.0
# How long a stopped consumer lets its messages wait; a restart finds them again.
_STOPPED_SECONDS = 60.0

Handler = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consume:
    """What to consume: the subjects, under a durable name that all replicas share."""

    stream: str
    durable: str
    subjects: tuple[str, ...]
    handle: Handler
    max_in_flight: int
    on_stopped: Callable[[str], None] = lambda _: None


class Consumer:
    """Runs one `Consume`, over reconnects."""

    def __init__(
        self,
        inbound: Inbound,
        jetstream: JetStreamContext,
        publisher: Publisher,
        consume: Consume,
    ) -> None:
        self._client = inbound.client
        self._inbound = inbound
        self._jetstream = jetstream
        self._publisher = publisher
        self._consume = consume
        self._log = structlog.get_logger().bind(consumer=consume.durable)
        self._slots = consume.max_in_flight
        self._wake = asyncio.Event()
        self._session: PullSession | None = None
        self._lost = False
        self._under_way: dict[str, float] = {}
        self._extend_at = 0.0
        self._limit = DeadLetterLimit()
        self._position: Position | None = None

    def interrupt(self) -> None:
        """Ask again: what was requested on the old connection will not arrive."""
        if self._session is not None:
            self._session.forget_request()
        self._wake.set()

    async def run(self) -> None:
        """Consume until cancelled; the handlers that run then are cancelled, and their messages are delivered again."""
        STOPPED.set(0)
        while self._limit.reached is None:
            try:
                await self._run_session()
            except* BusError as errors:  # one that was raised beside running handlers comes in a group
                self._log.warning("consumer_away", reason="; ".join(map(str, errors.exceptions)))
                await asyncio.sleep(_RETRY_SECONDS)
        self._stop(self._limit.reached)
        await asyncio.Event().wait()

    def _stop(self, reason: str) -> None:
        STOPPED.set(1)
        remedy = "look at the reasons of the dead letters, mend the cause, and restart; the other messages wait"
        self._log.error("consumer_stopped", reason=reason, remedy=remedy)
        self._consume.on_stopped(f"{self._consume.durable} consumes no more: {reason}; {remedy}")

    async def _run_session(self) -> None:
        await self._ensure_consumer()
        self._lost, self._position = False, None
        self._slots = self._consume.max_in_flight
        look_at = asyncio.get_running_loop().time() + _OVERRUN_SECONDS
        async with asyncio.TaskGroup() as handlers:

            def start(messages: list[Message]) -> None:
                self._slots -= len(messages)
                IN_FLIGHT.inc(len(messages))
                for message in messages:
                    handlers.create_task(self._process(message))

            stream, durable = self._consume.stream, self._consume.durable
            async with PullSession(self._inbound, stream, durable, start, self._on_ended) as session:
                self._session = session
                while not self._lost and self._limit.reached is None:
                    if asyncio.get_running_loop().time() >= look_at:
                        look_at += _OVERRUN_SECONDS
                        await self._try_to_look_for_overrun()
                    # With few free slots a request would be tiny.
                    if session.idle and self._slots * 2 > self._consume.max_in_flight:
                        await session.request(self._slots)
                    await self._extend()
                    self._wake.clear()
                    try:
                        async with asyncio.timeout(_WATCH_SECONDS):
                            await self._wake.wait()
                    except TimeoutError:
                        continue

    async def _ensure_consumer(self) -> None:
        await answered(
            self._jetstream.add_consumer(
                self._consume.stream,
                ConsumerConfig(
                    durable_name=self._consume.durable,
                    ack_policy=AckPolicy.EXPLICIT,
                    ack_wait=ACK_WAIT_SECONDS,
                    max_ack_pending=65_536,
                    filter_subjects=list(self._consume.subjects),
                ),
            )
        )

    async def _try_to_look_for_overrun(self) -> None:
        try:
            await self._look_for_overrun()
        except NotFound:
            self._lost = True
        except BusError as error:  # while the stream has no leader, say; what was lost is seen next time
            self._log.warning("overrun_not_checked", reason=str(error))

    async def _look_for_overrun(self) -> None:
        stream, durable = self._consume.stream, self._consume.durable
        state = (await answered(self._jetstream.stream_info(stream))).state
        info = await answered(self._jetstream.consumer_info(stream, durable))
        delivered = info.delivered
        position = Position(
            delivered.stream_seq if delivered else 0,
            delivered.consumer_seq if delivered else 0,
            info.num_pending or 0,
            state.first_seq,
        )
        lost = overrun(self._position, position) if self._position is not None else 0
        self._position = position
        if lost:
            report_overrun(stream, durable, lost)

    def _on_ended(self, status: str) -> None:
        # 408 means that the request expired; any other status, that the consumer or its leader is gone.
        self._lost = self._lost or status != "408"
        self._wake.set()

    async def _extend(self) -> None:
        """Ask for more time for the messages that are still being processed, or they would be delivered again."""
        now = asyncio.get_running_loop().time()
        if now < self._extend_at:
            return
        self._extend_at = now + ACK_WAIT_SECONDS / 4
        for reply, since in tuple(self._under_way.items()):
            if now - since >= ACK_WAIT_SECONDS / 4:
                await answered(self._client.publish(reply, b"+WPI"))

    async def _process(self, message: Message) -> None:
        BACKLOG.set(message.pending)
        self._under_way[message.reply] = asyncio.get_running_loop().time()
        try:
            with HANDLING.time():
                outcome, answer = await self._outcome(message)
            if outcome in ("processed", "dead_letter"):
                self._limit.note(outcome == "dead_letter")
            await answered(self._client.publish(message.reply, answer))
            CONSUMED.labels(outcome).inc()
        except BusError as error:
            self._log.warning("acknowledgement_not_sent", sequence=message.sequence, reason=str(error))
            CONSUMED.labels("unacknowledged").inc()
        finally:
            self._under_way.pop(message.reply, None)
            IN_FLIGHT.dec()
            self._slots += 1
            self._wake.set()

    async def _outcome(self, message: Message) -> tuple[str, bytes]:
        """Process a message; returns its outcome and the answer for JetStream."""
        try:
            await self._consume.handle(message)
        except Poison as poison:
            return await self._dead_letter(message, str(poison))
        except Transient as transient:
            self._log.info("message_postponed", sequence=message.sequence, reason=str(transient))
            return "postponed", _nak(transient.delay_seconds)
        except BusError as error:
            self._log.warning("message_postponed", sequence=message.sequence, reason=str(error))
            return "postponed", _nak(_RETRY_SECONDS)
        except Exception as error:  # noqa: BLE001 - the supervisor of handlers: one message never stops the others
            self._log.exception("message_failed", sequence=message.sequence, deliveries=message.deliveries)
            if message.deliveries >= MAX_DELIVERIES:
                return await self._dead_letter(message, f"{type(error).__name__}: {error}")
            return "failed", _nak(_RETRY_SECONDS * message.deliveries)
        return "processed", b"+ACK"

    async def _dead_letter(self, message: Message, reason: str) -> tuple[str, bytes]:
        if self._limit.reached is not None:
            return "postponed", _nak(_STOPPED_SECONDS)
        await dead_letter(self._publisher, self._consume.durable, message, reason)
        return "dead_letter", b"+TERM"


def _nak(delay_seconds: float) -> bytes:
    return b'-NAK {"delay": %d}' % int(delay_seconds * 1e9)
