"""Load balancers of every type, their listeners and rules, under the older resource names too."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, unmanaged
from tests.drift_detector.scenarios.general.tags import LB_ARN, balancer

LISTENER = "aws_lb_listener.https"
CLASSIC = "aws_elb.old"
WEB_LB_ARN = arn("elasticloadbalancing", "loadbalancer/app/web/50dc6c495c0c9188")
LISTENER_ARN = arn("elasticloadbalancing", "listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2")
GROUP_ARN = arn("elasticloadbalancing", "targetgroup/web/6d0ecf831eec9f09")
MADE = {"listeners": [{"listenerArn": LISTENER_ARN, "loadBalancerArn": WEB_LB_ARN, "port": 8080, "protocol": "HTTP"}]}
TLS_LISTENER_ARN = arn("elasticloadbalancing", "listener/app/front/1/2")


def on_balancer(*pairs: tuple[str, str]) -> Step:
    """Somebody sets attributes of the load balancer."""
    given = [{"key": key, "value": value} for key, value in pairs]
    return called(
        5, "elasticloadbalancing:ModifyLoadBalancerAttributes", {"loadBalancerArn": LB_ARN, "attributes": given}
    )


def listener(*actions: dict[str, Any], kind: str = LISTENER, **changes: Any) -> dict[str, Any]:
    """A listener."""
    attributes: dict[str, Any] = {
        "id": LISTENER_ARN,
        "arn": LISTENER_ARN,
        "load_balancer_arn": WEB_LB_ARN,
        "port": 443,
        "protocol": "HTTPS",
        "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "routing_http_response_server_enabled": True,
        "default_action": list(actions),
    }
    return placed(kind, **(attributes | changes))


def forwards(arn_: str = GROUP_ARN) -> dict[str, Any]:
    """A listener's action as a state spells it, with a block for each kind of action that it is not."""
    others = ("authenticate_cognito", "authenticate_oidc", "fixed_response", "forward", "redirect")
    empty: dict[str, Any] = {kind: [] for kind in others}
    return {**empty, "order": 1, "target_group_arn": arn_, "type": "forward"}


def on_listener(event: str, **request: Any) -> Step:
    """Somebody changes the listener."""
    return called(5, f"elasticloadbalancing:{event}", {"listenerArn": LISTENER_ARN, **request})


def classic(**changes: Any) -> dict[str, Any]:
    """A Classic Load Balancer."""
    attributes: dict[str, Any] = {
        "id": "old",
        "name": "old",
        "arn": arn("elasticloadbalancing", "loadbalancer/old"),
        "subnets": ["subnet-1"],
        "security_groups": ["sg-1"],
        "listener": [
            {
                "instance_port": 8080,
                "instance_protocol": "http",
                "lb_port": 80,
                "lb_protocol": "http",
                "ssl_certificate_id": "",
            }
        ],
    }
    return placed(CLASSIC, **(attributes | changes))


def on_classic(event: str, **request: Any) -> Step:
    """Somebody changes the Classic Load Balancer."""
    return called(5, f"elasticloadbalancing:{event}", {"loadBalancerName": "old", **request})


