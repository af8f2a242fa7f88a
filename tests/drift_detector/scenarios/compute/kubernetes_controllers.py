"""Controllers of Kubernetes clusters: Karpenter, the cluster autoscaler, load balancers and volume drivers."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other, web
from tests.drift_detector.playbook import ACCOUNT, CLI, Step, called, wrote
from tests.drift_detector.scenarios.builders import (
    Scenarios,
    arn,
    by_role,
    by_service,
    deleted,
    items,
    modified,
    placed,
    unmanaged,
)
from tests.drift_detector.scenarios.compute.auto_scaling import SCALING, scaling
from tests.drift_detector.scenarios.network.security_groups import SG, group

GO = "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.5 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.200.0"
# The agents as the controllers make them; the sessions are what Go's SDK calls one of a web identity (the time), what
# EKS Pod Identity does, and an instance's own.
TIME = "1732512345678901234"
POD = "eks-prod-karpenter--4ab6cf9b-0c1c-4d0e-9b9f-1f5f2f1c0a11"
NODE = "i-0123456789abcdef0"
KARPENTER = f"{GO} m/E karpenter.sh-1.0.6"
BALANCERS = f"{GO} elbv2.k8s.aws/v2.13.4 m/C,E"
VOLUMES = f"{GO} exec-env/aws-ebs-csi-driver-v1.40.0"
PROVIDER = "aws-sdk-go/1.44.262 (go1.19.9; linux; amd64) kubernetes/v1.27.3"
AUTOSCALER = f"{GO} cluster-autoscaler/1.31.0"
Who = dict[str, Any]
TARGETS = arn("elasticloadbalancing", "targetgroup/k8s-shop/0123456789abcdef")
FRONT = arn("elasticloadbalancing", "loadbalancer/app/k8s-shop/0123456789abcdef")
DISK = "aws_ebs_volume.data"
FILES = "aws_efs_file_system.shared"
LET_IN = {
    "protocol": "tcp",
    "from_port": 8080,
    "to_port": 8080,
    "cidr_blocks": [],
    "ipv6_cidr_blocks": [],
    "prefix_list_ids": [],
    "security_groups": ["sg-9"],
    "self": False,
    "description": "",
}


def runs(**who: Any) -> Step:
    """Somebody starts an instance."""
    response = {"instancesSet": items({"instanceId": "i-9", "instanceType": "t3.micro"})}
    return called(6, "ec2:RunInstances", {"instanceType": "t3.micro"}, response=response, **who)


def new_template(**who: Any) -> Step:
    """Somebody makes a launch template."""
    return called(
        5,
        "ec2:CreateLaunchTemplate",
        {"CreateLaunchTemplateRequest": {"LaunchTemplateName": "karpenter.k8s.aws/1", "LaunchTemplateData": {}}},
        response={"CreateLaunchTemplateResponse": {"launchTemplate": {"launchTemplateId": "lt-9"}}},
        **who,
    )


def balancer(who: Who) -> list[Step]:
    """A balancer with its group of addresses and its targets."""
    return [
        called(5, "ec2:CreateSecurityGroup", {"groupName": "k8s-shop"}, response={"groupId": "sg-9"}, **who),
        called(
            6,
            "elasticloadbalancing:CreateLoadBalancer",
            {"name": "k8s-shop", "type": "application"},
            response={"loadBalancers": [{"loadBalancerArn": FRONT, "loadBalancerName": "k8s-shop"}]},
            **who,
        ),
        called(
            6,
            "elasticloadbalancing:CreateTargetGroup",
            {"name": "k8s-shop"},
            response={"targetGroups": [{"targetGroupArn": TARGETS, "targetGroupName": "k8s-shop"}]},
            **who,
        ),
        called(
            7,
            "elasticloadbalancing:RegisterTargets",
            {"targetGroupArn": TARGETS, "targets": [{"id": "10.0.0.7"}]},
            **who,
        ),
    ]


def opens(who: Who) -> Step:
    """Somebody lets a balancer's group reach the nodes."""
    whole = {"groupId": "sg-1", "securityGroupRuleId": "sgr-1", "isEgress": False, "ipProtocol": "tcp"}
    whole |= {"groupOwnerId": ACCOUNT, "fromPort": 8080, "toPort": 8080, "referencedGroupInfo": {"groupId": "sg-9"}}
    permission = {"ipProtocol": "tcp", "fromPort": 8080, "toPort": 8080, "groups": items({"groupId": "sg-9"})}
    return called(
        8,
        "ec2:AuthorizeSecurityGroupIngress",
        {"groupId": "sg-1", "ipPermissions": items(permission)},
        response={"_return": True, "securityGroupRuleSet": items(whole)},
        **who,
    )


