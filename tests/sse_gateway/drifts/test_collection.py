"""The drifts in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sse_gateway.access.scope import EVERYTHING
from sse_gateway.drifts.collection import Drifts
from sse_gateway.drifts.row import Row, row_of
from tests.sse_gateway.stored import BEGIN, drift
from tfdrift.events import Dismissal, DriftStatus, Resolution
from tfdrift.records import DriftRecord


def row(number: int, **changes: object) -> Row:
    record = DriftRecord(drift=drift(number, **changes), version=1, published=1, received=BEGIN, occurred=None)
    return row_of(record.encode())


def ids(drifts: Drifts) -> list[str]:
    return [each.id for each in drifts.visible(EVERYTHING)]


def test_resolved_drifts_leave_the_memory_with_the_retention() -> None:
    """Open ones stay, however old."""
    drifts = Drifts()
    for number in range(4):
        drifts.put(f"k{number}", row(number, status=DriftStatus.RESOLVED if number % 2 else DriftStatus.OPEN))
    drifts.age_out(BEGIN + timedelta(minutes=2))
    assert ids(drifts) == ["d3", "d2", "d0"]
    drifts.remove("k1")
    drifts.put("k1", row(1))
    assert len(drifts) == 4


def test_too_many_resolved_drifts_drop_the_oldest() -> None:
    """One that opens again does not count."""
    drifts = Drifts(max_resolved=2)
    for number in range(5):
        drifts.put(f"k{number}", row(number, status=DriftStatus.RESOLVED))
    assert ids(drifts) == ["d4", "d3"]
    drifts.put("k4", row(4))
    drifts.put("k5", row(5, status=DriftStatus.RESOLVED))
    assert ids(drifts) == ["d5", "d4", "d3"]


def test_a_dismissal_expires_once() -> None:
    """Another version of the drift takes its end along."""
    drifts, until = Drifts(), datetime(2025, 2, 1, tzinfo=UTC)
    dismissal = Dismissal(by=None, reason=None, until=until, at=BEGIN)
    drifts.put("k", row(1, status=DriftStatus.RESOLVED, resolution=Resolution.DISMISSED, dismissal=dismissal))
    assert drifts.expired(BEGIN) == []
    assert drifts.expired(until) == ["d1"]
    drifts.put("k", row(1))
    assert drifts.expired(until) == []
