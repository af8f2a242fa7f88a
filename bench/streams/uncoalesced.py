"""Runs the gateway in nchan's way, for a like-for-like comparison: one write per event, joined by Nagle's algorithm.

nchan sets ``TCP_NODELAY`` on connections of publishers and not of subscribers: the kernel joins what it writes while
earlier data is in flight (RFC 9293, section 3.7.4). The gateway joins events itself and sends each write at once.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable

from sse_gateway import __main__
from sse_gateway.fanout import hub as fanout


class UncoalescedHub(fanout.Hub):
    """A hub that leaves its clients' connections to Nagle's algorithm."""

    def join(self, client: fanout.Client, on_left: Callable[[fanout.Leaving], None]) -> None:
        """Add a client to the live flow."""
        own = client.transport.get_extra_info("socket")  # type: ignore[attr-defined]
        with socket.socket(fileno=os.dup(own.fileno())) as same:
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        super().join(client, on_left)


if __name__ == "__main__":
    from sse_gateway import app

    fanout.FLUSH_BYTES = 1  # type: ignore[misc]
    app.Hub = UncoalescedHub  # type: ignore[misc]
    sys.exit(__main__.main())
