"""Lives of resources: Terraform's cycles in their real shape, refreshes, imports, moves, what comes late or early."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import GONE, OPEN, launch, moved_web, other, resize, terminate, web
from tests.drift_detector.playbook import REGION, Step, applied, called, resource, wrote
from tests.drift_detector.scenarios.estates import instance
from tests.drift_detector.scenarios.iam import READ_ONLY, attach, attachment
from tests.drift_detector.scenarios.policies import LAMBDA, permitting
from tests.drift_detector.scenarios.s3 import bucket, closed
from tests.drift_detector.scenarios.security_groups import (
    HOME,
    OFFICE,
    SSH,
    authorize,
    block,
    group,
    permission,
    revoke,
)
from tests.drift_detector.scenarios.tags import pair, tag, tagged
from tests.drift_detector.scenarios.terms import (
    OTHER_REGION,
    Scenarios,
    allow,
    arn,
    deleted,
    items,
    modified,
    placed,
    policy,
    text,
    unmanaged,
)
from tests.drift_detector.scenarios.values import DB, alter, database, role

WEB = "aws_instance.web"


def _type(old: str, new: str, *, end: str, by: str = "jane") -> str:
    return modified(WEB, "instance_type", old, new, end=end, by=by)


def second(**changes: Any) -> dict[str, Any]:
    """The instance that took the place of the first, at its address."""
    return web(id="i-9", arn=arn("ec2", "instance/i-9"), **changes)


def new(**changes: Any) -> dict[str, Any]:
    """An instance at another address."""
    return resource("aws_instance.new", **instance(9, **changes))


def retyped(minutes: int, number: int, to: str, *, act: Any = called) -> Step:
    """Somebody resizes an instance by its number."""
    step: Step = act(
        minutes, "ec2:ModifyInstanceAttribute", {"instanceId": f"i-{number}", "instanceType": {"value": to}}
    )
    return step


CREATE_ROLE = {"roleName": "app", "assumeRolePolicyDocument": text(LAMBDA), "path": "/", "maxSessionDuration": 3600}

APPLIES: Scenarios = {
    "an instance is made in many calls": (
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
    "a role with its parts is made": (
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
    "a bucket with its parts is made": (
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
    "a group is made: its default egress goes, its rules come": (
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
    "what is said of an instance before it was made anew in another region is over": (
        [
            wrote(0, web()),
            resize(5, "t3.large"),
            wrote(9, web(id="i-3", arn=arn("ec2", "instance/i-3", region=OTHER_REGION))),
        ],
        [_type("t3.micro", "t3.large", end="destroyed")],
    ),
    "an instance made by hand, imported, and made anew in another region": (
        [
            wrote(0, other()),
            launch(5),
            wrote(7, other(), new(region=REGION)),
            wrote(9, other(), new(id="i-8", region=OTHER_REGION, arn=arn("ec2", "instance/i-8", region=OTHER_REGION))),
        ],
        [unmanaged("aws_instance", "i-9", end="absorbed")],
    ),
    "an instance that Terraform makes anew in another region, told late": (
        [
            wrote(0, other()),
            wrote(7, other(), new(region=REGION)),
            wrote(9, other(), new(id="i-8", region=OTHER_REGION, arn=arn("ec2", "instance/i-8", region=OTHER_REGION))),
            launch(5, act=applied),
        ],
        [],
    ),
    "what is said of a replaced instance is over": (
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
    "an apply that goes there and back": (
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

DRIFTS: Scenarios = {
    "an apply sets a drift back": (
        [wrote(0, web()), resize(5, "m5.large"), resize(8, "t3.micro", act=applied), wrote(9, web())],
        [_type("t3.micro", "m5.large", end="reverted")],
    ),
    "an apply closes an opened group": (
        [
            wrote(0, group(SSH)),
            authorize(permission(HOME)),
            revoke(permission(HOME), act=applied, minutes=8),
            wrote(9, group(SSH)),
        ],
        [modified("aws_security_group.web", "ingress", [SSH], [block(cidr_blocks=[OFFICE, HOME])], end="reverted")],
    ),
    "a refresh takes several drifts in": (
        [
            wrote(0, database()),
            alter(multiAZ=True, deletionProtection=False),
            wrote(9, database(multi_az=True, deletion_protection=False)),
        ],
        [
            modified(DB, "multi_az", False, True, end="absorbed"),
            modified(DB, "deletion_protection", True, False, end="absorbed"),
        ],
    ),
    "a refresh takes one of two drifts in": (
        [
            wrote(0, database()),
            alter(multiAZ=True, deletionProtection=False),
            wrote(9, database(multi_az=True)),
        ],
        [
            modified(DB, "multi_az", False, True, end="absorbed"),
            modified(DB, "deletion_protection", True, False),
        ],
    ),
    "a drift after a refresh is told against the new record": (
        [
            wrote(0, web()),
            resize(5, "m5.large"),
            wrote(9, web(instance_type="m5.large")),
            resize(12, "c5.large", by="joe"),
        ],
        [_type("m5.large", "c5.large", end="open", by="joe")],
    ),
    "a configuration that takes over the drifted value absorbs it": (
        [
            wrote(0, web()),
            resize(5, "m5.large"),
            resize(8, "m5.large", act=applied),
            wrote(9, web(instance_type="m5.large")),
        ],
        [_type("t3.micro", "m5.large", end="applied")],
    ),
    "a tag drift that a refresh took in": (
        [wrote(0, tagged({"Env": "prod"})), tag(pair("Env", "dev")), wrote(9, tagged({"Env": "dev"}))],
        [modified(WEB, "tags.Env", "prod", "dev", end="absorbed")],
    ),
    "a drifted resource destroyed by Terraform": (
        [
            wrote(0, web(), other()),
            resize(5, "m5.large"),
            terminate(8, act=applied),
            wrote(9, other()),
        ],
        [_type("t3.micro", "m5.large", end="destroyed")],
    ),
    "a drifted resource taken out of the state": (
        [wrote(0, web(), other()), resize(5, "m5.large"), wrote(9, other())],
        [_type("t3.micro", "m5.large", end="destroyed")],
    ),
    "a resource taken out of the state is nobody's": (
        [wrote(0, web(), other()), wrote(9, other()), resize(12, "m5.large")],
        [],
    ),
    "a drifted resource replaced by Terraform": (
        [
            wrote(0, web(), other()),
            resize(5, "m5.large"),
            terminate(7, act=applied),
            launch(8, act=applied),
            wrote(9, second(), other()),
        ],
        [_type("t3.micro", "m5.large", end="destroyed")],
    ),
    "a drift moves with its resource into a module": (
        [
            wrote(0, web(), other()),
            resize(5, "m5.large"),
            wrote(9, web() | {"module": "module.app"}, other()),
        ],
        [
            _type("t3.micro", "m5.large", end="destroyed"),
            modified("module.app.aws_instance.web", "instance_type", "t3.micro", "m5.large"),
        ],
    ),
    "a resource moved without a drift has none": ([wrote(0, web(), other()), wrote(9, moved_web(), other())], []),
    "a moved resource drifts under its new name": (
        [wrote(0, web(), other()), wrote(4, moved_web(), other()), resize(5, "m5.large")],
        [modified("aws_instance.renamed", "instance_type", "t3.micro", "m5.large")],
    ),
}

HANDS: Scenarios = {
    "an instance made by hand, imported, then drifting": (
        [
            wrote(0, other()),
            launch(5),
            wrote(9, other(), new()),
            retyped(12, 9, "m5.large"),
        ],
        [
            unmanaged("aws_instance", "i-9", end="absorbed"),
            modified("aws_instance.new", "instance_type", "t3.micro", "m5.large"),
        ],
    ),
    "an import of something that nobody saw made": ([wrote(0, other()), wrote(9, other(), new())], []),
    "a deleted instance that an apply makes anew": (
        [
            wrote(0, web(), other()),
            terminate(5),
            launch(8, act=applied),
            wrote(9, second(), other()),
        ],
        [deleted(WEB, "i-1", end="destroyed")],
    ),
    "a deleted role that an apply makes anew": (
        [
            wrote(0, role(assume_role_policy=text(LAMBDA)), other()),
            called(5, "iam:DeleteRole", {"roleName": "app"}),
            applied(8, "iam:CreateRole", CREATE_ROLE),
            wrote(9, role(assume_role_policy=text(LAMBDA)), other()),
        ],
        [deleted("aws_iam_role.app", "app", end="reverted")],
    ),
    "an instance deleted and another made by hand": (
        [wrote(0, web(), other()), terminate(5), launch(6)],
        [GONE, unmanaged("aws_instance", "i-9")],
    ),
    "a drift, then a deletion": (
        [wrote(0, web(), other()), resize(5, "m5.large"), terminate(8), wrote(9, other())],
        [_type("t3.micro", "m5.large", end="destroyed"), deleted(WEB, "i-1", end="destroyed")],
    ),
    "a manual role that is made by Terraform after its deletion": (
        [
            wrote(0, other()),
            called(5, "iam:CreateRole", {"roleName": "tmp", "assumeRolePolicyDocument": text(LAMBDA)}),
            called(6, "iam:DeleteRole", {"roleName": "tmp"}, by="joe"),
            applied(8, "iam:CreateRole", {"roleName": "tmp", "assumeRolePolicyDocument": text(LAMBDA)}),
            wrote(
                9,
                other(),
                placed(
                    "aws_iam_role.tmp",
                    id="tmp",
                    name="tmp",
                    arn=arn("iam", "role/tmp"),
                    assume_role_policy=text(LAMBDA),
                ),
            ),
        ],
        [unmanaged("aws_iam_role", "tmp", end="reverted")],
    ),
    # ---- Late and early
    "alerts that come in the wrong order": (
        [wrote(0, web()), resize(7, "t3.micro", by="joe"), resize(5, "m5.large")],
        [_type("t3.micro", "m5.large", end="reverted")],
    ),
    "an old alert does not undo a newer record": (
        [
            wrote(0, web()),
            wrote(9, web(instance_type="m5.large")),
            wrote(12, web(instance_type="c5.large")),
            resize(5, "m5.large", act=applied),
        ],
        [],
    ),
    "a call before the first sight that a state already has": (
        [resize(5, "m5.large"), wrote(9, web(instance_type="m5.large"))],
        [],
    ),
    "calls of a person before the first sight": (
        [called(1, "iam:UpdateRole", {"roleName": "app", "maxSessionDuration": 7200}), wrote(9, role())],
        [modified("aws_iam_role.app", "max_session_duration", 3600, 7200)],
    ),
    "a late alert of what was reverted long ago": (
        [
            wrote(0, web()),
            resize(20, "t3.micro", by="joe"),
            wrote(30, web(), other()),
            resize(10, "m5.large"),
        ],
        [_type("t3.micro", "m5.large", end="reverted")],
    ),
    "a late alert of a thing made before Terraform's life of it": (
        [
            wrote(0, other()),
            wrote(9, other(), new()),
            retyped(4, 9, "m5.large"),
        ],
        [],
    ),
}

SCENARIOS: Scenarios = APPLIES | DRIFTS | HANDS
