"""Clients that are gone without closing their connection."""

from __future__ import annotations

import socket

from sse_gateway.stream.peers import watch_peers


def test_every_connection_accepted_is_watched_by_the_kernel() -> None:
    """An idle client by probes, one with data on its way by a limit on how long it may stay unacknowledged."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        watch_peers([listening], 30)
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                found = {
                    name: accepted.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
                    for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
                }
    assert found == {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}
