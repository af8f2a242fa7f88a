"""Publishing to JetStream with an awaited acknowledgement, many at a time.

nats-py's own ``publish`` spends most of its time on a timer and a token for each message. Here one inbox subscription
resolves the acknowledgements of all messages, and one task checks their deadlines.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from tfdrift.bus.errors import Conflict, Rejected, Unavailable
from tfdrift.bus.messages import Ack
from tfdrift.bus.requests import nats_errors_mapped

ACK_TIMEOUT_SECONDS = 5.0
# How many acknowledgements may be outstanding; further publishers wait. At 2 KB a message this is 8 MB in flight.
MAX_OUTSTANDING = 4096
_SWEEP_SECONDS = 0.5

# nats-server's codes of a wrong last sequence (server/errors.json).
_WRONG_LAST_SEQUENCE = frozenset({10071, 10164})
# JetStream answers 503 while it has no leader; that passes.
_SERVICE_UNAVAILABLE = 503


class Publisher:
    """Publishes over one connection; any number of tasks may use it at once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox = client.new_inbox()
        self._tokens = itertools.count()
        self._outstanding: dict[str, tuple[asyncio.Future[Ack], float]] = {}
        self._window = asyncio.Semaphore(MAX_OUTSTANDING)
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen for acknowledgements; the subscription survives reconnects."""
        await self._client.subscribe(f"{self._inbox}.*", cb=self._on_ack)
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Fail every outstanding message, and stop."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        self.fail_outstanding("the bus is closed")

    def fail_outstanding(self, reason: str) -> None:
        """Fail every outstanding message, because its acknowledgement will not arrive."""
        for future, _ in self._outstanding.values():
            if not future.done():
                future.set_exception(Unavailable(reason))

    async def publish(self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None) -> Ack:
        """Store a message and wait until JetStream has acknowledged it.

        Raises:
            Unavailable: no connection, or no acknowledgement in time. The message may have been stored, so publish it
                again under the same ``Nats-Msg-Id``.
            Conflict: the subject is past the expected last sequence.
            Rejected: JetStream refused the message for good.
        """
        async with self._window:
            token = str(next(self._tokens))
            loop = asyncio.get_running_loop()
            future: asyncio.Future[Ack] = loop.create_future()
            self._outstanding[token] = (future, loop.time() + ACK_TIMEOUT_SECONDS)
            try:
                with nats_errors_mapped():
                    await self._client.publish(
                        subject, payload, reply=f"{self._inbox}.{token}", headers=dict(headers) if headers else None
                    )
                return await future
            except Rejected as error:
                raise type(error)(f"a message of {len(payload)} bytes on {subject}: {error}", error.code) from error
            finally:
                del self._outstanding[token]

    async def _on_ack(self, message: Msg) -> None:
        token = message.subject.rpartition(".")[2]
        future, _ = self._outstanding.get(token, (None, 0.0))
        if future is None or future.done():
            return
        result = _parse_ack(message)
        if isinstance(result, Ack):
            future.set_result(result)
        else:
            future.set_exception(result)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = loop.time()
            for future, deadline in self._outstanding.values():
                if deadline < now and not future.done():
                    future.set_exception(Unavailable(f"no acknowledgement within {ACK_TIMEOUT_SECONDS:g} s"))


def _parse_ack(message: Msg) -> Ack | Exception:
    if not message.data:
        status = (message.headers or {}).get("Status", "no status")
        return Unavailable(f"no stream answers for the subject (status {status})")
    body = orjson.loads(message.data)
    error = body.get("error")
    if error is None:
        return Ack(body["seq"], bool(body.get("duplicate")))
    text = f"{error.get('description', 'refused')} ({error.get('err_code')})"
    code = error.get("err_code")
    if code in _WRONG_LAST_SEQUENCE:
        return Conflict(text, code)
    return Unavailable(text) if error.get("code") == _SERVICE_UNAVAILABLE else Rejected(text, code)
