"""Rules of security groups as consoles change them: by id, by description, across accounts."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import ACCOUNT, CONSOLE, Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import OTHER_ACCOUNT, Scenarios, deleted, items, modified, unknown
from tests.drift_detector.scenarios.network.security_groups import (
    ALL,
    OFFICE,
    SSH,
    WORLD,
    block,
    group,
    listed,
    permission,
    single,
)

SG = "aws_security_group.web"
RULE = "aws_security_group_rule.ssh"
ONE = "aws_vpc_security_group_ingress_rule.ssh"
OFFICE_TOO = "198.51.100.0/24"
PARTNER = f"{OTHER_ACCOUNT}/sg-7"
PARTNERS = items({"userId": OTHER_ACCOUNT, "groupId": "sg-7"})


def open_by_console(way: str = "Ingress", *, name: str | None = None, **rule: Any) -> Step:
    """A console opens a group; the response lists the rules with their ids."""
    whole = {
        "groupOwnerId": ACCOUNT,
        "groupId": "sg-1",
        "securityGroupRuleId": "sgr-0f",
        "isEgress": way == "Egress",
        **rule,
    }
    request: dict[str, Any] = {"groupName": name} if name else {"groupId": "sg-1"}
    request["ipPermissions"] = items({"ipProtocol": rule["ipProtocol"], "groups": {}, "ipRanges": {}})
    response = {"requestId": "r", "_return": True, "securityGroupRuleSet": items(whole)}
    return called(5, f"ec2:AuthorizeSecurityGroup{way}", request, response=response, agent=CONSOLE)


def revoke_by_id(rule_id: str, way: str = "Ingress", revoked: dict[str, Any] | None = None) -> Step:
    """Somebody revokes a rule by its id; newer responses tell what it was."""
    request = {
        "groupId": "sg-1",
        "ipPermissions": {},
        "securityGroupRuleIds": items({"securityGroupRuleId": rule_id}),
    }
    response: dict[str, Any] = {"requestId": "r", "_return": True}
    if revoked is not None:
        revoked = {"securityGroupRuleId": rule_id, "groupId": "sg-1", "isEgress": way == "Egress", **revoked}
        response["revokedSecurityGroupRuleSet"] = items(revoked)
    return called(5, f"ec2:RevokeSecurityGroup{way}", request, response=response)


def describe(description: str, way: str = "Ingress") -> Step:
    """Somebody describes the rule anew, by what it allows."""
    ranges = items({"cidrIp": OFFICE, "description": description})
    given = {"groupId": "sg-1", "ipPermissions": items(permission(ipRanges=ranges))}
    return called(5, f"ec2:UpdateSecurityGroupRuleDescriptions{way}", given, response={"_return": True})


def describe_by_id(rule_id: str, description: str) -> Step:
    """Somebody describes a rule anew, by its id."""
    one = {"tag": 1, "SecurityGroupRuleId": rule_id, "Description": description}
    request = {"GroupId": "sg-1", "SecurityGroupRuleDescription": one}
    return called(
        5,
        "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        {"UpdateSecurityGroupRuleDescriptionsIngressRequest": request},
    )


def modify_rule(rule_id: str, minutes: int = 5, **rule: Any) -> Step:
    """The console's editor of rules: what a rule becomes, by its id."""
    one = {"tag": 1, "SecurityGroupRuleId": rule_id, "SecurityGroupRule": rule}
    request = {"ModifySecurityGroupRulesRequest": {"GroupId": "sg-1", "SecurityGroupRule": one}}
    return called(minutes, "ec2:ModifySecurityGroupRules", request, agent=CONSOLE)


