"""EC2's calls against states: the same thing in its several homes, and what must not alarm."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drift_detector.playbook import ACCOUNT, REGION, Step, World, applied, called, resource, wrote

OK = {"requestId": "r", "_return": True}
ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
ENTRY = {
    "action": "allow",
    "cidr_block": "10.0.0.0/8",
    "from_port": 443,
    "icmp_code": 0,
    "icmp_type": 0,
    "ipv6_cidr_block": "",
    "protocol": "6",
    "rule_no": 100,
    "to_port": 443,
}
OUT = {
    "cidr_block": "0.0.0.0/0",
    "destination_prefix_list_id": "",
    "egress_only_gateway_id": "",
    "gateway_id": "igw-1",
    "ipv6_cidr_block": "",
    "nat_gateway_id": "",
    "network_interface_id": "",
    "transit_gateway_id": "",
    "vpc_endpoint_id": "",
    "vpc_peering_connection_id": "",
}


def table(*routes: dict[str, Any]) -> dict[str, Any]:
    """A route table with its routes inside."""
    return resource("aws_route_table.main", id="rtb-1", arn=f"{ARN}:route-table/rtb-1", route=list(routes))


def route(**target: Any) -> dict[str, Any]:
    """A route as a resource of its own."""
    unset = {name: "" for name in OUT if name not in ("cidr_block", "ipv6_cidr_block")}
    attributes = {**unset, "gateway_id": "igw-1", **target, "route_table_id": "rtb-1"}
    return resource("aws_route.out", id="r-rtb-11080289494", destination_cidr_block="0.0.0.0/0", **attributes)


def acl(**sides: Any) -> dict[str, Any]:
    """A network ACL with its entries inside."""
    lists = {"ingress": [ENTRY], "egress": [], "subnet_ids": ["subnet-1"], **sides}
    return resource("aws_network_acl.main", id="acl-1", arn=f"{ARN}:network-acl/acl-1", **lists)


def instance(**changes: Any) -> dict[str, Any]:
    """An instance with a root volume, another volume, and its interface."""
    attributes = {
        "primary_network_interface_id": "eni-1",
        "vpc_security_group_ids": ["sg-1"],
        "monitoring": None,
        "credit_specification": [],
        "root_block_device": [{"volume_id": "vol-1", "volume_size": 8, "volume_type": "gp3", "throughput": 125}],
        "ebs_block_device": [{"volume_id": "vol-2", "device_name": "/dev/sdf", "volume_size": 20}],
    }
    return resource("aws_instance.web", id="i-1", arn=f"{ARN}:instance/i-1", **{**attributes, **changes})


def encryption(region: str | None = REGION) -> dict[str, Any]:
    """The setting of an account in a region; the region is recorded since version 6 of the provider."""
    return resource("aws_ebs_encryption_by_default.this", id="terraform-20240101", enabled=True, region=region)


def endpoint() -> dict[str, Any]:
    """A VPC endpoint of the gateway kind."""
    return resource(
        "aws_vpc_endpoint.s3",
        id="vpce-1",
        arn=f"{ARN}:vpc-endpoint/vpce-1",
        route_table_ids=["rtb-1", "rtb-2"],
        policy='{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}',
    )


def create_route(minutes: int, act: Any = called, destination: str = "0.0.0.0/0", **target: str) -> Step:
    """Somebody makes a route of the table."""
    request = {"routeTableId": "rtb-1", "destinationCidrBlock": destination, **target}
    step: Step = act(minutes, "ec2:CreateRoute", request, response=OK)
    return step


def replace_route(minutes: int, **target: str) -> Step:
    """Somebody changes where traffic leaves."""
    request = {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", **target}
    return called(minutes, "ec2:ReplaceRoute", request, response=OK)


def delete_route(minutes: int) -> Step:
    """Somebody deletes the way out."""
    return called(
        minutes, "ec2:DeleteRoute", {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"}, response=OK
    )


def put_entry(minutes: int, event: str = "CreateNetworkAclEntry", **changes: Any) -> Step:
    """Somebody makes or replaces an entry of the network ACL."""
    request = {
        "networkAclId": "acl-1",
        "ruleNumber": 100,
        "egress": False,
        "ruleAction": "allow",
        "icmpTypeCode": {},
        "portRange": {"from": 443, "to": 443},
        "aclProtocol": "6",
        "cidrBlock": "10.0.0.0/8",
    }
    return called(minutes, f"ec2:{event}", {**request, **changes}, response=OK)


def endpoint_modified(minutes: int, **members: Any) -> Step:
    """Somebody modifies the endpoint."""
    request = {"ModifyVpcEndpointRequest": {"VpcEndpointId": "vpce-1", **members}}
    return called(minutes, "ec2:ModifyVpcEndpoint", request, response={"ModifyVpcEndpointResponse": {"requestId": "r"}})


def no_encryption(minutes: int, **record: Any) -> Step:
    """Somebody stops the encryption of volumes by default."""
    request = {"DisableEbsEncryptionByDefaultRequest": ""}
    response = {"DisableEbsEncryptionByDefaultResponse": {"ebsEncryptionByDefault": False}}
    return called(minutes, "ec2:DisableEbsEncryptionByDefault", request, response=response, **record)


def grow(minutes: int, volume: str, size: int) -> Step:
    """Somebody grows a volume."""
    return called(minutes, "ec2:ModifyVolume", {"ModifyVolumeRequest": {"VolumeId": volume, "Size": size}})


def address(**changes: Any) -> dict[str, Any]:
    """An elastic address that the instance has."""
    inside = {"instance": "i-1", "network_interface": "eni-1", "association_id": "eipassoc-1"}
    return resource("aws_eip.web", id="eipalloc-1", public_ip="198.51.100.7", **{**inside, **changes})


def detach(minutes: int, volume: str) -> Step:
    """Somebody detaches a volume from the instance."""
    response = {"volumeId": volume, "instanceId": "i-1", "device": "/dev/sdf", "status": "detaching"}
    return called(minutes, "ec2:DetachVolume", {"volumeId": volume, "force": False}, response=response)


def attach(minutes: int, to: str) -> Step:
    """Somebody attaches a volume to an instance."""
    request = {"volumeId": "vol-9", "instanceId": to, "device": "/dev/sdg", "deleteOnTermination": False}
    return called(minutes, "ec2:AttachVolume", request, response={**request, "status": "attaching"})


def share(minutes: int, image: str) -> Step:
    """Somebody shares an image with everybody."""
    request = {"imageId": image, "launchPermission": {"add": {"items": [{"group": "all"}]}}}
    return called(minutes, "ec2:ModifyImageAttribute", request, response=OK)


NAT = {**OUT, "gateway_id": "", "nat_gateway_id": "nat-1"}
IMAGE = resource("aws_ami.golden", id="ami-1", arn=f"{ARN}:image/ami-1", description="golden")

MUST_ALARM: dict[str, tuple[list[Step], list[str]]] = {
    "a route that is a resource gets another target: both the old and the new one are reported": (
        [wrote(0, route(), table()), replace_route(5, natGatewayId="nat-1")],
        [
            'aws_route.out gateway_id modified open: "igw-1" -> "" by jane',
            'aws_route.out nat_gateway_id modified open: "" -> "nat-1" by jane',
        ],
    ),
    "a route that is a resource is deleted": (
        [wrote(0, route(), table()), delete_route(5)],
        ['aws_route.out - deleted open: "r-rtb-11080289494" -> null by jane'],
    ),
    "a root volume grows inside of its instance": (
        [wrote(0, instance()), grow(5, "vol-1", 100)],
        ["aws_instance.web root_block_device[0].volume_size modified open: 8 -> 100 by jane"],
    ),
    "a volume of an instance's own is detached": (
        [wrote(0, instance()), detach(5, "vol-2")],
        [
            'aws_instance.web ebs_block_device modified open: [{"device_name":"/dev/sdf","volume_id":"vol-2",'
            '"volume_size":20}] -> [] by jane'
        ],
    ),
    "a volume is attached to a managed instance": (
        [wrote(0, instance()), attach(5, "i-1")],
        ['aws_volume_attachment vol-9/i-1 - unmanaged open: null -> "vol-9/i-1" by jane'],
    ),
    "an instance's groups are changed at its interface": (
        [
            wrote(0, instance()),
            called(
                5,
                "ec2:ModifyNetworkInterfaceAttribute",
                {"networkInterfaceId": "eni-1", "groupSet": {"items": [{"groupId": "sg-9"}]}},
            ),
        ],
        ['aws_instance.web vpc_security_group_ids modified open: ["sg-1"] -> ["sg-9"] by jane'],
    ),
    "encryption by default ends in the setting's own region": (
        [wrote(0, encryption(), instance()), no_encryption(5)],
        ["aws_ebs_encryption_by_default.this enabled modified open: true -> false by jane"],
    ),
    "an endpoint loses a route table": (
        [wrote(0, endpoint()), endpoint_modified(5, RemoveRouteTableId={"tag": 1, "content": "rtb-2"})],
        ['aws_vpc_endpoint.s3 route_table_ids modified open: ["rtb-1","rtb-2"] -> ["rtb-1"] by jane'],
    ),
    "an address moves to another instance": (
        [
            wrote(0, address()),
            called(
                5,
                "ec2:AssociateAddress",
                {"allocationId": "eipalloc-1", "instanceId": "i-2", "allowReassociation": True},
                response={**OK, "associationId": "eipassoc-2"},
            ),
        ],
        ['aws_eip.web instance modified open: "i-1" -> "i-2" by jane'],
    ),
    "a managed image is shared with everybody": (
        [wrote(0, IMAGE), share(5, "ami-1")],
        ['aws_ami_launch_permission ami-1/all - unmanaged open: null -> "ami-1/all" by jane'],
    ),
    "an entry that is no resource is deleted": (
        [
            wrote(0, acl(egress=[{**ENTRY, "rule_no": 200}])),
            called(5, "ec2:DeleteNetworkAclEntry", {"networkAclId": "acl-1", "ruleNumber": 200, "egress": True}),
        ],
        [
            'aws_network_acl.main egress modified open: [{"action":"allow","cidr_block":"10.0.0.0/8","from_port":443,'
            '"icmp_code":0,"icmp_type":0,"ipv6_cidr_block":"","protocol":"6","rule_no":200,"to_port":443}] -> []'
            " by jane"
        ],
    ),
}


@pytest.mark.parametrize("name", MUST_ALARM)
def test_a_drift_is_told_in_the_home_that_the_state_has(name: str) -> None:
    """What EC2 keeps as one thing, Terraform keeps in one of several homes."""
    steps, drifts = MUST_ALARM[name]
    assert World().play(*steps).summary() == drifts


MUST_NOT_ALARM: dict[str, list[Step]] = {
    "the route of the state, made again": [wrote(0, route(), table()), create_route(5, gatewayId="igw-1")],
    "the inline route of the state, made again": [wrote(0, table(OUT)), create_route(5, gatewayId="igw-1")],
    "an inline route in another spelling of its range": [
        wrote(0, table({**OUT, "cidr_block": "100.68.0.0/18"})),
        create_route(5, destination="100.68.0.18/18", gatewayId="igw-1"),
    ],
    "an inline route that is led where it leads": [wrote(0, table(NAT)), replace_route(5, natGatewayId="nat-1")],
    "Terraform's own inline route, before its state": [
        wrote(0, table()),
        create_route(5, act=applied, gatewayId="igw-1"),
        wrote(6, table(OUT)),
    ],
    "Terraform's own route, before its state": [
        wrote(0, table()),
        create_route(5, act=applied, gatewayId="igw-1"),
        wrote(6, table(), route()),
    ],
    "a route of a table that nobody manages": [wrote(0, instance()), create_route(5, gatewayId="igw-1")],
    "the entry of the state": [wrote(0, acl()), put_entry(5)],
    "the entry of the state, whose protocol the state names": [
        wrote(0, acl(ingress=[{**ENTRY, "protocol": "tcp"}])),
        put_entry(5, event="ReplaceNetworkAclEntry"),
    ],
    "an entry for all protocols, whose ports the state spells": [
        wrote(0, acl(ingress=[{**ENTRY, "protocol": "-1", "from_port": 0, "to_port": 0}])),
        put_entry(5, aclProtocol="-1", portRange={}),
    ],
    "an entry that is a resource": [
        wrote(
            0,
            acl(ingress=[]),
            resource(
                "aws_network_acl_rule.https",
                id="nacl-1917870932",
                network_acl_id="acl-1",
                rule_number=100,
                egress=False,
                protocol="tcp",
                rule_action="allow",
                cidr_block="10.0.0.0/8",
                ipv6_cidr_block="",
                from_port=443,
                to_port=443,
            ),
        ),
        put_entry(5),
    ],
    "a volume that no instance of the state has": [wrote(0, instance()), grow(5, "vol-9", 100)],
    "a root volume that keeps its size": [wrote(0, instance()), grow(5, "vol-1", 8)],
    "a volume that is not among the instance's own": [wrote(0, instance()), detach(5, "vol-9")],
    "a volume that is attached to somebody else's instance": [wrote(0, instance()), attach(5, "i-9")],
    "monitoring that is off, switched off": [
        wrote(0, instance()),
        called(5, "ec2:UnmonitorInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}}),
    ],
    "a burst mode that the state does not record": [
        wrote(0, instance()),
        called(
            5,
            "ec2:ModifyInstanceCreditSpecification",
            {
                "ModifyInstanceCreditSpecificationRequest": {
                    "InstanceCreditSpecification": {"tag": 1, "InstanceId": "i-1", "CpuCredits": "unlimited"}
                }
            },
        ),
    ],
    "encryption by default in another region": [
        wrote(0, encryption(), instance()),
        no_encryption(5, region="us-east-1"),
    ],
    "encryption by default where the state does not tell the region": [
        wrote(0, encryption(region=None)),
        no_encryption(5),
    ],
    "a route table that the endpoint has": [
        wrote(0, endpoint()),
        endpoint_modified(5, AddRouteTableId={"tag": 1, "content": "rtb-2"}),
    ],
    "the endpoint's policy in other words": [
        wrote(0, endpoint()),
        endpoint_modified(
            5,
            ResetPolicy=False,
            PolicyDocument='{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Principal": "*",'
            ' "Action": ["*"], "Resource": ["*"]}}',
        ),
    ],
    "a tag of the endpoint, beside a part of it that has its id and no tags": [
        wrote(0, resource("aws_vpc_endpoint_policy.s3", id="vpce-1", vpc_endpoint_id="vpce-1", policy="{}")),
        called(
            5,
            "ec2:CreateTags",
            {
                "resourcesSet": {"items": [{"resourceId": "vpce-1"}]},
                "tagSet": {"items": [{"key": "Env", "value": "prod"}]},
            },
        ),
    ],
    "an image that nobody manages, shared": [wrote(0, IMAGE), share(5, "ami-9")],
    "Terraform's own IPv6 range of a VPC": [
        wrote(0, resource("aws_vpc.main", id="vpc-1", ipv6_association_id="", assign_generated_ipv6_cidr_block=False)),
        applied(
            5,
            "ec2:AssociateVpcCidrBlock",
            {"AssociateVpcCidrBlockRequest": {"VpcId": "vpc-1", "Ipv6IpamPoolId": "ipam-pool-1"}},
            response={
                "AssociateVpcCidrBlockResponse": {
                    "vpcId": "vpc-1",
                    "ipv6CidrBlockAssociation": {"associationId": "vpc-cidr-assoc-6", "ipv6CidrBlock": ""},
                }
            },
        ),
        wrote(
            6,
            resource(
                "aws_vpc.main",
                id="vpc-1",
                ipv6_association_id="vpc-cidr-assoc-6",
                assign_generated_ipv6_cidr_block=False,
            ),
        ),
    ],
}


@pytest.mark.parametrize("name", MUST_NOT_ALARM)
def test_what_the_state_says_already_or_nobody_manages_is_no_drift(name: str) -> None:
    """A claim that agrees, in whatever spelling, and a thing that is nobody's business."""
    assert World().play(*MUST_NOT_ALARM[name]).wait(600).summary() == []


