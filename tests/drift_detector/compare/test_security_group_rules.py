"""A security group's rules: EC2's single sources against Terraform's merged elements."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift_detector.catalog.resource_types import Comparison
from drift_detector.compare.apply_operation import apply
from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.call import Operation, Verb
from drift_detector.facts.mapping_terms import Comparator
from tests.drift_detector.compare.agreement import agreement

RULES = Comparison(Comparator.SG_RULES)


def _rule(*cidrs: str, port: int = 22, **changes: Any) -> dict[str, Any]:
    return {
        "protocol": "tcp",
        "from_port": port,
        "to_port": port,
        "description": "",
        "self": False,
        "cidr_blocks": list(cidrs),
        "ipv6_cidr_blocks": [],
        "prefix_list_ids": [],
        "security_groups": [],
        **changes,
    }


def _operation(verb: Verb, *rules: dict[str, Any]) -> Operation:
    return Operation(attribute="ingress", verb=verb, value=list(rules))


EVERYTHING = _rule("0.0.0.0/0", port=0, protocol="-1", ipv6_cidr_blocks=["::/0"])


@pytest.mark.parametrize(
    ("verb", "rule", "current", "after"),
    [
        pytest.param(Verb.REMOVE, _rule("b/1"), [_rule("a/1", "b/1")], [_rule("a/1")], id="one of two sources goes"),
        pytest.param(Verb.REMOVE, _rule("a/1"), [_rule("a/1")], [], id="a rule without sources is none"),
        pytest.param(Verb.REMOVE, _rule("c/1"), [_rule("a/1")], [_rule("a/1")], id="what is not there stays away"),
        pytest.param(Verb.REMOVE, _rule("a/1"), [_rule("a/1", description="d")], [], id="descriptions do not matter"),
        pytest.param(
            Verb.REMOVE,
            _rule("0.0.0.0/0", protocol="-1", from_port=None, to_port=-1),
            [EVERYTHING],
            [{**EVERYTHING, "cidr_blocks": []}],
            id="v4 goes and v6 stays; all protocols have no ports",
        ),
        pytest.param(Verb.REMOVE, _rule(self=True), [_rule("a/1", self=True)], [_rule("a/1")], id="self goes"),
        pytest.param(Verb.ADD, _rule("a/1"), [_rule("a/1", "b/1")], [_rule("a/1", "b/1")], id="a rule that is there"),
        pytest.param(Verb.ADD, _rule("b/1"), [_rule("a/1")], [_rule("a/1", "b/1")], id="a source joins its like"),
        pytest.param(Verb.ADD, _rule("a/1", port=80), [_rule("a/1")], [_rule("a/1"), _rule("a/1", port=80)], id="port"),
        pytest.param(Verb.ADD, _rule(self=True), [_rule("a/1")], [_rule("a/1", self=True)], id="self joins"),
        pytest.param(Verb.ADD, _rule("10.1.2.3/8"), [_rule("10.0.0.0/8")], [_rule("10.0.0.0/8")], id="unmasked"),
        pytest.param(
            Verb.ADD,
            _rule("b/1", description="d"),
            [_rule("a/1")],
            [_rule("a/1"), _rule("b/1", description="d")],
            id="another description is another element",
        ),
    ],
)
def test_rules_after_an_operation(verb: Verb, rule: Any, current: list[Any], after: list[Any]) -> None:
    """What Terraform would read from the cloud then."""
    operation = _operation(verb, rule)
    assert apply(operation, current, RULES) == after
    assert (agreement(operation, current, RULES) is Verdict.SAME) == (current == after)


def test_merged_and_single_rules_are_the_same() -> None:
    """One element with two sources allows what two elements with one each allow."""
    assert same([_rule("b/1"), _rule("a/1")], [_rule("a/1", "b/1")], RULES) is Verdict.SAME
    assert same([_rule("a/1")], [_rule("a/1", "b/1")], RULES) is Verdict.DIFFERENT
    assert same([_rule("a/1", description="x")], [_rule("a/1")], RULES) is Verdict.DIFFERENT


CIDRS = st.lists(st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24", "0.0.0.0/0"]), unique=True, min_size=1)


@given(CIDRS, st.sampled_from(["198.51.100.0/24", "203.0.113.7/32"]), st.integers(1, 3))
def test_adding_and_removing_a_rule_leaves_what_was(cidrs: list[str], source: str, port: int) -> None:
    """So a revoked intrusion is a reverted drift."""
    current = [_rule(*cidrs)]
    opened = apply(_operation(Verb.ADD, _rule(source, port=port)), current, RULES)
    assert same(opened, current, RULES) is Verdict.DIFFERENT
    assert same(apply(_operation(Verb.REMOVE, _rule(source, port=port)), opened, RULES), current, RULES) is Verdict.SAME