def new_volume(who: Who) -> list[Step]:
    """A volume is made, and attached to a managed instance."""
    return [
        called(5, "ec2:CreateVolume", {"size": "10", "zone": "eu-central-1a"}, response={"volumeId": "vol-9"}, **who),
        called(
            6,
            "ec2:AttachVolume",
            {"volumeId": "vol-9", "instanceId": "i-1", "device": "/dev/xvdaa"},
            response={"volumeId": "vol-9", "instanceId": "i-1"},
            **who,
        ),
    ]


def scales(who: Who, event: str = "SetDesiredCapacity", **request: Any) -> Step:
    """Somebody changes the size of the group of nodes."""
    given = request or {"desiredCapacity": 4, "honorCooldown": False}
    return called(5, f"autoscaling:{event}", {"autoScalingGroupName": "web", **given}, **who)


def attaches(who: Who) -> Step:
    """Somebody gives an instance one more interface."""
    request = {"networkInterfaceId": "eni-9", "instanceId": "i-1", "deviceIndex": 1}
    return called(5, "ec2:AttachNetworkInterface", request, response={"attachmentId": "eni-attach-1"}, **who)


def new_directory(who: Who) -> list[Step]:
    """Somebody makes an access point of a managed file system."""
    files = placed(FILES, id="fs-1", arn=arn("elasticfilesystem", "file-system/fs-1"))
    response = {"accessPointId": "fsap-1", "fileSystemId": "fs-1"}
    request = {"fileSystemId": "fs-1", "clientToken": "pvc-1"}
    return [
        wrote(0, files),
        called(5, "elasticfilesystem:CreateAccessPoint", request, response=response, **who),
    ]


