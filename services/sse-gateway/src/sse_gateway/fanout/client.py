"""One open stream as the hub sees it: a transport to write to, and what its client asked for."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from sse_gateway.fanout.filters import Filter
from sse_gateway.fanout.frame import chunk


class Transport(Protocol):
    """What the hub needs of an ``asyncio.Transport``."""

    def write(self, data: bytes) -> None:
        """Send, or buffer what cannot be sent yet."""
        ...

    def get_write_buffer_size(self) -> int:
        """Bytes that are buffered."""
        ...

    def close(self) -> None:
        """Send what is buffered, then close."""
        ...

    def abort(self) -> None:
        """Close now."""
        ...

    def is_closing(self) -> bool:
        """Whether it is closed or closing; uvloop's raises an error when it is written to then."""
        ...


class Leaving(StrEnum):
    """Why the hub let go of a client."""

    LAGGING = "lagging"
    DRAINING = "draining"


class Client:
    """One open stream.

    Attributes:
        chunked: whether its HTTP version has chunked transfer coding (1.1 has, 1.0 has not).
        position: after the hub let go of it: everything up to this sequence has been written to it.
        on_left: called when the hub lets go of it; None while it is not joined.
        wrote_at: the hub's clock when it was last written to by other means than a flush.
    """

    __slots__ = ("chunked", "on_left", "position", "transport", "wanted", "wrote_at")

    def __init__(self, transport: Transport, wanted: Filter, *, chunked: bool) -> None:
        self.transport = transport
        self.wanted = wanted
        self.chunked = chunked
        self.position = 0
        self.wrote_at = 0.0
        self.on_left: Callable[[Leaving], None] | None = None

    def write(self, body: bytes) -> bool:
        """Write to this client alone; False if its connection is gone, which its own task is about to find out."""
        if self.transport.is_closing():
            return False
        self.transport.write(chunk(body) if self.chunked else body)
        return True
