"""IAM attachments with one managed side, exclusive lists, policy versions and instance profiles."""

from __future__ import annotations

import json
from typing import Any

from tests.drift_detector.playbook import ACCOUNT, Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import (
    OTHER_ACCOUNT,
    SERVICE,
    Scenarios,
    allow,
    arn,
    deleted,
    modified,
    placed,
    policy,
    spaced,
    text,
    trust,
    unknown,
    unmanaged,
)
from tests.drift_detector.scenarios.general.attribute_values import role
from tests.drift_detector.scenarios.identity.iam import (
    ADMIN,
    ANYTHING,
    READ,
    READ_ONLY,
    attach,
    attachment,
    detach,
    user,
)
from tests.drift_detector.scenarios.identity.policy_documents import ROOT, trusting, trusts

OWN = "aws_iam_policy.own"
OWN_ARN = arn("iam", "policy/own")


def own(document: dict[str, Any] = READ, **changes: Any) -> dict[str, Any]:
    """A managed policy of the account's own."""
    attributes = {
        "id": OWN_ARN,
        "arn": OWN_ARN,
        "name": "own",
        "path": "/",
        "description": "",
        "policy": text(document),
    }
    return placed(OWN, **(attributes | changes))


def publish(document: dict[str, Any], *, default: bool | None = True, act: Any = called, minutes: int = 5) -> Step:
    """Somebody makes another version of the policy."""
    request = {"policyArn": OWN_ARN, "policyDocument": spaced(document)}
    step: Step = act(
        minutes,
        "iam:CreatePolicyVersion",
        request if default is None else {**request, "setAsDefault": default},
        response={"policyVersion": {"versionId": "v2", "isDefaultVersion": bool(default)}},
    )
    return step


def exclusive(*arns: str) -> dict[str, Any]:
    """All that may be attached to the role."""
    return placed("aws_iam_role_policy_attachments_exclusive.app", role_name="app", policy_arns=list(arns))


def profile(**changes: Any) -> dict[str, Any]:
    """What instances take a role by."""
    attributes = {"id": "web", "name": "web", "arn": arn("iam", "instance-profile/web"), "role": "app", "path": "/"}
    return placed("aws_iam_instance_profile.web", **(attributes | changes))


