"""Security groups: inline rules, rule resources with lists, and rule resources of one source."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import ACCOUNT, Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, items, modified, placed, unmanaged

SG = "aws_security_group.web"
RULE = "aws_security_group_rule.ssh"
ONE = "aws_vpc_security_group_ingress_rule.ssh"
OFFICE = "10.0.0.0/8"
HOME = "192.168.0.0/16"
WORLD = "0.0.0.0/0"
WORLD6 = "::/0"


def block(protocol: str = "tcp", port: int = 22, **members: Any) -> dict[str, Any]:
    """An element of `ingress` or `egress` as a state has it."""
    lists: dict[str, Any] = {
        name: [] for name in ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
    }
    ports = {"protocol": protocol, "from_port": port, "to_port": port}
    return {**ports, **lists, "description": "", "self": False, **members}


SSH = block(cidr_blocks=[OFFICE])
ALL = block("-1", 0, cidr_blocks=[WORLD])
DUAL = block(port=443, cidr_blocks=[WORLD], ipv6_cidr_blocks=[WORLD6])


def group(*ingress: dict[str, Any], egress: list[dict[str, Any]] | None = None, kind: str = SG) -> dict[str, Any]:
    """A security group."""
    return placed(
        kind,
        id="sg-1",
        arn=arn("ec2", "security-group/sg-1"),
        name="web",
        owner_id=ACCOUNT,
        vpc_id="vpc-1",
        ingress=list(ingress),
        egress=egress if egress is not None else [],
    )


def listed(*cidrs: str, v6: tuple[str, ...] = (), **members: Any) -> dict[str, Any]:
    """A rule resource with lists of sources."""
    attributes: dict[str, Any] = {
        "id": "sgrule-845917806",
        "security_group_id": "sg-1",
        "type": "ingress",
        "protocol": "tcp",
        "from_port": 22,
        "to_port": 22,
        "cidr_blocks": list(cidrs),
        "ipv6_cidr_blocks": list(v6),
        "prefix_list_ids": [],
        "source_security_group_id": None,
        "self": False,
        "description": "",
    }
    return placed(RULE, **(attributes | members))


def single(**members: Any) -> dict[str, Any]:
    """A rule resource of one source."""
    attributes: dict[str, Any] = {
        "id": "sgr-0a",
        "security_group_rule_id": "sgr-0a",
        "arn": arn("ec2", "security-group-rule/sgr-0a"),
        "security_group_id": "sg-1",
        "ip_protocol": "tcp",
        "from_port": 22,
        "to_port": 22,
        "cidr_ipv4": OFFICE,
        "cidr_ipv6": None,
        "prefix_list_id": None,
        "referenced_security_group_id": None,
        "description": "",
        "tags": {},
    }
    return placed(ONE, **(attributes | members))


def permission(
    *cidrs: str, v6: tuple[str, ...] = (), protocol: str = "tcp", port: int | None = 22, **members: Any
) -> dict[str, Any]:
    """A structured permission as CloudTrail writes it: what is not given is an empty object."""
    ports = {} if port is None else {"fromPort": port, "toPort": port}
    return {
        "ipProtocol": protocol,
        **ports,
        "groups": {},
        "ipRanges": items(*({"cidrIp": one} for one in cidrs)) if cidrs else {},
        "ipv6Ranges": items(*({"cidrIpv6": one} for one in v6)) if v6 else {},
        "prefixListIds": {},
        **members,
    }


def authorize(
    *permissions: dict[str, Any], act: Any = called, way: str = "Ingress", minutes: int = 5, **more: Any
) -> Step:
    """Somebody opens the group."""
    request = {"groupId": "sg-1", "ipPermissions": items(*permissions)}
    step: Step = act(minutes, f"ec2:AuthorizeSecurityGroup{way}", request, **more)
    return step


def revoke(*permissions: dict[str, Any], act: Any = called, way: str = "Ingress", minutes: int = 5) -> Step:
    """Somebody closes the group."""
    request = {"groupId": "sg-1", "ipPermissions": items(*permissions)}
    step: Step = act(minutes, f"ec2:RevokeSecurityGroup{way}", request)
    return step


def _changed(
    old: list[dict[str, Any]], new: list[dict[str, Any]], *, end: str = "open", way: str = "ingress"
) -> list[str]:
    return [modified(SG, way, old, new, end=end)]


SCENARIOS: Scenarios = {
    "an inline group opened to the world is a drift": (
        [wrote(0, group(SSH)), authorize(permission(WORLD, port=3389))],
        _changed([SSH], [SSH, block(port=3389, cidr_blocks=[WORLD])]),
    ),
    "one more source joins the block of its ports": (
        [wrote(0, group(SSH)), authorize(permission(HOME))],
        _changed([SSH], [block(cidr_blocks=[OFFICE, HOME])]),
    ),
    "a source that is there already is no drift": ([wrote(0, group(SSH)), authorize(permission(OFFICE))], []),
    "a duplicate that EC2 refuses is no drift": (
        [
            wrote(0, group(SSH)),
            authorize(permission(HOME), error="Client.InvalidPermission.Duplicate"),
        ],
        [],
    ),
    "one of several sources is revoked": (
        [wrote(0, group(block(cidr_blocks=[OFFICE, HOME]))), revoke(permission(HOME))],
        _changed([block(cidr_blocks=[OFFICE, HOME])], [SSH]),
    ),
    "the only source is revoked": ([wrote(0, group(SSH)), revoke(permission(OFFICE))], _changed([SSH], [])),
    "revoking a rule that does not exist is no drift": ([wrote(0, group(SSH)), revoke(permission(HOME))], []),
    "a rule revoked and authorized again is reverted": (
        [wrote(0, group(SSH)), revoke(permission(OFFICE)), authorize(permission(OFFICE), minutes=6)],
        _changed([SSH], [], end="reverted"),
    ),
    "a revocation in the flat form is a drift": (
        [
            wrote(0, group(block(cidr_blocks=[WORLD]))),
            called(
                5,
                "ec2:RevokeSecurityGroupIngress",
                {
                    "groupId": "sg-1",
                    "ipPermissions": {},
                    "ipProtocol": "tcp",
                    "fromPort": 22,
                    "toPort": 22,
                    "cidrIp": WORLD,
                },
            ),
        ],
        _changed([block(cidr_blocks=[WORLD])], []),
    ),
    "an authorization of an existing rule in the flat form is no drift": (
        [
            wrote(0, group(SSH)),
            called(
                5,
                "ec2:AuthorizeSecurityGroupIngress",
                {"groupId": "sg-1", "ipProtocol": "6", "fromPort": 22, "toPort": 22, "cidrIp": "10.1.2.3/8"},
            ),
        ],
        [],
    ),
    "a rule for all protocols has no ports in the log": (
        [wrote(0, group(egress=[ALL])), authorize(permission(WORLD, protocol="-1", port=None), way="Egress")],
        [],
    ),
    "a revoked egress to everywhere is a drift": (
        [wrote(0, group(egress=[ALL])), revoke(permission(WORLD, protocol="-1", port=None), way="Egress")],
        _changed([ALL], [], way="egress"),
    ),
    "one family of a merged block is revoked": (
        [wrote(0, group(DUAL)), revoke(permission(v6=(WORLD6,), port=443))],
        _changed([DUAL], [block(port=443, cidr_blocks=[WORLD])]),
    ),
    "both address families in one call equal the merged block": (
        [wrote(0, group(DUAL)), authorize(permission(WORLD, v6=(WORLD6,), port=443))],
        [],
    ),
    "an address range in another spelling is equal": (
        [
            wrote(0, group(block(ipv6_cidr_blocks=["2001:db8::/32"]))),
            authorize(permission(v6=("2001:DB8:0::/32",))),
        ],
        [],
    ),
    "another group as source is a drift": (
        [
            wrote(0, group(SSH)),
            authorize(permission(groups=items({"groupId": "sg-2", "userId": ACCOUNT}))),
        ],
        _changed([SSH], [block(cidr_blocks=[OFFICE], security_groups=["sg-2"])]),
    ),
    "the group itself as source equals `self`": (
        [
            wrote(0, group(block(self=True))),
            authorize(permission(groups=items({"groupId": "sg-1", "userId": ACCOUNT}))),
        ],
        [],
    ),
    "the group itself as source is revoked": (
        [
            wrote(0, group(block(self=True, cidr_blocks=[OFFICE]))),
            revoke(permission(groups=items({"groupId": "sg-1", "userId": ACCOUNT}))),
        ],
        _changed([block(self=True, cidr_blocks=[OFFICE])], [SSH]),
    ),
    "two permissions in one call are one drift": (
        [wrote(0, group()), authorize(permission(WORLD), permission(WORLD, port=80))],
        _changed([], [block(cidr_blocks=[WORLD]), block(port=80, cidr_blocks=[WORLD])]),
    ),
    "a rule that Terraform moves is no drift": (
        [
            wrote(0, group(SSH)),
            revoke(permission(OFFICE), act=applied),
            authorize(permission(HOME), act=applied, minutes=6),
            wrote(7, group(block(cidr_blocks=[HOME]))),
        ],
        [],
    ),
    "an opened group that a refresh took in is absorbed": (
        [wrote(0, group(SSH)), authorize(permission(HOME)), wrote(9, group(block(cidr_blocks=[HOME, OFFICE])))],
        _changed([SSH], [block(cidr_blocks=[OFFICE, HOME])], end="absorbed"),
    ),
    "the default security group drifts like any other": (
        [
            wrote(0, group(egress=[ALL], kind="aws_default_security_group.web")),
            revoke(permission(WORLD, protocol="-1", port=None), way="Egress"),
        ],
        [modified("aws_default_security_group.web", "egress", [ALL], [])],
    ),
    "a group deleted by hand is a drift": (
        [wrote(0, group(SSH)), called(5, "ec2:DeleteSecurityGroup", {"groupId": "sg-1"})],
        [deleted(SG, "sg-1")],
    ),
    "a group created by hand is unmanaged": (
        [
            wrote(0, group()),
            called(
                5,
                "ec2:CreateSecurityGroup",
                {"groupName": "tmp", "groupDescription": "tmp", "vpcId": "vpc-1"},
                response={"_return": True, "groupId": "sg-9"},
            ),
        ],
        [unmanaged("aws_security_group", "sg-9")],
    ),
    "an unmanaged group is ignored": (
        [
            wrote(0, group()),
            called(
                5,
                "ec2:AuthorizeSecurityGroupIngress",
                {"groupId": "sg-9", "ipPermissions": items(permission(WORLD))},
            ),
        ],
        [],
    ),
    "a rule resource has what is authorized": (
        [wrote(0, group(SSH), listed(OFFICE)), authorize(permission(OFFICE))],
        [],
    ),
    "a rule resource loses one of its sources": (
        [wrote(0, group(block(cidr_blocks=[OFFICE, HOME])), listed(OFFICE, HOME)), revoke(permission(HOME))],
        [modified(RULE, "cidr_blocks", [OFFICE, HOME], [OFFICE])],
    ),
    "a rule resource loses its IPv6 source": (
        [wrote(0, group(), listed(OFFICE, v6=(WORLD6,))), revoke(permission(v6=(WORLD6,)))],
        [modified(RULE, "ipv6_cidr_blocks", [WORLD6], [])],
    ),
    "a rule of another port is not the rule resource's": (
        [wrote(0, group(SSH), listed(OFFICE)), revoke(permission(OFFICE, port=23))],
        [],
    ),
    "a rule resource with a group as source is deleted": (
        [
            wrote(0, group(), listed(source_security_group_id="sg-2", cidr_blocks=None)),
            revoke(permission(groups=items({"groupId": "sg-2", "userId": ACCOUNT}))),
        ],
        [deleted(RULE, "sgrule-845917806")],
    ),
    "a rule without a rule resource is a drift of the group": (
        [wrote(0, group(SSH), listed(OFFICE)), authorize(permission(WORLD, port=80))],
        _changed([SSH], [SSH, block(port=80, cidr_blocks=[WORLD])]),
    ),
    "two sources, of which a rule resource has one": (
        [wrote(0, group(SSH), listed(OFFICE)), authorize(permission(OFFICE, WORLD))],
        _changed([SSH], [block(cidr_blocks=[OFFICE, WORLD])]),
    ),
    "Terraform adds a rule resource": (
        [
            wrote(0, group()),
            authorize(permission(OFFICE), act=applied),
            wrote(6, group(), listed(OFFICE)),
        ],
        [],
    ),
    "a rule of one source is revoked by what it allows": (
        [wrote(0, group(SSH), single()), revoke(permission(OFFICE))],
        [deleted(ONE, "sgr-0a")],
    ),
    "a rule of one source is revoked by its id": (
        [
            wrote(0, group(SSH), single()),
            called(
                5,
                "ec2:RevokeSecurityGroupIngress",
                {"groupId": "sg-1", "ipPermissions": {}, "securityGroupRuleIds": items("sgr-0a")},
            ),
        ],
        [deleted(ONE, "sgr-0a")],
    ),
    "a rule of one source for all protocols has no ports": (
        [
            wrote(0, group(ALL), single(ip_protocol="-1", from_port=None, to_port=None, cidr_ipv4=WORLD)),
            authorize(permission(WORLD, protocol="-1", port=None)),
        ],
        [],
    ),
    "a rule of one source in another group is another": (
        [
            wrote(0, group(), single(security_group_id="sg-2")),
            authorize(permission(OFFICE)),
        ],
        _changed([], [SSH]),
    ),
    "a rule of one source is changed by its id": (
        [
            wrote(0, group(SSH), single()),
            called(
                5,
                "ec2:ModifySecurityGroupRules",
                {
                    "ModifySecurityGroupRulesRequest": {
                        "GroupId": "sg-1",
                        "SecurityGroupRule": {
                            "tag": 1,
                            "SecurityGroupRuleId": "sgr-0a",
                            "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": WORLD},
                        },
                    }
                },
            ),
        ],
        [modified(ONE, "cidr_ipv4", OFFICE, WORLD)],
    ),
    "Terraform replaces a rule of one source": (
        [
            wrote(0, group(), single()),
            revoke(permission(OFFICE), act=applied),
            authorize(permission(HOME), act=applied, minutes=6),
            wrote(7, group(), single(id="sgr-0b", security_group_rule_id="sgr-0b", cidr_ipv4=HOME)),
        ],
        [],
    ),
    "a rule of several sources loses one, and a person puts it back": (
        [
            wrote(0, group(), listed(OFFICE, HOME)),
            revoke(permission(HOME)),
            authorize(permission(HOME), minutes=7),
        ],
        [modified(RULE, "cidr_blocks", [OFFICE, HOME], [OFFICE], end="reverted")],
    ),
    "a rule of several sources loses one, and Terraform puts it back": (
        [
            wrote(0, group(), listed(OFFICE, HOME)),
            revoke(permission(HOME)),
            authorize(permission(HOME), minutes=7, act=applied),
        ],
        [modified(RULE, "cidr_blocks", [OFFICE, HOME], [OFFICE], end="applied")],
    ),
    "a rule of several sources gets one that it has": (
        [wrote(0, group(), listed(OFFICE, HOME)), authorize(permission(HOME))],
        [],
    ),
    "a rule of several sources loses one that it never had": (
        [wrote(0, group(), listed(OFFICE, HOME)), revoke(permission(WORLD))],
        [],
    ),
    "Terraform takes the only source of a rule, which its next state no longer has": (
        [wrote(0, group(), listed(OFFICE)), revoke(permission(OFFICE), act=applied), wrote(9, group())],
        [],
    ),
    "a source that the state no longer has is taken once more": (
        [
            wrote(0, group(), listed(OFFICE, HOME)),
            wrote(6, group(), listed(OFFICE)),
            revoke(permission(HOME), minutes=7),
        ],
        [],
    ),
    "another group of the same rules is opened and closed": (
        [wrote(0, group(), listed(OFFICE, security_group_id="sg-2")), revoke(permission(OFFICE))],
        [],
    ),
    "a rule without its only source is deleted": (
        [wrote(0, group(), listed(OFFICE)), revoke(permission(OFFICE))],
        [deleted(RULE, "sgrule-845917806")],
    ),
    "a rule without its only source, which a person puts back": (
        [
            wrote(0, group(), listed(OFFICE)),
            revoke(permission(OFFICE)),
            authorize(permission(OFFICE), minutes=7),
        ],
        [deleted(RULE, "sgrule-845917806", end="reverted")],
    ),
    "a rule without its only source, which Terraform puts back": (
        [
            wrote(0, group(), listed(OFFICE)),
            revoke(permission(OFFICE)),
            authorize(permission(OFFICE), minutes=7, act=applied),
        ],
        [deleted(RULE, "sgrule-845917806", end="applied")],
    ),
    "a rule that lost both sources gets one back": (
        [
            wrote(0, group(), listed(OFFICE, HOME)),
            revoke(permission(OFFICE, HOME)),
            authorize(permission(HOME), minutes=7),
        ],
        [
            deleted(RULE, "sgrule-845917806", end="reverted"),
            modified(RULE, "cidr_blocks", [OFFICE, HOME], [HOME]),
        ],
    ),
}
