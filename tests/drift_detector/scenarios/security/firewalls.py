"""WAF and Network Firewall."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import Called, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, unmanaged

ACL = "aws_wafv2_web_acl.site"
ACL_ARN = arn("wafv2", "regional/webacl/site/1")
ALERTS = "aws_networkfirewall_logging_configuration.edge"
FIREWALL_ARN = arn("network-firewall", "firewall/edge")
alerts = placed(
    ALERTS,
    id=FIREWALL_ARN,
    firewall_arn=FIREWALL_ARN,
    logging_configuration=[
        {
            "log_destination_config": [
                {
                    "log_destination": {"logGroup": "/fw/alert"},
                    "log_destination_type": "CloudWatchLogs",
                    "log_type": "ALERT",
                }
            ]
        }
    ],
)


def acl_arn(name: str) -> str:
    """A regional web ACL, whose id is made of its name."""
    return arn("wafv2", f"regional/webacl/{name}/{name}-0000-1111-2222-333344445555")


def made_acl(minutes: int, name: str, **record: Any) -> Called:
    """A web ACL that somebody makes."""
    summary = {"name": name, "id": acl_arn(name).rsplit("/", 1)[1], "aRN": acl_arn(name), "lockToken": "t-1"}
    request = {"name": name, "scope": "REGIONAL", "defaultAction": {"allow": {}}}
    return called(minutes, "wafv2:CreateWebACL", request, response={"summary": summary}, **record)


def deleted_acl(minutes: int, name: str, **record: Any) -> Called:
    """The deletion of a web ACL."""
    request = {"name": name, "scope": "REGIONAL", "id": acl_arn(name).rsplit("/", 1)[1], "lockToken": "t-1"}
    return called(minutes, "wafv2:DeleteWebACL", request, **record)


def logged() -> dict[str, Any]:
    """Where the web ACL's log goes."""
    return placed(
        "aws_wafv2_web_acl_logging_configuration.site",
        id=ACL_ARN,
        resource_arn=ACL_ARN,
        log_destination_configs=[arn("firehose", "deliverystream/aws-waf-logs")],
    )


SCENARIOS: Scenarios = {
    "a firewall by its name": (
        [
            wrote(0, alerts),
            called(
                5,
                "network-firewall:UpdateLoggingConfiguration",
                {"firewallName": "edge", "loggingConfiguration": {"logDestinationConfigs": []}},
            ),
        ],
        [
            modified(
                ALERTS,
                "logging_configuration[0].log_destination_config",
                alerts["instances"][0]["attributes"]["logging_configuration"][0]["log_destination_config"],
                [],
            )
        ],
    ),
    "a web ACL created by hand is reverted when it is deleted by its id and scope": (
        [wrote(0, web()), made_acl(5, "blocks"), deleted_acl(6, "blocks", by="joe")],
        [unmanaged("aws_wafv2_web_acl", acl_arn("blocks"), end="reverted")],
    ),
    "the deletion of another web ACL reverts nothing": (
        [wrote(0, web()), made_acl(5, "blocks"), deleted_acl(6, "counts", by="joe")],
        [unmanaged("aws_wafv2_web_acl", acl_arn("blocks"))],
    ),
    "a web ACL's log removed is a drift": (
        [wrote(0, logged()), called(5, "wafv2:DeleteLoggingConfiguration", {"resourceArn": ACL_ARN})],
        [deleted("aws_wafv2_web_acl_logging_configuration.site", ACL_ARN)],
    ),
    "a web ACL with another default action is a drift": (
        [
            wrote(
                0,
                placed(
                    ACL, id="1", arn=ACL_ARN, name="site", scope="REGIONAL", default_action=[{"block": [{}]}], rule=[]
                ),
            ),
            called(
                5,
                "wafv2:UpdateWebACL",
                {"name": "site", "id": "1", "scope": "REGIONAL", "defaultAction": {"allow": {}}, "rules": []},
            ),
        ],
        [modified(ACL, "default_action", [{"block": [{}]}], "allow")],
    ),
    "a firewall's logging is disabled": (
        [
            wrote(0, alerts),
            called(
                5,
                "network-firewall:UpdateLoggingConfiguration",
                {"firewallArn": FIREWALL_ARN, "loggingConfiguration": {"logDestinationConfigs": []}},
            ),
        ],
        [
            modified(
                ALERTS,
                "logging_configuration[0].log_destination_config",
                [
                    {
                        "log_destination": {"logGroup": "/fw/alert"},
                        "log_destination_type": "CloudWatchLogs",
                        "log_type": "ALERT",
                    }
                ],
                [],
            )
        ],
    ),
}
