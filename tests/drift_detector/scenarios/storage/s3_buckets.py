"""S3 settings as resources of their own or in the bucket, and request bodies beside empty query keys."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import (
    Scenarios,
    allow,
    arn,
    deleted,
    modified,
    placed,
    policy,
    text,
    unmanaged,
)

NAME = "acme-logs"
BUCKET = "aws_s3_bucket.logs"
BLOCK = "aws_s3_bucket_public_access_block.logs"
CLOSED = {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True}
PRIVATE = policy(
    allow(on="arn:aws:s3:::acme-logs/*", Principal={"AWS": "*"}, Condition={"Bool": {"aws:SecureTransport": "true"}})
)
PUBLIC = policy(allow(on="arn:aws:s3:::acme-logs/*", Principal="*"))
KEY = arn("kms", "key/0a1b")


def bucket(**changes: Any) -> dict[str, Any]:
    """A bucket as provider 4 and later write it; older ones fill the settings in."""
    attributes: dict[str, Any] = {
        "id": NAME,
        "bucket": NAME,
        "arn": "arn:aws:s3:::acme-logs",
        "region": "eu-central-1",
        "policy": "",
        "versioning": [{"enabled": False, "mfa_delete": False}],
        "force_destroy": False,
    }
    return placed(BUCKET, **(attributes | changes))


def part(kind: str, **attributes: Any) -> dict[str, Any]:
    """A setting of the bucket as a resource of its own."""
    return placed(f"aws_s3_bucket_{kind}.logs", id=NAME, bucket=NAME, **attributes)


def closed(**changes: bool) -> dict[str, Any]:
    """The public access block."""
    names = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    return part("public_access_block", **(dict.fromkeys(names, True) | changes))


def versioned(status: str = "Enabled") -> dict[str, Any]:
    """The versioning."""
    return part("versioning", versioning_configuration=[{"status": status, "mfa_delete": ""}])


def encrypted(algorithm: str, key: str = "") -> dict[str, Any]:
    """The encryption."""
    inner = [{"sse_algorithm": algorithm, "kms_master_key_id": key}]
    return part(
        "server_side_encryption_configuration",
        rule=[{"apply_server_side_encryption_by_default": inner, "bucket_key_enabled": False}],
    )


def call(name: str, query: str, minutes: int = 5, act: Any = called, **body: Any) -> Step:
    """Somebody calls S3: the sub-resource of the URL stands as an empty member beside the body."""
    request = {"bucketName": NAME, "Host": "acme-logs.s3.eu-central-1.amazonaws.com", query: "", **body}
    step: Step = act(minutes, f"s3:{name}", request)
    return step


def version(status: str) -> Step:
    """Somebody sets the versioning."""
    request = {"bucketName": NAME, "versioning": [""], "VersioningConfiguration": {"Status": status, "xmlns": "x"}}
    return called(5, "s3:PutBucketVersioning", request)


def close(**changes: bool) -> Step:
    """Somebody puts the public access block."""
    body: dict[str, Any] = {"PublicAccessBlockConfiguration": CLOSED | changes}
    return call("PutBucketPublicAccessBlock", "publicAccessBlock", **body)


def encrypt(**given: str) -> Step:
    """Somebody sets the encryption."""
    rule = {"ApplyServerSideEncryptionByDefault": given}
    return call("PutBucketEncryption", "encryption", ServerSideEncryptionConfiguration={"Rule": rule})


SCENARIOS: Scenarios = {
    # ---- The policy
    "a bucket's policy put unchanged is no drift": (
        [
            wrote(0, bucket(policy=text(PRIVATE)), part("policy", policy=text(PRIVATE))),
            call("PutBucketPolicy", "policy", bucketPolicy=PRIVATE),
        ],
        [],
    ),
    "a bucket's policy opened is a drift of the policy alone": (
        [
            wrote(0, bucket(policy=text(PRIVATE)), part("policy", policy=text(PRIVATE))),
            call("PutBucketPolicy", "policy", bucketPolicy=PUBLIC),
        ],
        [modified("aws_s3_bucket_policy.logs", "policy", text(PRIVATE), text(PUBLIC))],
    ),
    "a bucket's policy within the bucket is a drift of the bucket": (
        [
            wrote(0, bucket(policy=text(PRIVATE))),
            call("PutBucketPolicy", "policy", bucketPolicy=PUBLIC),
        ],
        [modified(BUCKET, "policy", text(PRIVATE), text(PUBLIC))],
    ),
    "a first policy is a drift of the bucket": (
        [wrote(0, bucket()), call("PutBucketPolicy", "policy", bucketPolicy=PUBLIC)],
        [modified(BUCKET, "policy", "", text(PUBLIC))],
    ),
    "a bucket's policy deleted is a drift": (
        [
            wrote(0, bucket(policy=text(PRIVATE)), part("policy", policy=text(PRIVATE))),
            call("DeleteBucketPolicy", "policy"),
        ],
        [deleted("aws_s3_bucket_policy.logs", NAME)],
    ),
    "a policy deleted within the bucket is a drift": (
        [wrote(0, bucket(policy=text(PRIVATE))), call("DeleteBucketPolicy", "policy")],
        [modified(BUCKET, "policy", text(PRIVATE), None)],
    ),
    "deleting a policy that does not exist is no drift": (
        [wrote(0, bucket()), call("DeleteBucketPolicy", "policy")],
        [],
    ),
    "a policy deleted and put again is reverted": (
        [
            wrote(0, bucket(), part("policy", policy=text(PRIVATE))),
            call("DeleteBucketPolicy", "policy"),
            call("PutBucketPolicy", "policy", minutes=6, bucketPolicy=PRIVATE),
        ],
        [deleted("aws_s3_bucket_policy.logs", NAME, end="reverted")],
    ),
    "a policy of an unmanaged bucket is ignored": (
        [
            wrote(0, bucket()),
            called(5, "s3:PutBucketPolicy", {"bucketName": "theirs", "policy": "", "bucketPolicy": PUBLIC}),
        ],
        [],
    ),
    # ---- The public access block
    "a public access block put unchanged is no drift": ([wrote(0, bucket(), closed()), close()], []),
    "a public access block weakened is a drift": (
        [wrote(0, bucket(), closed()), close(BlockPublicPolicy=False)],
        [modified(BLOCK, "block_public_policy", True, False)],
    ),
    "a setting that a public access block leaves out is off": (
        [
            wrote(0, bucket(), closed(restrict_public_buckets=False)),
            call(
                "PutBucketPublicAccessBlock",
                "publicAccessBlock",
                PublicAccessBlockConfiguration={
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                },
            ),
        ],
        [],
    ),
    "a public access block deleted is a drift": (
        [wrote(0, bucket(), closed()), call("DeleteBucketPublicAccessBlock", "publicAccessBlock")],
        [deleted(BLOCK, NAME)],
    ),
    "a public access block that no state has is unmanaged": (
        [wrote(0, bucket(), other()), close()],
        [unmanaged("aws_s3_bucket_public_access_block", NAME)],
    ),
    "a public access block by Terraform is no drift": (
        [
            wrote(0, bucket()),
            call(
                "PutBucketPublicAccessBlock",
                "publicAccessBlock",
                act=applied,
                PublicAccessBlockConfiguration=CLOSED,
            ),
            wrote(6, bucket(), closed()),
        ],
        [],
    ),
    # ---- Versioning, encryption
    "versioning unchanged is no drift": ([wrote(0, bucket(), versioned()), version("Enabled")], []),
    "versioning suspended is a drift": (
        [wrote(0, bucket(), versioned()), version("Suspended")],
        [modified("aws_s3_bucket_versioning.logs", "versioning_configuration[0].status", "Enabled", "Suspended")],
    ),
    "versioning recorded by an old provider is part of the bucket": (
        [wrote(0, bucket(versioning=[{"enabled": True, "mfa_delete": False}])), version("Suspended")],
        [modified(BUCKET, "versioning[0].enabled", True, False)],
    ),
    "versioning of an old provider unchanged is no drift": (
        [wrote(0, bucket(versioning=[{"enabled": True, "mfa_delete": False}])), version("Enabled")],
        [],
    ),
    "encryption unchanged is no drift": (
        [wrote(0, bucket(), encrypted("aws:kms", KEY)), encrypt(SSEAlgorithm="aws:kms", KMSMasterKeyID="0a1b")],
        [],
    ),
    "weaker encryption is a drift": (
        [wrote(0, bucket(), encrypted("aws:kms", KEY)), encrypt(SSEAlgorithm="AES256")],
        [
            modified(
                "aws_s3_bucket_server_side_encryption_configuration.logs",
                "rule[0].apply_server_side_encryption_by_default[0].sse_algorithm",
                "aws:kms",
                "AES256",
            ),
            modified(
                "aws_s3_bucket_server_side_encryption_configuration.logs",
                "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id",
                KEY,
                None,
            ),
        ],
    ),
    # ---- The bucket
    "a bucket deleted by hand is a drift": (
        [wrote(0, bucket()), called(5, "s3:DeleteBucket", {"bucketName": NAME})],
        [deleted(BUCKET, NAME)],
    ),
    "a bucket created by hand is unmanaged": (
        [wrote(0, bucket(), other()), called(5, "s3:CreateBucket", {"bucketName": "tmp"})],
        [unmanaged("aws_s3_bucket", "tmp")],
    ),
    "a bucket deleted and created again is reverted": (
        [
            wrote(0, bucket()),
            called(5, "s3:DeleteBucket", {"bucketName": NAME}),
            called(6, "s3:CreateBucket", {"bucketName": NAME}),
        ],
        [deleted(BUCKET, NAME, end="reverted")],
    ),
    "a bucket is found by its name, whatever the region of the call": (
        [wrote(0, bucket(), versioned()), called(5, "s3:DeleteBucket", {"bucketName": NAME}, region="us-east-1")],
        [deleted(BUCKET, NAME)],
    ),
    "objects are ignored": (
        [wrote(0, bucket()), called(5, "s3:PutObject", {"bucketName": NAME, "key": "a", "tagging": ""})],
        [],
    ),
}
