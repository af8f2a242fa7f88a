"""How long a drift was open, by its history."""

from __future__ import annotations

from drift_detector.correlate.history import open_seconds
from tests.drift_detector.correlate.test_lifecycle import resize, web
from tests.drift_detector.playbook import World, wrote


def test_a_drift_that_came_back_is_timed_from_its_latest_opening() -> None:
    """Opened at 5, changed at 7, reverted at 9; opened again at 60, reverted at 61."""
    steps = [resize(5, "m5.large"), resize(7, "c5.large"), resize(9, "t3.micro")]
    first = World().play(wrote(0, web()), *steps).reported[-1]
    assert open_seconds(first.history) == 240
    again = World().play(wrote(0, web()), *steps, resize(60, "m5.large"), resize(61, "t3.micro")).reported[-1]
    assert open_seconds(again.history) == 60
    assert open_seconds(()) == 0