SCENARIOS: Scenarios = {
    "Karpenter starts a node": (
        [
            wrote(0, other()),
            new_template(**by_role("KarpenterController", TIME, KARPENTER)),
            runs(**by_role("KarpenterController", TIME, KARPENTER)),
        ],
        [],
    ),
    "Karpenter's fleet starts a node": ([wrote(0, other()), runs(**by_service("ec2fleet.amazonaws.com", TIME))], []),
    "Karpenter with an identity of EKS": ([wrote(0, other()), runs(**by_role("nodes", POD, KARPENTER))], []),
    "a person with Karpenter's user agent": (
        [wrote(0, other()), runs(**by_role("ops", "eve", KARPENTER))],
        [unmanaged("aws_instance", "i-9", by="eve")],
    ),
    "a pod without Karpenter's user agent starts an instance": (
        [wrote(0, other()), runs(**by_role("shop", TIME))],
        [unmanaged("aws_instance", "i-9", by=TIME)],
    ),
    "Karpenter terminates a managed instance": (
        [
            wrote(0, web()),
            called(
                5,
                "ec2:TerminateInstances",
                {"instancesSet": items({"instanceId": "i-1"})},
                **by_role("KarpenterController", TIME, KARPENTER),
            ),
        ],
        [deleted("aws_instance.web", "i-1", by=TIME)],
    ),
    "Karpenter's identity creates a user": (
        [
            wrote(0, other()),
            called(
                5,
                "iam:CreateUser",
                {"userName": "eve"},
                response={"user": {"userName": "eve"}},
                **by_role("KarpenterController", TIME, KARPENTER),
            ),
        ],
        [unmanaged("aws_iam_user", "eve", by=TIME)],
    ),
    "the autoscaler of a cluster sets how many nodes its group has": (
        [wrote(0, scaling()), scales(by_role("prod-cluster-autoscaler", TIME, AUTOSCALER))],
        [],
    ),
    "the autoscaler of a cluster sets how many its group may have": (
        [
            wrote(0, scaling()),
            scales(by_role("prod-cluster-autoscaler", TIME, AUTOSCALER), "UpdateAutoScalingGroup", maxSize=8),
        ],
        [modified(SCALING, "max_size", 4, 8, by=TIME)],
    ),
    "a person with the autoscaler's agent and session sets how many nodes": (
        [wrote(0, scaling()), scales(by_role("ops", "cluster-autoscaler", AUTOSCALER))],
        [modified(SCALING, "desired_capacity", 2, 4, by="cluster-autoscaler")],
    ),
    "EKS creates the group of its nodes": (
        [
            wrote(0, other()),
            called(
                5,
                "autoscaling:CreateAutoScalingGroup",
                {"autoScalingGroupName": "eks-workers-1", "minSize": 1, "maxSize": 3},
                **by_service("eks.amazonaws.com", "EKS"),
            ),
        ],
        [],
    ),
    "a node attaches one more interface to itself": ([wrote(0, web()), attaches(by_role("nodes", NODE))], []),
    "a person gives a node one more interface": (
        [wrote(0, web()), attaches({"agent": CLI})],
        [unmanaged("aws_network_interface_attachment", "eni-attach-1")],
    ),
    "a cluster creates a load balancer for a service": (
        [wrote(0, web()), *balancer(by_role("AmazonEKSLoadBalancerControllerRole", TIME, BALANCERS))],
        [],
    ),
    "a cluster's balancers reach managed nodes": (
        [wrote(0, group()), opens(by_role("AmazonEKSLoadBalancerControllerRole", TIME, BALANCERS))],
        [modified(SG, "ingress", [], [LET_IN], by=TIME)],
    ),
    "a person with the agent of a cluster's balancers": (
        [wrote(0, web()), *balancer(by_role("ops", "eve", BALANCERS))],
        [
            unmanaged("aws_security_group", "sg-9", by="eve"),
            unmanaged("aws_lb", FRONT, by="eve"),
            unmanaged("aws_lb_target_group", TARGETS, by="eve"),
        ],
    ),
    "the cloud provider of a cluster creates a classic balancer": (
        [
            wrote(0, web()),
            called(
                5,
                "elasticloadbalancing:CreateLoadBalancer",
                {"loadBalancerName": "a1b2", "listeners": [{"loadBalancerPort": 80, "protocol": "tcp"}]},
                response={"dNSName": "a1b2.eu-central-1.elb.amazonaws.com"},
                **by_role("masters", NODE, PROVIDER),
            ),
        ],
        [],
    ),
    "a volume created for a persistent volume claim": (
        [wrote(0, web()), *new_volume(by_role("EBS_CSI_DriverRole", TIME, VOLUMES))],
        [],
    ),
    "a volume by hand": (
        [wrote(0, web()), *new_volume({"agent": CLI})],
        [unmanaged("aws_ebs_volume", "vol-9"), unmanaged("aws_volume_attachment", "vol-9/i-1")],
    ),
    "the volume driver grows a managed volume": (
        [
            wrote(0, placed(DISK, id="vol-1", arn=arn("ec2", "volume/vol-1"), size=10, type="gp3")),
            called(
                5,
                "ec2:ModifyVolume",
                {"ModifyVolumeRequest": {"VolumeId": "vol-1", "Size": 20}},
                **by_role("EBS_CSI_DriverRole", TIME, VOLUMES),
            ),
        ],
        [modified(DISK, "size", 10, 20, by=TIME)],
    ),
    "an access point created for a persistent volume claim": (
        new_directory(by_role("AmazonEKS_EFS_CSI_DriverRole", TIME)),
        [],
    ),
    "an access point by a session with only the driver's name": (
        new_directory(by_role("ops", "efs-csi-driver")),
        [unmanaged("aws_efs_access_point", "fsap-1", by="efs-csi-driver")],
    ),
}
