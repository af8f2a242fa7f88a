"""Publishes events to a server by HTTP POST or JetStream, each over one raw connection."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from datetime import UTC, datetime

from bench.streams.load import Address

SUBJECT = "tfdrift.drift.high.aws.aws_instance"


class _Raw:
    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def drain(self) -> None:
        """Discard the server's answers."""
        with suppress(BlockingIOError):
            while len(self.socket.recv(1 << 16, socket.MSG_DONTWAIT)) == 1 << 16:
                pass


class HttpPublisher(_Raw):
    """Pipelined POST requests."""

    def __init__(self, address: Address, path: str) -> None:
        super().__init__(address)
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        )

    def publish(self, payloads: list[bytes]) -> None:
        """Send each payload as a request."""
        self.socket.sendall(b"".join([(self._head % len(payload)).encode() + payload for payload in payloads]))


class NatsPublisher(_Raw):
    """Publishes to the ledger's stream as a service does, with headers and an acknowledgement for each."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        options = {"verbose": False, "pedantic": False, "headers": True, "lang": "bench", "version": "1"}
        self.socket.sendall(f"CONNECT {json.dumps(options)}\r\nSUB bench.ack 1\r\n".encode())

    def publish(self, payloads: list[bytes]) -> None:
        """Send each payload as a message; `drain` reads the acknowledgements."""
        received = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        headers = f"NATS/1.0\r\nTfdrift-Received: {received}\r\n\r\n".encode()
        messages = []
        for payload in payloads:
            total = len(headers) + len(payload)
            messages.append(
                f"HPUB {SUBJECT} bench.ack {len(headers)} {total}\r\n".encode() + headers + payload + b"\r\n"
            )
        self.socket.sendall(b"".join(messages))

    def drain(self) -> None:
        """Read acknowledgements, and answer the server's pings."""
        with suppress(BlockingIOError):
            data = self.socket.recv(1 << 20, socket.MSG_DONTWAIT)
            if b"PING\r\n" in data:
                self.socket.sendall(b"PONG\r\n")
