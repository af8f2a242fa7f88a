"""Routes, network ACLs, subnets, VPC attributes, and volumes."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other, web
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed

WEB = "aws_instance.web"
ROUTE = "aws_route.out"
TABLE = "aws_route_table.main"
ENTRY = "aws_network_acl_rule.ssh"
VOLUME = "aws_ebs_volume.data"
EVERYWHERE = "0.0.0.0/0"


def route(**changes: Any) -> dict[str, Any]:
    """A route that is a resource of its own."""
    attributes: dict[str, Any] = {
        "id": "r-rtb-11080289494",
        "route_table_id": "rtb-1",
        "destination_cidr_block": EVERYWHERE,
        "destination_ipv6_cidr_block": "",
        "gateway_id": "igw-1",
        "nat_gateway_id": "",
        "network_interface_id": "",
        "state": "active",
    }
    return placed(ROUTE, **(attributes | changes))


def hop(cidr: str = EVERYWHERE, **members: str) -> dict[str, Any]:
    """A route within its table, as a state spells it."""
    names = (
        "carrier_gateway_id",
        "core_network_arn",
        "destination_prefix_list_id",
        "egress_only_gateway_id",
        "gateway_id",
        "ipv6_cidr_block",
        "local_gateway_id",
        "nat_gateway_id",
        "network_interface_id",
        "transit_gateway_id",
        "vpc_endpoint_id",
        "vpc_peering_connection_id",
    )
    return {**dict.fromkeys(names, ""), "cidr_block": cidr, **members}


def table(*routes: dict[str, Any]) -> dict[str, Any]:
    """A route table."""
    return placed(TABLE, id="rtb-1", arn=arn("ec2", "route-table/rtb-1"), vpc_id="vpc-1", route=list(routes))


def routed(name: str, act: Any = called, minutes: int = 5, **request: str) -> Step:
    """Somebody changes the table's routes."""
    given = {"routeTableId": "rtb-1", "destinationCidrBlock": EVERYWHERE, **request}
    step: Step = act(minutes, f"ec2:{name}", given, response={"_return": True})
    return step


def entry(**changes: Any) -> dict[str, Any]:
    """A rule of a network ACL that is a resource of its own."""
    attributes: dict[str, Any] = {
        "id": "nacl-1917870932",
        "network_acl_id": "acl-1",
        "rule_number": 100,
        "egress": False,
        "protocol": "tcp",
        "rule_action": "deny",
        "cidr_block": EVERYWHERE,
        "ipv6_cidr_block": "",
        "from_port": 22,
        "to_port": 22,
    }
    return placed(ENTRY, **(attributes | changes))


def ruled(name: str, **changes: Any) -> Step:
    """Somebody changes the ACL's rules."""
    request = {
        "networkAclId": "acl-1",
        "ruleNumber": 100,
        "egress": False,
        "ruleAction": "deny",
        "icmpTypeCode": {},
        "portRange": {"from": 22, "to": 22},
        "cidrBlock": EVERYWHERE,
        "aclProtocol": "6",
    }
    return called(5, f"ec2:{name}", request | changes)


def volume(**changes: Any) -> dict[str, Any]:
    """A volume."""
    attributes: dict[str, Any] = {
        "id": "vol-1",
        "arn": arn("ec2", "volume/vol-1"),
        "size": 8,
        "type": "gp3",
        "iops": 3000,
        "throughput": 125,
        "encrypted": True,
    }
    return placed(VOLUME, **(attributes | changes))


def subnet(**changes: Any) -> dict[str, Any]:
    """A subnet."""
    attributes = {"id": "subnet-1", "arn": arn("ec2", "subnet/subnet-1"), "map_public_ip_on_launch": False}
    return placed("aws_subnet.a", **(attributes | changes))


