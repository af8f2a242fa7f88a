"""The recent window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sse_gateway.fanout.frame import Frame
from sse_gateway.fanout.ring import FRAME_OVERHEAD_BYTES, Ring

BEGIN = datetime(2025, 1, 15, tzinfo=UTC)


def frame(sequence: int, size: int = 50, event: str = "drift") -> Frame:
    published = BEGIN + timedelta(seconds=sequence)
    return Frame(
        sequence, f"tfdrift.{event}.high.aws.aws_instance", None, int(published.timestamp() * 1e9), b"x" * size
    )


def filled(sequences: list[int], max_frames: int = 1_000_000) -> Ring:
    ring = Ring(max_frames * (50 + FRAME_OVERHEAD_BYTES))
    ring.begin(sequences[0])
    for sequence in sequences:
        ring.append(frame(sequence))
    return ring


@given(st.lists(st.integers(1, 5), min_size=1, max_size=60), st.integers(1, 70), st.integers(0, 200), st.integers(1, 9))
def test_reading_on_in_pieces_gives_exactly_the_rest(gaps: list[int], kept: int, behind: int, step: int) -> None:
    """From any position in the window, whatever the gaps of the ledger: every later frame once, in order."""
    sequences = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    ring = filled(sequences, max_frames=kept)
    position = max(ring.first - 1, ring.last - behind)
    expected = [sequence for sequence in sequences if sequence > position]
    assert ring.count(position) == len(expected)
    read: list[int] = []
    while position < ring.last:
        frames, position = ring.between(position, position + step, 1_000_000)
        read += [found.sequence for found in frames]
    assert read == expected


def test_the_window_is_bounded_by_bytes_and_says_where_it_begins() -> None:
    """`first` is right after the newest frame that was dropped."""
    ring = filled(list(range(1, 5001)), max_frames=10)
    assert (len(ring), ring.first, ring.last) == (10, 4991, 5000)
    assert ring.size_bytes == 10 * (50 + FRAME_OVERHEAD_BYTES)


def test_a_frame_larger_than_the_window_leaves_it_empty_and_sound() -> None:
    """What follows is in the ring again."""
    ring = Ring(1000)
    ring.append(frame(1, size=5000))
    assert (len(ring), ring.first, ring.last, ring.size_bytes) == (0, 2, 1, 0)
    ring.append(frame(2))
    assert [found.sequence for found in ring.between(1, 10, 1000)[0]] == [2]


def test_a_sequence_without_a_frame_moves_the_end() -> None:
    """A reader skips it."""
    ring = filled([1, 2])
    ring.skip(3)
    assert ring.between(2, 10, 1000) == ([], 3)


def test_pieces_are_bounded_by_bytes_but_never_empty() -> None:
    """One frame is always given, however large."""
    ring = filled([1, 2, 3])
    assert [len(ring.between(0, 10, limit)[0]) for limit in (1, 100, 149, 150)] == [1, 2, 2, 3]


def test_a_moment_is_found_by_when_the_ledger_stored_it() -> None:
    """None means that the ring does not reach back that far."""
    ring = filled([10, 11, 12])
    assert ring.position_at(BEGIN + timedelta(seconds=10)) is None
    assert ring.position_at(BEGIN + timedelta(seconds=10.5)) == 10
    assert ring.position_at(BEGIN + timedelta(seconds=11)) == 10
    assert ring.position_at(BEGIN + timedelta(seconds=99)) == 12
    assert Ring(1000).position_at(BEGIN) is None


def test_backwards_reading_is_newest_first() -> None:
    """The REST list reads in this order."""
    ring = filled(list(range(1, 21)), max_frames=10)
    assert [found.sequence for found in ring.before(15, 3)] == [14, 13, 12]
    assert [found.sequence for found in ring.before(13, 100)] == [12, 11]
    assert ring.before(11, 100) == []
