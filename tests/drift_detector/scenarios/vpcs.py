"""What joins two things, of which a state may hold both, one, or none: the sisters of every network."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import ACCOUNT, Step, applied, called, wrote
from tests.drift_detector.scenarios.networks import hop, subnet, table, vpc
from tests.drift_detector.scenarios.terms import (
    OTHER_ACCOUNT,
    SERVICE,
    Scenarios,
    arn,
    deleted,
    items,
    modified,
    placed,
    unmanaged,
)
from tests.drift_detector.test_correlation import other, web

OK = {"requestId": "r", "_return": True}
ASSOCIATION = "aws_route_table_association.a"
PEER = "aws_vpc_peering_connection.partner"
LIST = "aws_ec2_managed_prefix_list.office"


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


def interface(**changes: Any) -> dict[str, Any]:
    """A network interface."""
    attributes: dict[str, Any] = {
        "id": "eni-1",
        "arn": arn("ec2", "network-interface/eni-1"),
        "security_groups": ["sg-1"],
        "attachment": [],
        "description": "",
        "source_dest_check": True,
    }
    return placed("aws_network_interface.spare", **(attributes | changes))


ATTACHED = {"attachment_id": "eni-attach-1", "device_index": 1, "instance": "i-1", "network_card_index": 0}


def attach_interface(to: str, **record: Any) -> Step:
    """Somebody attaches the interface."""
    request = {"networkInterfaceId": "eni-1", "instanceId": to, "deviceIndex": 1}
    response = {"requestId": "r", "attachmentId": "eni-attach-1"}
    return called(5, "ec2:AttachNetworkInterface", request, response=response, **record)


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


def prefix_list(*entries: dict[str, str]) -> dict[str, Any]:
    """A list of address ranges."""
    return placed(
        LIST,
        id="pl-1",
        arn=arn("ec2", "prefix-list/pl-1"),
        name="office",
        max_entries=5,
        address_family="IPv4",
        entry=list(entries),
        version=1,
    )


def change_list(act: Any = called, **request: Any) -> Step:
    """Somebody changes the list."""
    given = {"ModifyManagedPrefixListRequest": {"PrefixListId": "pl-1", "CurrentVersion": 1, **request}}
    step: Step = act(5, "ec2:ModifyManagedPrefixList", given)
    return step


def address(**changes: Any) -> dict[str, Any]:
    """An elastic address of nobody."""
    attributes = {"id": "eipalloc-1", "public_ip": "198.51.100.7", "instance": "", "network_interface": ""}
    return placed("aws_eip.spare", **(attributes | {"association_id": ""} | changes))


def associate_address(**request: Any) -> Step:
    """Somebody gives an instance an elastic address."""
    return called(5, "ec2:AssociateAddress", request, response={**OK, "associationId": "eipassoc-9"})


OFFICE = {"cidr": "198.51.100.0/24", "description": "office"}
HOME = {"cidr": "203.0.113.0/24", "description": ""}

ROUTING: Scenarios = {
    "a managed subnet is given a table that no state holds": (
        [wrote(0, subnet()), associate()],
        [unmanaged("aws_route_table_association", "rtbassoc-9")],
    ),
    "a managed table is given to a subnet that no state holds": (
        [wrote(0, table()), associate(routeTableId="rtb-1", subnetId="subnet-9")],
        [unmanaged("aws_route_table_association", "rtbassoc-9")],
    ),
    "a default subnet is a subnet": (
        [wrote(0, placed("aws_default_subnet.a", id="subnet-1", owner_id=ACCOUNT)), associate()],
        [unmanaged("aws_route_table_association", "rtbassoc-9")],
    ),
    "neither the subnet nor the table is managed": ([wrote(0, web()), associate()], []),
    "Terraform gives a managed subnet its table": (
        [
            wrote(0, subnet(), table()),
            associate(applied, routeTableId="rtb-1"),
            wrote(6, subnet(), table(), association(id="rtbassoc-9")),
        ],
        [],
    ),
    "a managed subnet was given a table that was taken again": (
        [
            wrote(0, subnet()),
            associate(),
            called(9, "ec2:DisassociateRouteTable", {"associationId": "rtbassoc-9"}, response=OK),
        ],
        [unmanaged("aws_route_table_association", "rtbassoc-9", end="reverted")],
    ),
    "a managed association leads to another table": (
        [wrote(0, subnet(), table(), association()), replace()],
        [modified(ASSOCIATION, "route_table_id", "rtb-1", "rtb-9")],
    ),
    "a managed table takes the place of another": (
        [wrote(0, table()), replace("rtb-1", old="rtbassoc-8")],
        [unmanaged("aws_route_table_association", "rtbassoc-9")],
    ),
    "a table of nobody takes the place of another": ([wrote(0, table()), replace("rtb-9", old="rtbassoc-8")], []),
    "a table that learns from a gateway by hand": (
        [
            wrote(0, placed("aws_route_table.main", id="rtb-1", route=[], propagating_vgws=[])),
            called(5, "ec2:EnableVgwRoutePropagation", {"routeTableId": "rtb-1", "gatewayId": "vgw-1"}, response=OK),
        ],
        [modified("aws_route_table.main", "propagating_vgws", [], ["vgw-1"])],
    ),
    "a table that learns as it did": (
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
}

GATEWAYS: Scenarios = {
    "a managed VPC gets a gateway that no state holds": (
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
    "a gateway and a VPC of nobody": (
        [
            wrote(0, web()),
            called(5, "ec2:AttachInternetGateway", {"internetGatewayId": "igw-9", "vpcId": "vpc-9"}, response=OK),
        ],
        [],
    ),
    "a managed gateway is where it is": (
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
    "a managed VPC gets a VPN gateway that no state holds": (
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
    "a peering of the state is accepted by hand, as it must be": ([wrote(0, vpc(), peering()), accept("vpc-1")], []),
    "another account's peering is accepted for a managed VPC": (
        [wrote(0, vpc()), accept("vpc-1")],
        [unmanaged("aws_vpc_peering_connection_accepter", "pcx-1")],
    ),
    "another account's peering is accepted for a VPC of nobody": ([wrote(0, vpc()), accept("vpc-9")], []),
    "names are resolved over a peering by hand": (
        [wrote(0, peering()), resolve_names(True)],
        [modified(PEER, "requester[0].allow_remote_vpc_dns_resolution", False, True)],
    ),
    "names are not resolved over a peering, as before": ([wrote(0, peering(requester=[])), resolve_names(False)], []),
    "a peering deleted by hand": (
        [
            wrote(0, peering()),
            called(5, "ec2:DeleteVpcPeeringConnection", {"vpcPeeringConnectionId": "pcx-1"}, response=OK),
        ],
        [deleted(PEER, "pcx-1")],
    ),
}

LISTS: Scenarios = {
    "a range joins a list": (
        [wrote(0, prefix_list(OFFICE)), change_list(AddEntry={"tag": 1, "Cidr": "0.0.0.0/0", "Description": "all"})],
        [modified(LIST, "entry", [OFFICE], [OFFICE, {"cidr": "0.0.0.0/0", "description": "all"}])],
    ),
    "a range leaves a list": (
        [wrote(0, prefix_list(OFFICE, HOME)), change_list(RemoveEntry={"tag": 1, "Cidr": "203.0.113.0/24"})],
        [modified(LIST, "entry", [OFFICE, HOME], [OFFICE])],
    ),
    "a range is described anew: taken out and put in by one call": (
        [
            wrote(0, prefix_list(OFFICE)),
            change_list(
                AddEntry={"tag": 1, "Cidr": "198.51.100.0/24", "Description": "HQ"},
                RemoveEntry={"tag": 1, "Cidr": "198.51.100.0/24"},
            ),
        ],
        [modified(LIST, "entry", [OFFICE], [{"cidr": "198.51.100.0/24", "description": "HQ"}])],
    ),
    "Terraform changes the list": (
        [
            wrote(0, prefix_list(OFFICE)),
            change_list(applied, AddEntry={"tag": 1, "Cidr": "203.0.113.0/24"}),
            wrote(6, prefix_list(OFFICE, HOME)),
        ],
        [],
    ),
    "a range that is there": (
        [wrote(0, prefix_list(OFFICE)), change_list(AddEntry={"tag": 1, "Cidr": "198.51.100.0/24"})],
        [],
    ),
}

INTERFACES: Scenarios = {
    "a spare interface is attached by hand": (
        [wrote(0, interface()), attach_interface("i-9")],
        [
            modified(
                "aws_network_interface.spare",
                "attachment",
                [],
                [{"attachment_id": "eni-attach-1", "device_index": 1, "instance": "i-9"}],
            )
        ],
    ),
    "a managed instance gets an interface that no state holds": (
        [wrote(0, web()), attach_interface("i-1")],
        [unmanaged("aws_network_interface_attachment", "eni-attach-1")],
    ),
    "a service attaches an interface of its own": ([wrote(0, web()), attach_interface("i-1", **SERVICE)], []),
    "nobody's interface at nobody's instance": ([wrote(0, web()), attach_interface("i-9")], []),
    "an interface is detached": (
        [
            wrote(0, interface(attachment=[ATTACHED])),
            called(5, "ec2:DetachNetworkInterface", {"attachmentId": "eni-attach-1", "force": True}, response=OK),
        ],
        [modified("aws_network_interface.spare", "attachment", [ATTACHED], [])],
    ),
    "an interface whose attachment is a resource is detached": (
        [
            wrote(
                0,
                interface(attachment=[ATTACHED]),
                placed(
                    "aws_network_interface_attachment.spare",
                    id="eni-attach-1",
                    attachment_id="eni-attach-1",
                    network_interface_id="eni-1",
                    instance_id="i-1",
                    device_index=1,
                ),
            ),
            called(5, "ec2:DetachNetworkInterface", {"attachmentId": "eni-attach-1"}, response=OK),
        ],
        [deleted("aws_network_interface_attachment.spare", "eni-attach-1")],
    ),
    "a managed instance gets an address that no state holds": (
        [wrote(0, web()), associate_address(allocationId="eipalloc-9", instanceId="i-1")],
        [unmanaged("aws_eip_association", "eipassoc-9")],
    ),
    "a managed address is given to an instance of nobody": (
        [wrote(0, address()), associate_address(allocationId="eipalloc-1", instanceId="i-9")],
        [modified("aws_eip.spare", "instance", "", "i-9")],
    ),
    "an address and an instance of nobody": (
        [wrote(0, other()), associate_address(allocationId="eipalloc-9", instanceId="i-9")],
        [],
    ),
    "an address of the older kind, by itself": (
        [wrote(0, address()), associate_address(publicIp="198.51.100.7", instanceId="i-9")],
        [modified("aws_eip.spare", "instance", "", "i-9")],
    ),
    "a flow log that somebody adds to a managed VPC": (
        [
            wrote(0, vpc()),
            called(
                5,
                "ec2:CreateFlowLogs",
                {
                    "CreateFlowLogsRequest": {
                        "ResourceId": {"tag": 1, "content": "vpc-1"},
                        "ResourceType": "VPC",
                        "TrafficType": "ALL",
                    }
                },
                response={"CreateFlowLogsResponse": {"unsuccessful": "", "flowLogIdSet": {"item": "fl-9"}}},
            ),
        ],
        [unmanaged("aws_flow_log", "fl-9")],
    ),
    "a flow log of a VPC of nobody": (
        [
            wrote(0, vpc()),
            called(
                5,
                "ec2:CreateFlowLogs",
                {"CreateFlowLogsRequest": {"ResourceId": {"tag": 1, "content": "vpc-9"}, "ResourceType": "VPC"}},
                response={"CreateFlowLogsResponse": {"unsuccessful": "", "flowLogIdSet": {"item": "fl-9"}}},
            ),
        ],
        [],
    ),
    "a VPC's own ACL, recorded without entries, is opened": (
        [
            wrote(
                0,
                placed(
                    "aws_default_network_acl.main",
                    id="acl-1",
                    owner_id=ACCOUNT,
                    ingress=None,
                    egress=None,
                    subnet_ids=["subnet-1"],
                ),
            ),
            called(
                5,
                "ec2:CreateNetworkAclEntry",
                {
                    "networkAclId": "acl-1",
                    "ruleNumber": 100,
                    "egress": False,
                    "ruleAction": "allow",
                    "icmpTypeCode": {},
                    "portRange": {},
                    "cidrBlock": "0.0.0.0/0",
                    "aclProtocol": "-1",
                },
                response=OK,
            ),
        ],
        [
            modified(
                "aws_default_network_acl.main",
                "ingress",
                None,
                [{"action": "allow", "cidr_block": "0.0.0.0/0", "protocol": "-1", "rule_no": 100}],
            )
        ],
    ),
    "an interface's groups as they are": (
        [
            wrote(0, interface()),
            called(
                5,
                "ec2:ModifyNetworkInterfaceAttribute",
                {"networkInterfaceId": "eni-1", "groupSet": items({"groupId": "sg-1"})},
                response=OK,
            ),
        ],
        [],
    ),
}

SCENARIOS: Scenarios = ROUTING | GATEWAYS | LISTS | INTERFACES