def vpc(**changes: Any) -> dict[str, Any]:
    """A VPC."""
    attributes = {
        "id": "vpc-1",
        "arn": arn("ec2", "vpc/vpc-1"),
        "cidr_block": "10.0.0.0/16",
        "enable_dns_hostnames": True,
        "enable_dns_support": True,
    }
    return placed("aws_vpc.main", **(attributes | changes))


SCENARIOS: Scenarios = {
    # ---- Routes
    "a route created again is no drift": (
        [wrote(0, table(), route()), routed("CreateRoute", gatewayId="igw-1")],
        [],
    ),
    "a route replaced with another target is a drift": (
        [wrote(0, table(), route()), routed("ReplaceRoute", gatewayId="igw-9")],
        [modified(ROUTE, "gateway_id", "igw-1", "igw-9")],
    ),
    "a route replaced unchanged is no drift": (
        [wrote(0, table(), route()), routed("ReplaceRoute", gatewayId="igw-1")],
        [],
    ),
    "a route deleted is a drift": (
        [wrote(0, table(), route()), routed("DeleteRoute")],
        [deleted(ROUTE, "r-rtb-11080289494")],
    ),
    "a route deleted and created again is reverted": (
        [wrote(0, table(), route()), routed("DeleteRoute"), routed("CreateRoute", minutes=6, gatewayId="igw-1")],
        [deleted(ROUTE, "r-rtb-11080289494", end="reverted")],
    ),
    "a route by Terraform is no drift": (
        [wrote(0, table()), routed("CreateRoute", applied, gatewayId="igw-1"), wrote(6, table(), route())],
        [],
    ),
    "a route within its table created again is no drift": (
        [wrote(0, table(hop(gateway_id="igw-1"))), routed("CreateRoute", gatewayId="igw-1")],
        [],
    ),
    "a route within its table deleted is a drift": (
        [
            wrote(0, table(hop(gateway_id="igw-1"), hop("10.9.0.0/16", nat_gateway_id="nat-1"))),
            routed("DeleteRoute"),
        ],
        [
            modified(
                TABLE,
                "route",
                [hop(gateway_id="igw-1"), hop("10.9.0.0/16", nat_gateway_id="nat-1")],
                [hop("10.9.0.0/16", nat_gateway_id="nat-1")],
            )
        ],
    ),
    "a route of an unmanaged table is ignored": (
        [wrote(0, table(), route()), routed("DeleteRoute", routeTableId="rtb-9")],
        [],
    ),
    # ---- Network ACLs
    "an ACL's rule created unchanged is no drift": ([wrote(0, vpc(), entry()), ruled("CreateNetworkAclEntry")], []),
    "an ACL's protocol by number equals the protocol": (
        [wrote(0, vpc(), entry(protocol="6")), ruled("ReplaceNetworkAclEntry")],
        [],
    ),
    "an ACL's rule replaced by its opposite is a drift": (
        [wrote(0, vpc(), entry()), ruled("ReplaceNetworkAclEntry", ruleAction="allow")],
        [modified(ENTRY, "rule_action", "deny", "allow")],
    ),
    "an ACL's rule deleted is a drift": (
        [
            wrote(0, vpc(), entry()),
            called(5, "ec2:DeleteNetworkAclEntry", {"networkAclId": "acl-1", "ruleNumber": 100, "egress": False}),
        ],
        [deleted(ENTRY, "nacl-1917870932")],
    ),
    "an ACL rule of the other direction is not meant": (
        [
            wrote(0, vpc(), entry()),
            called(5, "ec2:DeleteNetworkAclEntry", {"networkAclId": "acl-1", "ruleNumber": 100, "egress": True}),
        ],
        [],
    ),
    # ---- Switches
    "a subnet that gives public addresses is a drift": (
        [
            wrote(0, subnet()),
            called(5, "ec2:ModifySubnetAttribute", {"subnetId": "subnet-1", "mapPublicIpOnLaunch": {"value": True}}),
        ],
        [modified("aws_subnet.a", "map_public_ip_on_launch", False, True)],
    ),
    "a subnet set to its own value is no drift": (
        [
            wrote(0, subnet()),
            called(5, "ec2:ModifySubnetAttribute", {"subnetId": "subnet-1", "mapPublicIpOnLaunch": {"value": False}}),
        ],
        [],
    ),
    "a VPC without host names is a drift": (
        [
            wrote(0, vpc()),
            called(5, "ec2:ModifyVpcAttribute", {"vpcId": "vpc-1", "enableDnsHostnames": {"value": False}}),
        ],
        [modified("aws_vpc.main", "enable_dns_hostnames", True, False)],
    ),
    "a VPC set to its own value is no drift": (
        [
            wrote(0, vpc()),
            called(5, "ec2:ModifyVpcAttribute", {"vpcId": "vpc-1", "enableDnsSupport": {"value": True}}),
        ],
        [],
    ),
    "an account's disks no longer encrypted are a drift": (
        [
            wrote(0, web(), placed("aws_ebs_encryption_by_default.main", id="terraform-20220101", enabled=True)),
            called(
                5,
                "ec2:DisableEbsEncryptionByDefault",
                {"DisableEbsEncryptionByDefaultRequest": ""},
                response={"DisableEbsEncryptionByDefaultResponse": {"ebsEncryptionByDefault": False}},
            ),
        ],
        [modified("aws_ebs_encryption_by_default.main", "enabled", True, False)],
    ),
    "an account's disks encrypted unchanged is no drift": (
        [
            wrote(0, web(), placed("aws_ebs_encryption_by_default.main", id="terraform-20220101", enabled=True)),
            called(5, "ec2:EnableEbsEncryptionByDefault", {"EnableEbsEncryptionByDefaultRequest": ""}),
        ],
        [],
    ),
    # ---- Volumes, instances
    "a larger volume is a drift": (
        [
            wrote(0, volume()),
            called(5, "ec2:ModifyVolume", {"ModifyVolumeRequest": {"VolumeId": "vol-1", "Size": "16"}}),
        ],
        [modified(VOLUME, "size", 8, "16")],
    ),
    "a volume modified unchanged is no drift": (
        [
            wrote(0, volume()),
            called(
                5,
                "ec2:ModifyVolume",
                {"ModifyVolumeRequest": {"VolumeId": "vol-1", "Size": 8, "VolumeType": "gp3", "Iops": 3000}},
            ),
        ],
        [],
    ),
    "a volume deleted is a drift": (
        [wrote(0, volume()), called(5, "ec2:DeleteVolume", {"volumeId": "vol-1"})],
        [deleted(VOLUME, "vol-1")],
    ),
    "a NAT gateway deleted is a drift": (
        [
            wrote(0, vpc(), placed("aws_nat_gateway.a", id="nat-1", allocation_id="eipalloc-1", subnet_id="subnet-1")),
            called(5, "ec2:DeleteNatGateway", {"DeleteNatGatewayRequest": {"NatGatewayId": "nat-1"}}),
        ],
        [deleted("aws_nat_gateway.a", "nat-1")],
    ),
    "an instance given a profile is a drift": (
        [
            wrote(0, web(iam_instance_profile="")),
            called(
                5,
                "ec2:AssociateIamInstanceProfile",
                {
                    "AssociateIamInstanceProfileRequest": {
                        "InstanceId": "i-1",
                        "IamInstanceProfile": {"Name": "admin"},
                    }
                },
            ),
        ],
        [modified(WEB, "iam_instance_profile", "", "admin")],
    ),
    "monitoring switched on that is on is no drift": (
        [
            wrote(0, web(monitoring=True), other()),
            called(5, "ec2:MonitorInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}}),
        ],
        [],
    ),
    "monitoring switched off is a drift": (
        [
            wrote(0, web(monitoring=True), other()),
            called(5, "ec2:UnmonitorInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}}),
        ],
        [modified(WEB, "monitoring", True, False)],
    ),
}
