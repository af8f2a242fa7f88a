"""Finds out that a client is gone without a word: a cut cable, a suspended laptop, a NAT that dropped its entry."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from typing import Final

_PROBES: Final = 3


def watch_peers(listening: Iterable[socket.socket], silence_seconds: float) -> None:
    """Have the kernel end connections whose other end does not answer for about twice `silence_seconds`.

    While nothing is sent, keep-alive probes (RFC 9293 section 3.8.4) ask for an answer. While data is on its way, which
    the stream's own comments ensure, the user timeout (RFC 5482) bounds how long it may stay unacknowledged, or unsent
    to a closed window. Without it the kernel tries for a quarter of an hour.

    On Linux a connection inherits the options of its listening socket (tcp(7)), so nothing is done for each client.
    """
    seconds = max(1, round(silence_seconds))
    for one in listening:
        # The loop returns stand-ins for its sockets, whose options cannot be set.
        with socket.socket(fileno=os.dup(one.fileno())) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in (
                ("TCP_KEEPIDLE", seconds),
                ("TCP_KEEPINTVL", max(1, seconds // _PROBES)),
                ("TCP_KEEPCNT", _PROBES),
                ("TCP_USER_TIMEOUT", 2 * seconds * 1000),
            ):
                option = getattr(socket, name, None)  # Linux has them all, other systems some
                if option is not None:
                    same.setsockopt(socket.IPPROTO_TCP, option, value)
