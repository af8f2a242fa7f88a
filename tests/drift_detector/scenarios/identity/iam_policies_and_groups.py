"""Managed policies with their versions, and the members of groups."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import (
    Scenarios,
    arn,
    deleted,
    modified,
    placed,
    spaced,
    text,
    unknown,
    unmanaged,
)
from tests.drift_detector.scenarios.identity.iam import ADMIN, ANYTHING, READ, user

OWN = "aws_iam_policy.own"
OWN_ARN = arn("iam", "policy/own")
ADMINS = placed("aws_iam_group.admins", id="admins", name="admins", arn=arn("iam", "group/admins"))


def own(**changes: Any) -> dict[str, Any]:
    """A managed policy of our own."""
    attributes: dict[str, Any] = {"id": OWN_ARN, "arn": OWN_ARN, "name": "own", "policy": text(READ)}
    return placed(OWN, **(attributes | changes))


def version(document: Any, *, default: bool, act: Any = called) -> Step:
    """Somebody makes a version of the policy."""
    request = {"policyArn": OWN_ARN, "policyDocument": spaced(document), "setAsDefault": default}
    response = {"policyVersion": {"versionId": "v2", "isDefaultVersion": default}}
    step: Step = act(5, "iam:CreatePolicyVersion", request, response=response)
    return step


def default_version(name: str) -> Step:
    """Somebody puts a version of the policy in force."""
    return called(8, "iam:SetDefaultPolicyVersion", {"policyArn": OWN_ARN, "versionId": name})


def membership(*groups: str) -> dict[str, Any]:
    """The groups of a user."""
    return placed("aws_iam_user_group_membership.bob", id="terraform-2024", user="bob", groups=list(groups))


SCENARIOS: Scenarios = {
    # ---- Managed policies, memberships
    "the version that the state has is in force again": (
        [wrote(0, own()), version(ANYTHING, default=True), default_version("v1")],
        [modified(OWN, "policy", text(READ), text(ANYTHING), end="reverted")],
    ),
    "a version that was stored comes into force": (
        [wrote(0, own()), version(ANYTHING, default=False), default_version("v2")],
        [modified(OWN, "policy", text(READ), text(ANYTHING))],
    ),
    "a version that nobody saw comes into force": (
        [wrote(0, own()), version(ANYTHING, default=True), default_version("v9")],
        [unknown(OWN, "policy", text(READ))],
    ),
    "a new default version is a drift": (
        [wrote(0, own()), version(ANYTHING, default=True)],
        [modified(OWN, "policy", text(READ), text(ANYTHING))],
    ),
    "a new default version with an equal document is no drift": ([wrote(0, own()), version(READ, default=True)], []),
    "a new version that is not the default is no drift": ([wrote(0, own()), version(ANYTHING, default=False)], []),
    "a version by Terraform is no drift": (
        [
            wrote(0, own()),
            version(ANYTHING, default=True, act=applied),
            wrote(6, own(policy=text(ANYTHING))),
        ],
        [],
    ),
    "a managed policy deleted is a drift": (
        [wrote(0, own()), called(5, "iam:DeletePolicy", {"policyArn": OWN_ARN})],
        [deleted(OWN, OWN_ARN)],
    ),
    "a user put into a managed group is unmanaged": (
        [
            wrote(0, user(), membership("ops"), ADMINS),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "admins"}),
        ],
        # Terraform's membership is not exclusive: it has what it asks for.
        [unmanaged("aws_iam_user_group_membership", "bob/admins")],
    ),
    "a managed user put into a group that is unmanaged is unmanaged": (
        [
            wrote(0, user()),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "admins"}),
        ],
        [unmanaged("aws_iam_user_group_membership", "bob/admins")],
    ),
    "a managed user put into a managed group is unmanaged once": (
        [
            wrote(0, user(), ADMINS),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "admins"}),
        ],
        [unmanaged("aws_iam_user_group_membership", "bob/admins")],
    ),
    "an unmanaged user added to an unmanaged group is ignored": (
        [
            wrote(0, other()),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "admins"}),
        ],
        [],
    ),
    "a user added to a group again is no drift": (
        [
            wrote(0, user(), membership("ops")),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "ops"}),
        ],
        [],
    ),
    "a user taken out of a group is a drift": (
        [
            wrote(0, user(), membership("ops", "dev")),
            called(5, "iam:RemoveUserFromGroup", {"userName": "bob", "groupName": "dev"}),
        ],
        [modified("aws_iam_user_group_membership.bob", "groups", ["ops", "dev"], ["ops"])],
    ),
    "an administrator's policy on an unmanaged role is ignored": (
        [wrote(0, own()), called(5, "iam:AttachRolePolicy", {"roleName": "theirs", "policyArn": ADMIN})],
        [],
    ),
}
