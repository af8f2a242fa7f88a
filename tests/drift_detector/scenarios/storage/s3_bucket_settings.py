"""S3 grants, locks, encryption, logging, lifecycle rules, notifications and access points."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import ACCOUNT, Step, called, wrote
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
    unknown,
    unmanaged,
)
from tests.drift_detector.scenarios.storage.s3_buckets import (
    BUCKET,
    KEY,
    NAME,
    bucket,
    call,
    encrypt,
    encrypted,
    part,
    versioned,
)

S3 = {"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"}
OWNER: dict[str, Any] = {
    "id": "0a1b2c",
    "type": "CanonicalUser",
    "permissions": ["FULL_CONTROL"],
    "uri": "",
}
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
RESIZE = arn("lambda", "function:resize")
VAULT = "aws_glacier_vault.archive"
POINT = "aws_s3_access_point.finance"
POINT_ARN = arn("s3", "accesspoint/finance")
GRANTED = "aws_s3control_access_point_policy.finance"
OURS = text(policy(allow(Principal={"AWS": arn("iam", "role/app")})))
ANYBODY = text(policy(allow(Principal="*")))
point = placed(POINT, id=f"{ACCOUNT}:finance", arn=POINT_ARN, name="finance", account_id=ACCOUNT, policy=OURS)
granted = placed(GRANTED, id=f"{ACCOUNT}:finance", access_point_arn=POINT_ARN, policy=OURS)
vault = placed(VAULT, id="archive", name="archive", arn=arn("glacier", "vaults/archive"))
ACCELERATED = "aws_s3_bucket_accelerate_configuration.data"
LISTED = "aws_s3_bucket_inventory.data"
bare_bucket = placed("aws_s3_bucket.data", id="data", bucket="data", arn="arn:aws:s3:::data")
accelerated = placed(ACCELERATED, id="data", bucket="data", status="Enabled")
listed = placed(LISTED, id="data:all", bucket="data", name="all", enabled=True)
OF_BUCKET = {"bucketName": "data", "id": "all"}


def notified(**lists: Any) -> dict[str, Any]:
    """Whom the bucket tells of its objects."""
    none: dict[str, Any] = {"eventbridge": False, "lambda_function": [], "queue": [], "topic": []}
    return part("notification", **(none | lists))


def notify(**configuration: Any) -> Step:
    """Somebody puts whom the bucket tells."""
    return call("PutBucketNotification", "notification", NotificationConfiguration=S3 | configuration)


def notified_function(function: str, events: Any, identifier: str) -> dict[str, Any]:
    """A function that is notified, as a call has it."""
    return {"CloudFunction": function, "Event": events, "Id": identifier}


def granting(*grants: dict[str, Any]) -> dict[str, Any]:
    """The body of a list of grants, the owner's first; CloudTrail writes one alone as an object."""
    owner = {"Grantee": {"xsi:type": "CanonicalUser", "ID": "0a1b2c"}, "Permission": "FULL_CONTROL"}
    return S3 | {"Owner": {"ID": "0a1b2c"}, "AccessControlList": {"Grant": [owner, *grants] if grants else owner}}


def tells(function: str, events: list[str], identifier: str) -> dict[str, Any]:
    """A function that is notified, as a state has it."""
    return {
        "lambda_function_arn": function,
        "events": events,
        "id": identifier,
        "filter_prefix": "",
        "filter_suffix": "",
    }


def expires(identifier: str, days: int) -> dict[str, Any]:
    """A rule by which objects expire, as provider 4 and later write it."""
    blocks = ("abort_incomplete_multipart_upload", "noncurrent_version_expiration", "noncurrent_version_transition")
    return {block: [] for block in (*blocks, "transition")} | {
        "id": identifier,
        "status": "Enabled",
        "prefix": "",
        "filter": [{"prefix": f"{identifier}/", "and": [], "tag": [], "object_size_greater_than": None}],
        "expiration": [{"days": days, "date": "", "expired_object_delete_marker": False}],
    }


def expire(**days: int) -> Step:
    """Somebody puts the rules."""
    rules = [
        {"ID": name, "Status": "Enabled", "Filter": {"Prefix": f"{name}/"}, "Expiration": {"Days": number}}
        for name, number in days.items()
    ]
    return call(
        "PutBucketLifecycle", "lifecycle", LifecycleConfiguration=S3 | {"Rule": rules[0] if len(rules) == 1 else rules}
    )


