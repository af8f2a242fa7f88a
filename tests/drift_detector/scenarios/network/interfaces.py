"""Prefix lists, network interfaces, addresses and flow logs, managed on both sides, one side or neither."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other, web
from tests.drift_detector.playbook import ACCOUNT, Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import SERVICE, Scenarios, arn, deleted, items, modified, placed, unmanaged
from tests.drift_detector.scenarios.network.routes_and_subnets import vpc

OK = {"requestId": "r", "_return": True}
LIST = "aws_ec2_managed_prefix_list.office"
ATTACHED = {"attachment_id": "eni-attach-1", "device_index": 1, "instance": "i-1", "network_card_index": 0}
OFFICE = {"cidr": "198.51.100.0/24", "description": "office"}
HOME = {"cidr": "203.0.113.0/24", "description": ""}


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


def attach_interface(to: str, **record: Any) -> Step:
    """Somebody attaches the interface."""
    request = {"networkInterfaceId": "eni-1", "instanceId": to, "deviceIndex": 1}
    response = {"requestId": "r", "attachmentId": "eni-attach-1"}
    return called(5, "ec2:AttachNetworkInterface", request, response=response, **record)


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


SCENARIOS: Scenarios = {
    "an address of a state whose provider had its id only in `id`": (
        [
            wrote(0, other()),
            applied(4, "ec2:AllocateAddress", {"domain": "vpc"}, response={**OK, "allocationId": "eipalloc-1"}),
            wrote(5, other(), address(allocation_id=None)),
        ],
        [],
    ),
    "a range is added to a prefix list": (
        [wrote(0, prefix_list(OFFICE)), change_list(AddEntry={"tag": 1, "Cidr": "0.0.0.0/0", "Description": "all"})],
        [modified(LIST, "entry", [OFFICE], [OFFICE, {"cidr": "0.0.0.0/0", "description": "all"}])],
    ),
    "a range is removed from a prefix list": (
        [wrote(0, prefix_list(OFFICE, HOME)), change_list(RemoveEntry={"tag": 1, "Cidr": "203.0.113.0/24"})],
        [modified(LIST, "entry", [OFFICE, HOME], [OFFICE])],
    ),
    "a range gets another description: removed and added by one call": (
        [
            wrote(0, prefix_list(OFFICE)),
            change_list(
                AddEntry={"tag": 1, "Cidr": "198.51.100.0/24", "Description": "HQ"},
                RemoveEntry={"tag": 1, "Cidr": "198.51.100.0/24"},
            ),
        ],
        [modified(LIST, "entry", [OFFICE], [{"cidr": "198.51.100.0/24", "description": "HQ"}])],
    ),
    "a change of a prefix list by Terraform is no drift": (
        [
            wrote(0, prefix_list(OFFICE)),
            change_list(applied, AddEntry={"tag": 1, "Cidr": "203.0.113.0/24"}),
            wrote(6, prefix_list(OFFICE, HOME)),
        ],
        [],
    ),
    "adding a range that exists is no drift": (
        [wrote(0, prefix_list(OFFICE)), change_list(AddEntry={"tag": 1, "Cidr": "198.51.100.0/24"})],
        [],
    ),
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
    "a managed instance gets an interface that is unmanaged": (
        [wrote(0, web()), attach_interface("i-1")],
        [unmanaged("aws_network_interface_attachment", "eni-attach-1")],
    ),
    "a service attaches an interface of its own": ([wrote(0, web()), attach_interface("i-1", **SERVICE)], []),
    "an unmanaged interface on an unmanaged instance is ignored": ([wrote(0, web()), attach_interface("i-9")], []),
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
    "a managed instance gets an address that is unmanaged": (
        [wrote(0, web()), associate_address(allocationId="eipalloc-9", instanceId="i-1")],
        [unmanaged("aws_eip_association", "eipassoc-9")],
    ),
    "a managed address is associated with an unmanaged instance": (
        [wrote(0, address()), associate_address(allocationId="eipalloc-1", instanceId="i-9")],
        [modified("aws_eip.spare", "instance", "", "i-9")],
    ),
    "an unmanaged address on an unmanaged instance is ignored": (
        [wrote(0, other()), associate_address(allocationId="eipalloc-9", instanceId="i-9")],
        [],
    ),
    "an address of the older kind, by itself": (
        [wrote(0, address()), associate_address(publicIp="198.51.100.7", instanceId="i-9")],
        [modified("aws_eip.spare", "instance", "", "i-9")],
    ),
    "an address associated and disassociated is reverted": (
        [
            wrote(0, web()),
            called(
                5,
                "ec2:AllocateAddress",
                {"domain": "vpc"},
                response={**OK, "domain": "vpc", "allocationId": "eipalloc-7"},
            ),
            called(6, "ec2:ReleaseAddress", {"allocationId": "eipalloc-7"}, response=OK),
        ],
        [unmanaged("aws_eip", "eipalloc-7", end="reverted")],
    ),
    "a managed address is released": (
        [wrote(0, address()), called(5, "ec2:ReleaseAddress", {"allocationId": "eipalloc-1"}, response=OK)],
        [deleted("aws_eip.spare", "eipalloc-1")],
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
    "a flow log of an unmanaged VPC is ignored": (
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
    "an interface's groups set to their values is no drift": (
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
