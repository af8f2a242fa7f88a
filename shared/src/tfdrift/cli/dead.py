"""Dead letters: the messages of ``TFDRIFT_DEAD``, read from NATS itself and published again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nats.js import JetStreamContext

from tfdrift.bus.errors import NotFound
from tfdrift.bus.requests import answered
from tfdrift.subjects import DEAD_STREAM, PREFIX

_OWN_HEADERS: Final = ("Tfdrift-Reason", "Tfdrift-Subject", "Tfdrift-Sequence", "Nats-Msg-Id")


@dataclass(frozen=True)
class DeadLetter:
    """One dead letter.

    Attributes:
        sequence: by which the other commands name it.
        subject: where the message came from; empty where that is not known.
    """

    sequence: int
    service: str
    reason: str
    subject: str
    headers: dict[str, str]
    data: bytes

    @property
    def replayable(self) -> bool:
        """Whether the message is there and was on the ledger; ingest-falco's letters have no content."""
        return self.subject.startswith(f"{PREFIX}.") and bool(self.data)


async def letters(jetstream: JetStreamContext) -> list[DeadLetter]:
    """Every dead letter, oldest first."""
    state = (await answered(jetstream.stream_info(DEAD_STREAM))).state
    found = []
    for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
        try:
            found.append(await letter(jetstream, sequence))
        except NotFound:  # it was dropped, or aged out
            continue
    return found


async def letter(jetstream: JetStreamContext, sequence: int) -> DeadLetter:
    """One dead letter.

    Raises:
        NotFound: there is none of that sequence.
    """
    raw = await answered(jetstream.get_msg(DEAD_STREAM, sequence))
    headers = dict(raw.headers or {})
    return DeadLetter(
        sequence,
        (raw.subject or "").partition(".")[2],
        headers.get("Tfdrift-Reason", ""),
        headers.get("Tfdrift-Subject", ""),
        {name: text for name, text in headers.items() if name not in _OWN_HEADERS},
        raw.data or b"",
    )


async def replay(jetstream: JetStreamContext, sequence: int) -> DeadLetter:
    """Publish a message on the ledger again, then drop its dead letter.

    Raises:
        NotFound: there is none of that sequence.
        ValueError: it cannot be replayed.
    """
    found = await letter(jetstream, sequence)
    if not found.replayable:
        raise ValueError(f"dead letter {sequence} has no message that was on the ledger, so it cannot be replayed")
    # The same message twice, if this is repeated, is one: JetStream knows it by this id.
    headers = found.headers | {"Nats-Msg-Id": f"replay:{sequence}"}
    await answered(jetstream.publish(found.subject, found.data, headers=headers))
    await drop(jetstream, sequence)
    return found


async def drop(jetstream: JetStreamContext, sequence: int) -> None:
    """Delete a dead letter.

    Raises:
        NotFound: there is none of that sequence.
    """
    await letter(jetstream, sequence)
    await answered(jetstream.delete_msg(DEAD_STREAM, sequence))
