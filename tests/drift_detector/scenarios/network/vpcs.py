"""VPCs: route table associations, gateways, peerings and DHCP options, managed on both sides, one side or neither."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import ACCOUNT, Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import OTHER_ACCOUNT, Scenarios, arn, deleted, modified, placed, unmanaged
from tests.drift_detector.scenarios.network.routes_and_subnets import hop, subnet, table, vpc

OK = {"requestId": "r", "_return": True}
ASSOCIATION = "aws_route_table_association.a"
PEER = "aws_vpc_peering_connection.partner"


def gateway(**changes: Any) -> dict[str, Any]:
    """An internet gateway, which has its VPC inside."""
    attributes = {"id": "igw-1", "arn": arn("ec2", "internet-gateway/igw-1"), "owner_id": ACCOUNT, "vpc_id": "vpc-1"}
    return placed("aws_internet_gateway.main", **(attributes | changes))


def vpn_gateway(**changes: Any) -> dict[str, Any]:
    """A VPN gateway."""
    attributes = {"id": "vgw-1", "arn": arn("ec2", "vpn-gateway/vgw-1"), "vpc_id": "vpc-1", "amazon_side_asn": "64512"}
    return placed("aws_vpn_gateway.main", **(attributes | changes))


def association(**changes: Any) -> dict[str, Any]:
    """The association of a subnet with its table."""
    attributes = {"id": "rtbassoc-1", "route_table_id": "rtb-1", "subnet_id": "subnet-1", "gateway_id": ""}
    return placed(ASSOCIATION, **(attributes | changes))


def associate(act: Any = called, **request: str) -> Step:
    """Somebody gives a subnet a table."""
    given = {"routeTableId": "rtb-9", "subnetId": "subnet-1", **request}
    response = {**OK, "associationId": "rtbassoc-9", "associationState": {"state": "associated"}}
    step: Step = act(5, "ec2:AssociateRouteTable", given, response=response)
    return step


def replace(table_id: str = "rtb-9", old: str = "rtbassoc-1") -> Step:
    """Somebody gives a subnet another table."""
    return called(
        5,
        "ec2:ReplaceRouteTableAssociation",
        {"associationId": old, "routeTableId": table_id},
        response={**OK, "newAssociationId": "rtbassoc-9"},
    )


def peering(**changes: Any) -> dict[str, Any]:
    """A peering that the other side has to accept."""
    attributes: dict[str, Any] = {
        "id": "pcx-1",
        "vpc_id": "vpc-1",
        "peer_vpc_id": "vpc-2",
        "peer_owner_id": ACCOUNT,
        "auto_accept": None,
        "accept_status": "pending-acceptance",
        "accepter": [{"allow_remote_vpc_dns_resolution": False}],
        "requester": [{"allow_remote_vpc_dns_resolution": False}],
    }
    return placed(PEER, **(attributes | changes))


def accept(vpc_id: str) -> Step:
    """Somebody accepts the peering for a VPC."""
    response = {
        "requestId": "r",
        "vpcPeeringConnection": {
            "vpcPeeringConnectionId": "pcx-1",
            "accepterVpcInfo": {"ownerId": ACCOUNT, "vpcId": vpc_id},
            "requesterVpcInfo": {"ownerId": OTHER_ACCOUNT, "vpcId": "vpc-8"},
        },
    }
    return called(5, "ec2:AcceptVpcPeeringConnection", {"vpcPeeringConnectionId": "pcx-1"}, response=response)


def resolve_names(on: bool) -> Step:
    """Somebody has the requester's names resolved over the peering, or not."""
    request = {
        "ModifyVpcPeeringConnectionOptionsRequest": {
            "VpcPeeringConnectionId": "pcx-1",
            "RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": on},
        }
    }
    return called(5, "ec2:ModifyVpcPeeringConnectionOptions", request)


