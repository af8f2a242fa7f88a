"""IAM roles, users and groups: inline policies, policy resources and attachments."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import (
    Scenarios,
    allow,
    arn,
    deleted,
    modified,
    placed,
    policy,
    spaced,
    text,
    unmanaged,
)
from tests.drift_detector.scenarios.general.attribute_values import role
from tests.drift_detector.scenarios.identity.policy_documents import LAMBDA, permitting, trusting

ROLE = "aws_iam_role.app"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ANYTHING = policy(allow("*"))
READ = policy(allow())
KEY: dict[str, Any] = {"id": "AKIAEXAMPLE1", "user": "bob", "status": "Active"}


def user(**changes: Any) -> dict[str, Any]:
    """A user as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "bob",
        "name": "bob",
        "arn": arn("iam", "user/bob"),
        "path": "/",
        "permissions_boundary": "",
    }
    return placed("aws_iam_user.bob", **(attributes | changes))


def attachment(policy_arn: str = READ_ONLY) -> dict[str, Any]:
    """A policy attached to the role; its id is Terraform's invention."""
    return placed(
        "aws_iam_role_policy_attachment.read", id="app-20200101000000000100000001", role="app", policy_arn=policy_arn
    )


def attach(policy_arn: str, *, act: Any = called, minutes: int = 5) -> Step:
    """Somebody attaches a policy to the role."""
    step: Step = act(minutes, "iam:AttachRolePolicy", {"roleName": "app", "policyArn": policy_arn})
    return step


def detach(policy_arn: str, *, act: Any = called, minutes: int = 5) -> Step:
    """Somebody detaches a policy from the role."""
    step: Step = act(minutes, "iam:DetachRolePolicy", {"roleName": "app", "policyArn": policy_arn})
    return step


def put(name: str, document: Any, *, minutes: int = 5) -> Step:
    """Somebody puts a policy into the role."""
    request = {"roleName": "app", "policyName": name, "policyDocument": spaced(document)}
    return called(minutes, "iam:PutRolePolicy", request)


def inline(name: str, document: Any) -> dict[str, Any]:
    """A policy within a role as a state has it."""
    return {"name": name, "policy": text(document)}


