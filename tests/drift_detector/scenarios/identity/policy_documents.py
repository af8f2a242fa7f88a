"""Policy documents: which spellings are equal, and which changes are a drift."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.drift_detector.playbook import ACCOUNT, Step, called, wrote
from tests.drift_detector.scenarios.builders import (
    OTHER_ACCOUNT,
    Scenarios,
    allow,
    arn,
    modified,
    placed,
    policy,
    spaced,
    text,
    trust,
)

LAMBDA = trust({"Service": "lambda.amazonaws.com"})
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
READERS = policy(
    allow(["s3:GetObject", "s3:ListBucket"], on=["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]), allow("sqs:SendMessage")
)
NARROW = allow(
    Condition={"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}, "Bool": {"aws:SecureTransport": "true"}}
)


def trusting(document: dict[str, Any]) -> dict[str, Any]:
    """A role with a trust policy."""
    return placed(
        "aws_iam_role.app",
        id="app",
        name="app",
        arn=arn("iam", "role/app"),
        assume_role_policy=text(document),
        inline_policy=[],
        managed_policy_arns=[],
    )


def permitting(document: dict[str, Any]) -> dict[str, Any]:
    """A policy that is part of a role, and a resource of its own."""
    return placed("aws_iam_role_policy.read", id="app:read", name="read", role="app", policy=text(document))


def trusts(document: Any) -> Step:
    """Somebody sets who may take the role."""
    return called(5, "iam:UpdateAssumeRolePolicy", {"roleName": "app", "policyDocument": document})


def permits(document: Any) -> Step:
    """Somebody sets what the role may do."""
    return called(5, "iam:PutRolePolicy", {"roleName": "app", "policyName": "read", "policyDocument": document})


def _trusted(was: dict[str, Any], becomes: dict[str, Any]) -> list[str]:
    return [modified("aws_iam_role.app", "assume_role_policy", text(was), text(becomes))]


def _permitted(was: dict[str, Any], becomes: dict[str, Any]) -> list[str]:
    return [modified("aws_iam_role_policy.read", "policy", text(was), text(becomes))]


def _same(was: dict[str, Any], becomes: Any) -> tuple[list[Step], list[str]]:
    return [wrote(0, trusting(LAMBDA), permitting(was)), permits(becomes)], []


def _other(was: dict[str, Any], becomes: dict[str, Any]) -> tuple[list[Step], list[str]]:
    return [wrote(0, trusting(LAMBDA), permitting(was)), permits(text(becomes))], _permitted(was, becomes)


SCENARIOS: Scenarios = {
    "a trust policy with other white space is equal": ([wrote(0, trusting(LAMBDA)), trusts(spaced(LAMBDA))], []),
    "an account id as principal equals the account's root": (
        [wrote(0, trusting(trust({"AWS": ROOT}))), trusts(text(trust({"AWS": ACCOUNT})))],
        [],
    ),
    "a list of one principal equals that principal": (
        [wrote(0, trusting(trust({"AWS": ROOT}))), trusts(text(trust({"AWS": [ROOT]})))],
        [],
    ),
    "principals in another order are equal": (
        [
            wrote(0, trusting(trust({"Service": ["ec2.amazonaws.com", "ecs.amazonaws.com"]}))),
            trusts(text(trust({"Service": ["ecs.amazonaws.com", "ec2.amazonaws.com"]}))),
        ],
        [],
    ),
    "another account as principal is a drift": (
        [wrote(0, trusting(LAMBDA)), trusts(text(trust({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"})))],
        _trusted(LAMBDA, trust({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"})),
    ),
    "one more principal is a drift": (
        [
            wrote(0, trusting(trust({"AWS": ROOT}))),
            trusts(text(trust({"AWS": [ROOT, f"arn:aws:iam::{OTHER_ACCOUNT}:root"]}))),
        ],
        _trusted(trust({"AWS": ROOT}), trust({"AWS": [ROOT, f"arn:aws:iam::{OTHER_ACCOUNT}:root"]})),
    ),
    "a condition removed a trust policy is a drift": (
        [
            wrote(0, trusting(trust({"AWS": ROOT}, Condition={"StringEquals": {"sts:ExternalId": "x"}}))),
            trusts(text(trust({"AWS": ROOT}))),
        ],
        _trusted(trust({"AWS": ROOT}, Condition={"StringEquals": {"sts:ExternalId": "x"}}), trust({"AWS": ROOT})),
    ),
    "a URL-encoded policy is equal": _same(READERS, quote(text(READERS))),
    "actions and statements in another order are equal": _same(
        READERS,
        text(
            policy(
                allow("sqs:SendMessage"),
                allow(["s3:ListBucket", "s3:GetObject"], on=["arn:aws:s3:::logs/*", "arn:aws:s3:::logs"]),
            )
        ),
    ),
    "members of a document in another order are equal": _same(
        policy(allow()),
        '{"Statement":[{"Resource":"*","Action":"s3:GetObject","Effect":"Allow"}],"Version":"2012-10-17"}',
    ),
    "one statement equals a list of one": _same(policy(allow()), text({**policy(), "Statement": allow()})),
    "one action and one resource equal lists of one": _same(
        policy(allow()), text(policy(allow(["s3:GetObject"], on=["*"])))
    ),
    "an action's case does not matter": _same(policy(allow()), text(policy(allow("S3:getobject")))),
    "an empty Sid equals no Sid": _same(policy(allow()), text(policy(allow(Sid="")))),
    "a repeated statement equals one": _same(policy(allow()), text(policy(allow(), allow()))),
    "condition values in another order are equal": _same(
        policy(NARROW),
        text(
            policy(
                allow(
                    Condition={
                        "Bool": {"aws:SecureTransport": ["true"]},
                        "StringEquals": {"aws:SourceVpce": ["vpce-2", "vpce-1"]},
                    }
                )
            )
        ),
    ),
    "a boolean in a condition equals its text": _same(
        policy(NARROW),
        text(
            policy(
                allow(
                    Condition={
                        "StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]},
                        "Bool": {"aws:SecureTransport": True},
                    }
                )
            )
        ),
    ),
    "a condition key's case does not matter": _same(
        policy(allow(Condition={"StringEquals": {"aws:SourceIp": "10.0.0.1"}})),
        text(policy(allow(Condition={"StringEquals": {"AWS:SourceIP": "10.0.0.1"}}))),
    ),
    "an empty condition equals no condition": _same(policy(allow()), text(policy(allow(Condition={})))),
    "a condition removed is a drift": _other(policy(NARROW), policy(allow())),
    "another value in a condition is a drift": _other(
        policy(allow(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
        policy(allow(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-2"}})),
    ),
    "another operator in a condition is a drift": _other(
        policy(allow(Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}})),
        policy(allow(Condition={"StringNotEquals": {"aws:PrincipalTag/team": "a"}})),
    ),
    "NotAction in place of Action is a drift": _other(policy(allow("iam:*")), policy(allow(None, NotAction="iam:*"))),
    "Deny in place of Allow is a drift": _other(policy(allow()), policy(allow(Effect="Deny"))),
    "a wildcard in place of an action is a drift": _other(policy(allow()), policy(allow("s3:*"))),
    "a resource's case matters": _other(policy(allow(on="arn:aws:s3:::a/Key")), policy(allow(on="arn:aws:s3:::a/key"))),
    "an added statement is a drift": _other(policy(allow()), policy(allow(), allow("iam:PassRole"))),
    "a removed statement is a drift": _other(policy(allow(), allow("iam:PassRole")), policy(allow())),
}
