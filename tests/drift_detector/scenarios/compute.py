"""Instances, volumes, templates, balancers and scaling groups, as consoles, deployments and the provider treat them."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import CONSOLE, Step, applied, called, wrote
from tests.drift_detector.scenarios.fleets import SCALING, scaling
from tests.drift_detector.scenarios.networks import VOLUME, volume
from tests.drift_detector.scenarios.security_groups import OFFICE, SSH, WORLD, block, group, listed, permission, single
from tests.drift_detector.scenarios.tags import WEB, pair, tagged, untag
from tests.drift_detector.scenarios.terms import (
    OTHER_ACCOUNT,
    SERVICE,
    Scenarios,
    arn,
    deleted,
    items,
    modified,
    placed,
    unknown,
    unmanaged,
)
from tests.drift_detector.test_correlation import other, web

SG = "aws_security_group.web"
RULE = "aws_security_group_rule.ssh"
ONE = "aws_vpc_security_group_ingress_rule.ssh"
TEMPLATE = "aws_launch_template.web"
LISTENER = "aws_lb_listener.https"
CLASSIC = "aws_elb.old"
LB_ARN = arn("elasticloadbalancing", "loadbalancer/app/web/50dc6c495c0c9188")
LISTENER_ARN = arn("elasticloadbalancing", "listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2")
GROUP_ARN = arn("elasticloadbalancing", "targetgroup/web/6d0ecf831eec9f09")
OTHER_GROUP_ARN = arn("elasticloadbalancing", "targetgroup/api/0123456789abcdef")
PARTNER = f"{OTHER_ACCOUNT}/sg-7"
PARTNERS = items({"userId": OTHER_ACCOUNT, "groupId": "sg-7"})


def open_by_console(way: str = "Ingress", *, name: str | None = None, **rule: Any) -> Step:
    """A console opens a group; the response lists the rules with their ids."""
    whole = {
        "groupOwnerId": "123456789012",
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
        told = {"securityGroupRuleId": rule_id, "groupId": "sg-1", "isEgress": way == "Egress", **revoked}
        response["revokedSecurityGroupRuleSet"] = items(told)
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


def modify_rule(rule_id: str, **rule: Any) -> Step:
    """The console's editor of rules: what a rule becomes, by its id."""
    one = {"tag": 1, "SecurityGroupRuleId": rule_id, "SecurityGroupRule": rule}
    request = {"ModifySecurityGroupRulesRequest": {"GroupId": "sg-1", "SecurityGroupRule": one}}
    return called(5, "ec2:ModifySecurityGroupRules", request, agent=CONSOLE)


