"""Launch templates and Auto Scaling groups, changed by people, deployments and services."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import SERVICE, Scenarios, arn, deleted, modified, placed, unmanaged

TEMPLATE = "aws_launch_template.web"
GROUP_ARN = arn("elasticloadbalancing", "targetgroup/web/6d0ecf831eec9f09")
OTHER_GROUP_ARN = arn("elasticloadbalancing", "targetgroup/api/0123456789abcdef")
SCALING = "aws_autoscaling_group.web"
NOTIFICATION = "aws_autoscaling_notification.ops"
TOPIC_ARN = arn("sns", "ops")
notification = placed(NOTIFICATION, id=TOPIC_ARN, topic_arn=TOPIC_ARN, group_names=["web", "api"], notifications=[])


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


def scaling(**changes: Any) -> dict[str, Any]:
    """A scaling group."""
    attributes: dict[str, Any] = {
        "id": "web",
        "name": "web",
        "arn": arn("autoscaling", "autoScalingGroup:1:autoScalingGroupName/web"),
        "min_size": 1,
        "max_size": 4,
        "desired_capacity": 2,
        "vpc_zone_identifier": ["subnet-1", "subnet-2"],
    }
    return placed(SCALING, **(attributes | changes))


def update_group(**request: Any) -> Step:
    """Somebody updates the group."""
    return called(5, "autoscaling:UpdateAutoScalingGroup", {"autoScalingGroupName": "web", **request})


SCENARIOS: Scenarios = {
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
            called(
                5,
                "ec2:DeleteLaunchTemplate",
                {"DeleteLaunchTemplateRequest": {"LaunchTemplateName": "web"}},
                response={"DeleteLaunchTemplateResponse": {"launchTemplate": {"launchTemplateId": "lt-1"}}},
            ),
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
    "a group's default termination policy equals an empty list": (
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
    "a refresh of the instances to another version of the template is a drift": (
        [
            wrote(0, scaling(launch_template=[{"id": "lt-1", "name": "web", "version": "3"}])),
            scale(
                "StartInstanceRefresh",
                desiredConfiguration={"launchTemplate": {"launchTemplateId": "lt-1", "version": "4"}},
            ),
        ],
        [modified(SCALING, "launch_template[0].version", "3", "4")],
    ),
    "an instance refresh to the group's own template is no drift": (
        [
            wrote(0, scaling(launch_template=[{"id": "lt-1", "name": "web", "version": "3"}])),
            scale(
                "StartInstanceRefresh",
                desiredConfiguration={"launchTemplate": {"launchTemplateName": "web", "version": "3"}},
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
    "suspended processes of a group recorded as null": (
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
    "processes suspended and resumed are reverted": (
        [
            wrote(0, scaling(suspended_processes=[])),
            called(5, "autoscaling:SuspendProcesses", {"autoScalingGroupName": "web", "scalingProcesses": ["Launch"]}),
            called(9, "autoscaling:ResumeProcesses", {"autoScalingGroupName": "web"}),
        ],
        [modified(SCALING, "suspended_processes", [], ["Launch"], end="reverted")],
    ),
    "a group attached to one more target group": (
        [
            wrote(0, scaling(target_group_arns=[GROUP_ARN])),
            scale("AttachLoadBalancerTargetGroups", targetGroupARNs=[OTHER_GROUP_ARN]),
        ],
        [modified(SCALING, "target_group_arns", [GROUP_ARN], [GROUP_ARN, OTHER_GROUP_ARN])],
    ),
    "a target group attached through an attachment resource": (
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
    "an attachment is removed": (
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
    "a scaling policy created and deleted on a managed group is reverted": (
        [
            wrote(0, scaling()),
            scale("PutScalingPolicy", policyName="cpu", policyType="SimpleScaling"),
            called(6, "autoscaling:DeletePolicy", {"autoScalingGroupName": "web", "policyName": "cpu"}),
        ],
        [unmanaged("aws_autoscaling_policy", "web/cpu", end="reverted")],
    ),
    "a lifecycle hook on a managed group is unmanaged": (
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
    "a lifecycle hook on an unmanaged group is ignored": (
        [
            wrote(0, scaling(id="api", name="api")),
            scale("PutLifecycleHook", lifecycleHookName="drain", lifecycleTransition="x"),
        ],
        [],
    ),
    # ---- Scaling groups
    "a larger group is a drift": (
        [wrote(0, scaling()), update_group(minSize=1, maxSize=40)],
        [modified(SCALING, "max_size", 4, 40)],
    ),
    "a group's subnets in another order are equal": (
        [wrote(0, scaling()), update_group(vPCZoneIdentifier="subnet-2,subnet-1", desiredCapacity=2)],
        [],
    ),
    "a group's other subnets are a drift": (
        [wrote(0, scaling()), update_group(vPCZoneIdentifier="subnet-1")],
        [modified(SCALING, "vpc_zone_identifier", ["subnet-1", "subnet-2"], ["subnet-1"])],
    ),
    "a scaling group's notifications are removed, and those of a topic that it does not have": (
        [
            wrote(0, notification),
            called(
                5,
                "autoscaling:DeleteNotificationConfiguration",
                {"autoScalingGroupName": "batch", "topicARN": TOPIC_ARN},
            ),
            called(
                6, "autoscaling:DeleteNotificationConfiguration", {"autoScalingGroupName": "web", "topicARN": TOPIC_ARN}
            ),
        ],
        [modified(NOTIFICATION, "group_names", ["web", "api"], ["api"])],
    ),
}
