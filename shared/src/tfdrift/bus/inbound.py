"""What nats-server sends, with a short way for messages that are read by the thousand.

Theory of operation. nats-py hands every read of its socket to a parser, and spends on each message a state machine
over regular expressions, a queue and a task switch. `Inbound` stands before that parser. It cuts a read at the borders
of the protocol's operations (NATS client protocol: ``MSG`` and ``HMSG`` carry the length of their payload, everything
else is a line). What JetStream delivers to a subscription made here becomes `Message` objects, which are handed over by
the list, once a read; everything else goes to nats-py's parser, an operation at a time and in its place. Connecting,
access, TLS and reconnecting stay nats-py's.

A status (a heartbeat, flow control, the end of a pull) comes without a delivery's reply subject. It takes nats-py's
way, and what arrived before it has been handed over by then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, cast

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.protocol.parser import Parser

from tfdrift.bus.messages import Message, delivered
from tfdrift.bus.requests import answered

Take = Callable[[list[Message]], None]

_LINE_END: Final = b"\r\n"
_WITH_PAYLOAD: Final = frozenset({b"MSG", b"HMSG"})
_DELIVERY: Final = b"$JS.ACK."


class Inbound:
    """The short way of one connection; it takes the place of the client's parser for good.

    Attributes:
        client: whose connection it is.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._parser = client._ps
        client._ps = cast("Parser", self)
        self._takers: dict[bytes, Take] = {}
        self._rest = b""
        self._log = structlog.get_logger()

    async def subscribe(
        self, subject: str, take: Take, on_status: Callable[[Msg], Awaitable[None]]
    ) -> BulkSubscription:
        """Have what JetStream delivers on `subject` taken by the list, and its status messages by `on_status`.

        Raises:
            Unavailable: NATS is away.
        """
        subscription = await answered(self.client.subscribe(subject, cb=on_status))
        number = b"%d" % subscription._id
        self._takers[number] = take
        return BulkSubscription(self.client, subscription, lambda: self._takers.pop(number, None))

    def reset(self) -> None:
        """Forget what a lost connection sent in part; nats-py calls it."""
        self._rest = b""
        self._parser.reset()

    async def parse(self, data: bytes) -> None:
        """Take in a read of the socket; nats-py calls it."""
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
                    with suppress(ValueError):  # what only looks like a delivery takes nats-py's way
                        message = delivered(words[1], words[3], buffer[start:body], buffer[body : end - 2])
                        batches.setdefault(words[2], []).append(message)
                        position = end
                        continue
            self._hand_over(batches)
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
            except Exception:  # noqa: BLE001 - nats-py would stop reading; what was not taken shows as a gap, or comes again
                self._log.exception("messages_not_taken", count=len(messages), first=messages[0].sequence)


class BulkSubscription:
    """A subscription of `Inbound`."""

    def __init__(self, client: Client, subscription: Subscription, forget: Callable[[], object]) -> None:
        self._client = client
        self._subscription = subscription
        self._forget = forget

    async def end(self) -> None:
        """Take nothing more."""
        self._forget()
        if not self._client.is_closed:
            await answered(self._subscription.unsubscribe())
