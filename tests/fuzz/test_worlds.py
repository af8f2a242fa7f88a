"""A thousand mutated worlds in every run of the tests."""

from __future__ import annotations

from random import Random

import pytest

from tests.drift_detector.playbook import Wrote, called, line
from tests.fuzz.mutate import mutated
from tests.fuzz.worlds import Failure, Pipeline, failures, play_beside_unrelated, unrelated_steps

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


def test_an_exception_is_what_went_wrong() -> None:
    """A step that raises in a core is reported with its traceback."""
    no_json = Wrote(0, ({"type": object()},), 1)
    reason = play_beside_unrelated([no_json], Random(1))
    assert reason is not None
    assert "TypeError" in reason


def test_an_unrelated_drift_that_is_missing_is_what_went_wrong() -> None:
    """A second call about the unrelated instance changes its drift, so the world is not as it has to be."""
    again = called(
        4,
        "ec2:ModifyInstanceAttribute",
        {"instanceId": "i-0000000000unrelated", "disableApiTermination": {"value": True}},
    )
    reason = play_beside_unrelated([again], Random(1))
    assert reason is not None
    assert "not reported exactly" in reason


def test_a_failure_says_how_to_play_it_again() -> None:
    """The seed alone is enough."""
    assert "python -m tests.fuzz --worlds 1 --seed 7" in str(Failure(7, "a scenario", "a reason"))


def test_a_seed_gives_the_same_mutation() -> None:
    """A failing world can be played again."""
    value = {"a": [1, {"b": "c"}], "d": {"e": None}}
    assert mutated(value, Random(3)) == mutated(value, Random(3))
    assert any(mutated(value, Random(seed)) != value for seed in range(3))
    assert value == {"a": [1, {"b": "c"}], "d": {"e": None}}
