"""A load client for event streams: raw sockets and one epoll, in one process that also publishes.

Most clients only count bytes: with ``MSG_TRUNC`` the kernel discards the data (tcp(7)), so a thousand readers cost the
loader little. Some clients are *probes*: a probe reads its stream, counts its events, and takes the delay of each from
the time of publishing in its payload. Probes are spread evenly over the order of connecting, so that they represent all
positions in a server's list.
"""

from __future__ import annotations

import os
import re
import resource
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

_BUFFER = bytearray(1024 * 1024)
_SENT = re.compile(rb'"sent": ?"(\d{19})"')
_CONNECTING_AT_ONCE = 200
_TICKS = os.sysconf("SC_CLK_TCK")
_DEADLINE_SECONDS = 60.0

Address = tuple[str, int]


class Publisher(Protocol):
    """Sends payloads to a server, without waiting for its answers."""

    socket: socket.socket

    def publish(self, payloads: list[bytes]) -> None: ...
    def drain(self) -> None: ...


class LoadError(Exception):
    """A server did not answer as expected."""


@dataclass
class Probe:
    """A client that reads its stream."""

    events: int = 0
    counted: int = 0
    size_bytes: int = 0
    tail: bytes = b""
    delays: list[int] = field(default_factory=list)

    def feed(self, data: bytes, now: int) -> None:
        """Add data that was read at the time `now`, in nanoseconds."""
        data = self.tail + data
        last = 0
        for match in _SENT.finditer(data):
            self.delays.append(now - int(match[1]))
            self.events += 1
            last = match.end()
        self.tail = data[max(last, len(data) - 29) :]


@dataclass(frozen=True)
class Measured:
    """The figures of one run. Times are in seconds; delays run from publishing to reading, at the probes."""

    seconds: float
    deliveries: float
    delays: list[float]
    server_seconds: float
    loader_seconds: float

    @property
    def rate(self) -> float:
        """Deliveries a second."""
        return self.deliveries / self.seconds

    def delay_ms(self, share: float) -> float:
        """The delay that `share` of the events did not exceed, in milliseconds."""
        ordered = sorted(self.delays)
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else float("nan")


def payload(sent: int, size: int = 300) -> bytes:
    """Returns a drift's JSON of `size` bytes with the time of publishing."""
    head = (
        b'{"id":"d-1","severity":"high","resource_type":"aws_instance","resource_id":"i-0a1b2c3d4e5f60718",'
        b'"old_value":"t3.micro","new_value":"m5.4xlarge","status":"open","kind":"modified","sent":"%019d","note":"'
    ) % sent
    return head + b"x" * (size - len(head) - 2) + b'"}'


def raise_descriptor_limit() -> int:
    """Raise the limit of open descriptors to the highest allowed, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def processor_seconds(process: int) -> float:
    """Returns the processor time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_bytes(process: int) -> int:
    """Returns the resident memory of a process."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


class Load:
    """Open streams of one server, and the bytes that arrive on them."""

    def __init__(self, address: Address, path: str, clients: int, probes: int, headers: str = "") -> None:
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._probes: dict[int, Probe] = {}
        self._received: dict[int, int] = {}
        self._total = 0
        request = f"GET {path} HTTP/1.1\r\nHost: {address[0]}\r\nAccept: text/event-stream\r\n{headers}\r\n".encode()
        every = max(1, clients // probes) if probes else 0
        for start in range(0, clients, _CONNECTING_AT_ONCE):
            for number in range(start, min(start + _CONNECTING_AT_ONCE, clients)):
                connection = socket.create_connection(address)
                connection.sendall(request)
                connection.setblocking(False)
                descriptor = connection.fileno()
                self._sockets[descriptor] = connection
                self._received[descriptor] = 0
                if every and number % every == every - 1:
                    self._probes[descriptor] = Probe()
                self._poll.register(descriptor, select.EPOLLIN)
            self.until(lambda: all(self._received.values()), "a client was not answered")

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        self._poll.close()
        for connection in self._sockets.values():
            connection.close()

    def until(self, condition: Callable[[], bool], otherwise: str) -> None:
        """Read until a condition holds.

        Raises:
            LoadError: it does not hold within a minute.
        """
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition():
            self.read(0.05)
            if time.monotonic() > deadline:
                raise LoadError(otherwise)

    def read_for(self, seconds: float = 0.3) -> None:
        """Read for a while, until the responses to all requests have arrived."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)

    def read(self, timeout: float) -> None:
        """Read what has arrived; if nothing has, wait at most `timeout` seconds."""
        received, probes, sockets = self._received, self._probes, self._sockets
        for descriptor, _ in self._poll.poll(timeout, 4096):
            probe = probes.get(descriptor)
            flags = socket.MSG_TRUNC if probe is None else 0
            try:
                count = sockets[descriptor].recv_into(_BUFFER, len(_BUFFER), flags)
            except BlockingIOError:
                continue
            if not count:
                raise LoadError("a server closed a stream")
            received[descriptor] += count
            self._total += count
            if probe is not None:
                probe.size_bytes += count
                probe.feed(bytes(memoryview(_BUFFER)[:count]), time.monotonic_ns())

    def _slowest(self) -> int:
        return min(probe.events for probe in self._probes.values())

    def _reset(self) -> None:
        self._total = 0
        for probe in self._probes.values():
            probe.counted, probe.size_bytes = probe.events, 0
            probe.delays.clear()

    def saturate(self, publisher: Publisher, window: int, warm_up: float, seconds: float, process: int) -> Measured:
        """Publish as fast as the server delivers: at most `window` events are in flight to any probe."""
        published = self._slowest()

        def run(until: float) -> None:
            nonlocal published
            while time.monotonic() < until:
                free = window - (published - self._slowest())
                if free > 0:
                    now = time.monotonic_ns()
                    publisher.publish([payload(now)] * free)
                    published += free
                self.read(0.0005)
                publisher.drain()

        run(time.monotonic() + warm_up)
        self._reset()
        began = _Meter(process)
        run(time.monotonic() + seconds)
        measured = self._measured(began)
        self.until(lambda: self._slowest() >= published, "an event did not arrive")
        return measured

    def at_rate(self, publisher: Publisher, per_second: float, seconds: float, process: int) -> Measured:
        """Publish single events at a rate of `per_second`."""
        self._reset()
        began, published, before = _Meter(process), 0, self._slowest()
        start = time.monotonic()
        while (passed := time.monotonic() - start) < seconds:
            if published <= passed * per_second:
                publisher.publish([payload(time.monotonic_ns())])
                published += 1
            self.read(max(0.0, published / per_second - (time.monotonic() - start)))
            publisher.drain()
        self.until(lambda: self._slowest() >= before + published, "an event did not arrive")
        return self._measured(began)

    def _measured(self, began: _Meter) -> Measured:
        seconds, server, loader = began.passed()
        events = sum(probe.events - probe.counted for probe in self._probes.values())
        size = sum(probe.size_bytes for probe in self._probes.values()) / max(events, 1)
        delays = [delay / 1e9 for probe in self._probes.values() for delay in probe.delays]
        return Measured(seconds, self._total / size, delays, server, loader)


class _Meter:
    def __init__(self, process: int) -> None:
        self._process = process
        self._began = self._now()

    def _now(self) -> tuple[float, float, float]:
        return time.monotonic(), processor_seconds(self._process), time.process_time()

    def passed(self) -> tuple[float, float, float]:
        now = self._now()
        return now[0] - self._began[0], now[1] - self._began[1], now[2] - self._began[2]