def edit_ssh(source: str, minutes: int = 5, **rule: Any) -> Step:
    """The console's editor of rules gives the inline rule for SSH another form."""
    return modify_rule(
        "sgr-9", minutes, **({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": source} | rule)
    )


SCENARIOS: Scenarios = {
    "a default VPC's group, named by the call and identified by the response": (
        [
            wrote(0, group(SSH)),
            open_by_console(name="default", ipProtocol="tcp", fromPort=3389, toPort=3389, cidrIpv4=WORLD),
        ],
        [modified(SG, "ingress", [SSH], [SSH, block(port=3389, cidr_blocks=[WORLD])])],
    ),
    "every ping is let in, whose ports are its type and code": (
        [
            wrote(0, group(block("icmp", -1, cidr_blocks=[OFFICE]))),
            open_by_console(ipProtocol="icmp", fromPort=-1, toPort=-1, cidrIpv4=OFFICE),
        ],
        [],
    ),
    "a prefix list as the only source": (
        [
            wrote(0, group(SSH)),
            open_by_console(ipProtocol="tcp", fromPort=443, toPort=443, prefixListId="pl-1"),
        ],
        [modified(SG, "ingress", [SSH], [SSH, block(port=443, prefix_list_ids=["pl-1"])])],
    ),
    "a prefix list that a rule of one source has": (
        [
            wrote(0, group(), single(cidr_ipv4=None, prefix_list_id="pl-1", from_port=443, to_port=443)),
            open_by_console(ipProtocol="tcp", fromPort=443, toPort=443, prefixListId="pl-1"),
        ],
        [],
    ),
    "another account's group is revoked, and only the request has the rule": (
        [
            wrote(0, group(block(security_groups=[PARTNER]))),
            called(
                5,
                "ec2:RevokeSecurityGroupIngress",
                {"groupId": "sg-1", "ipPermissions": items(permission(groups=PARTNERS))},
            ),
        ],
        [modified(SG, "ingress", [block(security_groups=[PARTNER])], [])],
    ),
    "another account's group is a rule of its own, and revoked": (
        [
            wrote(0, group(), single(cidr_ipv4=None, referenced_security_group_id=PARTNER)),
            called(
                5,
                "ec2:RevokeSecurityGroupIngress",
                {"groupId": "sg-1", "ipPermissions": items(permission(groups=PARTNERS))},
            ),
        ],
        [deleted(ONE, "sgr-0a")],
    ),
    "another account's group that is a source already": (
        [
            wrote(0, group(block(security_groups=[PARTNER]))),
            open_by_console(
                ipProtocol="tcp",
                fromPort=22,
                toPort=22,
                referencedGroupInfo={"userId": OTHER_ACCOUNT, "groupId": "sg-7"},
            ),
        ],
        [],
    ),
    "a listed rule of one source is revoked by its id": (
        [wrote(0, group(SSH), listed(OFFICE, security_group_rule_id="sgr-0c")), revoke_by_id("sgr-0c")],
        [deleted(RULE, "sgrule-845917806")],
    ),
    "an inline rule is revoked by an id that only AWS knows": (
        [wrote(0, group(SSH)), revoke_by_id("sgr-0d")],
        [unknown(SG, "ingress", [SSH])],
    ),
    "an inline rule is revoked by its id, and the response has the rule": (
        [
            wrote(0, group(SSH, block(port=80, cidr_blocks=[WORLD]))),
            revoke_by_id("sgr-0d", revoked={"ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "cidrIpv4": WORLD}),
        ],
        [modified(SG, "ingress", [SSH, block(port=80, cidr_blocks=[WORLD])], [SSH])],
    ),
    "an inline rule is given another description": (
        [wrote(0, group(SSH)), describe("head office")],
        [modified(SG, "ingress", [SSH], [block(cidr_blocks=[OFFICE], description="head office")])],
    ),
    "an inline rule is given the same description": (
        [wrote(0, group(block(cidr_blocks=[OFFICE], description="office"))), describe("office")],
        [],
    ),
    "an inline rule is given another description by its id": (
        [wrote(0, group(SSH)), describe_by_id("sgr-0d", "head office")],
        [unknown(SG, "ingress", [SSH])],
    ),
    "a rule of one source is given the same description, by its id": (
        [wrote(0, group(SSH), single(description="office")), describe_by_id("sgr-0a", "office")],
        [],
    ),
    "a rule of an unmanaged group gets a description": ([wrote(0, other()), describe_by_id("sgr-0d", "x")], []),
    "a rule of one source is saved in the editor as it is": (
        [
            wrote(0, group(SSH), single(description="office")),
            modify_rule("sgr-0a", IpProtocol="tcp", FromPort=22, ToPort=22, CidrIpv4=OFFICE, Description="office"),
        ],
        [],
    ),
    "another account's group is saved in the editor as it is": (
        [
            wrote(0, group(), single(cidr_ipv4=None, referenced_security_group_id=PARTNER)),
            modify_rule("sgr-0a", IpProtocol="tcp", FromPort=22, ToPort=22, ReferencedGroupId="sg-7"),
        ],
        [],
    ),
    "a listed rule is changed in the editor": (
        [
            wrote(0, group(SSH), listed(OFFICE, security_group_rule_id="sgr-0c")),
            modify_rule("sgr-0c", IpProtocol="tcp", FromPort=22, ToPort=22, CidrIpv4=WORLD),
        ],
        [modified(RULE, "cidr_blocks", [OFFICE], [WORLD])],
    ),
    "an inline rule is opened in the editor": (
        [wrote(0, group(SSH, egress=[ALL])), edit_ssh(WORLD)],
        [modified(SG, "ingress", [SSH], [block(cidr_blocks=[WORLD])])],
    ),
    "an inline rule is opened in the editor, and set back there": (
        [wrote(0, group(SSH, egress=[ALL])), edit_ssh(WORLD), edit_ssh(OFFICE, 7)],
        [modified(SG, "ingress", [SSH], [block(cidr_blocks=[WORLD])], end="reverted")],
    ),
    "an inline rule is saved in the editor as it is": ([wrote(0, group(SSH, egress=[ALL])), edit_ssh(OFFICE)], []),
    "an inline rule gets another port in the editor": (
        [wrote(0, group(SSH, egress=[ALL])), edit_ssh(OFFICE, FromPort=2222, ToPort=2222)],
        [modified(SG, "ingress", [SSH], [block(port=2222, cidr_blocks=[OFFICE])])],
    ),
    "an inline rule for what goes out is changed in the editor": (
        [wrote(0, group(SSH, egress=[ALL])), edit_ssh(OFFICE_TOO, IpProtocol="-1", FromPort=-1, ToPort=-1)],
        [modified(SG, "egress", [ALL], [block("-1", 0, cidr_blocks=[OFFICE_TOO])])],
    ),
    "one of two inline rules of the same ports is changed in the editor": (
        [wrote(0, group(block(cidr_blocks=[OFFICE, OFFICE_TOO]), egress=[ALL])), edit_ssh(WORLD)],
        [unknown(SG, "ingress", [block(cidr_blocks=[OFFICE, OFFICE_TOO])])],
    ),
    "a rule for all protocols and both families, as the state merges it": (
        [
            wrote(0, group(egress=[block("-1", 0, cidr_blocks=[WORLD], ipv6_cidr_blocks=["::/0"])])),
            called(
                5,
                "ec2:AuthorizeSecurityGroupEgress",
                {
                    "groupId": "sg-1",
                    "ipPermissions": items(permission(WORLD, v6=("::/0",), protocol="-1", port=None)),
                },
            ),
        ],
        [],
    ),
    "one family of a rule for all protocols is closed": (
        [
            wrote(0, group(egress=[block("-1", 0, cidr_blocks=[WORLD], ipv6_cidr_blocks=["::/0"])])),
            called(
                5,
                "ec2:RevokeSecurityGroupEgress",
                {"groupId": "sg-1", "ipPermissions": items(permission(v6=("::/0",), protocol="-1", port=None))},
            ),
        ],
        [
            modified(
                SG,
                "egress",
                [block("-1", 0, cidr_blocks=[WORLD], ipv6_cidr_blocks=["::/0"])],
                [block("-1", 0, cidr_blocks=[WORLD])],
            )
        ],
    ),
    "Terraform creates a group with a rule of its own and without AWS's egress": (
        [
            wrote(0, other()),
            applied(
                5,
                "ec2:CreateSecurityGroup",
                {"groupName": "web", "groupDescription": "web", "vpcId": "vpc-1"},
                response={"_return": True, "groupId": "sg-1"},
            ),
            applied(
                5,
                "ec2:RevokeSecurityGroupEgress",
                {"groupId": "sg-1", "ipPermissions": items(permission(WORLD, protocol="-1", port=None))},
                response={"_return": True, "unknownIpPermissionSet": {}},
            ),
            applied(
                6,
                "ec2:AuthorizeSecurityGroupIngress",
                {"groupId": "sg-1", "ipPermissions": items(permission(OFFICE))},
                response={
                    "_return": True,
                    "securityGroupRuleSet": items(
                        {
                            "groupOwnerId": ACCOUNT,
                            "groupId": "sg-1",
                            "securityGroupRuleId": "sgr-0a",
                            "isEgress": False,
                            "ipProtocol": "tcp",
                            "fromPort": 22,
                            "toPort": 22,
                            "cidrIpv4": OFFICE,
                        }
                    ),
                },
            ),
            wrote(7, other(), group(egress=[]), single()),
        ],
        [],
    ),
}
