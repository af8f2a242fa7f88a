"""The hub, on transports that only keep what they are written."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sse_gateway.fanout.client import Client, Leaving
from sse_gateway.fanout.filters import compile_filter
from sse_gateway.fanout.frame import Frame, chunk, encode
from sse_gateway.fanout.hub import FLUSH_BYTES, Hub
from sse_gateway.fanout.ring import Ring
from tfdrift.subjects import EventName

NOW = datetime(2025, 1, 15, tzinfo=UTC)


class Wire:
    """A transport that sends nothing: what is written stays in its buffer until `read`."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.buffered = 0
        self.closed = False
        self.left: list[Leaving] = []

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: bytes) -> None:
        if self.closed:
            raise RuntimeError("unable to perform operation; the handler is closed")  # as uvloop's does
        self.writes.append(data)
        self.buffered += len(data)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def read(self) -> bytes:
        data, self.writes, self.buffered = b"".join(self.writes), [], 0
        return data


def frame(sequence: int, event: EventName = EventName.DRIFT, size: int = 10) -> Frame:
    subject = f"tfdrift.{event}.high.aws.aws_instance"
    return Frame(sequence, subject, None, 0, encode("e", sequence, event, b"x" * size))


def hub(client_buffer_bytes: int = 1_000_000) -> Hub:
    return Hub(Ring(10_000_000), client_buffer_bytes, lambda: NOW)


def joined(to: Hub, *query: tuple[str, str], chunked: bool = True) -> tuple[Client, Wire]:
    wire = Wire()
    client = Client(wire, compile_filter(query), chunked=chunked)
    to.join(client, wire.left.append)
    return client, wire


async def turn() -> None:
    await asyncio.sleep(0)


async def test_a_client_that_goes_in_the_middle_of_a_flush_costs_the_others_nothing() -> None:
    """Its connection closes a loop turn before its task leaves the hub."""
    server = hub()
    (_, first), (_, gone), (_, last) = joined(server), joined(server), joined(server)
    gone.closed = True
    server.publish(frame(1), "drift", None)
    await turn()
    server.announce(b": hello\n\n")
    server.drain(lambda: b"retry: 1\n\n")
    for wire in (first, last):
        assert b"id: e-1\n" in wire.writes[0]
        assert len(wire.writes) == 3
    assert server.deliveries == 2
    assert gone.writes == []


async def test_events_of_one_loop_turn_are_one_write_shared_by_all() -> None:
    """The very same bytes object goes to every client of a filter, in one chunk."""
    server = hub()
    (_, first), (_, second) = joined(server), joined(server)
    for sequence in (1, 2, 3):
        server.publish(frame(sequence), "drift", NOW)
    await turn()
    assert first.writes == [chunk(b"".join(frame(n).data for n in (1, 2, 3)))]
    assert first.writes[0] is second.writes[0]
    assert (server.events, server.deliveries) == (3, 6)


async def test_the_first_burst_of_a_loop_turn_goes_out_at_once_and_later_ones_together() -> None:
    """An event does not wait for the requests that arrived with it, and a flood still costs one more write a turn."""
    server = hub()
    _, wire = joined(server)
    server.end_burst()
    assert wire.writes == []
    server.publish(frame(1), "drift", None)
    server.publish(frame(2), "drift", None)
    server.end_burst()
    assert wire.writes == [chunk(frame(1).data + frame(2).data)]
    for sequence in (3, 4, 5):
        server.publish(frame(sequence), "drift", None)
        server.end_burst()
    assert len(wire.writes) == 1
    await turn()
    assert wire.writes[1:] == [chunk(b"".join(frame(n).data for n in (3, 4, 5)))]
    server.publish(frame(6), "drift", None)
    server.end_burst()
    assert wire.writes[2:] == [chunk(frame(6).data)]


async def test_each_filter_gets_its_own_events() -> None:
    """A client sees what it asks for and nothing else."""
    server = hub()
    (_, drifts), (_, everything) = joined(server, ("events", "drift")), joined(server)
    server.publish(frame(1), "drift", None)
    server.publish(frame(2, EventName.FALCO), "falco", None)
    await turn()
    assert drifts.read() == chunk(frame(1).data)
    assert everything.read() == chunk(frame(1).data + frame(2, EventName.FALCO).data)


async def test_http_1_0_gets_no_chunk_framing() -> None:
    """It has no transfer codings; the end of the connection ends the stream."""
    server = hub()
    _, wire = joined(server, chunked=False)
    server.publish(frame(1), "drift", None)
    await turn()
    assert wire.read() == frame(1).data


async def test_a_client_that_joins_gets_only_what_comes_after() -> None:
    """Its replay already contained what is pending when it joins, so that is flushed to the others first."""
    server = hub()
    _, early = joined(server)
    server.publish(frame(1), "drift", None)
    _, late = joined(server)
    server.publish(frame(2), "drift", None)
    await turn()
    assert early.read() == chunk(frame(1).data) + chunk(frame(2).data)
    assert late.read() == chunk(frame(2).data)


async def test_a_full_buffer_takes_a_client_off_at_the_exact_sequence() -> None:
    """It has everything up to its position and nothing after; the others are still served."""
    server = hub(client_buffer_bytes=100)
    (slow, stuck), (_, other) = joined(server), joined(server)
    for sequence in range(1, 6):
        server.publish(frame(sequence, size=60), "drift", None)
        await turn()
        other.read()
    assert stuck.left == [Leaving.LAGGING]
    assert slow.position == 2
    assert stuck.read() == chunk(frame(1, size=60).data) + chunk(frame(2, size=60).data)
    assert len(server) == 1


async def test_a_burst_in_one_turn_is_flushed_in_pieces() -> None:
    """A reader of the ledger may hand over thousands of events before the loop turns."""
    server = hub()
    _, wire = joined(server)
    for sequence in range(1, 8):
        server.publish(frame(sequence, size=FLUSH_BYTES // 3), "drift", None)
    assert len(wire.writes) == 2
    await turn()
    assert len(wire.writes) == 3


async def test_a_client_that_left_is_written_nothing() -> None:
    """Not even the pending events."""
    server = hub()
    client, wire = joined(server)
    server.publish(frame(1), "drift", None)
    server.leave(client)
    await turn()
    server.publish(frame(2), "drift", None)
    await turn()
    assert wire.writes == []
    assert len(server) == 0


async def test_draining_gives_each_client_a_last_word() -> None:
    """After the pending events."""
    server = hub()
    _, wire = joined(server)
    server.publish(frame(1), "drift", None)
    server.drain(lambda: b"retry: 1\n\n")
    assert wire.read() == chunk(frame(1).data) + chunk(b"retry: 1\n\n")
    assert wire.left == [Leaving.DRAINING]
