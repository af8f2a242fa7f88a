"""Names that mean the same: of DNS, of queues and log groups; and blocks known by the member that is there."""

from __future__ import annotations

import pytest

from drift_detector.catalog.resource_types import Comparison
from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.mapping_terms import Comparator, Transform
from drift_detector.facts.names import identity_form
from tfdrift.events import Json

DNS = Comparison(how=Comparator.DNS_NAME)
CHOICE = Comparison(how=Comparator.CHOICE)
ALLOW: Json = [{"allow": [{"custom_request_handling": []}], "block": []}]


@pytest.mark.parametrize("recorded", ["lb-1.elb.amazonaws.com", "dualstack.lb-1.elb.amazonaws.com."])
def test_a_load_balancers_name_is_the_same_with_and_without_dualstack(recorded: str) -> None:
    """The console adds the prefix, and the provider ignores it."""
    assert same("dualstack.LB-1.elb.amazonaws.com.", recorded, DNS) is Verdict.SAME


@pytest.mark.parametrize(
    ("url", "arn"),
    [
        ("https://sqs.eu-central-1.amazonaws.com/123456789012/jobs", "arn:aws:sqs:eu-central-1:123456789012:jobs"),
        ("https://eu-west-1.queue.amazonaws.com/123456789012/a.fifo", "arn:aws:sqs:eu-west-1:123456789012:a.fifo"),
        ("https://queue.amazonaws.com/123456789012/jobs", "arn:aws:sqs:us-east-1:123456789012:jobs"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/a", "arn:aws-cn:sqs:cn-north-1:123456789012:a"),
        (
            "https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/a",
            "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:a",
        ),
        ("https://vpce-0a-1b.sqs.us-east-2.vpce.amazonaws.com/123456789012/a", "arn:aws:sqs:us-east-2:123456789012:a"),
        ("https://sqs.us-east-2.api.aws/123456789012/a", "arn:aws:sqs:us-east-2:123456789012:a"),
        ("http://localhost:4566/000000000000/jobs", "http://localhost:4566/000000000000/jobs"),
    ],
)
def test_a_queue_is_the_same_by_any_of_its_urls(url: str, arn: str) -> None:
    """The endpoint that a call was made with need not be the one that a state was written with."""
    assert identity_form(Transform.QUEUE_ARN, url) == arn
    assert identity_form(Transform.QUEUE_ARN, arn) == arn


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("/app", "/app"),
        ("arn:aws:logs:eu-central-1:123456789012:log-group:/app:*", "/app"),
        ("arn:aws:logs:eu-central-1:123456789012:log-group:/app", "/app"),
        ("arn:aws:logs:eu-central-1:123456789012:query-result:*", None),
    ],
)
def test_a_log_group_is_named_by_itself_or_its_arn(given: str, name: str | None) -> None:
    """What is no log group is none."""
    assert identity_form(Transform.LOG_GROUP_NAME, given) == name


def test_another_name_differs() -> None:
    """An alias that points to another target is a change."""
    assert same("lb-2.elb.amazonaws.com", "lb-1.elb.amazonaws.com", DNS) is Verdict.DIFFERENT


def test_a_choice_is_told_by_the_member_that_is_there_though_it_is_empty() -> None:
    """An action has no settings: that it is there says all."""
    assert same("allow", ALLOW, CHOICE) is Verdict.SAME
    assert same("block", ALLOW, CHOICE) is Verdict.DIFFERENT
    assert same("block", [{"allow": [], "block": [{}]}], CHOICE) is Verdict.SAME
    assert same("block", None, CHOICE) is Verdict.DIFFERENT