SCENARIOS: Scenarios = {
    "a managed policy attached to an unmanaged role is unmanaged": (
        [
            wrote(0, own()),
            called(5, "iam:AttachRolePolicy", {"roleName": "backdoor", "policyArn": OWN_ARN}),
        ],
        [unmanaged("aws_iam_role_policy_attachment", f"backdoor/{OWN_ARN}")],
    ),
    "an AWS managed policy attached to an unmanaged role is ignored": (
        [wrote(0, own()), called(5, "iam:AttachRolePolicy", {"roleName": "backdoor", "policyArn": ADMIN})],
        [],
    ),
    "a managed policy attached to a user and detached again is reverted": (
        [
            wrote(0, own()),
            called(5, "iam:AttachUserPolicy", {"userName": "eve", "policyArn": OWN_ARN}),
            called(6, "iam:DetachUserPolicy", {"userName": "eve", "policyArn": OWN_ARN}),
        ],
        [unmanaged("aws_iam_user_policy_attachment", f"eve/{OWN_ARN}", end="reverted")],
    ),
    "an exclusive list gets another policy": (
        [wrote(0, role(managed_policy_arns=[READ_ONLY]), attachment(), exclusive(READ_ONLY)), attach(ADMIN)],
        [modified("aws_iam_role_policy_attachments_exclusive.app", "policy_arns", [READ_ONLY], [READ_ONLY, ADMIN])],
    ),
    "a policy of an exclusive list attached again is no drift": (
        [wrote(0, role(managed_policy_arns=[READ_ONLY]), exclusive(READ_ONLY)), attach(READ_ONLY)],
        [],
    ),
    "an exclusive list's policy is detached": (
        [wrote(0, role(managed_policy_arns=[READ_ONLY]), attachment(), exclusive(READ_ONLY)), detach(READ_ONLY)],
        [deleted("aws_iam_role_policy_attachment.read", "app-20200101000000000100000001")],
    ),
    "an inline policy beside an exclusive list of them": (
        [
            wrote(0, user(), placed("aws_iam_user_policies_exclusive.bob", user_name="bob", policy_names=["read"])),
            called(5, "iam:PutUserPolicy", {"userName": "bob", "policyName": "evil", "policyDocument": text(ANYTHING)}),
        ],
        [modified("aws_iam_user_policies_exclusive.bob", "policy_names", ["read"], ["read", "evil"])],
    ),
    "Terraform attaches the policies of its exclusive list and its attachment": (
        [
            wrote(0, role(), exclusive()),
            attach(READ_ONLY, act=applied),
            wrote(6, role(managed_policy_arns=[READ_ONLY]), attachment(), exclusive(READ_ONLY)),
        ],
        [],
    ),
    "a role without a list of policies takes an attachment as unmanaged": (
        [wrote(0, role(managed_policy_arns=None)), attach(ADMIN)],
        [unmanaged("aws_iam_role_policy_attachment", f"app/{ADMIN}")],
    ),
    "a policy that a service attaches to a managed role is unmanaged": (
        [
            wrote(0, role(managed_policy_arns=None)),
            called(5, "iam:AttachRolePolicy", {"roleName": "app", "policyArn": READ_ONLY}, **SERVICE),
        ],
        [unmanaged("aws_iam_role_policy_attachment", f"app/{READ_ONLY}", by="autoscaling.amazonaws.com")],
    ),
    "a version of a policy unchanged is no drift": ([wrote(0, own()), publish(READ)], []),
    "a version that is not the default is no drift": (
        [wrote(0, own()), publish(ANYTHING, default=False), publish(ANYTHING, default=None, minutes=6)],
        [],
    ),
    "a new default version is a drift": (
        [wrote(0, own()), publish(ANYTHING)],
        [modified(OWN, "policy", text(READ), text(ANYTHING))],
    ),
    "an older version that becomes the default is unknown": (
        [wrote(0, own()), called(5, "iam:SetDefaultPolicyVersion", {"policyArn": OWN_ARN, "versionId": "v1"})],
        [unknown(OWN, "policy", text(READ))],
    ),
    "a version deleted is no drift, as the default one cannot be": (
        [wrote(0, own()), called(5, "iam:DeletePolicyVersion", {"policyArn": OWN_ARN, "versionId": "v1"})],
        [],
    ),
    "Terraform's own version, and the oldest one deleted to make room": (
        [
            wrote(0, own()),
            applied(5, "iam:DeletePolicyVersion", {"policyArn": OWN_ARN, "versionId": "v1"}),
            publish(ANYTHING, act=applied),
            wrote(6, own(ANYTHING)),
        ],
        [],
    ),
    "a policy created and deleted by hand is reverted": (
        [
            wrote(0, role()),
            called(
                5,
                "iam:CreatePolicy",
                {"policyName": "tmp", "policyDocument": text(READ)},
                response={"policy": {"policyName": "tmp", "policyId": "ANPAEXAMPLE", "arn": arn("iam", "policy/tmp")}},
            ),
            called(6, "iam:DeletePolicy", {"policyArn": arn("iam", "policy/tmp")}),
        ],
        [unmanaged("aws_iam_policy", arn("iam", "policy/tmp"), end="reverted")],
    ),
    "an instance profile created and deleted by hand is reverted": (
        [
            wrote(0, role()),
            called(5, "iam:CreateInstanceProfile", {"instanceProfileName": "tmp"}),
            called(6, "iam:DeleteInstanceProfile", {"instanceProfileName": "tmp"}),
        ],
        [unmanaged("aws_iam_instance_profile", "tmp", end="reverted")],
    ),
    "a profile's role removed and put back is reverted": (
        [
            wrote(0, role(), profile()),
            called(5, "iam:RemoveRoleFromInstanceProfile", {"instanceProfileName": "web", "roleName": "app"}),
            called(6, "iam:AddRoleToInstanceProfile", {"instanceProfileName": "web", "roleName": "app"}),
        ],
        [modified("aws_iam_instance_profile.web", "role", "app", None, end="reverted")],
    ),
    "an instance profile gets another role": (
        [
            wrote(0, role(), profile()),
            called(5, "iam:RemoveRoleFromInstanceProfile", {"instanceProfileName": "web", "roleName": "app"}),
            called(6, "iam:AddRoleToInstanceProfile", {"instanceProfileName": "web", "roleName": "admin"}),
        ],
        [modified("aws_iam_instance_profile.web", "role", "app", "admin")],
    ),
    "a description set by the older call is a drift": (
        [wrote(0, role()), called(5, "iam:UpdateRoleDescription", {"roleName": "app", "description": "mine"})],
        [modified("aws_iam_role.app", "description", "", "mine")],
    ),
    "a trust policy with NotPrincipal in another order is equal": (
        [
            wrote(
                0,
                trusting(
                    policy(
                        {
                            "Effect": "Deny",
                            "NotPrincipal": {"AWS": [ROOT, f"arn:aws:iam::{OTHER_ACCOUNT}:root"]},
                            "Action": ["sts:AssumeRole"],
                        }
                    )
                ),
            ),
            trusts(
                text(
                    policy(
                        {
                            "Effect": "Deny",
                            "NotPrincipal": {"AWS": [OTHER_ACCOUNT, ACCOUNT]},
                            "Action": "sts:AssumeRole",
                        }
                    )
                )
            ),
        ],
        [],
    ),
    "a trusted provider's condition in another spelling is equal": (
        [
            wrote(
                0,
                trusting(
                    trust(
                        {"Federated": arn("iam", "oidc-provider/token.actions.githubusercontent.com")},
                        Action="sts:AssumeRoleWithWebIdentity",
                        Condition={
                            "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"},
                            "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
                        },
                    )
                ),
            ),
            trusts(
                json.dumps(
                    trust(
                        {"Federated": [arn("iam", "oidc-provider/token.actions.githubusercontent.com")]},
                        Action=["sts:AssumeRoleWithWebIdentity"],
                        Sid="",
                        Condition={
                            "NumericLessThan": {"aws:MultiFactorAuthAge": 3600},
                            "StringLike": {"token.actions.githubusercontent.com:sub": ["repo:acme/*"]},
                        },
                    )
                )
            ),
        ],
        [],
    ),
    "a policy with NotResource equals one with a list of one": (
        [
            wrote(0, own(policy(allow(None, on=None, NotAction=["iam:*"], NotResource=["arn:aws:s3:::logs"])))),
            publish(policy(allow(None, on=None, NotAction="IAM:*", NotResource="arn:aws:s3:::logs"))),
        ],
        [],
    ),
    "a policy without its version is a drift": (
        [wrote(0, own()), publish({"Statement": READ["Statement"]})],
        [modified(OWN, "policy", text(READ), text({"Statement": READ["Statement"]}))],
    ),
}
