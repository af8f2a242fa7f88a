"""A thousand mutated worlds in every run of the tests."""

from __future__ import annotations

from random import Random

import pytest

from tests.drift_detector.playbook import line
from tests.fuzz.mutate import mutated
from tests.fuzz.worlds import Pipeline, failures, play_world, unrelated_steps

# Other worlds than these are played by `python -m tests.fuzz`; a failing one prints its seed.
FIRST_SEED = 20_251_130
WORLDS_PER_TEST = 100


@pytest.mark.parametrize("number", range(10))
def test_no_input_stops_a_service_or_hides_an_unrelated_drift(number: int) -> None:
    """Types exchanged, extreme numbers, deep nesting and missing members, in calls and states."""
    found = list(failures(WORLDS_PER_TEST, FIRST_SEED + number * WORLDS_PER_TEST))
    assert not found, "\n\n".join(map(str, found))


def test_the_unrelated_drift_is_reported_without_any_mutation() -> None:
    """What the worlds look for is there in the first place."""
    steps, expected = unrelated_steps()
    pipeline = Pipeline()
    for step in steps:
        pipeline.feed(step)
    assert [line(drift) for drift in pipeline.drifts()] == expected


def test_an_exception_of_a_service_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world in which a core raises is reported with its seed, so it can be played again."""

    def raising(*_: object) -> None:
        raise TypeError("unhashable type: 'dict'")

    monkeypatch.setattr("tests.fuzz.worlds.plan", raising)
    failure = play_world(7)
    assert failure is not None
    assert "unhashable type" in failure.reason
    assert "--worlds 1 --seed 7" in str(failure)


def test_a_seed_gives_the_same_mutation() -> None:
    """A failing world can be played again."""
    value = {"a": [1, {"b": "c"}], "d": {"e": None}}
    assert mutated(value, Random(3)) == mutated(value, Random(3))
    assert any(mutated(value, Random(seed)) != value for seed in range(3))
    assert value == {"a": [1, {"b": "c"}], "d": {"e": None}}
