"""Every scenario of the table, through the pure core."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drift_detector.rules.format import Rules
from tests.drift_detector.playbook import RULES, Called, Step, World, Wrote
from tests.drift_detector.scenarios import SCENARIOS, THEMES
from tests.drift_detector.scenarios.general.ignored_calls import SANCTIONED

EVALUATED_BY = Rules.model_validate({**RULES.model_dump(), "sanctioned": {"users": [SANCTIONED]}})


def played(*steps: Step) -> World:
    """The world after these steps."""
    return World(rules=EVALUATED_BY).play(*steps)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_in_exactly_these_drifts(name: str) -> None:
    """States and calls, in the order in which they arrive, end in exactly the expected drifts."""
    steps, expected = SCENARIOS[name]
    assert played(*steps).summary() == sorted(expected)


def reordered(steps: list[Step], calls: list[Called]) -> list[Step]:
    """The states in their places, and the calls in the given order in theirs; further ones come last."""
    later = iter(calls)
    return [step if isinstance(step, Wrote) else next(later) for step in steps] + list(later)


@pytest.mark.parametrize("theme", THEMES)
def test_calls_in_reverse_and_twice_end_in_the_same_drifts(theme: str) -> None:
    """Every scenario once with its calls in reverse order, each of them repeated at the end."""
    for name, (steps, expected) in THEMES[theme].items():
        calls = [step for step in steps if isinstance(step, Called)][::-1]
        assert played(*reordered(steps, calls + calls)).summary() == sorted(expected), name


@st.composite
def orders(draw: st.DrawFn) -> tuple[str, list[Step]]:
    """A scenario's name, and its steps with the calls in any order, some of them repeated, anywhere after a state."""
    name = draw(st.sampled_from(list(SCENARIOS)))
    steps, _ = SCENARIOS[name]
    calls = [step for step in steps if isinstance(step, Called)]
    again = draw(st.lists(st.sampled_from(calls), max_size=3)) if calls else []
    shuffled = draw(st.permutations(calls + again))
    return name, reordered(steps, shuffled)


@settings(max_examples=1000, deadline=None)
@given(orders())
def test_any_order_and_any_repetition_end_in_the_same_drifts(order: tuple[str, list[Step]]) -> None:
    """Alerts come late, repeatedly and in any order; states come in the order of their serials."""
    name, steps = order
    assert played(*steps).summary() == sorted(SCENARIOS[name][1])


@pytest.mark.parametrize("theme", THEMES)
def test_a_repeated_call_is_reported_once(theme: str) -> None:
    """Each call directly after itself ends in the same drifts, and they are reported no more often."""
    for name, (steps, _) in THEMES[theme].items():
        once = played(*steps)
        twice = played(*(step for step in steps for _ in range(1 if isinstance(step, Wrote) else 2)))
        assert (twice.drifts, len(twice.reported)) == (once.drifts, len(once.reported)), name


def refused(step: Step) -> Step:
    """The same step; a call was refused."""
    if isinstance(step, Wrote):
        return step
    fields = {**step.alert["output_fields"], "ct.error": "AccessDenied"}
    return replace(step, alert={**step.alert, "output_fields": fields})


@pytest.mark.parametrize("theme", THEMES)
def test_refused_calls_open_no_drift(theme: str) -> None:
    """Every scenario with drifts has a silent twin: the same states and calls, and every call was refused."""
    for name, (steps, expected) in THEMES[theme].items():
        if expected:
            assert played(*map(refused, steps)).summary() == [], name


def test_about_half_of_the_table_is_silent() -> None:
    """Scenarios without a drift, beside the twins of those with one."""
    silent = sum(1 for _, expected in SCENARIOS.values() if not expected)
    assert len(SCENARIOS) >= 1000
    assert 0.4 <= silent / len(SCENARIOS) <= 0.6
