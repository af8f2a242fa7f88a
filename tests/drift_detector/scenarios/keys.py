"""Keys and their aliases, and policies of file systems, tables and repositories."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import applied, called, wrote
from tests.drift_detector.scenarios.fleets import table
from tests.drift_detector.scenarios.services import ANYBODY, OWN, key, on_key
from tests.drift_detector.scenarios.tags import KEY_ARN
from tests.drift_detector.scenarios.terms import (
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
    unmanaged,
)

KEY_ID = KEY_ARN.rpartition("/")[2]
REPLICA_ARN = arn("kms", "key/mrk-1", region="us-west-2")
SYSTEM = placed(
    "aws_efs_file_system.data",
    id="fs-0011",
    arn=arn("elasticfilesystem", "file-system/fs-0011"),
    lifecycle_policy=[
        {"transition_to_ia": "AFTER_30_DAYS", "transition_to_archive": "", "transition_to_primary_storage_class": ""},
        {"transition_to_ia": "", "transition_to_archive": "", "transition_to_primary_storage_class": "AFTER_1_ACCESS"},
    ],
)
OPEN = policy(allow("elasticfilesystem:ClientMount", Principal={"AWS": "*"}))


def alias(target: str) -> dict[str, Any]:
    """Another name of a key."""
    return placed(
        "aws_kms_alias.main",
        id="alias/main",
        name="alias/main",
        arn=arn("kms", "alias/main"),
        target_key_id=target,
    )


KEYS: Scenarios = {
    "a key that waits for its deletion and comes back is there, and disabled": (
        [wrote(0, key()), on_key("ScheduleKeyDeletion"), on_key("CancelKeyDeletion", minutes=6)],
        [
            deleted("aws_kms_key.main", KEY_ID, end="reverted"),
            modified("aws_kms_key.main", "is_enabled", True, False),
        ],
    ),
    "a key that came back and is enabled is as it was": (
        [
            wrote(0, key()),
            on_key("ScheduleKeyDeletion"),
            on_key("CancelKeyDeletion", minutes=6),
            on_key("EnableKey", minutes=7),
        ],
        [
            deleted("aws_kms_key.main", KEY_ID, end="reverted"),
            modified("aws_kms_key.main", "is_enabled", True, False, end="reverted"),
        ],
    ),
    "a key's policy that is the state's in other words changes nothing": (
        [
            wrote(0, key()),
            called(5, "kms:PutKeyPolicy", {"keyId": KEY_ARN, "policyName": "default", "policy": spaced(OWN)}),
        ],
        [],
    ),
    "a key's own policy is a resource of its own": (
        [
            wrote(0, key(), placed("aws_kms_key_policy.main", id=KEY_ID, key_id=KEY_ARN, policy=text(OWN))),
            called(5, "kms:PutKeyPolicy", {"keyId": KEY_ID, "policyName": "default", "policy": text(ANYBODY)}),
        ],
        [modified("aws_kms_key_policy.main", "policy", text(OWN), text(ANYBODY))],
    ),
    "an alias that gets the key it has changes nothing": (
        [
            wrote(0, alias(KEY_ID)),
            called(5, "kms:UpdateAlias", {"aliasName": "alias/main", "targetKeyId": KEY_ARN}),
        ],
        [],
    ),
    "an alias that gets another key is a drift": (
        [
            wrote(0, alias(KEY_ARN)),
            called(5, "kms:UpdateAlias", {"aliasName": "alias/main", "targetKeyId": "9f9f"}),
        ],
        [modified("aws_kms_alias.main", "target_key_id", KEY_ARN, "9f9f")],
    ),
    "a key's description by its ARN is a drift": (
        [
            wrote(0, key(description="main")),
            called(5, "kms:UpdateKeyDescription", {"keyId": KEY_ARN, "description": "old"}),
        ],
        [modified("aws_kms_key.main", "description", "main", "old")],
    ),
    "a key made by hand is unmanaged, and gone when it waits for its deletion": (
        [
            wrote(0, key()),
            called(
                5,
                "kms:CreateKey",
                {"origin": "AWS_KMS", "policy": text(OWN)},
                response={"keyMetadata": {"keyId": "9f9f", "arn": arn("kms", "key/9f9f")}},
            ),
            on_key("ScheduleKeyDeletion", "9f9f", 6),
        ],
        [unmanaged("aws_kms_key", "9f9f", end="reverted")],
    ),
    "a replica of imported material that Terraform makes is managed": (
        [
            wrote(0, key()),
            applied(
                5,
                "kms:ReplicateKey",
                {"keyId": "mrk-1", "replicaRegion": "us-west-2"},
                response={"replicaKeyMetadata": {"keyId": "mrk-1", "arn": REPLICA_ARN}},
            ),
            wrote(
                6,
                key(),
                placed("aws_kms_replica_external_key.west", id="mrk-1", key_id="mrk-1", arn=REPLICA_ARN),
            ),
        ],
        [],
    ),
    "a replica in another region made by hand is unmanaged": (
        [
            wrote(0, key()),
            called(
                5,
                "kms:ReplicateKey",
                {"keyId": "mrk-1", "replicaRegion": "us-west-2"},
                response={"replicaKeyMetadata": {"keyId": "mrk-1", "arn": REPLICA_ARN}},
            ),
        ],
        [unmanaged("aws_kms_replica_key", "mrk-1")],
    ),
    "a key rotated now, and not otherwise than before, is no change": (
        [wrote(0, key()), on_key("RotateKeyOnDemand"), on_key("EnableKeyRotation", minutes=6)],
        [],
    ),
    "a key's tag in KMS' own words is a drift": (
        [
            wrote(0, key(tags={"Team": "ops"}, tags_all={"Team": "ops"})),
            called(5, "kms:TagResource", {"keyId": KEY_ID, "tags": [{"tagKey": "Team", "tagValue": "eve"}]}),
        ],
        [modified("aws_kms_key.main", "tags.Team", "ops", "eve")],
    ),
}

RESOURCE_POLICIES: Scenarios = {
    "a policy on a managed file system is unmanaged": (
        [
            wrote(0, SYSTEM),
            called(5, "elasticfilesystem:PutFileSystemPolicy", {"fileSystemId": "fs-0011", "policy": text(OPEN)}),
        ],
        [unmanaged("aws_efs_file_system_policy", "fs-0011")],
    ),
    "a policy on a file system of nobody is nobody's": (
        [
            wrote(0, SYSTEM),
            called(5, "elasticfilesystem:PutFileSystemPolicy", {"fileSystemId": "fs-0099", "policy": text(OPEN)}),
        ],
        [],
    ),
    "a managed policy of a file system opened is a drift": (
        [
            wrote(
                0,
                SYSTEM,
                placed(
                    "aws_efs_file_system_policy.data", id="fs-0011", file_system_id="fs-0011", policy=text(policy())
                ),
            ),
            called(
                5,
                "elasticfilesystem:PutFileSystemPolicy",
                {"fileSystemId": arn("elasticfilesystem", "file-system/fs-0011"), "policy": text(OPEN)},
            ),
        ],
        [modified("aws_efs_file_system_policy.data", "policy", text(policy()), text(OPEN))],
    ),
    "a file system's transitions in another order are the same": (
        [
            wrote(0, SYSTEM),
            called(
                5,
                "elasticfilesystem:PutLifecycleConfiguration",
                {
                    "fileSystemId": "fs-0011",
                    "lifecyclePolicies": [
                        {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
                        {"transitionToIA": "AFTER_30_DAYS"},
                    ],
                },
            ),
        ],
        [],
    ),
    "a policy on a managed table is unmanaged": (
        [
            wrote(0, table()),
            called(
                5,
                "dynamodb:PutResourcePolicy",
                {"resourceArn": arn("dynamodb", "table/carts"), "policy": text(OPEN)},
            ),
        ],
        [unmanaged("aws_dynamodb_resource_policy", arn("dynamodb", "table/carts"))],
    ),
    "a policy on a managed table's stream put and deleted is reverted": (
        [
            wrote(0, table(stream_arn=arn("dynamodb", "table/carts/stream/1"))),
            called(
                5,
                "dynamodb:PutResourcePolicy",
                {"resourceArn": arn("dynamodb", "table/carts/stream/1"), "policy": text(OPEN)},
            ),
            called(6, "dynamodb:DeleteResourcePolicy", {"resourceArn": arn("dynamodb", "table/carts/stream/1")}),
        ],
        [unmanaged("aws_dynamodb_resource_policy", arn("dynamodb", "table/carts/stream/1"), end="reverted")],
    ),
    "a policy on a managed repository is unmanaged": (
        [
            wrote(0, placed("aws_ecr_repository.web", id="web", name="web", arn=arn("ecr", "repository/web"))),
            called(5, "ecr:SetRepositoryPolicy", {"repositoryName": "web", "policyText": spaced(OPEN), "force": False}),
        ],
        [unmanaged("aws_ecr_repository_policy", "web")],
    ),
    "a service's own policy on a managed repository is ignored": (
        [
            wrote(0, placed("aws_ecr_repository.web", id="web", name="web", arn=arn("ecr", "repository/web"))),
            called(
                5,
                "ecr:SetRepositoryPolicy",
                {"repositoryName": "web", "policyText": spaced(OPEN)},
                **(SERVICE | {"agent": "lambda.amazonaws.com", "srcip": "lambda.amazonaws.com"}),
            ),
        ],
        [],
    ),
}

SCENARIOS: Scenarios = {**KEYS, **RESOURCE_POLICIES}