def test_an_inline_route_that_is_replaced_and_replaced_back_reverts() -> None:
    """An element of a set is known by its destination, so what it leads to may change and change back."""
    steps = [wrote(0, table(OUT)), replace_route(5, natGatewayId="nat-1"), replace_route(6, gatewayId="igw-1")]
    (line,) = World().play(*steps).summary()
    assert line.startswith("aws_route_table.main route modified reverted:")


def test_an_entry_that_is_put_in_the_place_of_another_opens_the_acl() -> None:
    """A network ACL has one entry of a number on each side."""
    world = World().play(wrote(0, acl()), put_entry(5, event="ReplaceNetworkAclEntry", cidrBlock="0.0.0.0/0"))
    (drift,) = world.drifts.values()
    assert (drift.address, drift.attribute, drift.severity) == ("aws_network_acl.main", "ingress", "critical")
    assert [entry["cidr_block"] for entry in drift.new_value] == ["0.0.0.0/0"]


def test_a_rule_of_which_only_the_id_is_told_changes_its_group_to_something_unknown() -> None:
    """Among a group's inline rules, nothing tells the one that was changed."""
    group = resource("aws_security_group.web", id="sg-1", arn=f"{ARN}:security-group/sg-1", ingress=[], egress=[])
    rule = {"CidrIpv4": "0.0.0.0/0", "FromPort": 443, "ToPort": 443, "IpProtocol": "tcp"}
    request = {"GroupId": "sg-1", "SecurityGroupRule": {"SecurityGroupRuleId": "sgr-1", "SecurityGroupRule": rule}}
    world = World().play(
        wrote(0, group), called(5, "ec2:ModifySecurityGroupRules", {"ModifySecurityGroupRulesRequest": request})
    )
    assert world.open() == ["aws_security_group.web ingress modified open: [] -> ? by jane"]


