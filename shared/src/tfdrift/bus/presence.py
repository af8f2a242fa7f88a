"""Which services are there: a question to all of them, which each answers at once, without a stream.

It goes over plain NATS on `PRESENCE_SUBJECT`. Where the server restricts subjects, every service must be allowed to
subscribe to it, and sse-gateway to publish on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg

from tfdrift.bus.requests import answered

PRESENCE_SUBJECT: Final = "tfdrift_presence"


async def answer_presence(client: Client, answer: Callable[[], bytes]) -> None:
    """Answer every question from now on; the subscription survives reconnections.

    Raises:
        BusError: NATS went away.
    """

    async def on_question(question: Msg) -> None:
        if question.reply:
            await answered(client.publish(question.reply, answer()))

    await answered(client.subscribe(PRESENCE_SUBJECT, cb=on_question))


async def ask_presence(client: Client, seconds: float) -> list[bytes]:
    """Return the answers that come within a time.

    Raises:
        BusError: NATS went away.
    """
    answers: list[bytes] = []

    async def on_answer(message: Msg) -> None:
        answers.append(message.data)

    inbox = client.new_inbox()
    subscription = await answered(client.subscribe(inbox, cb=on_answer))
    try:
        await answered(client.publish(PRESENCE_SUBJECT, b"", reply=inbox))
        await asyncio.sleep(seconds)
    finally:
        if client.is_connected:
            await answered(subscription.unsubscribe())
    return answers
