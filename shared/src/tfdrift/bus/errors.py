"""What can go wrong on the bus.

BusError
├── Unavailable        NATS is away, has no JetStream, or did not answer in time: try again
├── Rejected           NATS said no, and will say it again
│   └── Conflict       a compare-and-set lost against another writer: read, decide and write anew
└── Differs            a stream exists with subjects that are not ours: somebody else's stream

Transient              raised by a message handler: deliver this message again later
Poison                 raised by a message handler: this message can never be processed
"""

from __future__ import annotations


class BusError(Exception):
    """Anything that the bus reports."""


class Unavailable(BusError):  # noqa: N818 - the name is the condition
    """NATS cannot be reached or did not answer in time; what was sent may or may not have arrived."""


class Rejected(BusError):  # noqa: N818
    """NATS refused a request for good."""


class Conflict(Rejected):
    """The key or subject has moved on since the revision that was named."""


class Differs(BusError):  # noqa: N818
    """A stream of our name carries other subjects."""


class Transient(Exception):  # noqa: N818
    """A handler cannot process a message now.

    Attributes:
        delay_seconds: how long to wait before it is delivered again.
    """

    def __init__(self, reason: str, delay_seconds: float = 1.0) -> None:
        super().__init__(reason)
        self.delay_seconds = delay_seconds


class Poison(Exception):  # noqa: N818
    """A handler can never process a message; its reason goes with it to the dead-letter subject."""