VPC = resource("aws_vpc.main", id="vpc-1", arn=f"{ARN}:vpc/vpc-1")
TABLE = resource("aws_route_table.main", id="rtb-1", arn=f"{ARN}:route-table/rtb-1", route=[], propagating_vgws=[])
SUBNET = resource("aws_subnet.a", id="subnet-1", arn=f"{ARN}:subnet/subnet-1")
LB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
HOOKED = {"name": "drain", "lifecycle_transition": "autoscaling:EC2_INSTANCE_TERMINATING"}


def scaling(**changes: Any) -> dict[str, Any]:
    """A scaling group."""
    attributes = {"id": "web", "name": "web", "target_group_arns": [], "suspended_processes": None}
    place = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/web"
    return resource("aws_autoscaling_group.web", arn=place, **{**attributes, **changes})


APPLIES: dict[str, list[Step]] = {
    "a VPC's main table is another": [
        wrote(0, VPC, TABLE),
        applied(
            5,
            "ec2:ReplaceRouteTableAssociation",
            {"associationId": "rtbassoc-0", "routeTableId": "rtb-1"},
            response={**OK, "newAssociationId": "rtbassoc-9"},
        ),
        wrote(
            6,
            VPC,
            TABLE,
            resource("aws_main_route_table_association.a", id="rtbassoc-9", vpc_id="vpc-1", route_table_id="rtb-1"),
        ),
    ],
    "a subnet's table is another, by another association": [
        wrote(
            0,
            TABLE,
            SUBNET,
            resource("aws_route_table_association.a", id="rtbassoc-1", subnet_id="subnet-1", route_table_id="rtb-0"),
        ),
        applied(
            5,
            "ec2:ReplaceRouteTableAssociation",
            {"associationId": "rtbassoc-1", "routeTableId": "rtb-1"},
            response={**OK, "newAssociationId": "rtbassoc-9"},
        ),
        wrote(
            6,
            TABLE,
            SUBNET,
            resource("aws_route_table_association.a", id="rtbassoc-9", subnet_id="subnet-1", route_table_id="rtb-1"),
        ),
    ],
    "a gateway is made in its VPC": [
        wrote(0, VPC),
        applied(5, "ec2:AttachInternetGateway", {"internetGatewayId": "igw-1", "vpcId": "vpc-1"}, response=OK),
        wrote(6, VPC, resource("aws_internet_gateway.main", id="igw-1", vpc_id="vpc-1", owner_id=ACCOUNT)),
    ],
    "a VPN gateway is made in its VPC, and a table learns from it": [
        wrote(0, VPC, TABLE),
        applied(5, "ec2:AttachVpnGateway", {"vpnGatewayId": "vgw-1", "vpcId": "vpc-1"}, response=OK),
        applied(5, "ec2:EnableVgwRoutePropagation", {"gatewayId": "vgw-1", "routeTableId": "rtb-1"}, response=OK),
        wrote(
            6,
            VPC,
            TABLE,
            resource("aws_vpn_gateway.main", id="vgw-1", vpc_id="vpc-1", arn=f"{ARN}:vpn-gateway/vgw-1"),
            resource(
                "aws_vpn_gateway_route_propagation.a", id="vgw-1_rtb-1", vpn_gateway_id="vgw-1", route_table_id="rtb-1"
            ),
        ),
    ],
    "an interface is made with its attachment inside": [
        wrote(0, instance()),
        applied(
            5,
            "ec2:AttachNetworkInterface",
            {"networkInterfaceId": "eni-9", "instanceId": "i-1", "deviceIndex": 1},
            response={"requestId": "r", "attachmentId": "eni-attach-9"},
        ),
        wrote(
            6,
            instance(),
            resource(
                "aws_network_interface.b",
                id="eni-9",
                owner_id=ACCOUNT,
                attachment=[{"attachment_id": "eni-attach-9", "device_index": 1, "instance": "i-1"}],
            ),
        ),
    ],
    "an address is made for an instance": [
        wrote(0, instance()),
        applied(
            5,
            "ec2:AssociateAddress",
            {"allocationId": "eipalloc-1", "instanceId": "i-1"},
            response={**OK, "associationId": "eipassoc-1"},
        ),
        wrote(6, instance(), address()),
    ],
    "an address of its own is joined to an instance": [
        wrote(0, instance(), address(instance="", network_interface="", association_id="")),
        applied(
            5,
            "ec2:AssociateAddress",
            {"allocationId": "eipalloc-1", "instanceId": "i-1"},
            response={**OK, "associationId": "eipassoc-1"},
        ),
        wrote(
            6,
            instance(),
            address(instance="", network_interface="", association_id=""),
            resource("aws_eip_association.a", id="eipassoc-1", allocation_id="eipalloc-1", instance_id="i-1"),
        ),
    ],
    "a peering is made and accepted at once": [
        wrote(0, VPC),
        applied(
            5,
            "ec2:AcceptVpcPeeringConnection",
            {"vpcPeeringConnectionId": "pcx-1"},
            response={"vpcPeeringConnection": {"accepterVpcInfo": {"vpcId": "vpc-1"}}},
        ),
        wrote(6, VPC, resource("aws_vpc_peering_connection.p", id="pcx-1", vpc_id="vpc-2", peer_vpc_id="vpc-1")),
    ],
    "a scaling group is made with a hook inside": [
        wrote(0, instance()),
        applied(5, "autoscaling:CreateAutoScalingGroup", {"autoScalingGroupName": "web"}),
        applied(5, "autoscaling:PutLifecycleHook", {"autoScalingGroupName": "web", "lifecycleHookName": "drain"}),
        wrote(6, instance(), scaling(initial_lifecycle_hook=[HOOKED])),
    ],
    "a scaling group is put behind a target group by a resource of its own": [
        wrote(0, scaling()),
        applied(
            5,
            "autoscaling:AttachLoadBalancerTargetGroups",
            {"autoScalingGroupName": "web", "targetGroupARNs": [f"{LB}:targetgroup/web/1"]},
        ),
        wrote(
            6,
            scaling(),
            resource(
                "aws_autoscaling_attachment.web",
                id="web-1",
                autoscaling_group_name="web",
                lb_target_group_arn=f"{LB}:targetgroup/web/1",
            ),
        ),
    ],
    "a load balancer with all its parts is made by its older name": [
        wrote(0, instance()),
        applied(
            5,
            "elasticloadbalancing:CreateLoadBalancer",
            {"name": "web"},
            response={"loadBalancers": [{"loadBalancerArn": f"{LB}:loadbalancer/app/web/1"}]},
        ),
        applied(
            5,
            "elasticloadbalancing:CreateTargetGroup",
            {"name": "web"},
            response={"targetGroups": [{"targetGroupArn": f"{LB}:targetgroup/web/1"}]},
        ),
        applied(
            5,
            "elasticloadbalancing:CreateListener",
            {"loadBalancerArn": f"{LB}:loadbalancer/app/web/1"},
            response={"listeners": [{"listenerArn": f"{LB}:listener/app/web/1/2"}]},
        ),
        applied(
            5,
            "elasticloadbalancing:CreateRule",
            {"listenerArn": f"{LB}:listener/app/web/1/2"},
            response={"rules": [{"ruleArn": f"{LB}:listener-rule/app/web/1/2/3"}]},
        ),
        wrote(
            6,
            instance(),
            resource("aws_alb.web", id=f"{LB}:loadbalancer/app/web/1", arn=f"{LB}:loadbalancer/app/web/1"),
            resource("aws_alb_target_group.web", id=f"{LB}:targetgroup/web/1", arn=f"{LB}:targetgroup/web/1"),
            resource("aws_alb_listener.web", id=f"{LB}:listener/app/web/1/2", arn=f"{LB}:listener/app/web/1/2"),
            resource(
                "aws_alb_listener_rule.web",
                id=f"{LB}:listener-rule/app/web/1/2/3",
                arn=f"{LB}:listener-rule/app/web/1/2/3",
            ),
        ),
    ],
}


@pytest.mark.parametrize("name", APPLIES)
def test_what_terraform_does_is_confirmed_by_what_it_writes(name: str) -> None:
    """However the provider records what it did, nothing of it waits for ever."""
    assert World().play(*APPLIES[name]).wait(180).summary() == []
