"""What nats-server sends, with a short way for messages that are read by the thousand.

Theory of operation. nats-py hands every read of its socket to a parser, and spends on each message a state machine
over regular expressions, a queue and a task switch. `Inbound` takes the place of that parser. It cuts a read at the
borders of the protocol's operations (NATS client protocol: ``MSG`` and ``HMSG`` carry the length of their payload,
everything else is a line). What JetStream delivers to a subscription made here becomes `Message` objects, which are
handed over by the list, once a read; everything else goes to nats-py's parser, an operation at a time and in its place.
Connecting, access, TLS and reconnecting stay nats-py's.

A status (a heartbeat, flow control, the end of a pull) comes without a delivery's reply subject. It takes nats-py's
way, and what arrived before it has been handed over by then.

This is the only module that uses private names of nats-py: the client's parser, and a subscription's number. With a
version that has neither, every message takes nats-py's way, one at a time: slower, and the same otherwise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from tfdrift.bus.messages import Message, delivered
from tfdrift.bus.requests import answered

Take = Callable[[list[Message]], None]

_PARSER: Final = "_ps"
_NUMBER: Final = "_id"

_LINE_END: Final = b"\r\n"
_WITH_PAYLOAD: Final = frozenset({b"MSG", b"HMSG"})
_DELIVERY: Final = b"$JS.ACK."


class Inbound:
    """The short way of one connection; it takes the place of the client's parser for good.

    Attributes:
        client: the connection.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._takers: dict[bytes, Take] = {}
        self._rest = b""
        self._log = structlog.get_logger()
        self._parser = getattr(client, _PARSER, None)
        if self._parser is not None:
            setattr(client, _PARSER, self)
        else:
            self._log.warning("bulk_reading_off", remedy="messages are read one at a time; install nats-py below 3")

    async def subscribe(
        self, subject: str, take: Take, on_status: Callable[[Msg], Awaitable[None]]
    ) -> BulkSubscription:
        """Hand what JetStream delivers on `subject` to `take` by the list, and its status messages to `on_status`.

        Raises:
            Unavailable: NATS is away.
        """

        async def receive(message: Msg) -> None:
            if message.reply.encode().startswith(_DELIVERY):
                with suppress(ValueError):  # what only looks like a delivery
                    take([_delivered(message)])
                    return
            await on_status(message)

        subscription = await answered(self.client.subscribe(subject, cb=receive))
        number = getattr(subscription, _NUMBER, None)
        key = b"%d" % number if number is not None else b""
        if number is not None and self._parser is not None:
            self._takers[key] = take
        return BulkSubscription(self.client, subscription, lambda: self._takers.pop(key, None))

    def reset(self) -> None:
        """Forget the incomplete operation of a lost connection; nats-py calls this."""
        self._rest = b""
        if self._parser is not None:
            self._parser.reset()

    async def parse(self, data: bytes) -> None:
        """Process what was read from the socket; nats-py calls this."""
        buffer, position = self._rest + data if self._rest else data, 0
        takers, batches = self._takers, dict[bytes, list[Message]]()
        while (line_end := buffer.find(_LINE_END, position)) >= 0:
            end = start = line_end + 2
            words = buffer[position:line_end].split()
            if words and words[0] in _WITH_PAYLOAD and words[-1].isdigit():
                end = start + int(words[-1]) + 2
                if end > len(buffer):
                    break
                if words[2] in takers and len(words) > 4 and words[3].startswith(_DELIVERY):
                    body = start + int(words[4]) if len(words) == 6 else start
                    with suppress(ValueError):  # it only looked like a delivery: it takes nats-py's way
                        message = delivered(words[1], words[3], buffer[start:body], buffer[body : end - 2])
                        batches.setdefault(words[2], []).append(message)
                        position = end
                        continue
            self._hand_over(batches)
            if self._parser is not None:
                await self._parser.parse(buffer[position:end])
            position = end
        self._rest = buffer[position:]
        self._hand_over(batches)

    def _hand_over(self, batches: dict[bytes, list[Message]]) -> None:
        while batches:
            number, messages = batches.popitem()
            take = self._takers.get(number)
            try:
                if take is not None:
                    take(messages)
            except Exception:  # noqa: BLE001 - nats-py would stop reading; a follower notices the gap, a consumer is sent them again
                self._log.exception("messages_not_taken", count=len(messages), first=messages[0].sequence)


class BulkSubscription:
    """A subscription of `Inbound`."""

    def __init__(self, client: Client, subscription: Subscription, forget: Callable[[], object]) -> None:
        self._client = client
        self._subscription = subscription
        self._forget = forget

    async def end(self) -> None:
        """Unsubscribe."""
        self._forget()
        if not self._client.is_closed:
            await answered(self._subscription.unsubscribe())


def _delivered(message: Msg) -> Message:
    """A message as nats-py read it.

    Raises:
        ValueError: its reply subject is not that of a delivery.
    """
    lines = [f"{name}: {value}" for name, value in (message.headers or {}).items()]
    block = "\r\n".join(["NATS/1.0", *lines, "", ""]).encode() if lines else b""
    return delivered(message.subject.encode(), message.reply.encode(), block, message.data)
