"""EFS, ECR, Transfer Family and Backup."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import ACCOUNT, Called, applied, called, wrote
from tests.drift_detector.scenarios.builders import (
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
from tests.drift_detector.scenarios.data.streams import stream

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
FILES = "aws_efs_file_system.shared"
REGISTRY = "aws_ecr_registry_policy.main"
SELECTION = "aws_backup_selection.tagged"
PLAN_ID = "5a1b2c3d-0000-1111-2222-333344445555"
SELECTION_ID = "6b2c3d4e-0000-1111-2222-333344445555"
SERVER_ID = "s-b6118b5f29a04a9e8"
PERSON = "198.51.100.7"


def files() -> dict[str, Any]:
    """A file system."""
    own = arn("elasticfilesystem", "file-system/fs-00112233")
    return placed(FILES, id="fs-00112233", arn=own, tags={"Team": "web"})


def registry() -> dict[str, Any]:
    """The policy of an account's registry."""
    return placed(REGISTRY, id=ACCOUNT, registry_id=ACCOUNT, policy="{}")


def selection() -> dict[str, Any]:
    """What a plan backs up."""
    return placed(SELECTION, id=SELECTION_ID, plan_id=PLAN_ID, name="tagged")


def made_server(**record: Any) -> Called:
    """Somebody, or something, makes a server for file transfers."""
    request, response = {"protocols": ["SFTP"]}, {"serverId": SERVER_ID}
    return called(5, "transfer:CreateServer", request, response=response, **record)


SCENARIOS: Scenarios = {
    "a policy on a managed file system is unmanaged": (
        [
            wrote(0, SYSTEM),
            called(5, "elasticfilesystem:PutFileSystemPolicy", {"fileSystemId": "fs-0011", "policy": text(OPEN)}),
        ],
        [unmanaged("aws_efs_file_system_policy", "fs-0011")],
    ),
    "a policy on an unmanaged file system is ignored": (
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
    "a file system's transitions in another order are equal": (
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
    "an operation that is deprecated tags all the same": (
        [
            wrote(0, files()),
            called(
                5,
                "elasticfilesystem:CreateTags",
                {"fileSystemId": "fs-00112233", "tags": [{"key": "Team", "value": "data"}]},
            ),
        ],
        [modified(FILES, "tags.Team", "web", "data")],
    ),
    "an operation that is deprecated drops tags all the same": (
        [
            wrote(0, files()),
            called(5, "elasticfilesystem:DeleteTags", {"fileSystemId": "fs-00112233", "tagKeys": ["Team"]}),
        ],
        [modified(FILES, "tags.Team", "web", None)],
    ),
    "a registry's policy is deleted": (
        [wrote(0, registry(), stream()), called(5, "ecr:DeleteRegistryPolicy")],
        [deleted(REGISTRY, ACCOUNT)],
    ),
    "a backup selection is deleted, not its plan": (
        [
            wrote(0, selection()),
            called(5, "backup:DeleteBackupSelection", {"backupPlanId": PLAN_ID, "selectionId": SELECTION_ID}),
        ],
        [deleted(SELECTION, SELECTION_ID)],
    ),
    "a console's agent at a person's address is a person": (
        [
            wrote(0, web()),
            made_server(agent="aws-internal/3 aws-sdk-java/1.12.127 Linux/5.4", srcip=PERSON),
        ],
        [unmanaged("aws_transfer_server", SERVER_ID)],
    ),
    "a user agent alone makes no caller a service": (
        [wrote(0, web()), made_server(agent="cloudformation.amazonaws.com", srcip=PERSON)],
        [unmanaged("aws_transfer_server", SERVER_ID)],
    ),
    "a call that failed made nothing": (
        [wrote(0, web()), made_server(error="AccessDenied")],
        [],
    ),
    "a resource that Terraform created is in the next state": (
        [
            wrote(0, web()),
            applied(5, "transfer:CreateServer", {"protocols": ["SFTP"]}, response={"serverId": SERVER_ID}),
            wrote(6, web(), placed("aws_transfer_server.files", id=SERVER_ID, protocols=["SFTP"])),
        ],
        [],
    ),
    "a mount target's groups in another order are equal": (
        [
            wrote(0, placed("aws_efs_mount_target.a", id="fsmt-1", security_groups=["sg-1", "sg-2"])),
            called(
                5,
                "elasticfilesystem:ModifyMountTargetSecurityGroups",
                {"mountTargetId": "fsmt-1", "securityGroups": ["sg-2", "sg-1"]},
            ),
        ],
        [],
    ),
}
