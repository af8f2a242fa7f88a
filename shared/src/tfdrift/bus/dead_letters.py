"""Dead letters: messages that cannot be processed, stored beside the ledger with the reason and their sequence.

They have a limit, as sentry-arroyo's have (its ``dlq.py``). Past it the fault is not in the messages: everything would
become a dead letter while all looks well.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import structlog

from tfdrift.bus.errors import Rejected
from tfdrift.bus.messages import Message
from tfdrift.bus.publisher import Publisher
from tfdrift.subjects import DEAD_PREFIX

_MAX_REASON = 1000

# In a row; a sender of nonsense is interrupted by the messages of others.
MAX_CONSECUTIVE: Final = 200
# Of the latest messages, once there are so many.
MAX_RATIO: Final = 0.5
WINDOW: Final = 1000


class DeadLetterLimit:
    """Counts the outcomes of messages, and says when too many were dead letters."""

    def __init__(self) -> None:
        self._latest: deque[bool] = deque(maxlen=WINDOW)
        self._dead = 0
        self._consecutive = 0

    def note(self, dead: bool) -> None:
        """Count the outcome of one more message."""
        if len(self._latest) == WINDOW:
            self._dead -= self._latest[0]
        self._latest.append(dead)
        self._dead += dead
        self._consecutive = self._consecutive + 1 if dead else 0

    @property
    def reached(self) -> str | None:
        """Return why no further message may become a dead letter; None while it may."""
        if self._consecutive >= MAX_CONSECUTIVE:
            return f"{self._consecutive} messages in a row became dead letters"
        if len(self._latest) == WINDOW and self._dead > WINDOW * MAX_RATIO:
            return f"{self._dead} of the latest {WINDOW} messages became dead letters"
        return None


async def dead_letter(publisher: Publisher, consumer: str, message: Message, reason: str) -> None:
    """Publish a message on ``tfdrift_dead.<consumer>`` and log why; replicas that do so at once leave one copy.

    Raises:
        BusError: NATS went away.
    """
    log = structlog.get_logger().bind(consumer=consumer, sequence=message.sequence)
    line = " ".join(reason.split())[:_MAX_REASON]
    headers = {
        **message.headers,
        "Tfdrift-Reason": line.encode("ascii", "backslashreplace").decode(),
        "Tfdrift-Subject": message.subject,
        "Tfdrift-Sequence": str(message.sequence),
        "Nats-Msg-Id": f"{consumer}:{message.sequence}",
    }
    try:
        await publisher.publish(f"{DEAD_PREFIX}.{consumer}", message.data, headers)
    except Rejected as error:  # with the reason it exceeds the size limit; the ledger still has the message
        log.exception("dead_letter_refused", reason=str(error))
    log.error("message_dead_lettered", reason=line)
