"""What can go wrong on the bus. No error of nats-py leaves it.

BusError
├── Unavailable        NATS is away, has no JetStream, or did not answer in time: try again
├── NotFound           a stream, consumer or message does not exist
├── Rejected           NATS refused, and would refuse again
│   └── Conflict       a compare-and-set lost against another writer: read, decide and write anew
├── Differs            a stream exists with subjects that are not ours: it belongs to somebody else
└── NoRoom             JetStream has less storage than the ledger is to have

A handler of messages raises one of two, which are not errors of the bus:

Transient              deliver this message again later
Poison                 this message can never be processed
"""

from __future__ import annotations


class BusError(Exception):
    """Base of everything that the bus raises."""


class Unavailable(BusError):  # noqa: N818 - the name is the condition
    """NATS cannot be reached or did not answer in time; what was sent may or may not have arrived."""


class NotFound(BusError):  # noqa: N818
    """What was asked for does not exist."""


class Rejected(BusError):  # noqa: N818
    """NATS refused a request for good.

    Attributes:
        code: nats-server's code of the reason (its server/errors.json); None when nats-py refused to send it.
    """

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class Conflict(Rejected):
    """The key or subject has moved on since the revision that was named."""


class Differs(BusError):  # noqa: N818
    """A stream of our name carries other subjects."""


class NoRoom(BusError):  # noqa: N818
    """JetStream has too little storage; the message names the variable, the bytes and the remedy."""


class Transient(Exception):  # noqa: N818
    """A handler cannot process a message now.

    Attributes:
        delay_seconds: how long to wait before it is delivered again.
    """

    def __init__(self, reason: str, delay_seconds: float = 1.0) -> None:
        super().__init__(reason)
        self.delay_seconds = delay_seconds


class Poison(Exception):  # noqa: N818
    """A handler can never process a message; the reason goes with it to the dead letters."""