SCENARIOS: Scenarios = {
    "a managed subnet is associated with an unmanaged route table": (
        [wrote(0, subnet()), associate()],
        [unmanaged("aws_route_table_association", "rtbassoc-9")],
    ),
    "a managed route table is associated with an unmanaged subnet": (
        [wrote(0, table()), associate(routeTableId="rtb-1", subnetId="subnet-9")],
        [unmanaged("aws_route_table_association", "rtbassoc-9")],
    ),
    "a default subnet drifts like any other": (
        [wrote(0, placed("aws_default_subnet.a", id="subnet-1", owner_id=ACCOUNT)), associate()],
        [unmanaged("aws_route_table_association", "rtbassoc-9")],
    ),
    "an association of an unmanaged subnet and table is ignored": ([wrote(0, web()), associate()], []),
    "an association by Terraform is no drift": (
        [
            wrote(0, subnet(), table()),
            associate(applied, routeTableId="rtb-1"),
            wrote(6, subnet(), table(), association(id="rtbassoc-9")),
        ],
        [],
    ),
    "an association created and removed by hand is reverted": (
        [
            wrote(0, subnet()),
            associate(),
            called(9, "ec2:DisassociateRouteTable", {"associationId": "rtbassoc-9"}, response=OK),
        ],
        [unmanaged("aws_route_table_association", "rtbassoc-9", end="reverted")],
    ),
    "a managed association is replaced with another table": (
        [wrote(0, subnet(), table(), association()), replace()],
        [modified(ASSOCIATION, "route_table_id", "rtb-1", "rtb-9")],
    ),
    "a managed route table replaces another in an association": (
        [wrote(0, table()), replace("rtb-1", old="rtbassoc-8")],
        [unmanaged("aws_route_table_association", "rtbassoc-9")],
    ),
    "an unmanaged route table replaces another in an association": (
        [wrote(0, table()), replace("rtb-9", old="rtbassoc-8")],
        [],
    ),
    "route propagation enabled by hand": (
        [
            wrote(0, placed("aws_route_table.main", id="rtb-1", route=[], propagating_vgws=[])),
            called(5, "ec2:EnableVgwRoutePropagation", {"routeTableId": "rtb-1", "gatewayId": "vgw-1"}, response=OK),
        ],
        [modified("aws_route_table.main", "propagating_vgws", [], ["vgw-1"])],
    ),
    "route propagation enabled where it was enabled is no drift": (
        [
            wrote(0, placed("aws_route_table.main", id="rtb-1", route=[], propagating_vgws=["vgw-1"])),
            called(5, "ec2:EnableVgwRoutePropagation", {"routeTableId": "rtb-1", "gatewayId": "vgw-1"}, response=OK),
        ],
        [],
    ),
    "a route over a peering in a VPC's own table": (
        [
            wrote(0, placed("aws_default_route_table.main", id="rtb-1", owner_id=ACCOUNT, route=[])),
            called(
                5,
                "ec2:CreateRoute",
                {"routeTableId": "rtb-1", "destinationCidrBlock": "10.9.0.0/16", "vpcPeeringConnectionId": "pcx-1"},
                response=OK,
            ),
        ],
        [
            modified(
                "aws_default_route_table.main",
                "route",
                [],
                [{"cidr_block": "10.9.0.0/16", "vpc_peering_connection_id": "pcx-1"}],
            )
        ],
    ),
    "a route for IPv6 beside the one for IPv4": (
        [
            wrote(0, table(hop(gateway_id="igw-1"))),
            called(
                5,
                "ec2:CreateRoute",
                {"routeTableId": "rtb-1", "destinationIpv6CidrBlock": "::/0", "gatewayId": "igw-1"},
                response=OK,
            ),
        ],
        [
            modified(
                "aws_route_table.main",
                "route",
                [hop(gateway_id="igw-1")],
                [hop(gateway_id="igw-1"), {"gateway_id": "igw-1", "ipv6_cidr_block": "::/0"}],
            )
        ],
    ),
    "a managed VPC gets an unmanaged gateway": (
        [
            wrote(0, vpc()),
            called(5, "ec2:AttachInternetGateway", {"internetGatewayId": "igw-9", "vpcId": "vpc-1"}, response=OK),
        ],
        [unmanaged("aws_internet_gateway_attachment", "igw-9/vpc-1")],
    ),
    "a managed gateway is taken from its VPC": (
        [
            wrote(0, vpc(), gateway()),
            called(5, "ec2:DetachInternetGateway", {"internetGatewayId": "igw-1", "vpcId": "vpc-1"}, response=OK),
        ],
        [modified("aws_internet_gateway.main", "vpc_id", "vpc-1", None)],
    ),
    "an unmanaged gateway on an unmanaged VPC is ignored": (
        [
            wrote(0, web()),
            called(5, "ec2:AttachInternetGateway", {"internetGatewayId": "igw-9", "vpcId": "vpc-9"}, response=OK),
        ],
        [],
    ),
    "a managed gateway attached where it was is no drift": (
        [
            wrote(0, vpc(), gateway()),
            called(5, "ec2:AttachInternetGateway", {"internetGatewayId": "igw-1", "vpcId": "vpc-1"}, response=OK),
        ],
        [],
    ),
    "a VPN gateway leaves its VPC": (
        [
            wrote(0, vpc(), vpn_gateway()),
            called(5, "ec2:DetachVpnGateway", {"vpcId": "vpc-1", "vpnGatewayId": "vgw-1"}, response=OK),
        ],
        [modified("aws_vpn_gateway.main", "vpc_id", "vpc-1", None)],
    ),
    "a managed VPC gets a VPN gateway that is unmanaged": (
        [
            wrote(0, vpc()),
            called(5, "ec2:AttachVpnGateway", {"vpcId": "vpc-1", "vpnGatewayId": "vgw-9"}, response=OK),
        ],
        [unmanaged("aws_vpn_gateway_attachment", "vgw-9/vpc-1")],
    ),
    "a managed VPC gets other name servers": (
        [wrote(0, vpc()), called(5, "ec2:AssociateDhcpOptions", {"dhcpOptionsId": "dopt-9", "vpcId": "vpc-1"})],
        [unmanaged("aws_vpc_dhcp_options_association", "vpc-1")],
    ),
    "a managed VPC gets Amazon's name servers, which it has": (
        [wrote(0, vpc()), called(5, "ec2:AssociateDhcpOptions", {"dhcpOptionsId": "default", "vpcId": "vpc-1"})],
        [],
    ),
    "a VPC loses the name servers of the state": (
        [
            wrote(
                0,
                vpc(),
                placed(
                    "aws_vpc_dhcp_options_association.main",
                    id="dopt-1-vpc-1",
                    vpc_id="vpc-1",
                    dhcp_options_id="dopt-1",
                ),
            ),
            called(5, "ec2:AssociateDhcpOptions", {"dhcpOptionsId": "default", "vpcId": "vpc-1"}),
        ],
        [deleted("aws_vpc_dhcp_options_association.main", "dopt-1-vpc-1")],
    ),
    "a managed peering accepted by hand is no drift": ([wrote(0, vpc(), peering()), accept("vpc-1")], []),
    "another account's peering is accepted for a managed VPC": (
        [wrote(0, vpc()), accept("vpc-1")],
        [unmanaged("aws_vpc_peering_connection_accepter", "pcx-1")],
    ),
    "another account's peering is accepted for an unmanaged VPC": ([wrote(0, vpc()), accept("vpc-9")], []),
    "DNS resolution over a peering is enabled by hand": (
        [wrote(0, peering()), resolve_names(True)],
        [modified(PEER, "requester[0].allow_remote_vpc_dns_resolution", False, True)],
    ),
    "DNS resolution over a peering stays disabled": ([wrote(0, peering(requester=[])), resolve_names(False)], []),
    "a peering deleted by hand": (
        [
            wrote(0, peering()),
            called(5, "ec2:DeleteVpcPeeringConnection", {"vpcPeeringConnectionId": "pcx-1"}, response=OK),
        ],
        [deleted(PEER, "pcx-1")],
    ),
}
