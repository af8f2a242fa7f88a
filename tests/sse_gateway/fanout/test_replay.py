"""Pieces of the window that resuming clients share."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_gateway.fanout import replay
from sse_gateway.fanout.filters import Filter, compile_filter
from sse_gateway.fanout.frame import Frame
from sse_gateway.fanout.replay import PIECE_SEQUENCES, Replay
from sse_gateway.fanout.ring import Ring

NOW = datetime(2025, 1, 15, tzinfo=UTC)
EVERYTHING = compile_filter([])
DRIFTS = compile_filter([("events", "drift")])


def append(ring: Ring, *sequences: int) -> None:
    for sequence in sequences:
        event = "drift" if sequence % 3 else "falco"
        data = f"{event} {sequence}\n".encode()
        ring.append(Frame(sequence, f"tfdrift.{event}.high.aws.ec2", None, 0, data))


def numbers(data: bytes) -> list[int]:
    return [int(line.split()[1]) for line in data.splitlines()]


def matching(sequences: list[int], wanted: Filter) -> list[int]:
    return [number for number in sequences if wanted is EVERYTHING or number % 3]


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 2000), st.sampled_from([EVERYTHING, DRIFTS])), min_size=1, max_size=8),
    st.integers(1, 59),
)
def test_every_reader_gets_exactly_its_rest(gaps: list[int], readers: list[tuple[int, Filter]], grown: int) -> None:
    """Readers at any position with any filter, while the ring grows in between; shared pieces are never stale."""
    sequences = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    ring = Ring(10_000_000)
    ring.begin(sequences[0])
    shared = Replay(ring)
    for part in (sequences[:grown], sequences[grown:]):
        append(ring, *part)
        for behind, wanted in readers:
            position = max(ring.first - 1, ring.last - behind)
            expected = matching([n for n in sequences if position < n <= ring.last], wanted)
            assert shared.count(position, wanted) == len(expected)
            read: list[int] = []
            while position < ring.last:
                data, events, position = shared.next(position, wanted)
                found = numbers(data)
                assert len(found) == events
                read += found
            assert read == expected


def test_what_is_given_at_once_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client gets about this much, then the gateway waits for it."""
    monkeypatch.setattr(replay, "PIECE_BYTES", 100)
    ring = Ring(10_000_000)
    append(ring, *range(1, 1001))
    data, events, reach = Replay(ring).next(0, EVERYTHING)
    assert reach == events == len(numbers(data))
    assert 100 <= len(data) < 200


def test_clients_at_one_place_are_given_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The filter runs once for each event, not for each client; other positions share all but the first piece."""
    ring = Ring(10_000_000)
    append(ring, *range(1, 4 * PIECE_SEQUENCES + 1))
    shared, asked = Replay(ring), 0
    answer = Filter.matches

    def count(self: Filter, subject: str, workspace: str | None) -> bool:
        nonlocal asked
        asked += 1
        return answer(self, subject, workspace)

    monkeypatch.setattr(Filter, "matches", count)
    for _ in range(50):
        shared.next(10, DRIFTS)
    assert asked == 4 * PIECE_SEQUENCES - 10
    shared.next(PIECE_SEQUENCES - 5, DRIFTS)
    assert asked == 4 * PIECE_SEQUENCES - 10 + 5


def test_an_emptied_ring_shares_nothing_with_the_old_one() -> None:
    """The same sequences are other events then."""
    ring = Ring(10_000_000)
    append(ring, *range(1, 301))
    shared = Replay(ring)
    shared.next(0, EVERYTHING)
    ring.begin(1)
    append(ring, 2, 5)
    assert numbers(shared.next(0, EVERYTHING)[0]) == [2, 5]


def test_the_memory_of_pieces_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers at a thousand positions do not need a thousand copies."""
    monkeypatch.setattr(replay, "REMEMBERED_BYTES", 20_000)
    ring = Ring(10_000_000)
    append(ring, *range(1, 1001))
    shared = Replay(ring)
    for position in range(1000):
        assert numbers(shared.next(position, EVERYTHING)[0])[0] == position + 1
        assert sum(len(piece.data) for piece in shared._pieces.values()) <= 20_000
