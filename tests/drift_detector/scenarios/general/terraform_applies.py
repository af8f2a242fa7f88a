"""Terraform's applies: resources created in many calls, replaced, destroyed, and alerts that come late."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import OPEN, launch, other, resize, terminate, web
from tests.drift_detector.playbook import REGION, Step, applied, called, resource, wrote
from tests.drift_detector.scenarios.builders import (
    OTHER_REGION,
    Scenarios,
    allow,
    arn,
    items,
    modified,
    policy,
    text,
    unmanaged,
)
from tests.drift_detector.scenarios.general.accounts_and_workspaces import instance
from tests.drift_detector.scenarios.general.attribute_values import database, role
from tests.drift_detector.scenarios.general.tags import pair, tag
from tests.drift_detector.scenarios.identity.iam import READ_ONLY, attach, attachment
from tests.drift_detector.scenarios.identity.policy_documents import LAMBDA, permitting
from tests.drift_detector.scenarios.network.security_groups import OFFICE, SSH, authorize, group, permission, revoke
from tests.drift_detector.scenarios.storage.s3_buckets import bucket, closed

WEB = "aws_instance.web"
CREATE_ROLE = {"roleName": "app", "assumeRolePolicyDocument": text(LAMBDA), "path": "/", "maxSessionDuration": 3600}


def new(**changes: Any) -> dict[str, Any]:
    """An instance at another address."""
    return resource("aws_instance.new", **instance(9, **changes))


def _type(old: str, new: str, *, end: str, by: str = "jane") -> str:
    return modified(WEB, "instance_type", old, new, end=end, by=by)


def second(**changes: Any) -> dict[str, Any]:
    """The instance that took the place of the first, at its address."""
    return web(id="i-9", arn=arn("ec2", "instance/i-9"), **changes)


def retyped(minutes: int, number: int, to: str, *, act: Any = called) -> Step:
    """Somebody resizes an instance by its number."""
    step: Step = act(
        minutes, "ec2:ModifyInstanceAttribute", {"instanceId": f"i-{number}", "instanceType": {"value": to}}
    )
    return step


SCENARIOS: Scenarios = {
    "Terraform creates an instance in many calls": (
        [
            wrote(0, other()),
            launch(5, act=applied),
            applied(
                5,
                "ec2:CreateTags",
                {"resourcesSet": items({"resourceId": "i-9"}), "tagSet": items(pair("Env", "prod"))},
            ),
            applied(6, "ec2:ModifyInstanceAttribute", {"instanceId": "i-9", "disableApiTermination": {"value": True}}),
            wrote(7, other(), new(tags={"Env": "prod"}, tags_all={"Env": "prod"}, disable_api_termination=True)),
        ],
        [],
    ),
    "Terraform creates a role with its policies": (
        [
            wrote(0, other()),
            applied(5, "iam:CreateRole", CREATE_ROLE),
            applied(
                5,
                "iam:PutRolePolicy",
                {"roleName": "app", "policyName": "read", "policyDocument": text(policy(allow()))},
            ),
            attach(READ_ONLY, act=applied),
            wrote(6, other(), role(assume_role_policy=text(LAMBDA)), permitting(policy(allow())), attachment()),
        ],
        [],
    ),
    "Terraform creates a bucket with its settings": (
        [
            wrote(0, other()),
            applied(5, "s3:CreateBucket", {"bucketName": "acme-logs"}),
            applied(
                5,
                "s3:PutBucketPublicAccessBlock",
                {
                    "bucketName": "acme-logs",
                    "publicAccessBlock": "",
                    "PublicAccessBlockConfiguration": {
                        "BlockPublicAcls": True,
                        "BlockPublicPolicy": True,
                        "IgnorePublicAcls": True,
                        "RestrictPublicBuckets": True,
                    },
                },
            ),
            wrote(6, other(), bucket(), closed()),
        ],
        [],
    ),
    "Terraform creates a security group, removes its default egress and adds rules": (
        [
            wrote(0, other()),
            applied(
                5,
                "ec2:CreateSecurityGroup",
                {"groupName": "web", "groupDescription": "web", "vpcId": "vpc-1"},
                response={"_return": True, "groupId": "sg-1"},
            ),
            revoke(permission("0.0.0.0/0", protocol="-1", port=None), act=applied, way="Egress"),
            authorize(permission(OFFICE), act=applied, minutes=6),
            wrote(7, other(), group(SSH)),
        ],
        [],
    ),
    "an update of several attributes": (
        [
            wrote(0, database()),
            applied(
                5,
                "rds:ModifyDBInstance",
                {"dBInstanceIdentifier": "main", "multiAZ": True, "allocatedStorage": 50, "applyImmediately": True},
            ),
            wrote(20, database(multi_az=True, allocated_storage=50)),
        ],
        [],
    ),
    "an update that the provider writes otherwise": (
        [
            wrote(0, database(engine_version="8.0.32")),
            applied(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "engineVersion": "8.4"}),
            wrote(20, database(engine_version="8.4.3")),
        ],
        [],
    ),
    "an instance replaced, the old one first": (
        [
            wrote(0, web(), other()),
            terminate(5, act=applied),
            launch(6, act=applied),
            wrote(7, second(), other()),
        ],
        [],
    ),
    "an instance replaced, the new one first": (
        [
            wrote(0, web(), other()),
            launch(5, act=applied),
            terminate(6, act=applied),
            wrote(7, second(), other()),
        ],
        [],
    ),
    "a replaced instance drifts as the new one": (
        [
            wrote(0, web(), other()),
            terminate(5, act=applied),
            launch(6, act=applied),
            wrote(7, second(), other()),
            retyped(10, 9, "m5.large"),
        ],
        [OPEN],
    ),
    "a drift of an instance ends when Terraform creates it again in another region": (
        [
            wrote(0, web()),
            resize(5, "t3.large"),
            wrote(9, web(id="i-3", arn=arn("ec2", "instance/i-3", region=OTHER_REGION))),
        ],
        [_type("t3.micro", "t3.large", end="applied")],
    ),
    "an instance created by hand, imported, and created again in another region": (
        [
            wrote(0, other()),
            launch(5),
            wrote(7, other(), new(region=REGION)),
            wrote(9, other(), new(id="i-8", region=OTHER_REGION, arn=arn("ec2", "instance/i-8", region=OTHER_REGION))),
        ],
        [unmanaged("aws_instance", "i-9", end="absorbed")],
    ),
    "an instance that Terraform creates again in another region, with late alerts": (
        [
            wrote(0, other()),
            wrote(7, other(), new(region=REGION)),
            wrote(9, other(), new(id="i-8", region=OTHER_REGION, arn=arn("ec2", "instance/i-8", region=OTHER_REGION))),
            launch(5, act=applied),
        ],
        [],
    ),
    "a drift of a replaced instance ends": (
        [
            wrote(0, web(), other()),
            terminate(5, act=applied),
            launch(6, act=applied),
            wrote(7, second(), other()),
            resize(10, "m5.large", error="Client.InvalidInstanceID.NotFound"),
        ],
        [],
    ),
    "a role replaced under its name": (
        [
            wrote(0, role(assume_role_policy=text(LAMBDA))),
            applied(5, "iam:DeleteRole", {"roleName": "app"}),
            applied(6, "iam:CreateRole", CREATE_ROLE),
            wrote(7, role(assume_role_policy=text(LAMBDA))),
        ],
        [],
    ),
    "a destroy of everything": (
        [
            wrote(0, web(), role(), bucket()),
            terminate(5, act=applied),
            applied(5, "iam:DeleteRole", {"roleName": "app"}),
            applied(5, "s3:DeleteBucket", {"bucketName": "acme-logs"}),
            wrote(6),
        ],
        [],
    ),
    "a destroy whose state came before its alerts": (
        [
            wrote(0, web(), role()),
            wrote(6, role()),
            terminate(5, act=applied),
        ],
        [],
    ),
    "an apply whose alerts come before any state": (
        [launch(5, act=applied), wrote(6, new(), other())],
        [],
    ),
    "an apply in two serials": (
        [
            wrote(0, web()),
            resize(5, "m5.large", act=applied),
            wrote(6, web(instance_type="m5.large"), serial=1),
            tag(pair("Env", "dev"), act=applied, minutes=7),
            wrote(8, web(instance_type="m5.large", tags={"Env": "dev"}, tags_all={"Env": "dev"}), serial=2),
        ],
        [],
    ),
    "an apply that sets a value and sets it back": (
        [
            wrote(0, web()),
            resize(5, "m5.large", act=applied),
            wrote(6, web(instance_type="m5.large")),
            resize(7, "t3.micro", act=applied),
            wrote(8, web()),
        ],
        [],
    ),
}
