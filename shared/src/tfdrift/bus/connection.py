"""The connection to NATS and everything that a service does over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from ssl import SSLContext
from typing import Any

import structlog
from nats.aio.client import Client
from prometheus_client import Counter, Gauge

from tfdrift.bus.bucket import Bucket
from tfdrift.bus.consumer import Consume, Consumer, Handler
from tfdrift.bus.dead_letters import dead_letter
from tfdrift.bus.errors import BusError, Differs, NoRoom, NotFound, Unavailable
from tfdrift.bus.follower import Follow, Follower
from tfdrift.bus.inbound import Inbound
from tfdrift.bus.messages import Ack, Message, StreamState, stored
from tfdrift.bus.presence import answer_presence, ask_presence
from tfdrift.bus.publisher import Publisher
from tfdrift.bus.pull import count_range, read_range
from tfdrift.bus.requests import answered, raise_if_cancelling
from tfdrift.bus.streams import OnRemade, Streams
from tfdrift.bus.topology import Retention, created_at
from tfdrift.envelope import Envelope
from tfdrift.events import Event
from tfdrift.subjects import STREAM

CONNECTED = Gauge("tfdrift_nats_connected", "1 while NATS is connected and every stream exists")
RECONNECTS = Counter("tfdrift_nats_reconnects", "Reconnections to NATS")

_CONNECT_TIMEOUT_SECONDS = 2
_RETRY_SECONDS = 1
_COMPLAIN_EVERY = 10
# How long a deleted stream goes unnoticed. A round is a request a stream.
_VERIFY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class NatsOptions:
    """The addresses of NATS and the credentials for it; `servers` may name several members of a cluster."""

    servers: tuple[str, ...]
    name: str
    user: str | None = None
    password: str | None = None
    token: str | None = None
    credentials_file: Path | None = None
    nkey_file: Path | None = None
    tls: SSLContext | None = None

    def connect_arguments(self) -> dict[str, Any]:
        """The keyword arguments of ``nats.connect``."""
        given = {
            "user": self.user,
            "password": self.password,
            "token": self.token,
            "user_credentials": str(self.credentials_file) if self.credentials_file else None,
            "nkeys_seed": str(self.nkey_file) if self.nkey_file else None,
            "tls": self.tls,
        }
        return {key: value for key, value in given.items() if value is not None}


class Bus:
    """One connection to NATS. It reconnects without end, and everything on it continues where it stopped."""

    def __init__(self, options: NatsOptions, retention: Retention) -> None:
        self._options = options
        self._client = Client()
        self._inbound = Inbound(self._client)
        self._jetstream = self._client.jetstream()
        self._publisher = Publisher(self._client)
        self._ready = asyncio.Event()
        self._interrupts: set[Callable[[], None]] = set()
        self._streams = Streams(self._jetstream, retention)
        self._repair: asyncio.Task[None] | None = None
        self._verifier: asyncio.Task[None] | None = None
        self._stopped: dict[str, str] = {}
        self._failures = 0
        self._log = structlog.get_logger()

    @property
    def connected(self) -> bool:
        """Whether the connection is up and the streams have been verified over it."""
        return self._ready.is_set()

    @property
    def max_message_bytes(self) -> int:
        """The largest message, headers and payload together, that the server takes (its ``max_payload``)."""
        return int(self._client.max_payload)

    async def wait_connected(self) -> None:
        """Return as soon as `connected` is true."""
        await self._ready.wait()

    @property
    def faults(self) -> Mapping[str, str]:
        """Return a sentence for each stream that is missing or was just created anew, by the stream's name."""
        return self._streams.faults

    @property
    def stopped(self) -> Mapping[str, str]:
        """Return a sentence for each consumer that stopped, because too many messages became dead letters."""
        return self._stopped

    def on_remade(self, listener: OnRemade) -> None:
        """Call `listener` with the name of each stream that is created anew from now on: its messages are lost."""
        self._streams.on_remade(listener)

    async def open(self) -> None:
        """Connect, and create or verify the streams; try again until it works.

        Raises:
            Differs: a stream with one of our names belongs to somebody else.
            NoRoom: JetStream has less storage than the ledger is to have.
        """
        await self._connect()
        await self._publisher.start()
        await self._prepare()
        self._verifier = asyncio.create_task(self._verify())

    async def close(self) -> None:
        """Disconnect; a message that was published and not acknowledged fails as `Unavailable`."""
        self._set_ready(False)
        for task in (self._repair, self._verifier):
            if task is not None:
                task.cancel()
        await self._publisher.stop()
        if self._client.is_connected:
            with suppress(BusError):
                await answered(self._client.flush(timeout=2))
        await self._client.close()

    async def publish(self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None) -> Ack:
        """Publish as `Publisher.publish` does; fails at once while NATS is away."""
        if not self._client.is_connected:
            raise Unavailable("NATS is away")
        return await self._publisher.publish(subject, payload, headers)

    async def publish_event(self, event: Event, envelope: Envelope) -> Ack:
        """Publish an event on the ledger; its payload is the JSON that clients read."""
        return await self.publish(str(event.subject()), event.encode(), envelope.headers())

    def bucket(self, name: str) -> Bucket:
        """Return the key-value bucket of a name."""
        return Bucket(name, self._publisher, self._jetstream, self.follow)

    async def stream_state(self, stream: str = STREAM) -> StreamState:
        """Return the current state of a stream.

        Raises:
            Unavailable: NATS did not answer, or the stream does not exist yet.
        """
        try:
            info = await answered(self._jetstream.stream_info(stream))
        except NotFound as error:
            raise Unavailable(f"the stream {stream} does not exist") from error
        state = info.state
        return StreamState(created_at(info), state.first_seq, state.last_seq, state.messages, state.bytes)

    async def was_remade(self, stream: str) -> bool:
        """Whether a stream was created anew and `on_remade` has not been called for it yet: what it lacks may be lost.

        Raises:
            Unavailable: NATS did not answer, or the stream does not exist now.
        """
        return not self._streams.is_known(stream, (await self.stream_state(stream)).created)

    async def get_message(self, stream: str, sequence: int) -> Message | None:
        """Return the message of a sequence; None when the stream no longer has it."""
        try:
            raw = await answered(self._jetstream.get_msg(stream, sequence))
        except NotFound:
            return None
        return stored(raw, sequence)

    async def last_message(self, stream: str, subject: str) -> Message | None:
        """Return the last message on a subject, which may have wildcards; None when there is none.

        Raises:
            Unavailable: NATS did not answer.
        """
        try:
            raw = await answered(self._jetstream.get_last_msg(stream, subject))
        except NotFound:
            return None
        return stored(raw, raw.seq or 0)

    async def answer_presence(self, answer: Callable[[], bytes]) -> None:
        """Answer the question which services are there from now on; see `presence`."""
        await self.wait_connected()
        await answer_presence(self._client, answer)

    async def ask_presence(self, seconds: float) -> list[bytes]:
        """Ask which services are there, and return the answers that come within a time; see `presence`.

        Raises:
            Unavailable: NATS is away.
        """
        if not self._client.is_connected:
            raise Unavailable("NATS is away")
        return await ask_presence(self._client, seconds)

    async def follow(self, follow: Follow) -> None:
        """Hand over every message of a stream, in order and without a gap, until cancelled."""
        follower = Follower(self._inbound, self._jetstream, follow)
        await self._interruptible(follower.interrupt, follower.run)

    async def consume(self, durable: str, subjects: Sequence[str], handle: Handler, *, max_in_flight: int = 64) -> None:
        """Process messages of the ledger as one replica of a service, until cancelled; see `Consumer`."""
        work = Consume(STREAM, durable, tuple(subjects), handle, max_in_flight, partial(self._note_stopped, durable))
        consumer = Consumer(self._inbound, self._jetstream, self._publisher, work)
        await self._interruptible(consumer.interrupt, consumer.run)

    def _note_stopped(self, durable: str, reason: str) -> None:
        self._stopped[durable] = reason

    async def dead_letter(self, consumer: str, message: Message, reason: str) -> None:
        """Publish a message that cannot be processed as a dead letter; see `dead_letters.dead_letter`."""
        await dead_letter(self._publisher, consumer, message, reason)

    def read(self, stream: str, *, start: int, end: int, subjects: Sequence[str] = ()) -> AsyncIterator[list[Message]]:
        """Read the messages from sequence `start` to `end`, both included; see `read_range`."""
        return read_range(self._inbound, self._jetstream, stream, start, end, tuple(subjects))

    async def count(self, stream: str, *, start: int, end: int, subjects: Sequence[str] = ()) -> int:
        """Count the messages from sequence `start` to `end`, both included; see `count_range`."""
        return await count_range(self._jetstream, stream, start, end, tuple(subjects))

    async def _interruptible(self, interrupt: Callable[[], None], run: Callable[[], Any]) -> None:
        await self.wait_connected()
        self._interrupts.add(interrupt)
        try:
            await run()
        finally:
            self._interrupts.discard(interrupt)

    async def _connect(self) -> None:
        while True:
            try:
                await answered(
                    self._client.connect(
                        list(self._options.servers),
                        name=self._options.name,
                        error_cb=self._on_error,
                        disconnected_cb=self._on_disconnected,
                        reconnected_cb=self._on_reconnected,
                        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
                        max_reconnect_attempts=-1,
                        reconnect_time_wait=_RETRY_SECONDS,
                        ping_interval=10,
                        max_outstanding_pings=2,
                        pending_size=-1,  # fail at once while NATS is away; each publisher has its own remedy
                        allow_reconnect=True,
                        **self._options.connect_arguments(),
                    )
                )
            except BusError as error:
                self._note_away(error)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._failures = 0
                return

    def _note_away(self, error: Exception) -> None:
        """Log that NATS cannot be reached: at the first attempt, and then at every tenth."""
        if self._failures % _COMPLAIN_EVERY == 0:
            self._log.warning(
                "nats_away",
                servers=[_without_credentials(server) for server in self._options.servers],
                reason=str(error) or type(error).__name__,
                remedy="start nats-server or correct TFDRIFT_NATS_URL; trying again every second",
            )
        self._failures += 1

    async def _prepare(self) -> None:
        """Create or verify the streams; JetStream may need a moment after its server has started."""
        attempt = 0
        while True:
            try:
                await self._streams.verify()
            except (Differs, NoRoom):
                raise
            except BusError as error:
                if attempt % _COMPLAIN_EVERY == 0:
                    self._log.warning("streams_not_ready", reason=str(error))
                attempt += 1
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._set_ready(True)
            return

    async def _verify(self) -> None:
        """Look again and again whether the streams are still there; what was asked of a lost one is asked again."""
        while True:
            await asyncio.sleep(_VERIFY_SECONDS)
            if not self.connected:
                continue  # the reconnection verifies
            try:
                unchanged = await self._streams.verify()
            except BusError as error:
                self._log.warning("streams_not_verified", reason=str(error))
                continue
            if not unchanged:
                self._interrupt()

    def _set_ready(self, ready: bool) -> None:
        CONNECTED.set(ready)
        if ready:
            self._ready.set()
        else:
            self._ready.clear()

    async def _on_error(self, error: Exception) -> None:
        raise_if_cancelling()
        if self._client.is_connected:
            self._log.warning("nats_error", reason=str(error) or type(error).__name__)
        else:  # nats-py tries again by itself and reports every attempt here
            self._note_away(error)

    async def _on_disconnected(self) -> None:
        if self._ready.is_set():
            self._log.warning("nats_disconnected", remedy="trying to reconnect every second")
        self._set_ready(False)
        self._publisher.fail_outstanding("the connection to NATS broke")

    async def _on_reconnected(self) -> None:
        RECONNECTS.inc()
        self._failures = 0
        self._log.info("nats_reconnected")
        if self._repair is not None:
            self._repair.cancel()
        self._repair = asyncio.create_task(self._after_reconnect())

    async def _after_reconnect(self) -> None:
        try:
            await self._prepare()
        except (Differs, NoRoom) as error:  # the bus stays unready, and /readyz shows it
            self._log.error("streams_unusable", reason=str(error))
            return
        self._interrupt()

    def _interrupt(self) -> None:
        for interrupt in tuple(self._interrupts):
            interrupt()


def _without_credentials(server: str) -> str:
    scheme, separator, rest = server.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