GROUPS: Scenarios = {
    "a default VPC's group, which the call names and the response tells": (
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
    "another account's group is revoked, and only the request tells": (
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
    "another account's group that is there": (
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
    "an inline rule is revoked by its id, and the response tells which": (
        [
            wrote(0, group(SSH, block(port=80, cidr_blocks=[WORLD]))),
            revoke_by_id("sgr-0d", revoked={"ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "cidrIpv4": WORLD}),
        ],
        [modified(SG, "ingress", [SSH, block(port=80, cidr_blocks=[WORLD])], [SSH])],
    ),
    "an inline rule is described anew": (
        [wrote(0, group(SSH)), describe("head office")],
        [modified(SG, "ingress", [SSH], [block(cidr_blocks=[OFFICE], description="head office")])],
    ),
    "an inline rule is described as it is": (
        [wrote(0, group(block(cidr_blocks=[OFFICE], description="office"))), describe("office")],
        [],
    ),
    "an inline rule is described anew by its id": (
        [wrote(0, group(SSH)), describe_by_id("sgr-0d", "head office")],
        [unknown(SG, "ingress", [SSH])],
    ),
    "a rule of one source is described as it is, by its id": (
        [wrote(0, group(SSH), single(description="office")), describe_by_id("sgr-0a", "office")],
        [],
    ),
    "a group of nobody is described": ([wrote(0, other()), describe_by_id("sgr-0d", "x")], []),
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
    "Terraform makes a group with a rule of its own and without AWS's egress": (
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
                            "groupOwnerId": "123456789012",
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


def disk(**changes: Any) -> dict[str, Any]:
    """An instance with a root volume and one more, both inline."""
    attributes: dict[str, Any] = {
        "root_block_device": [
            {
                "device_name": "/dev/xvda",
                "volume_id": "vol-1",
                "volume_size": 8,
                "volume_type": "gp2",
                "iops": 100,
                "throughput": 0,
                "delete_on_termination": True,
            }
        ],
        "ebs_block_device": [
            {"device_name": "/dev/sdf", "volume_id": "vol-2", "volume_size": 20, "volume_type": "gp3", "iops": 3000},
            {"device_name": "/dev/sdg", "volume_id": "vol-3", "volume_size": 20, "volume_type": "gp3", "iops": 3000},
        ],
        "instance_initiated_shutdown_behavior": None,
        "user_data": "d2b5ca33bd970f64a6301fa75ae2eb22",
        "instance_state": "running",
    }
    return web(**(attributes | changes))


def grow(volume_id: str, **request: Any) -> Step:
    """Somebody changes a volume."""
    return called(5, "ec2:ModifyVolume", {"ModifyVolumeRequest": {"VolumeId": volume_id, **request}})


def on_instance(**request: Any) -> Step:
    """Somebody changes the instance."""
    return called(5, "ec2:ModifyInstanceAttribute", {"instanceId": "i-1", **request}, response={"_return": True})


SECOND, THIRD = disk()["instances"][0]["attributes"]["ebs_block_device"]

INSTANCES: Scenarios = {
    "an inline volume that is not the first grows": (
        [wrote(0, disk()), grow("vol-3", Size=40)],
        [modified(WEB, "ebs_block_device", [SECOND, THIRD], [SECOND, {"volume_id": "vol-3", "volume_size": 40}])],
    ),
    "an inline volume keeps its size": ([wrote(0, disk()), grow("vol-2", Size=20, VolumeType="gp3")], []),
    "a root volume of a newer kind": (
        [wrote(0, disk()), grow("vol-1", VolumeType="gp3")],
        [modified(WEB, "root_block_device[0].volume_type", "gp2", "gp3")],
    ),
    "a volume of its own of a newer kind": (
        [wrote(0, disk(), volume(id="vol-9", type="gp2")), grow("vol-9", VolumeType="gp3", Iops=3000, Throughput=125)],
        [modified(VOLUME, "type", "gp2", "gp3")],
    ),
    "a root volume that outlives its instance": (
        [
            wrote(0, disk()),
            on_instance(blockDeviceMapping=items({"deviceName": "/dev/xvda", "ebs": {"deleteOnTermination": False}})),
        ],
        [modified(WEB, "root_block_device[0].delete_on_termination", True, False)],
    ),
    "another volume that outlives its instance": (
        [
            wrote(0, disk()),
            on_instance(blockDeviceMapping=items({"deviceName": "/dev/sdz", "ebs": {"deleteOnTermination": False}})),
        ],
        [],
    ),
    "an instance that stops when it shuts down, which older providers do not record": (
        [wrote(0, disk()), on_instance(instanceInitiatedShutdownBehavior={"value": "stop"})],
        [],
    ),
    "an instance that is gone when it shuts down": (
        [wrote(0, disk()), on_instance(instanceInitiatedShutdownBehavior={"value": "terminate"})],
        [modified(WEB, "instance_initiated_shutdown_behavior", None, "terminate")],
    ),
    "user data, which the log hides": (
        [wrote(0, disk()), on_instance(userData="<sensitiveDataRemoved>")],
        [unknown(WEB, "user_data", "d2b5ca33bd970f64a6301fa75ae2eb22")],
    ),
    "an instance is stopped, resized and started": (
        [
            wrote(0, disk()),
            called(4, "ec2:StopInstances", {"instancesSet": items({"instanceId": "i-1"}), "force": False}),
            on_instance(instanceType={"value": "t3.large"}),
            called(6, "ec2:StartInstances", {"instancesSet": items({"instanceId": "i-1"})}),
        ],
        [modified(WEB, "instance_type", "t3.micro", "t3.large")],
    ),
    "two instances are terminated, of which one is managed": (
        [
            wrote(0, disk()),
            called(
                5,
                "ec2:TerminateInstances",
                {"instancesSet": items({"instanceId": "i-8"}, {"instanceId": "i-1"})},
                response={"requestId": "r", "instancesSet": items({"instanceId": "i-8"}, {"instanceId": "i-1"})},
            ),
        ],
        [deleted(WEB, "i-1")],
    ),
    "all tags are taken away at once": (
        [
            wrote(0, tagged({"Env": "prod"}, Owner="ops")),
            called(5, "ec2:DeleteTags", {"resourcesSet": items({"resourceId": "i-1"}), "tagSet": {}}),
        ],
        [modified(WEB, "tags.Env", "prod", None), modified(WEB, "tags.Owner", "ops", None)],
    ),
    "a tag is taken away by a value that it does not have": (
        [wrote(0, tagged({"Env": "prod"})), untag(pair("Env", "test"))],
        [],
    ),
    "a tag is taken away by its value": (
        [wrote(0, tagged({"Env": "prod"})), untag(pair("Env", "prod"))],
        [modified(WEB, "tags.Env", "prod", None)],
    ),
    "a tag that is not there is taken away": ([wrote(0, tagged({"Env": "prod"})), untag({"key": "Team"})], []),
    "an account's serial console is opened": (
        [
            wrote(0, web(), placed("aws_ec2_serial_console_access.this", id="eu-central-1", enabled=False)),
            called(
                5,
                "ec2:EnableSerialConsoleAccess",
                {"EnableSerialConsoleAccessRequest": ""},
                response={"EnableSerialConsoleAccessResponse": {"serialConsoleAccessEnabled": True}},
            ),
        ],
        [modified("aws_ec2_serial_console_access.this", "enabled", False, True)],
    ),
    "an account's snapshots may be shared with everybody": (
        [
            wrote(
                0,
                web(),
                placed("aws_ebs_snapshot_block_public_access.this", id="eu-central-1", state="block-all-sharing"),
            ),
            called(5, "ec2:DisableSnapshotBlockPublicAccess", {"DisableSnapshotBlockPublicAccessRequest": ""}),
        ],
        [modified("aws_ebs_snapshot_block_public_access.this", "state", "block-all-sharing", "unblocked")],
    ),
}


def template(**changes: Any) -> dict[str, Any]:
    """A launch template; the provider writes its switches as text."""
    attributes: dict[str, Any] = {
        "id": "lt-1",
        "arn": arn("ec2", "launch-template/lt-1"),
        "name": "web",
        "latest_version": 3,
        "default_version": 1,
        "image_id": "ami-1",
        "instance_type": "t3.micro",
        "ebs_optimized": "true",
        "description": "",
        "metadata_options": [{"http_endpoint": "enabled", "http_tokens": "required"}],
        "vpc_security_group_ids": ["sg-1"],
    }
    return placed(TEMPLATE, **(attributes | changes))


def new_version(act: Any = called, **data: Any) -> Step:
    """Somebody makes a version of the template from another one."""
    whole = {"imageId": "ami-1", "instanceType": "t3.micro", "ebsOptimized": True, **data}
    request = {"LaunchTemplateId": "lt-1", "SourceVersion": "3", "LaunchTemplateData": {}}
    response = {"launchTemplateVersion": {"launchTemplateId": "lt-1", "versionNumber": 4, "launchTemplateData": whole}}
    step: Step = act(
        5,
        "ec2:CreateLaunchTemplateVersion",
        {"CreateLaunchTemplateVersionRequest": request},
        response={"CreateLaunchTemplateVersionResponse": response},
    )
    return step


def default_version(number: int) -> Step:
    """Somebody makes another version the template's default."""
    request = {"LaunchTemplateId": "lt-1", "SetDefaultVersion": str(number)}
    response = {"launchTemplate": {"launchTemplateId": "lt-1", "defaultVersionNumber": number}}
    return called(
        5,
        "ec2:ModifyLaunchTemplate",
        {"ModifyLaunchTemplateRequest": request},
        response={"ModifyLaunchTemplateResponse": response},
    )


def scale(event: str, **request: Any) -> Step:
    """Somebody changes the scaling group."""
    who = {key: request.pop(key) for key in SERVICE if key in request}
    return called(5, f"autoscaling:{event}", {"autoScalingGroupName": "web", **request}, **who)


FLEETS: Scenarios = {
    "a template's new version": (
        [wrote(0, template()), new_version(imageId="ami-9")],
        [modified(TEMPLATE, "image_id", "ami-1", "ami-9"), modified(TEMPLATE, "latest_version", 3, 4)],
    ),
    "Terraform's new version": (
        [
            wrote(0, template()),
            new_version(applied, imageId="ami-9"),
            wrote(6, template(image_id="ami-9", latest_version=4)),
        ],
        [],
    ),
    "another default version": (
        [wrote(0, template()), default_version(2)],
        [modified(TEMPLATE, "default_version", 1, 2)],
    ),
    "the default version that it is": ([wrote(0, template()), default_version(1)], []),
    "a template deleted by its name": (
        [
            wrote(0, template()),
            called(5, "ec2:DeleteLaunchTemplate", {"DeleteLaunchTemplateRequest": {"LaunchTemplateName": "web"}}),
        ],
        [deleted(TEMPLATE, "lt-1")],
    ),
    "a group scaled by hand keeps all that the call does not name": (
        [
            wrote(0, scaling(default_cooldown=300, health_check_type="ELB", termination_policies=[])),
            scale("UpdateAutoScalingGroup", minSize=1, maxSize=8, desiredCapacity=2),
        ],
        [modified(SCALING, "max_size", 4, 8)],
    ),
    "a group's policy of termination as AWS spells none": (
        [
            wrote(0, scaling(termination_policies=None)),
            scale("UpdateAutoScalingGroup", terminationPolicies=["Default"], minSize=1),
        ],
        [],
    ),
    "a group of several types, chosen by what they must have, is sent as it is": (
        [
            wrote(
                0,
                scaling(
                    mixed_instances_policy=[
                        {
                            "instances_distribution": [{"on_demand_base_capacity": 0, "spot_max_price": ""}],
                            "launch_template": [
                                {
                                    "launch_template_specification": [{"launch_template_id": "lt-1", "version": "3"}],
                                    "override": [
                                        {
                                            "instance_requirements": [
                                                {"memory_mib": [{"min": 4096}], "vcpu_count": [{"min": 2}]}
                                            ],
                                            "instance_type": "",
                                            "weighted_capacity": "",
                                        }
                                    ],
                                }
                            ],
                        }
                    ]
                ),
            ),
            scale(
                "UpdateAutoScalingGroup",
                mixedInstancesPolicy={
                    "instancesDistribution": {"onDemandBaseCapacity": 0},
                    "launchTemplate": {
                        "launchTemplateSpecification": {"launchTemplateId": "lt-1", "version": "3"},
                        "overrides": [{"instanceRequirements": {"vCpuCount": {"min": 2}, "memoryMiB": {"min": 4096}}}],
                    },
                },
            ),
        ],
        [],
    ),
    "a group that a person scales": (
        [wrote(0, scaling()), scale("SetDesiredCapacity", desiredCapacity=4, honorCooldown=False)],
        [modified(SCALING, "desired_capacity", 2, 4)],
    ),
    "a group that the service scales": (
        [wrote(0, scaling()), scale("SetDesiredCapacity", desiredCapacity=4, **SERVICE)],
        [],
    ),
    "a group stands still, which the provider recorded as null": (
        [wrote(0, scaling(suspended_processes=None)), scale("SuspendProcesses", scalingProcesses=["Terminate"])],
        [modified(SCALING, "suspended_processes", None, ["Terminate"])],
    ),
    "a deployment suspends a group's processes": (
        [
            wrote(0, scaling(suspended_processes=[])),
            scale("SuspendProcesses", scalingProcesses=["AZRebalance"], **SERVICE),
        ],
        [],
    ),
    "a group stands still for a while": (
        [
            wrote(0, scaling(suspended_processes=[])),
            called(5, "autoscaling:SuspendProcesses", {"autoScalingGroupName": "web", "scalingProcesses": ["Launch"]}),
            called(9, "autoscaling:ResumeProcesses", {"autoScalingGroupName": "web"}),
        ],
        [modified(SCALING, "suspended_processes", [], ["Launch"], end="reverted")],
    ),
    "a group behind one more target group": (
        [
            wrote(0, scaling(target_group_arns=[GROUP_ARN])),
            scale("AttachLoadBalancerTargetGroups", targetGroupARNs=[OTHER_GROUP_ARN]),
        ],
        [modified(SCALING, "target_group_arns", [GROUP_ARN], [GROUP_ARN, OTHER_GROUP_ARN])],
    ),
    "a group that an attachment puts behind a target group": (
        [
            wrote(
                0,
                scaling(target_group_arns=[GROUP_ARN]),
                placed(
                    "aws_autoscaling_attachment.web",
                    id="web-1",
                    autoscaling_group_name="web",
                    lb_target_group_arn=GROUP_ARN,
                ),
            ),
            scale("AttachTrafficSources", trafficSources=[{"identifier": GROUP_ARN, "type": "elbv2"}]),
        ],
        [],
    ),
    "an attachment is taken away": (
        [
            wrote(
                0,
                scaling(target_group_arns=[GROUP_ARN]),
                placed(
                    "aws_autoscaling_attachment.web",
                    id="web-1",
                    autoscaling_group_name="web",
                    lb_target_group_arn=GROUP_ARN,
                ),
            ),
            scale("DetachLoadBalancerTargetGroups", targetGroupARNs=[GROUP_ARN]),
        ],
        [deleted("aws_autoscaling_attachment.web", "web-1")],
    ),
    "a hook on a managed group": (
        [
            wrote(0, scaling()),
            scale(
                "PutLifecycleHook",
                lifecycleHookName="drain",
                lifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
            ),
        ],
        [unmanaged("aws_autoscaling_lifecycle_hook", "web/drain")],
    ),
    "a hook on a group of nobody": (
        [
            wrote(0, scaling(id="api", name="api")),
            scale("PutLifecycleHook", lifecycleHookName="drain", lifecycleTransition="x"),
        ],
        [],
    ),
}


def listener(*actions: dict[str, Any], kind: str = LISTENER, **changes: Any) -> dict[str, Any]:
    """A listener."""
    attributes: dict[str, Any] = {
        "id": LISTENER_ARN,
        "arn": LISTENER_ARN,
        "load_balancer_arn": LB_ARN,
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


MADE = {"listeners": [{"listenerArn": LISTENER_ARN, "loadBalancerArn": LB_ARN, "port": 8080, "protocol": "HTTP"}]}

BALANCERS: Scenarios = {
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
    "a listener answers by itself": (
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
    "a listener tells no more what serves": (
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
    "Terraform makes a listener by its older name": (
        [
            wrote(0, other()),
            applied(5, "elasticloadbalancing:CreateListener", {"loadBalancerArn": LB_ARN}, response=MADE),
            wrote(6, other(), listener(forwards(), kind="aws_alb_listener.https")),
        ],
        [],
    ),
    "a managed load balancer gets a listener that no state holds": (
        [
            wrote(0, placed("aws_lb.web", id=LB_ARN, arn=LB_ARN, name="web")),
            called(5, "elasticloadbalancing:CreateListener", {"loadBalancerArn": LB_ARN}, response=MADE),
        ],
        [unmanaged("aws_lb_listener", LISTENER_ARN)],
    ),
    "a load balancer of nobody gets a listener": (
        [
            wrote(0, other()),
            called(5, "elasticloadbalancing:CreateListener", {"loadBalancerArn": LB_ARN}, response=MADE),
        ],
        [],
    ),
    "a managed listener gets a rule that no state holds": (
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
            wrote(0, placed("aws_lb.web", id=LB_ARN, arn=LB_ARN, subnets=["subnet-1", "subnet-2"])),
            called(
                5,
                "elasticloadbalancing:SetSubnets",
                {
                    "loadBalancerArn": LB_ARN,
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
    "a classic balancer listens where it does": (
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
    "a classic balancer listens no more": (
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
}

SCENARIOS: Scenarios = GROUPS | INSTANCES | FLEETS | BALANCERS
