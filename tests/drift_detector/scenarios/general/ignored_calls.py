"""Calls that open no drift: refused, read-only, dry runs, calls of services, sanctioned callers, unknown events."""

from __future__ import annotations

from tests.drift_detector.correlate.test_lifecycle import OPEN, launch, other, resize, terminate, web
from tests.drift_detector.playbook import TERRAFORM, called, wrote
from tests.drift_detector.scenarios.builders import SERVICE, Scenarios, arn, items, modified, placed, policy, text
from tests.drift_detector.scenarios.general.attribute_values import database, function
from tests.drift_detector.scenarios.identity.policy_documents import LAMBDA, trusting, trusts
from tests.drift_detector.scenarios.network.security_groups import SSH, WORLD, authorize, group, permission
from tests.drift_detector.scenarios.observability.cloudtrail import on_trail, trail
from tests.drift_detector.scenarios.security.kms import key, on_key

# Sanctioned by the rules that the scenarios are judged by.
SANCTIONED = "release-bot"


SCENARIOS: Scenarios = {
    "a denied call is no drift": (
        [wrote(0, trail()), called(5, "cloudtrail:StopLogging", {"name": "main"}, error="AccessDenied")],
        [],
    ),
    "a deletion that a dependency prevents": (
        [
            wrote(0, group(SSH)),
            called(5, "ec2:DeleteSecurityGroup", {"groupId": "sg-1"}, error="Client.DependencyViolation"),
        ],
        [],
    ),
    "a creation that failed": (
        [wrote(0, web()), called(5, "iam:CreateUser", {"userName": "eve"}, error="EntityAlreadyExistsException")],
        [],
    ),
    "a dry run that was refused as dry runs are": (
        [
            wrote(0, group(SSH)),
            authorize(permission(WORLD), error="Client.DryRunOperation"),
        ],
        [],
    ),
    "a dry run that says so in its request": (
        [
            wrote(0, web()),
            called(
                5,
                "ec2:ModifyInstanceAttribute",
                {"dryRun": True, "instanceId": "i-1", "instanceType": {"value": "m5.large"}},
            ),
        ],
        [],
    ),
    "a function's code tried in a dry run": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:UpdateFunctionCode20150331v2",
                {"functionName": "app", "dryRun": True},
                response={"codeSha256": "b3RoZXI="},
            ),
        ],
        [],
    ),
    "a Describe call is no drift": (
        [
            wrote(0, web()),
            called(5, "ec2:DescribeInstances", {"instancesSet": items({"instanceId": "i-1"})}, readonly="true"),
        ],
        [],
    ),
    "a Describe call without the read-only flag is no drift": (
        [
            wrote(0, web()),
            called(5, "ec2:DescribeInstances", {"instancesSet": items({"instanceId": "i-1"})}, readonly=None),
        ],
        [],
    ),
    "a change without the read-only flag is a drift": (
        [wrote(0, web()), resize(5, "m5.large", readonly=None)],
        [OPEN],
    ),
    "a service event of a rotation is no drift": (
        [wrote(0, key()), called(5, "kms:RotateKey", None, eventtype="AwsServiceEvent")],
        [],
    ),
    "a service event of a deletion is no drift": (
        [wrote(0, key()), on_key("ScheduleKeyDeletion", eventtype="AwsServiceEvent")],
        [],
    ),
    "a sign-in": (
        [wrote(0, web()), called(5, "signin:ConsoleLogin", None, eventtype="AwsConsoleSignIn")],
        [],
    ),
    "an event that no mapping knows": (
        [wrote(0, web()), called(5, "invented:ChangeEverything", {"instanceId": "i-1", "instanceType": "m5.large"})],
        [],
    ),
    "a known event without a request": ([wrote(0, web()), called(5, "ec2:ModifyInstanceAttribute", None)], []),
    "a known event that names nothing": (
        [wrote(0, web()), called(5, "ec2:ModifyInstanceAttribute", {"instanceType": {"value": "m5.large"}})],
        [],
    ),
    "a session started on an instance": (
        [wrote(0, web()), called(5, "ssm:StartSession", {"target": "i-1"})],
        [],
    ),
    "an unknown attribute of an API is no drift": (
        [wrote(0, web()), called(5, "ec2:ModifyInstanceAttribute", {"instanceId": "i-1", "blockDeviceMapping": {}})],
        [],
    ),
    # ---- Who did it
    "an instance that an autoscaler launches is no drift": (
        [
            wrote(0, other()),
            called(
                5,
                "ec2:RunInstances",
                {"instanceType": "t3.micro"},
                response={"instancesSet": items({"instanceId": "i-9", "instanceType": "t3.micro"})},
                **SERVICE,
            ),
        ],
        [],
    ),
    "an autoscaler scales its group": (
        [
            wrote(
                0,
                placed(
                    "aws_autoscaling_group.web",
                    id="web",
                    name="web",
                    arn=arn("autoscaling", "autoScalingGroup:1:autoScalingGroupName/web"),
                    desired_capacity=2,
                ),
            ),
            called(
                5,
                "autoscaling:SetDesiredCapacity",
                {"autoScalingGroupName": "web", "desiredCapacity": 5},
                **SERVICE,
            ),
        ],
        [],
    ),
    "a person scales a group": (
        [
            wrote(
                0,
                placed(
                    "aws_autoscaling_group.web",
                    id="web",
                    name="web",
                    arn=arn("autoscaling", "autoScalingGroup:1:autoScalingGroupName/web"),
                    desired_capacity=2,
                ),
            ),
            called(5, "autoscaling:SetDesiredCapacity", {"autoScalingGroupName": "web", "desiredCapacity": 5}),
        ],
        [modified("aws_autoscaling_group.web", "desired_capacity", 2, 5)],
    ),
    "a sanctioned principal": ([wrote(0, web()), resize(5, "m5.large", by=SANCTIONED)], []),
    "a sanctioned principal beside a person": (
        [
            wrote(0, web()),
            resize(5, "m5.large", by=SANCTIONED),
            called(6, "ec2:ModifyInstanceAttribute", {"instanceId": "i-1", "disableApiTermination": {"value": False}}),
        ],
        [modified("aws_instance.web", "disable_api_termination", True, False)],
    ),
    "a sanctioned principal sets back what a person did": (
        [wrote(0, web()), resize(5, "m5.large"), resize(6, "t3.micro", by=SANCTIONED)],
        [modified("aws_instance.web", "instance_type", "t3.micro", "m5.large", end="applied")],
    ),
    "OpenTofu is Terraform": (
        [
            wrote(0, web()),
            resize(5, "m5.large", by="ci", agent=TERRAFORM.replace("Terraform/1.9.5", "OpenTofu/1.8.0")),
            wrote(6, web(instance_type="m5.large")),
        ],
        [],
    ),
    # ---- Generated mappings: type and identity alone claim nothing
    "an update of which the mapping knows only the name is no drift": (
        [
            wrote(0, placed("aws_athena_workgroup.main", id="main", name="main", arn=arn("athena", "workgroup/main"))),
            called(
                5,
                "athena:UpdateWorkGroup",
                {"workGroup": "main", "configurationUpdates": {"requesterPaysEnabled": True}},
            ),
        ],
        [],
    ),
    "a start of a managed instance is no drift": (
        [
            wrote(
                0,
                placed(
                    "aws_codebuild_project.ci",
                    id=arn("codebuild", "project/ci"),
                    name="ci",
                    arn=arn("codebuild", "project/ci"),
                ),
            ),
            called(5, "codebuild:StartBuild", {"projectName": "ci"}),
        ],
        [],
    ),
    "a reset of a managed instance is no drift": (
        [
            wrote(
                0,
                placed(
                    "aws_elasticache_parameter_group.main",
                    id="main",
                    name="main",
                    arn=arn("elasticache", "parametergroup:main"),
                ),
            ),
            called(5, "elasticache:CreateSnapshot", {"cacheClusterId": "main", "snapshotName": "before"}),
        ],
        [],
    ),
    # ---- An estate in which everything happens, refused
    "an attack of which every call was refused is no drift": (
        [
            wrote(0, web(), trail(), key(), trusting(LAMBDA), group(SSH), database()),
            called(5, "cloudtrail:DeleteTrail", {"name": "main"}, error="AccessDenied"),
            called(
                6, "kms:ScheduleKeyDeletion", {"keyId": key()["instances"][0]["attributes"]["id"]}, error="AccessDenied"
            ),
            called(
                7,
                "iam:UpdateAssumeRolePolicy",
                {"roleName": "app", "policyDocument": text(policy())},
                error="MalformedPolicyDocumentException",
            ),
            called(8, "rds:DeleteDBInstance", {"dBInstanceIdentifier": "main"}, error="InvalidDBInstanceState"),
            authorize(permission(WORLD), minutes=9, error="Client.UnauthorizedOperation"),
        ],
        [],
    ),
    "an audit of read calls is no drift": (
        [
            wrote(0, web(), trail(), key(), trusting(LAMBDA), group(SSH), database()),
            on_trail("StartLogging"),
            on_key("EnableKey", minutes=6),
            trusts(text(LAMBDA)),
            resize(7, "t3.micro"),
            called(8, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "deletionProtection": True}),
        ],
        [],
    ),
    "an instance that Terraform creates and destroys is no drift": (
        [
            wrote(0, other()),
            launch(5, act=lambda *given, **more: called(*given, by="ci", agent=TERRAFORM, **more)),
            terminate(6, act=lambda *given, **more: called(*given, by="ci", agent=TERRAFORM, **more)),
        ],
        [],
    ),
}
