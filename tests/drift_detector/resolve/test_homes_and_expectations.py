"""Which resource a call is about where several could be, and what nobody expects in a state."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drift_detector.playbook import ACCOUNT, Step, World, applied, called, resource, wrote

GROUP = f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:targetgroup/web/6d0ecf831eec9f09"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ADMINS = resource("aws_iam_group.admins", id="admins", name="admins", arn=f"arn:aws:iam::{ACCOUNT}:group/admins")
BUCKET_ARN = "arn:aws:s3:::acme-logs"


def targets() -> dict[str, Any]:
    """A target group."""
    return resource("aws_lb_target_group.web", id=GROUP, arn=GROUP, name="web")


def attachment() -> dict[str, Any]:
    """A target that Terraform registered."""
    return resource(
        "aws_lb_target_group_attachment.web", id="web-1", target_group_arn=GROUP, target_id="i-1", port=8080
    )


def membership(*groups: str) -> dict[str, Any]:
    """Some of bob's groups."""
    return resource("aws_iam_user_group_membership.bob", id="terraform-1", user="bob", groups=list(groups))


def members(*users: str) -> dict[str, Any]:
    """All users of the group admins."""
    return resource("aws_iam_group_membership.admins", id="admins", name="admins", group="admins", users=list(users))


def bucket(**attributes: Any) -> dict[str, Any]:
    """A bucket, which records its settings too."""
    return resource("aws_s3_bucket.logs", id="acme-logs", bucket="acme-logs", arn=BUCKET_ARN, **attributes)


def registered(minutes: int, event: str = "RegisterTargets") -> Step:
    """Somebody registers a target, or takes it out."""
    request = {"targetGroupArn": GROUP, "targets": [{"id": "i-1", "port": 8080}]}
    return called(minutes, f"elasticloadbalancing:{event}", request)


def joined(minutes: int, event: str = "AddUserToGroup") -> Step:
    """Bob joins the group admins, or leaves it."""
    return called(minutes, f"iam:{event}", {"groupName": "admins", "userName": "bob"})


def unlogged(minutes: int, act: Any = called) -> Step:
    """The access log of the bucket is switched off."""
    status = {"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"}
    step: Step = act(minutes, "s3:PutBucketLogging", {"bucketName": "acme-logs", "BucketLoggingStatus": status})
    return step


LOG = resource(
    "aws_s3_bucket_logging.logs", id="acme-logs", bucket="acme-logs", target_bucket="audit", target_prefix=""
)
LOGGED = [{"target_bucket": "audit", "target_prefix": ""}]
GRANT = called(
    5,
    "kms:CreateGrant",
    {"keyId": KEY, "granteePrincipal": "rds.amazonaws.com", "operations": ["Decrypt"]},
    response={"grantId": "6caf442b", "keyId": KEY},
)
REVISION = called(
    5,
    "ecs:RegisterTaskDefinition",
    {"family": "api"},
    response={"taskDefinition": {"taskDefinitionArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task-definition/api:13"}},
)
POLICY = called(5, "iam:UpdateAccountPasswordPolicy", {"minimumPasswordLength": 6})


@pytest.mark.parametrize(
    ("steps", "drifts"),
    [
        pytest.param([wrote(0, targets()), registered(5)], [], id="controllers register targets of their own"),
        pytest.param(
            [wrote(0, targets(), attachment()), registered(5, "DeregisterTargets")],
            [("aws_lb_target_group_attachment.web", None, "deleted", "open")],
            id="a target that a state holds is taken out",
        ),
        pytest.param(
            [wrote(0, targets(), attachment()), registered(5, "DeregisterTargets"), registered(6)],
            [("aws_lb_target_group_attachment.web", None, "deleted", "resolved")],
            id="and put back",
        ),
        pytest.param(
            [
                wrote(
                    0, resource("aws_kms_key.main", id=KEY.rpartition("/")[2], key_id=KEY.rpartition("/")[2], arn=KEY)
                ),
                GRANT,
            ],
            [],
            id="services grant themselves the use of a key",
        ),
        pytest.param([wrote(0, targets()), REVISION], [], id="pipelines register revisions"),
        pytest.param([wrote(0, targets()), POLICY], [], id="an account's setting that no state holds"),
        pytest.param(
            [wrote(0, ADMINS, membership("devs")), joined(5)],
            [(None, None, "unmanaged", "open")],
            id="a managed group gets a member whose other groups are managed",
        ),
        pytest.param(
            [wrote(0, ADMINS), joined(5), joined(6, "RemoveUserFromGroup")],
            [(None, None, "unmanaged", "resolved")],
            id="and loses him again",
        ),
        pytest.param([wrote(0, ADMINS, membership("admins", "devs")), joined(5)], [], id="he is a member already"),
        pytest.param(
            [wrote(0, ADMINS, membership("admins", "devs")), joined(5, "RemoveUserFromGroup")],
            [("aws_iam_user_group_membership.bob", "groups", "modified", "open")],
            id="a membership is taken away",
        ),
        pytest.param(
            [wrote(0, ADMINS, members("alice")), joined(5)],
            [("aws_iam_group_membership.admins", "users", "modified", "open")],
            id="a group whose members are all named gets another",
        ),
        pytest.param([wrote(0, targets()), joined(5)], [], id="a group that no state holds"),
        pytest.param(
            [wrote(0, bucket(logging=LOGGED), LOG), unlogged(5)],
            [("aws_s3_bucket_logging.logs", None, "deleted", "open")],
            id="a setting has its own resource, and the bucket records it too",
        ),
        pytest.param(
            [wrote(0, bucket(logging=LOGGED)), unlogged(5)],
            [("aws_s3_bucket.logs", "logging", "modified", "open")],
            id="a setting inside of the bucket",
        ),
        pytest.param(
            [wrote(0, bucket(logging=[]), LOG), unlogged(5, applied), wrote(6, bucket(logging=[]))],
            [],
            id="Terraform takes the setting away itself",
        ),
    ],
)
def test_a_call_is_about_what_a_state_holds(
    steps: list[Step], drifts: list[tuple[str | None, str | None, str, str]]
) -> None:
    """Each setting has one home, and what machines make all day is not reported."""
    world = World().play(*steps).wait(30)
    found = [(drift.address, drift.attribute, drift.kind, drift.status) for drift in world.drifts.values()]
    assert found == drifts
