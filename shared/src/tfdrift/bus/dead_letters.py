"""Dead letters: messages that cannot be processed, stored beside the ledger with the reason and their sequence."""

from __future__ import annotations

import structlog

from tfdrift.bus.errors import Rejected
from tfdrift.bus.messages import Message
from tfdrift.bus.publisher import Publisher
from tfdrift.subjects import DEAD_PREFIX

_MAX_REASON = 1000


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
