"""Values of a type or size that no cloud documents: they end in a drift or in none, never in an error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drift_detector.playbook import World, called, resource, wrote

GROUP = "sg-0123456789abcdef0"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:jobs"
STATEMENT = '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"sqs:*"}]}'


def ingress(**changes: Any) -> dict[str, Any]:
    """A rule of a security group as a state has it."""
    return {
        "protocol": "tcp",
        "from_port": 22,
        "to_port": 22,
        "description": "",
        "self": False,
        "cidr_blocks": ["10.0.0.0/8"],
        "ipv6_cidr_blocks": [],
        "prefix_list_ids": [],
        "security_groups": [],
        **changes,
    }


def authorized(port: Any) -> dict[str, Any]:
    """A request that authorizes the internet at a port."""
    return {
        "groupId": GROUP,
        "ipPermissions": {
            "items": [
                {
                    "ipProtocol": "tcp",
                    "fromPort": port,
                    "toPort": port,
                    "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]},
                }
            ]
        },
    }


@pytest.mark.parametrize("port", [10**30, "9" * 30, [22, 23], {"a": 1}, True, "ssh", 22.5])
def test_a_port_that_is_none_is_a_change_to_something_unknown(port: Any) -> None:
    """The group did change, but nobody knows to what."""
    world = World().play(
        wrote(0, resource("aws_security_group.web", id=GROUP, ingress=[ingress()])),
        called(5, "ec2:AuthorizeSecurityGroupIngress", authorized(port)),
    )
    drift = next(iter(world.drifts.values()))
    assert (drift.attribute, drift.value_unknown) == ("ingress", True)
    assert drift.encode()


def test_a_recorded_rule_of_an_odd_shape_leaves_the_others_comparable() -> None:
    """A state's ``ipv6_cidr_blocks`` of -1 is a source that equals none."""
    world = World().play(
        wrote(0, resource("aws_security_group.web", id=GROUP, ingress=[ingress(ipv6_cidr_blocks=-1)])),
        called(5, "ec2:AuthorizeSecurityGroupIngress", authorized(443)),
        called(6, "ec2:RevokeSecurityGroupIngress", authorized(443)),
    )
    assert [drift.status for drift in world.drifts.values()] == ["resolved"]


@pytest.mark.parametrize("label", [{"a": 1}, ["a"], [["a"]], 7, None, True])
def test_a_label_that_is_no_text_is_the_sid_of_a_statement(label: Any) -> None:
    """SQS takes text alone, but a log may have anything."""
    world = World().play(
        wrote(0, resource("aws_sqs_queue.jobs", id=QUEUE, arn=QUEUE, name="jobs", url=QUEUE, policy=STATEMENT)),
        called(
            5,
            "sqs:AddPermission",
            {
                "queueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
                "label": label,
                "aWSAccountIds": ["210987654321"],
                "actions": ["SendMessage"],
            },
        ),
    )
    assert all(drift.encode() for drift in world.drifts.values())


@pytest.mark.parametrize("arn", [{"a": 1}, ["arn"], 7, True])
def test_a_listeners_targets_may_be_anything(arn: Any) -> None:
    """An action whose target group is no text is another action, not an error."""
    listener = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/web/1/2"
    group = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/1"
    world = World().play(
        wrote(
            0,
            resource(
                "aws_lb_listener.web",
                id=listener,
                arn=listener,
                default_action=[{"type": "forward", "target_group_arn": group, "order": 1}],
            ),
        ),
        called(
            5,
            "elasticloadbalancing:ModifyListener",
            {
                "listenerArn": listener,
                "defaultActions": [
                    {
                        "type": "forward",
                        "forwardConfig": {"targetGroups": [{"targetGroupArn": arn}, {"targetGroupArn": group}]},
                    }
                ],
            },
        ),
    )
    assert [drift.attribute for drift in world.drifts.values()] == ["default_action"]
