"""Resources of the provider awscc, whose types and attributes are those of Cloud Control."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, called, resource, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, unknown
from tests.drift_detector.scenarios.storage.s3_buckets import NAME

PROVIDER = 'provider["registry.terraform.io/hashicorp/awscc"]'
BUCKET, QUEUE, ROLE = "awscc_s3_bucket.logs", "awscc_sqs_queue.jobs", "awscc_iam_role.app"
URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/cc-jobs"
BLOCK = "public_access_block_configuration"


def of_cloud_control(address: str, **attributes: Any) -> dict[str, Any]:
    """A resource of that provider."""
    return {**resource(address, **attributes), "provider": PROVIDER}


def bucket(versioning: str = "Enabled", **more: Any) -> dict[str, Any]:
    """A bucket with what other providers have as resources beside it."""
    own = {"id": NAME, "bucket_name": NAME, "arn": f"arn:aws:s3:::{NAME}", "bucket_encryption": None}
    blocked = {"block_public_acls": True, "block_public_policy": True}
    return of_cloud_control(BUCKET, **own, versioning_configuration={"status": versioning}, **{BLOCK: blocked}, **more)


def queue() -> dict[str, Any]:
    """A queue, whose id is its URL."""
    own = arn("sqs", "cc-jobs")
    return of_cloud_control(QUEUE, id=URL, queue_url=URL, queue_name="cc-jobs", arn=own, visibility_timeout=30, tags=[])


def role() -> dict[str, Any]:
    """A role."""
    return of_cloud_control(
        ROLE, id="cc-app", role_name="cc-app", arn=arn("iam", "role/cc-app"), max_session_duration=3600
    )


def version(status: str, minutes: int = 5) -> Step:
    """Somebody sets the bucket's versioning."""
    request = {"bucketName": NAME, "VersioningConfiguration": {"Status": status}}
    return called(minutes, "s3:PutBucketVersioning", request)


SCENARIOS: Scenarios = {
    "a bucket's versions are suspended": (
        [wrote(0, bucket()), version("Suspended")],
        [modified(BUCKET, "versioning_configuration.status", "Enabled", "Suspended")],
    ),
    "a bucket's versions are suspended and kept again": (
        [wrote(0, bucket()), version("Suspended"), version("Enabled", 7)],
        [modified(BUCKET, "versioning_configuration.status", "Enabled", "Suspended", end="reverted")],
    ),
    "a bucket's versions are kept as before": ([wrote(0, bucket()), version("Enabled")], []),
    "a bucket's public policies are let through": (
        [
            wrote(0, bucket()),
            called(
                5,
                "s3:PutBucketPublicAccessBlock",
                {
                    "bucketName": NAME,
                    "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": False},
                },
            ),
        ],
        [modified(BUCKET, f"{BLOCK}.block_public_policy", True, False)],
    ),
    "a bucket is deleted": (
        [wrote(0, bucket()), called(5, "s3:DeleteBucket", {"bucketName": NAME})],
        [deleted(BUCKET, NAME)],
    ),
    "another bucket is deleted": (
        [wrote(0, bucket()), called(5, "s3:DeleteBucket", {"bucketName": f"{NAME}-of-others"})],
        [],
    ),
    "a queue's attribute of another name is unknown": (
        [
            wrote(0, queue()),
            called(5, "sqs:SetQueueAttributes", {"queueUrl": URL, "attributes": {"VisibilityTimeout": "60"}}),
        ],
        [unknown(QUEUE, "*", None)],
    ),
    "a role's sessions last longer": (
        [
            wrote(0, role()),
            called(5, "iam:UpdateRole", {"roleName": "cc-app", "maxSessionDuration": 7200}),
        ],
        [modified(ROLE, "max_session_duration", 3600, 7200)],
    ),
    "a role's sessions last as long as before": (
        [
            wrote(0, role()),
            called(5, "iam:UpdateRole", {"roleName": "cc-app", "maxSessionDuration": 3600}),
        ],
        [],
    ),
    "a type without a counterpart stays silent": (
        [
            wrote(0, of_cloud_control("awscc_nowhere_thing.one", id="one", thing_name="one")),
            called(5, "s3:DeleteBucket", {"bucketName": "one"}),
        ],
        [],
    ),
}