SCENARIOS: Scenarios = {
    # ---- Policies in a role
    "a role's own policy put unchanged is no drift": (
        [wrote(0, role(), permitting(READ)), put("read", READ)],
        [],
    ),
    "a role's own policy changed is a drift of that policy": (
        [wrote(0, role(), permitting(READ)), put("read", ANYTHING)],
        [modified("aws_iam_role_policy.read", "policy", text(READ), text(ANYTHING))],
    ),
    "a role's own policy deleted is a drift": (
        [
            wrote(0, role(), permitting(READ)),
            called(5, "iam:DeleteRolePolicy", {"roleName": "app", "policyName": "read"}),
        ],
        [deleted("aws_iam_role_policy.read", "app:read")],
    ),
    "an added inline policy is a drift of the role": (
        [wrote(0, role(), permitting(READ)), put("evil", ANYTHING)],
        [modified(ROLE, "inline_policy", [], [inline("evil", ANYTHING)])],
    ),
    "an inline policy put unchanged is no drift": (
        [wrote(0, role(inline_policy=[inline("read", READ)])), put("read", READ)],
        [],
    ),
    "an inline policy changed is a drift": (
        [wrote(0, role(inline_policy=[inline("read", READ)])), put("read", ANYTHING)],
        [modified(ROLE, "inline_policy", [inline("read", READ)], [inline("read", ANYTHING)])],
    ),
    "an inline policy deleted is a drift": (
        [
            wrote(0, role(inline_policy=[inline("read", READ), inline("send", ANYTHING)])),
            called(5, "iam:DeleteRolePolicy", {"roleName": "app", "policyName": "read"}),
        ],
        [modified(ROLE, "inline_policy", [inline("read", READ), inline("send", ANYTHING)], [inline("send", ANYTHING)])],
    ),
    "an inline policy put and deleted again is reverted": (
        [
            wrote(0, role()),
            put("evil", ANYTHING),
            called(6, "iam:DeleteRolePolicy", {"roleName": "app", "policyName": "evil"}),
        ],
        [modified(ROLE, "inline_policy", [], [inline("evil", ANYTHING)], end="reverted")],
    ),
    "a policy of an unmanaged role is ignored": (
        [wrote(0, user()), put("evil", ANYTHING)],
        [],
    ),
    # ---- Attachments
    "an attachment created again is no drift": (
        [wrote(0, role(managed_policy_arns=[READ_ONLY]), attachment()), attach(READ_ONLY)],
        [],
    ),
    "an attachment that is removed is deleted": (
        [wrote(0, role(managed_policy_arns=[READ_ONLY]), attachment()), detach(READ_ONLY)],
        [deleted("aws_iam_role_policy_attachment.read", "app-20200101000000000100000001")],
    ),
    "an attachment removed and created again is reverted": (
        [wrote(0, role(), attachment()), detach(READ_ONLY), attach(READ_ONLY, minutes=6)],
        [deleted("aws_iam_role_policy_attachment.read", "app-20200101000000000100000001", end="reverted")],
    ),
    "an added attachment is a drift of the role": (
        [wrote(0, role(managed_policy_arns=[READ_ONLY]), attachment()), attach(ADMIN)],
        [modified(ROLE, "managed_policy_arns", [READ_ONLY], [READ_ONLY, ADMIN])],
    ),
    "an attachment that the role's list has is no drift": (
        [wrote(0, role(managed_policy_arns=[READ_ONLY, ADMIN])), attach(ADMIN)],
        [],
    ),
    "an attachment of the role's list is removed": (
        [wrote(0, role(managed_policy_arns=[READ_ONLY, ADMIN])), detach(READ_ONLY)],
        [modified(ROLE, "managed_policy_arns", [READ_ONLY, ADMIN], [ADMIN])],
    ),
    "an attachment by Terraform is no drift": (
        [wrote(0, role()), attach(READ_ONLY, act=applied), wrote(6, role(), attachment())],
        [],
    ),
    "a detachment by Terraform is no drift": (
        [wrote(0, role(), attachment()), detach(READ_ONLY, act=applied), wrote(6, role())],
        [],
    ),
    "an exclusive attachment gets another role": (
        [
            wrote(
                0,
                role(),
                placed(
                    "aws_iam_policy_attachment.all",
                    id="all",
                    name="all",
                    policy_arn=arn("iam", "policy/own"),
                    roles=["app"],
                    users=[],
                    groups=[],
                ),
            ),
            called(5, "iam:AttachRolePolicy", {"roleName": "other", "policyArn": arn("iam", "policy/own")}),
        ],
        [modified("aws_iam_policy_attachment.all", "roles", ["app"], ["app", "other"])],
    ),
    # ---- Users, groups, keys
    "an administrator's policy on a managed user is unmanaged": (
        [
            wrote(0, user()),
            called(5, "iam:AttachUserPolicy", {"userName": "bob", "policyArn": ADMIN}),
        ],
        [unmanaged("aws_iam_user_policy_attachment", f"bob/{ADMIN}")],
    ),
    "an administrator's policy on an unmanaged user is ignored": (
        [
            wrote(0, user()),
            called(5, "iam:AttachUserPolicy", {"userName": "eve", "policyArn": ADMIN}),
        ],
        [],
    ),
    "a user created by hand is unmanaged": (
        [wrote(0, role()), called(5, "iam:CreateUser", {"userName": "eve"}, response={"user": {"userName": "eve"}})],
        [unmanaged("aws_iam_user", "eve")],
    ),
    "a user created and deleted by hand is reverted": (
        [
            wrote(0, role()),
            called(5, "iam:CreateUser", {"userName": "eve"}),
            called(6, "iam:DeleteUser", {"userName": "eve"}),
        ],
        [unmanaged("aws_iam_user", "eve", end="reverted")],
    ),
    "a managed user deleted by hand is a drift": (
        [wrote(0, user()), called(5, "iam:DeleteUser", {"userName": "bob"})],
        [deleted("aws_iam_user.bob", "bob")],
    ),
    "an access key created by hand is unmanaged": (
        [
            wrote(0, user()),
            called(
                5,
                "iam:CreateAccessKey",
                {"userName": "bob"},
                response={"accessKey": {"accessKeyId": "AKIAEXAMPLE9", "status": "Active", "userName": "bob"}},
            ),
        ],
        [unmanaged("aws_iam_access_key", "AKIAEXAMPLE9")],
    ),
    "an access key switched off is a drift": (
        [
            wrote(0, user(), placed("aws_iam_access_key.bob", **KEY)),
            called(5, "iam:UpdateAccessKey", {"userName": "bob", "accessKeyId": "AKIAEXAMPLE1", "status": "Inactive"}),
        ],
        [modified("aws_iam_access_key.bob", "status", "Active", "Inactive")],
    ),
    "an access key that stays active is no drift": (
        [
            wrote(0, user(), placed("aws_iam_access_key.bob", **KEY)),
            called(5, "iam:UpdateAccessKey", {"userName": "bob", "accessKeyId": "AKIAEXAMPLE1", "status": "Active"}),
        ],
        [],
    ),
    "a user's own policy put unchanged is no drift": (
        [
            wrote(0, user(), placed("aws_iam_user_policy.p", id="bob:p", name="p", user="bob", policy=text(READ))),
            called(5, "iam:PutUserPolicy", {"userName": "bob", "policyName": "p", "policyDocument": spaced(READ)}),
        ],
        [],
    ),
    "a group's own policy changed is a drift": (
        [
            wrote(
                0,
                placed("aws_iam_group.ops", id="ops", name="ops", arn=arn("iam", "group/ops")),
                placed("aws_iam_group_policy.p", id="ops:p", name="p", group="ops", policy=text(READ)),
            ),
            called(5, "iam:PutGroupPolicy", {"groupName": "ops", "policyName": "p", "policyDocument": text(ANYTHING)}),
        ],
        [modified("aws_iam_group_policy.p", "policy", text(READ), text(ANYTHING))],
    ),
    # ---- The role itself
    "a boundary put unchanged is no drift": (
        [
            wrote(0, role(permissions_boundary=READ_ONLY)),
            called(5, "iam:PutRolePermissionsBoundary", {"roleName": "app", "permissionsBoundary": READ_ONLY}),
        ],
        [],
    ),
    "another boundary is a drift": (
        [
            wrote(0, role(permissions_boundary=READ_ONLY)),
            called(5, "iam:PutRolePermissionsBoundary", {"roleName": "app", "permissionsBoundary": ADMIN}),
        ],
        [modified(ROLE, "permissions_boundary", READ_ONLY, ADMIN)],
    ),
    "a longer session is a drift": (
        [wrote(0, role()), called(5, "iam:UpdateRole", {"roleName": "app", "maxSessionDuration": 43200})],
        [modified(ROLE, "max_session_duration", 3600, 43200)],
    ),
    "a role updated unchanged is no drift": (
        [
            wrote(0, role()),
            called(5, "iam:UpdateRole", {"roleName": "app", "description": "", "maxSessionDuration": "3600"}),
        ],
        [],
    ),
    "a call in another region changes the same role": (
        [
            wrote(0, role()),
            called(5, "iam:UpdateRole", {"roleName": "app", "maxSessionDuration": 7200}, region="us-east-1"),
        ],
        [modified(ROLE, "max_session_duration", 3600, 7200)],
    ),
    "a role with a path is named without its path": (
        [
            wrote(0, role(arn=arn("iam", "role/service/app"), path="/service/")),
            called(5, "iam:UpdateRole", {"roleName": "app", "maxSessionDuration": 7200}),
        ],
        [modified(ROLE, "max_session_duration", 3600, 7200)],
    ),
    "a role deleted and created again as it was is reverted": (
        [
            wrote(0, trusting(LAMBDA)),
            called(5, "iam:DeleteRole", {"roleName": "app"}),
            called(6, "iam:CreateRole", {"roleName": "app", "assumeRolePolicyDocument": text(LAMBDA)}),
        ],
        [deleted(ROLE, "app", end="reverted")],
    ),
    "a role deleted and created again with another trust policy is two drifts": (
        [
            wrote(0, trusting(LAMBDA)),
            called(5, "iam:DeleteRole", {"roleName": "app"}),
            called(6, "iam:CreateRole", {"roleName": "app", "assumeRolePolicyDocument": text(ANYTHING)}),
        ],
        [
            deleted(ROLE, "app", end="reverted"),
            modified(ROLE, "assume_role_policy", text(LAMBDA), text(ANYTHING)),
        ],
    ),
}