def tls_listener(**changes: Any) -> dict[str, Any]:
    """A listener as a state holds it."""
    attributes: dict[str, Any] = {
        "id": TLS_LISTENER_ARN,
        "arn": TLS_LISTENER_ARN,
        "port": 443,
        "protocol": "HTTPS",
        "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    }
    return placed(LISTENER, **(attributes | changes))


def secured(name: str) -> Step:
    """Somebody sets which versions of TLS the listener speaks."""
    return called(5, "elasticloadbalancing:ModifyListener", {"listenerArn": TLS_LISTENER_ARN, "sslPolicy": name})


SCENARIOS: Scenarios = {
    "a load balancer's attributes unchanged are no drift": (
        [
            wrote(0, balancer()),
            on_balancer(
                ("deletion_protection.enabled", "true"),
                ("idle_timeout.timeout_seconds", "60"),
                ("access_logs.s3.enabled", "false"),
                ("access_logs.s3.bucket", ""),
            ),
        ],
        [],
    ),
    "a load balancer's protection switched off is a drift": (
        [wrote(0, balancer()), on_balancer(("deletion_protection.enabled", "false"))],
        [modified("aws_lb.front", "enable_deletion_protection", True, "false")],
    ),
    "a load balancer's groups in another order are equal": (
        [
            wrote(0, balancer()),
            called(
                5,
                "elasticloadbalancing:SetSecurityGroups",
                {"loadBalancerArn": LB_ARN, "securityGroups": ["sg-2", "sg-1"]},
            ),
        ],
        [],
    ),
    "a load balancer's other group is a drift": (
        [
            wrote(0, balancer()),
            called(
                5,
                "elasticloadbalancing:SetSecurityGroups",
                {"loadBalancerArn": LB_ARN, "securityGroups": ["sg-9"]},
            ),
        ],
        [modified("aws_lb.front", "security_groups", ["sg-1", "sg-2"], ["sg-9"])],
    ),
    "a console forwards to the same group, in the newer form": (
        [
            wrote(0, listener(forwards())),
            on_listener(
                "ModifyListener",
                defaultActions=[
                    {
                        "type": "forward",
                        "order": 1,
                        "forwardConfig": {
                            "targetGroups": [{"targetGroupArn": GROUP_ARN, "weight": 1}],
                            "targetGroupStickinessConfig": {"enabled": False},
                        },
                    }
                ],
            ),
        ],
        [],
    ),
    "a listener that returns a fixed response is a drift": (
        [
            wrote(0, listener(forwards())),
            on_listener(
                "ModifyListener",
                defaultActions=[{"type": "fixed-response", "fixedResponseConfig": {"statusCode": "503"}}],
            ),
        ],
        [
            modified(
                LISTENER,
                "default_action",
                [forwards()],
                [{"type": "fixed-response", "fixed_response": {"status_code": "503"}}],
            )
        ],
    ),
    "a listener without its server header is a drift": (
        [
            wrote(0, listener(forwards())),
            on_listener(
                "ModifyListenerAttributes",
                attributes=[{"key": "routing.http.response.server.enabled", "value": "false"}],
            ),
        ],
        [modified(LISTENER, "routing_http_response_server_enabled", True, "false")],
    ),
    "a listener's attributes as they are, where an older provider knows none": (
        [
            wrote(0, listener(forwards())),
            on_listener(
                "ModifyListenerAttributes",
                attributes=[
                    {"key": "routing.http.response.server.enabled", "value": "true"},
                    {"key": "tcp.idle_timeout.seconds", "value": "350"},
                ],
            ),
        ],
        [],
    ),
    "a listener by its older name is deleted": (
        [
            wrote(0, listener(forwards(), kind="aws_alb_listener.https")),
            on_listener("DeleteListener"),
        ],
        [deleted("aws_alb_listener.https", LISTENER_ARN)],
    ),
    "Terraform creates a listener by its older name": (
        [
            wrote(0, other()),
            applied(5, "elasticloadbalancing:CreateListener", {"loadBalancerArn": WEB_LB_ARN}, response=MADE),
            wrote(6, other(), listener(forwards(), kind="aws_alb_listener.https")),
        ],
        [],
    ),
    "a managed load balancer gets a listener that is unmanaged": (
        [
            wrote(0, placed("aws_lb.web", id=WEB_LB_ARN, arn=WEB_LB_ARN, name="web")),
            called(5, "elasticloadbalancing:CreateListener", {"loadBalancerArn": WEB_LB_ARN}, response=MADE),
        ],
        [unmanaged("aws_lb_listener", LISTENER_ARN)],
    ),
    "an unmanaged load balancer gets a listener": (
        [
            wrote(0, other()),
            called(5, "elasticloadbalancing:CreateListener", {"loadBalancerArn": WEB_LB_ARN}, response=MADE),
        ],
        [],
    ),
    "a managed listener gets a rule that is unmanaged": (
        [
            wrote(0, listener(forwards())),
            called(
                5,
                "elasticloadbalancing:CreateRule",
                {"listenerArn": LISTENER_ARN, "priority": 5},
                response={"rules": [{"ruleArn": "arn:rule", "priority": "5"}]},
            ),
        ],
        [unmanaged("aws_lb_listener_rule", "arn:rule")],
    ),
    "a load balancer in the subnets that it is in": (
        [
            wrote(0, placed("aws_lb.web", id=WEB_LB_ARN, arn=WEB_LB_ARN, subnets=["subnet-1", "subnet-2"])),
            called(
                5,
                "elasticloadbalancing:SetSubnets",
                {
                    "loadBalancerArn": WEB_LB_ARN,
                    "subnetMappings": [{"subnetId": "subnet-2"}, {"subnetId": "subnet-1"}],
                },
            ),
        ],
        [],
    ),
    "a classic balancer of another group": (
        [wrote(0, classic()), on_classic("ApplySecurityGroupsToLoadBalancer", securityGroups=["sg-9"])],
        [modified(CLASSIC, "security_groups", ["sg-1"], ["sg-9"])],
    ),
    "a classic balancer's listener created as it is is no drift": (
        [
            wrote(0, classic()),
            on_classic(
                "CreateLoadBalancerListeners",
                listeners=[
                    {"protocol": "HTTP", "loadBalancerPort": 80, "instanceProtocol": "HTTP", "instancePort": 8080}
                ],
            ),
        ],
        [],
    ),
    "a classic balancer's listener is deleted": (
        [wrote(0, classic()), on_classic("DeleteLoadBalancerListeners", loadBalancerPorts=[80])],
        [
            modified(
                CLASSIC,
                "listener",
                [
                    {
                        "instance_port": 8080,
                        "instance_protocol": "http",
                        "lb_port": 80,
                        "lb_protocol": "http",
                        "ssl_certificate_id": "",
                    }
                ],
                [],
            )
        ],
    ),
    "a deployment takes an instance out of a classic balancer and puts it back": (
        [
            wrote(0, classic()),
            on_classic("DeregisterInstancesFromLoadBalancer", instances=[{"instanceId": "i-1"}]),
            on_classic("RegisterInstancesWithLoadBalancer", instances=[{"instanceId": "i-1"}]),
        ],
        [],
    ),
    "a listener's other policy for TLS is a drift": (
        [wrote(0, tls_listener()), secured("ELBSecurityPolicy-2016-08")],
        [modified(LISTENER, "ssl_policy", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08")],
    ),
    "a listener's policy for TLS unchanged is no drift": (
        [wrote(0, tls_listener()), secured("ELBSecurityPolicy-TLS13-1-2-2021-06")],
        [],
    ),
}