SCENARIOS: Scenarios = {
    "a bucket made readable by its list of grants is a drift of them": (
        [
            wrote(0, bucket(acl=None, grant=[OWNER])),
            called(5, "s3:PutBucketAcl", {"bucketName": NAME, "acl": "", "x-amz-acl": "public-read"}),
        ],
        [
            modified(
                BUCKET,
                "grant",
                [OWNER],
                [OWNER, {"type": "Group", "uri": EVERYBODY, "permissions": ["READ"]}],
            )
        ],
    ),
    "grants of a bucket that records none are unmanaged": (
        [
            wrote(0, bucket(acl=None, grant=[])),
            called(5, "s3:PutBucketAcl", {"bucketName": NAME, "acl": "", "x-amz-acl": ["public-read"]}),
        ],
        [unmanaged("aws_s3_bucket_acl", NAME)],
    ),
    "a private ACL on a bucket that records no grants is no drift": (
        [
            wrote(0, bucket(acl=None, grant=[])),
            called(5, "s3:PutBucketAcl", {"bucketName": NAME, "acl": "", "x-amz-acl": ["private"]}),
        ],
        [],
    ),
    "a bucket shared by request headers is a drift to unknown grants": (
        [
            wrote(0, bucket(acl=None, grant=[OWNER])),
            called(5, "s3:PutBucketAcl", {"bucketName": NAME, "acl": "", "x-amz-grant-read": 'id="0f"'}),
        ],
        [unknown(BUCKET, "grant", [OWNER])],
    ),
    "an ACL saved with the owner's grant alone is no drift": (
        [
            wrote(0, bucket(acl="private", grant=[])),
            called(5, "s3:PutBucketAcl", {"bucketName": NAME, "acl": "", "AccessControlPolicy": granting()}),
        ],
        [],
    ),
    "an ACL open to everybody on a bucket that records none is unmanaged": (
        [
            wrote(0, bucket(acl="private", grant=[])),
            called(
                5,
                "s3:PutBucketAcl",
                {
                    "bucketName": NAME,
                    "acl": "",
                    "AccessControlPolicy": granting(
                        {"Grantee": {"xsi:type": "Group", "URI": EVERYBODY}, "Permission": "READ"}
                    ),
                },
            ),
        ],
        [unmanaged("aws_s3_bucket_acl", NAME)],
    ),
    "a bucket to which logs may be delivered is a drift of its grants": (
        [
            wrote(0, bucket(acl=None, grant=[OWNER])),
            called(5, "s3:PutBucketAcl", {"bucketName": NAME, "acl": "", "x-amz-acl": "log-delivery-write"}),
        ],
        [
            modified(
                BUCKET,
                "grant",
                [OWNER],
                [
                    OWNER,
                    {
                        "type": "Group",
                        "uri": "http://acs.amazonaws.com/groups/s3/LogDelivery",
                        "permissions": ["READ_ACP", "WRITE"],
                    },
                ],
            )
        ],
    ),
    "a private bucket made private again is no drift": (
        [
            wrote(0, bucket(acl="private", grant=[])),
            called(5, "s3:PutBucketAcl", {"bucketName": NAME, "acl": "", "x-amz-acl": ["private"]}),
        ],
        [],
    ),
    "an object lock put on a bucket without one is a drift of the bucket": (
        [
            wrote(0, bucket(object_lock_configuration=[])),
            call(
                "PutBucketObjectLockConfiguration",
                "object-lock",
                ObjectLockConfiguration=S3
                | {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}},
            ),
        ],
        [
            modified(BUCKET, "object_lock_configuration[0].rule[0].default_retention[0].days", None, 1),
            modified(BUCKET, "object_lock_configuration[0].rule[0].default_retention[0].mode", None, "GOVERNANCE"),
        ],
    ),
    "an encryption by a key's ARN that the state has by its id is no drift": (
        [wrote(0, bucket(), encrypted("aws:kms", "0a1b")), encrypt(SSEAlgorithm="aws:kms", KMSMasterKeyID=KEY)],
        [],
    ),
    "an encryption by another key is a drift": (
        [
            wrote(0, bucket(), encrypted("aws:kms", KEY)),
            encrypt(SSEAlgorithm="aws:kms", KMSMasterKeyID=KEY.replace("0a1b", "9f9f")),
        ],
        [
            modified(
                "aws_s3_bucket_server_side_encryption_configuration.logs",
                "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id",
                KEY,
                KEY.replace("0a1b", "9f9f"),
            )
        ],
    ),
    "removing the encryption of a bucket with S3's default encryption is no drift": (
        [wrote(0, bucket(), encrypted("AES256")), call("DeleteBucketEncryption", "encryption")],
        [],
    ),
    "suspended versioning equals versioning that was never enabled": (
        [
            wrote(0, bucket()),
            call("PutBucketVersioning", "versioning", VersioningConfiguration=S3 | {"Status": "Suspended"}),
        ],
        [],
    ),
    "versioning suspended where it was is no change": (
        [
            wrote(0, bucket(), versioned("Suspended")),
            call("PutBucketVersioning", "versioning", VersioningConfiguration=S3 | {"Status": "Suspended"}),
        ],
        [],
    ),
    "logging switched off that was off is no drift": (
        [wrote(0, bucket(logging=[])), call("PutBucketLogging", "logging", BucketLoggingStatus=S3)],
        [],
    ),
    "logging switched off is a drift": (
        [
            wrote(0, bucket(), part("logging", target_bucket="audit", target_prefix="s3/", target_grant=[])),
            call("PutBucketLogging", "logging", BucketLoggingStatus=S3),
        ],
        [deleted("aws_s3_bucket_logging.logs", NAME)],
    ),
    "logging switched off and on again as it was is reverted": (
        [
            wrote(0, bucket(), part("logging", target_bucket="audit", target_prefix="s3/", target_grant=[])),
            call("PutBucketLogging", "logging", BucketLoggingStatus=S3),
            call(
                "PutBucketLogging",
                "logging",
                minutes=6,
                BucketLoggingStatus=S3 | {"LoggingEnabled": {"TargetBucket": "audit", "TargetPrefix": "s3/"}},
            ),
        ],
        [deleted("aws_s3_bucket_logging.logs", NAME, end="reverted")],
    ),
    "lifecycle rules in another order are equal": (
        [
            wrote(0, bucket(), part("lifecycle_configuration", rule=[expires("a", 30), expires("b", 7)])),
            expire(b=7, a=30),
        ],
        [],
    ),
    "a lifecycle rule that is left out is a drift": (
        [wrote(0, bucket(), part("lifecycle_configuration", rule=[expires("a", 30), expires("b", 7)])), expire(a=30)],
        [
            modified(
                "aws_s3_bucket_lifecycle_configuration.logs",
                "rule",
                [expires("a", 30), expires("b", 7)],
                [
                    {
                        "id": "a",
                        "status": "Enabled",
                        "filter": {"prefix": "a/", "tag": None, "and": None},
                        "expiration": {"days": 30, "date": None, "expired_object_delete_marker": None},
                        "transition": None,
                        "noncurrent_version_expiration": None,
                        "noncurrent_version_transition": None,
                        "abort_incomplete_multipart_upload": None,
                    }
                ],
            )
        ],
    ),
    "notification targets in another order are equal": (
        [
            wrote(
                0,
                bucket(),
                notified(
                    lambda_function=[
                        tells(RESIZE, ["s3:ObjectCreated:*"], "one"),
                        tells(RESIZE, ["s3:ObjectRemoved:*", "s3:ObjectRestore:*"], "two"),
                    ]
                ),
            ),
            notify(
                CloudFunctionConfiguration=[
                    notified_function(RESIZE, ["s3:ObjectRestore:*", "s3:ObjectRemoved:*"], "two"),
                    notified_function(RESIZE, "s3:ObjectCreated:*", "one"),
                ]
            ),
        ],
        [],
    ),
    "empty notifications where none were is no drift": ([wrote(0, bucket()), notify()], []),
    "a notification added to a managed bucket is unmanaged": (
        [wrote(0, bucket()), notify(CloudFunctionConfiguration=notified_function(RESIZE, "s3:ObjectCreated:*", "x"))],
        [unmanaged("aws_s3_bucket_notification", NAME)],
    ),
    "removed notifications are a drift": (
        [wrote(0, bucket(), notified(lambda_function=[tells(RESIZE, ["s3:ObjectCreated:*"], "one")])), notify()],
        [
            modified(
                "aws_s3_bucket_notification.logs",
                "lambda_function",
                [tells(RESIZE, ["s3:ObjectCreated:*"], "one")],
                [],
            )
        ],
    ),
    "EventBridge notifications enabled by an empty element are a drift": (
        [wrote(0, bucket(), notified()), notify(EventBridgeConfiguration="")],
        [modified("aws_s3_bucket_notification.logs", "eventbridge", False, True)],
    ),
    "requester pays, recorded in the bucket by an old provider": (
        [
            wrote(0, bucket(request_payer="BucketOwner")),
            call(
                "PutBucketRequestPayment",
                "requestPayment",
                RequestPaymentConfiguration=S3 | {"Payer": "Requester"},
            ),
        ],
        [modified(BUCKET, "request_payer", "BucketOwner", "Requester")],
    ),
    "a rule of sharing put unchanged is no drift": (
        [
            wrote(
                0,
                bucket(),
                part(
                    "cors_configuration",
                    cors_rule=[
                        {
                            "allowed_headers": [],
                            "allowed_methods": ["GET", "PUT"],
                            "allowed_origins": ["https://acme.example"],
                            "expose_headers": [],
                            "id": "",
                            "max_age_seconds": 0,
                        }
                    ],
                ),
            ),
            call(
                "PutBucketCors",
                "cors",
                CORSConfiguration=S3
                | {"CORSRule": {"AllowedOrigin": "https://acme.example", "AllowedMethod": ["PUT", "GET"]}},
            ),
        ],
        [],
    ),
    "a website recorded by an old provider is part of the bucket": (
        [
            wrote(0, bucket(website=[])),
            call("PutBucketWebsite", "website", WebsiteConfiguration=S3 | {"IndexDocument": {"Suffix": "index.html"}}),
        ],
        [modified(BUCKET, "website[0].index_document", None, "index.html")],
    ),
    "a weaker public access block of the account is a drift": (
        [
            wrote(
                0,
                other(),
                placed(
                    "aws_s3_account_public_access_block.main",
                    id="123456789012",
                    account_id="123456789012",
                    block_public_acls=True,
                    block_public_policy=True,
                    ignore_public_acls=True,
                    restrict_public_buckets=True,
                ),
            ),
            called(
                5,
                "s3:PutAccountPublicAccessBlock",
                {
                    "publicAccessBlock": [""],
                    "PublicAccessBlockConfiguration": S3
                    | {
                        "BlockPublicAcls": True,
                        "BlockPublicPolicy": False,
                        "IgnorePublicAcls": True,
                        "RestrictPublicBuckets": True,
                    },
                },
            ),
        ],
        [modified("aws_s3_account_public_access_block.main", "block_public_policy", True, False)],
    ),
    "a vault is found without its account in the call": (
        [wrote(0, vault), called(5, "glacier:DeleteVault", {"accountId": "-", "vaultName": "archive"})],
        [deleted(VAULT, "archive")],
    ),
    "an access point is deleted by its name": (
        [wrote(0, point), called(5, "s3:DeleteAccessPoint", {"name": "finance"})],
        [deleted(POINT, f"{ACCOUNT}:finance")],
    ),
    "an access point's policy is a resource of its own": (
        [
            wrote(0, granted),
            called(
                5,
                "s3:PutAccessPointPolicy",
                {"name": "finance", "PutAccessPointPolicyRequest": {"Policy": ANYBODY}},
            ),
        ],
        [modified(GRANTED, "policy", OURS, ANYBODY)],
    ),
    "an access point's policy is set as it is": (
        [
            wrote(0, point),
            called(
                5,
                "s3:PutAccessPointPolicy",
                {
                    "name": "finance",
                    "PutAccessPointPolicyRequest": {
                        "Policy": spaced(policy(allow(Principal={"AWS": arn("iam", "role/app")})))
                    },
                },
            ),
        ],
        [],
    ),
    "a bucket's transfer acceleration is suspended": (
        [
            wrote(0, bare_bucket, accelerated),
            called(
                5,
                "s3:PutBucketAccelerateConfiguration",
                {"bucketName": "data", "AccelerateConfiguration": {"Status": "Suspended"}},
            ),
        ],
        [modified(ACCELERATED, "status", "Enabled", "Suspended")],
    ),
    "a bucket's inventory is deleted, and one of the same name of another bucket": (
        [
            wrote(0, bare_bucket, listed),
            called(5, "s3:DeleteBucketInventoryConfiguration", {**OF_BUCKET, "bucketName": "other"}),
            called(6, "s3:DeleteBucketInventoryConfiguration", OF_BUCKET),
        ],
        [deleted(LISTED, "data:all")],
    ),
}
