"""Resources that consist of the elements of their sets, such as a security group's rule of its sources."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.drift_detector.correlate.test_scenarios import played
from tests.drift_detector.playbook import Called, wrote
from tests.drift_detector.scenarios.builders import deleted, modified
from tests.drift_detector.scenarios.network.security_groups import (
    HOME,
    OFFICE,
    RULE,
    WORLD6,
    authorize,
    group,
    listed,
    permission,
    revoke,
)

ID = "sgrule-845917806"
STATE = wrote(0, group(), listed(OFFICE, HOME, v6=(WORLD6,)))
TAKEN = [
    revoke(permission(OFFICE), minutes=5),
    revoke(permission(HOME), minutes=6),
    revoke(permission(v6=(WORLD6,)), minutes=7),
]


def test_the_last_source_takes_the_rule_with_it() -> None:
    """Until then a drift says which sources are left; it ends with the rule."""
    assert played(STATE, *TAKEN[:2]).summary() == [modified(RULE, "cidr_blocks", [OFFICE, HOME], [])]
    assert played(STATE, *TAKEN).summary() == [
        deleted(RULE, ID),
        modified(RULE, "cidr_blocks", [OFFICE, HOME], [], end="destroyed"),
    ]


@pytest.mark.parametrize("calls", list(permutations(TAKEN)))
def test_whichever_call_arrives_first_the_rule_is_gone_in_the_end(calls: tuple[Called, ...]) -> None:
    """Drifts that were opened before all was known end with the rule."""
    *ended, is_gone = sorted(played(STATE, *calls).summary(), key=lambda line: "deleted" in line)
    assert is_gone == deleted(RULE, ID)
    assert all(" modified destroyed: " in line for line in ended)


def test_a_rule_that_comes_and_goes_needs_only_its_latest_calls() -> None:
    """What cloud and state agreed on is not built up from its beginning."""
    cycles = [
        step
        for minutes in range(5, 45, 2)
        for step in (revoke(permission(OFFICE), minutes=minutes), authorize(permission(OFFICE), minutes=minutes + 1))
    ]
    rule = wrote(0, group(), listed(OFFICE))
    ended, opened = played(rule, *cycles), played(rule, *cycles[:-1])
    assert ended.summary() == [deleted(RULE, ID, end="reverted")]
    assert ended.needed() == frozenset()
    assert opened.summary() == [deleted(RULE, ID)]
    assert opened.needed() == {cycles[-2].alert["output_fields"]["ct.id"]}
