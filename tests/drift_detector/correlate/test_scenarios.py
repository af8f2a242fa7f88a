"""Every scenario of the table, through the pure core."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from drift_detector.rules.format import Rules
from tests.drift_detector.playbook import RULES, Called, Step, World, Wrote
from tests.drift_detector.scenarios import SCENARIOS
from tests.drift_detector.scenarios.silence import SANCTIONED

JUDGED_BY = Rules.model_validate({**RULES.model_dump(), "sanctioned": {"users": [SANCTIONED]}})


def played(*steps: Step) -> World:
    """The world after these steps."""
    return World(rules=JUDGED_BY).play(*steps)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_in_exactly_these_drifts(name: str) -> None:
    """States and calls, in the order in which they arrive, end in exactly the drifts expected."""
    steps, expected = SCENARIOS[name]
    assert played(*steps).summary() == sorted(expected)


@pytest.mark.parametrize("name", SCENARIOS)
def test_repeated_alerts_change_nothing(name: str) -> None:
    """Every alert twice ends in the same drifts, told no more often."""
    steps, _ = SCENARIOS[name]
    once = played(*steps)
    twice = played(*(step for step in steps for _ in range(1 if isinstance(step, Wrote) else 2)))
    assert (twice.drifts, len(twice.reported)) == (once.drifts, len(once.reported))


@pytest.mark.parametrize("name", SCENARIOS)
def test_alerts_in_another_order_end_in_the_same_drifts(name: str) -> None:
    """Alerts come late, and in any order; states come in the order of their serials."""
    steps, expected = SCENARIOS[name]
    alerts = [step for step in steps if isinstance(step, Called)]
    for shuffled in (alerts[::-1], random.Random(name).sample(alerts, len(alerts))):
        later = iter(shuffled)
        order = [step if isinstance(step, Wrote) else next(later) for step in steps]
        assert played(*order).summary() == sorted(expected)


def refused(step: Step) -> Step:
    """The same step; a call was refused."""
    if isinstance(step, Wrote):
        return step
    fields = {**step.alert["output_fields"], "ct.error": "AccessDenied"}
    return replace(step, alert={**step.alert, "output_fields": fields})


@pytest.mark.parametrize("name", [name for name, (_, expected) in SCENARIOS.items() if expected])
def test_what_was_refused_alarms_nobody(name: str) -> None:
    """Every scenario that alarms has a silent twin: the same states and calls, of which none was allowed."""
    steps, _ = SCENARIOS[name]
    assert played(*map(refused, steps)).summary() == []


def test_what_must_not_be_told_is_a_large_part_of_the_table() -> None:
    """Silent scenarios of their own, beside the twins of those that alarm."""
    silent = sum(1 for _, expected in SCENARIOS.values() if not expected)
    assert len(SCENARIOS) >= 150
    assert 0.4 <= silent / len(SCENARIOS) <= 0.6
