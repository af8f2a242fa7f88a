"""The gateway as nchan works, for a comparison like for like: a write for each event, left to Nagle's algorithm.

nchan sets ``TCP_NODELAY`` on its publishers' connections, and not on its subscribers': the kernel joins what it writes
while earlier data is on its way (RFC 9293 section 3.7.4). The gateway joins events itself, and has each write sent at
once.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable

from sse_gateway import __main__
from sse_gateway.fanout import hub as fanout


class UncoalescedHub(fanout.Hub):
    """Leaves the connections of its clients to Nagle's algorithm."""

    def join(self, client: fanout.Client, on_left: Callable[[fanout.Leaving], None]) -> None:
        """Make a client live."""
        own = client.transport.get_extra_info("socket")  # type: ignore[attr-defined]
        with socket.socket(fileno=os.dup(own.fileno())) as same:
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        super().join(client, on_left)


if __name__ == "__main__":
    from sse_gateway import app

    fanout.FLUSH_BYTES = 1  # type: ignore[misc]
    app.Hub = UncoalescedHub  # type: ignore[misc]
    sys.exit(__main__.main())
