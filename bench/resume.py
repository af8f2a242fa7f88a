"""Measures resuming: 100,000 events replayed to one client, and 500 clients at once that each missed 200 events.

The replay comes from the gateway's window in memory, or, with a window too small for anything, from JetStream. Its
yardstick is nats-py's ordered consumer reading the same events on the same core. The time of the 500 clients runs from
the first connect to the last byte at the last client; the median of nine runs counts.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import nats as nats_py

from bench.report import report
from bench.streams.load import Address, payload, raise_descriptor_limit
from bench.streams.publish import NatsPublisher
from bench.streams.servers import Server, gateway, nats

SERVER_CORE, LOADER_CORE = 0, 1
EVENTS = 100_000
HERD = 500
MISSED = 200
ROUNDS = 3
SMALL_WINDOW = 64 * 1024
_BUFFER = bytearray(1024 * 1024)


def fill(address: Address) -> None:
    """Put the events on the ledger."""
    publisher = NatsPublisher(address)
    answered = 0
    for start in range(0, EVENTS, 1000):
        publisher.publish([payload(number) for number in range(start, start + 1000)])
        while answered < start + 1000:
            answered += publisher.socket.recv(1 << 20).count(b'"seq":')
    publisher.close()


def last_id(server: Server) -> str:
    """Returns the id of the newest event."""
    with socket.create_connection(server.address) as connection:
        connection.sendall(b"GET /api/v1/stats HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        text = b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()
    return text.partition('"last_id":"')[2].partition('"')[0]


def request(server: Server, missed: int) -> bytes:
    """Returns a request that resumes `missed` events before the newest."""
    epoch, _, sequence = last_id(server).partition("-")
    head = f"GET {server.path} HTTP/1.1\r\nHost: bench\r\nLast-Event-ID: {epoch}-{int(sequence) - missed}\r\n\r\n"
    return head.encode()


def replay(server: Server, missed: int) -> tuple[float, int]:
    """Resume one client; returns the seconds until its last event, and the bytes until then."""
    last = b"id: " + last_id(server).encode() + b"\n"
    wanted = request(server, missed)
    began, size, tail = time.perf_counter(), 0, b""
    with socket.create_connection(server.address) as connection:
        connection.settimeout(60)
        connection.sendall(wanted)
        while True:
            count = connection.recv_into(_BUFFER)
            size += count
            tail = tail[-1000:] + bytes(memoryview(_BUFFER)[max(0, count - 1000) : count])
            if last in tail and tail.endswith(b"\n\n\r\n"):
                return time.perf_counter() - began, size


def herd(server: Server) -> float:
    """Resume all clients at once; returns the seconds until each has everything."""
    _, each = replay(server, MISSED)
    wanted = request(server, MISSED)
    poll, waiting = select.epoll(), {}
    began = time.perf_counter()
    for _ in range(HERD):
        connection = socket.socket()
        connection.setblocking(False)
        with suppress(BlockingIOError):
            connection.connect(server.address)
        waiting[connection.fileno()] = [connection, each]
        poll.register(connection.fileno(), select.EPOLLOUT)
    open_streams = [connection for connection, _ in waiting.values()]
    while waiting:
        for descriptor, event in poll.poll(30, HERD):
            connection, left = waiting[descriptor]
            if event & select.EPOLLOUT:
                connection.send(wanted)
                poll.modify(descriptor, select.EPOLLIN)
                continue
            count = connection.recv_into(_BUFFER, len(_BUFFER), socket.MSG_TRUNC)
            if not count:
                raise SystemExit("a client was not served")
            waiting[descriptor][1] = left - count
            if left <= count:
                del waiting[descriptor]
                poll.unregister(descriptor)
    seconds = time.perf_counter() - began
    for connection in open_streams:
        connection.close()
    return seconds


async def _iterate(url: str) -> float:
    client = await nats_py.connect(url)
    began = time.perf_counter()
    subscription = await client.jetstream().subscribe("tfdrift.>", ordered_consumer=True)
    count = 0
    async for _ in subscription.messages:
        count += 1
        if count == EVENTS:
            break
    seconds = time.perf_counter() - began
    await client.close()
    return seconds


async def _call_back(url: str) -> float:
    client, done, count = await nats_py.connect(url), asyncio.Event(), 0

    async def take(_: object) -> None:
        nonlocal count
        count += 1
        if count == EVENTS:
            done.set()

    began = time.perf_counter()
    await client.jetstream().subscribe("tfdrift.>", ordered_consumer=True, cb=take)
    async with asyncio.timeout(60):
        await done.wait()
    seconds = time.perf_counter() - began
    await client.close()
    return seconds


def ordered_consumer(url: str, callback: bool) -> float:
    """Returns the seconds that nats-py's ordered consumer takes for the events, on the gateway's core."""
    os.sched_setaffinity(0, {SERVER_CORE})
    return asyncio.run(_call_back(url) if callback else _iterate(url))


def _apart(act: Callable[..., float], *arguments: object) -> float:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(act, arguments)


def main() -> None:
    """Measure and report."""
    raise_descriptor_limit()
    os.sched_setaffinity(0, {LOADER_CORE})
    with TemporaryDirectory() as name:
        folder = Path(name)
        with nats(folder / "nats", LOADER_CORE) as server:
            with gateway(folder, server, SERVER_CORE):
                pass  # it creates the streams
            fill(("127.0.0.1", server.port))
            figures = compare(folder, server)
    report("resume", figures)


def compare(folder: Path, server: Any) -> dict[str, Any]:
    """Returns all figures over a filled ledger."""
    small = {"TFDRIFT_RECENT_WINDOW_BYTES": str(SMALL_WINDOW)}
    large = {"TFDRIFT_RECENT_WINDOW_BYTES": str(128 * 1024**2)}
    rates: dict[str, list[float]] = {"window": [], "jetstream": [], "iterator": [], "callback": []}
    herds: dict[str, list[float]] = {"window": [], "jetstream": []}
    for _ in range(ROUNDS):
        for source, variables in (("window", large), ("jetstream", small)):
            with gateway(folder, server, SERVER_CORE, **variables) as one:
                herds[source] += [herd(one) for _ in range(ROUNDS)]
                rates[source].append(EVENTS / replay(one, EVENTS)[0])
        for kind in ("iterator", "callback"):
            rates[kind].append(EVENTS / _apart(ordered_consumer, server.url, kind == "callback"))
    figures: dict[str, Any] = {"events": EVENTS}
    for kind, title in (
        ("window", "replay from the window"),
        ("jetstream", "replay from JetStream"),
        ("iterator", "nats-py, ordered consumer, iterator"),
        ("callback", "nats-py, ordered consumer, callback"),
    ):
        figures[f"{title}, events/s"] = round(median(rates[kind]))
    for source in ("window", "jetstream"):
        for kind in ("iterator", "callback"):
            ratio = median(ours / theirs for ours, theirs in zip(rates[source], rates[kind], strict=True))
            figures[f"{source} / {kind}"] = round(ratio, 1)
        figures[f"herd of {HERD} x {MISSED} from {source}, s"] = round(median(herds[source]), 3)
    return figures


if __name__ == "__main__":
    main()
