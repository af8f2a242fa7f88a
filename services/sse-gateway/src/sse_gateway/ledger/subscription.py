"""Follows the ledger with one subscription, and gives each event to the hub in order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final

import structlog

from sse_gateway.errors import Behind
from sse_gateway.fanout import own_events
from sse_gateway.fanout.cursor import Cursor, ResetReason, Resume, Span, epoch_token, parse_cursor, resume
from sse_gateway.fanout.frame import Frame, encode
from sse_gateway.fanout.hub import Hub
from sse_gateway.ledger.history import History
from sse_gateway.metrics import FOREIGN, RESETS
from tfdrift.bus import Bus, BusError, Follow, Message, StreamState
from tfdrift.envelope import RECEIVED, TRACEPARENT, WORKSPACE, parse_header_text, parse_rfc3339
from tfdrift.subjects import STREAM, EventName, SubjectError, parse

BEHIND_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 0.5
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Ledger:
    """The ledger as this process reads it.

    Attributes:
        epoch: the epoch of the stream; empty until `run` has begun.
        history: the events that are older than the hub's ring.
    """

    def __init__(self, bus: Bus, hub: Hub) -> None:
        self.epoch = ""
        self.hub = hub
        self._bus = bus
        self._remade = asyncio.Event()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._log = structlog.get_logger()
        self.history = History(bus, self._frame_of)

    async def run(self, on_caught_up: Callable[[], None]) -> None:
        """Follow the stream until cancelled; `on_caught_up` is called at first and whenever it was created again."""
        while True:
            state = await self._state()
            self._begin(state)
            caught_up = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                following = tasks.create_task(
                    self._bus.follow(
                        Follow(
                            STREAM,
                            self._on_message,
                            start=self.hub.ring.first,
                            on_read=self.hub.end_burst,
                            on_caught_up=caught_up.set,
                            on_remade=self._remade.set,
                        )
                    )
                )
                verifying = tasks.create_task(self._verify(caught_up, state, on_caught_up))
                await self._remade.wait()
                following.cancel()
                verifying.cancel()

    async def span(self) -> Span:
        """Returns what the ledger holds now, as JetStream answers.

        Raises:
            tfdrift.bus.BusError: NATS cannot be asked now.
        """
        state = await self._bus.stream_state()
        return Span(epoch_token(state.created), _oldest(state), state.last_sequence)

    async def resume(self, text: str) -> tuple[Resume, Span]:
        """Returns where a client goes on whose last event id is ``text``.

        Raises:
            tfdrift.bus.BusError: that needs NATS, and NATS cannot be asked now.
            Behind: another replica has sent it events that this process has not read in time.
        """
        cursor, ring = parse_cursor(text), self.hub.ring
        if cursor is not None and cursor.epoch == self.epoch and ring.first - 1 <= cursor.sequence <= ring.last:
            return Resume(cursor.sequence), Span(self.epoch, ring.first, ring.last)
        span = await self.span()
        if span.epoch != self.epoch:
            raise Behind("the ledger was created again a moment ago")
        found = resume(cursor, span)
        await self._reached(found.after)
        return found, span

    async def position_at(self, moment: datetime) -> int:
        """Returns the sequence after which everything was stored at ``moment`` or later.

        Raises:
            tfdrift.bus.BusError: that needs NATS, and NATS cannot be asked now.
        """
        position = self.hub.ring.position_at(moment)
        if position is not None:
            return position
        low, high = (await self.span()).oldest, self.hub.ring.first
        while low < high:  # the first of [low, high) stored at `moment` or later, or high
            middle = (low + high) // 2
            message = await self._first_from(middle, high - 1)
            if message is None or message.published >= moment:
                high = middle
            else:
                low = message.sequence + 1
        return min(low, self.hub.ring.first) - 1

    async def expired_between(self, position: int) -> Span | None:
        """Returns what the ledger holds if the event after ``position`` has expired; None if it has not."""
        span = await self.span()
        return span if span.oldest > position + 1 else None

    async def _state(self) -> StreamState:
        while True:
            await self._bus.wait_connected()
            try:
                return await self._bus.stream_state()
            except BusError as error:
                self._log.info("ledger_not_readable", reason=str(error))
                await asyncio.sleep(_RETRY_SECONDS)

    def _begin(self, state: StreamState) -> None:
        epoch, again = epoch_token(state.created), self.epoch != ""
        oldest = _oldest(state)
        self._remade.clear()
        self.history.forget()
        if not again:
            self.epoch = epoch
            self.hub.restart(_window_start(state, oldest, self.hub.ring.max_bytes))
            return
        self._log.warning("ledger_remade", was=self.epoch, now=epoch, clients=len(self.hub))
        self.epoch = epoch
        self.hub.restart(oldest)
        RESETS.labels(ResetReason.EPOCH).inc(len(self.hub))
        self.hub.announce(own_events.reset(ResetReason.EPOCH, Cursor(epoch, oldest)))

    async def _verify(self, caught_up: asyncio.Event, state: StreamState, on_caught_up: Callable[[], None]) -> None:
        """Find out whether the stream was created again before the follower began; later the follower reports it."""
        await caught_up.wait()
        if (await self._state()).created != state.created:
            self._remade.set()
        else:
            on_caught_up()

    def _on_message(self, message: Message) -> None:
        if self._remade.is_set() or message.sequence <= self.hub.ring.last:
            return
        frame = self._frame_of(message)
        if frame is None:
            self.hub.ring.skip(message.sequence)
            FOREIGN.inc()
            self._log.warning("foreign_message", subject=message.subject, sequence=message.sequence)
        else:
            self.hub.publish(frame, _event_of(message.subject) or "", _received(message), _trace(message))
        if self._waiting:
            self._wake()

    def _frame_of(self, message: Message) -> Frame | None:
        event = _event_of(message.subject)
        if event is None:
            return None
        workspace = message.header(WORKSPACE)
        try:
            return self._frame(message, event, workspace)
        except ValueError:  # a foreign publisher's header
            return None

    def _frame(self, message: Message, event: EventName, workspace: str | None) -> Frame:
        return Frame(
            message.sequence,
            message.subject,
            parse_header_text(workspace) if workspace is not None else None,
            message.published_nanoseconds,
            encode(self.epoch, message.sequence, event, message.data),
        )

    async def _first_from(self, sequence: int, end: int) -> Message | None:
        found = await self._bus.get_message(STREAM, sequence)
        if found is not None:
            return found
        batches = self._bus.read(STREAM, start=sequence, end=end)
        try:
            async for messages in batches:
                return messages[0]
        finally:
            await batches.aclose()  # type: ignore[attr-defined]
        return None

    async def _reached(self, sequence: int) -> None:
        """Wait until everything up to ``sequence`` is in the ring."""
        if self.hub.ring.last >= sequence:
            return
        waiter = (sequence, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(BEHIND_SECONDS):
                await waiter[1]
        except TimeoutError as error:
            raise Behind(f"event {sequence} has not been read within {BEHIND_SECONDS:g} s") from error
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _wake(self) -> None:
        for waiter in list(self._waiting):
            if waiter[0] <= self.hub.ring.last:
                self._waiting.remove(waiter)
                if not waiter[1].done():
                    waiter[1].set_result(None)


def _oldest(state: StreamState) -> int:
    return state.first_sequence if state.messages else state.last_sequence + 1


def _window_start(state: StreamState, oldest: int, max_bytes: int) -> int:
    """Returns where to begin so that about ``max_bytes`` of the newest events are read."""
    if state.bytes <= max_bytes:
        return oldest
    return max(oldest, state.last_sequence + 1 - state.messages * max_bytes // state.bytes)


@lru_cache(maxsize=4096)
def _event_of(subject: str) -> EventName | None:
    try:
        return parse(subject).event
    except SubjectError:
        return None


def _trace(message: Message) -> str | None:
    """The trace id of a W3C ``traceparent``: its second part."""
    found = _TRACEPARENT.fullmatch(message.header(TRACEPARENT) or "")
    return found[1] if found is not None else None


def _received(message: Message) -> datetime | None:
    text = message.header(RECEIVED)
    try:
        return parse_rfc3339(text) if text else None
    except ValueError:
        return None
