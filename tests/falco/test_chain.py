"""One call that arrives whole and incomplete, in every order, ends in the same drifts."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.drift_detector.playbook import Called, World, called, resource, wrote
from tests.falco.sidekick import forwarded
from tfdrift.events import Drift

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{n:012d}:root"}, "Action": "sts:AssumeRole"}
            for n in range(60)
        ],
    }
)
ROLE = resource("aws_iam_role.app", id="app", name="app", assume_role_policy='{"Version":"2012-10-17","Statement":[]}')
WHOLE = called(10, "iam:UpdateAssumeRolePolicy", {"roleName": "app", "policyDocument": POLICY})


def shortened(step: Called) -> Called:
    """The step as falcosidekick sends it on."""
    return replace(step, alert=json.loads(forwarded(step.alert)))


def with_request(step: Called, request: Any) -> Called:
    """The step with another text of its request, of the same call."""
    return replace(step, alert={**step.alert, "output_fields": {**step.alert["output_fields"], "ct.request": request}})


ARRIVALS = {
    "whole": WHOLE,
    "shortened": shortened(WHOLE),
    "without a request": with_request(WHOLE, None),
    "omitted": with_request(WHOLE, '{"omitted":true,"originalSize":300000,"reason":"requestParameters too large"}'),
    "a lone surrogate": with_request(WHOLE, r'{"roleName":"app","policyDocument":"{}","x":"\ud800"}'),
}


def drifts(*arrivals: Called) -> list[Drift]:
    """The drifts once these have arrived."""
    world = World().play(wrote(1, ROLE), *arrivals)
    return sorted(world.drifts.values(), key=lambda drift: drift.id)


@pytest.mark.parametrize("last", ARRIVALS)
def test_every_order_ends_in_the_drifts_of_the_whole_call(last: str) -> None:
    """Whole, shortened, without a request, omitted, damaged: whichever comes first, last or again."""
    expected = drifts(WHOLE)
    assert [(drift.attribute, drift.value_unknown, drift.detail) for drift in expected] == [
        ("assume_role_policy", False, None)
    ]
    rest = [ARRIVALS[name] for name in ARRIVALS if name != last]
    for order in itertools.permutations(rest):
        assert drifts(*order, ARRIVALS[last], *order) == expected


def test_a_shortened_call_is_a_drift_of_unknown_value_that_says_why() -> None:
    """The request's readable prefix names the resource, and which member was truncated."""
    (drift,) = drifts(ARRIVALS["shortened"])
    assert (drift.address, drift.attribute, drift.new_value) == ("aws_iam_role.app", "assume_role_policy", None)
    assert drift.value_unknown
    assert "falcosidekick shortened ct.request" in (drift.detail or "")


def test_the_only_attribute_of_an_event_is_unknown_where_the_request_ends_before_it() -> None:
    """The call can have set nothing else."""
    padded = called(10, "iam:UpdateAssumeRolePolicy", {"roleName": "app", "a": "x" * 5000, "policyDocument": POLICY})
    (drift,) = drifts(shortened(padded))
    assert (drift.attribute, drift.value_unknown) == ("assume_role_policy", True)


def test_a_truncated_list_is_unknown_and_never_taken_for_the_whole() -> None:
    """A part of the tags is not all tags."""
    tags = [{"key": f"key-{n}", "value": "x" * 40} for n in range(120)]
    bucket = resource("aws_s3_bucket.logs", id="logs", bucket="logs", tags={})
    step = called(10, "s3:PutBucketTagging", {"bucketName": "logs", "Tagging": {"TagSet": {"Tag": tags}}})
    world = World().play(wrote(1, bucket), shortened(step))
    assert [(drift.attribute, drift.value_unknown) for drift in world.drifts.values()] == [("tags", True)]
