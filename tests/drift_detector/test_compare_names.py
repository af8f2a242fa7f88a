"""Names that DNS takes for the same, and blocks that are told by which of their members is there."""

from __future__ import annotations

import pytest

from drift_detector.catalog import Comparison
from drift_detector.catalog_format import Comparator
from drift_detector.compare import same
from drift_detector.compare_values import Verdict
from tfdrift.events import Json

DNS = Comparison(how=Comparator.DNS_NAME)
CHOICE = Comparison(how=Comparator.CHOICE)
ALLOW: Json = [{"allow": [{"custom_request_handling": []}], "block": []}]


@pytest.mark.parametrize("recorded", ["lb-1.elb.amazonaws.com", "dualstack.lb-1.elb.amazonaws.com."])
def test_a_load_balancers_name_is_the_same_with_and_without_dualstack(recorded: str) -> None:
    """The console adds the prefix, and the provider ignores it."""
    assert same("dualstack.LB-1.elb.amazonaws.com.", recorded, DNS) is Verdict.SAME


def test_another_name_differs() -> None:
    """An alias that points elsewhere is a change."""
    assert same("lb-2.elb.amazonaws.com", "lb-1.elb.amazonaws.com", DNS) is Verdict.DIFFERENT


def test_a_choice_is_told_by_the_member_that_is_there_though_it_is_empty() -> None:
    """An action has no settings: that it is there says all."""
    assert same("allow", ALLOW, CHOICE) is Verdict.SAME
    assert same("block", ALLOW, CHOICE) is Verdict.DIFFERENT
    assert same("block", [{"allow": [], "block": [{}]}], CHOICE) is Verdict.SAME
    assert same("block", None, CHOICE) is Verdict.DIFFERENT
