"""When two lists of a listener's actions are the same: calls and configurations spell one thing in many ways."""

from __future__ import annotations

from typing import Any

import pytest

from drift_detector.catalog.resource_types import Comparison
from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.mapping_terms import Comparator

ACTIONS = Comparison(how=Comparator.LB_ACTIONS)
ONE, OTHER = (f"arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/{name}/1" for name in ("one", "other"))


def forward(*weights: tuple[str, int | None], sticky: int | None = None) -> dict[str, Any]:
    """A state's forwarding action with ``forward``."""
    stickiness = [{"enabled": sticky is not None, "duration": sticky}]
    groups = [{"arn": arn, "weight": weight} for arn, weight in weights]
    return {
        "type": "forward",
        "order": 1,
        "target_group_arn": "",
        "forward": [{"target_group": groups, "stickiness": stickiness}],
        "redirect": [],
        "fixed_response": [],
    }


SIMPLE = {"type": "forward", "order": 1, "target_group_arn": ONE, "forward": [], "redirect": [], "fixed_response": []}
REDIRECT = {"type": "redirect", "redirect": [{"host": "#{host}", "port": "443", "query": "#{query}"}]}


@pytest.mark.parametrize(
    ("claimed", "recorded", "verdict"),
    [
        ([{"type": "forward", "target_group_arn": ONE}], [SIMPLE], Verdict.SAME),
        ([{"type": "forward", "target_group_arn": ONE}], [forward((ONE, 100))], Verdict.SAME),
        ([{"type": "forward", "forward": {"target_group": [{"arn": ONE, "weight": 1}]}}], [SIMPLE], Verdict.SAME),
        ([{"type": "forward", "target_group_arn": OTHER}], [SIMPLE], Verdict.DIFFERENT),
        ([forward((ONE, 1), (OTHER, 9))], [forward((OTHER, 9), (ONE, 1))], Verdict.SAME),
        ([forward((ONE, 1), (OTHER, 9))], [forward((ONE, 9), (OTHER, 1))], Verdict.DIFFERENT),
        ([forward((ONE, 1))], [forward((ONE, 1), (OTHER, 0))], Verdict.DIFFERENT),
        ([forward((ONE, 1), sticky=60)], [SIMPLE], Verdict.DIFFERENT),
        ([forward((ONE, 1))], [forward((ONE, 1), sticky=60)], Verdict.DIFFERENT),
        ([{"type": "redirect", "redirect": {"port": "443"}}], [REDIRECT], Verdict.SAME),
        ([{"type": "redirect", "redirect": {"port": "80"}}], [REDIRECT], Verdict.DIFFERENT),
        ([{"type": "redirect", "redirect": {"port": "443"}}], [SIMPLE], Verdict.DIFFERENT),
        (
            [{"type": "fixed-response", "fixed_response": {"status_code": "503", "message_body": ""}}],
            [{"type": "fixed-response", "fixed_response": [{"status_code": 503, "message_body": None}]}],
            Verdict.SAME,
        ),
        ([SIMPLE, REDIRECT], [SIMPLE], Verdict.DIFFERENT),
    ],
)
def test_actions_are_the_same_if_they_do_the_same(claimed: Any, recorded: Any, verdict: Verdict) -> None:
    """A target group alone has three spellings, and what a call leaves out is not compared."""
    assert same(claimed, recorded, ACTIONS) is verdict
