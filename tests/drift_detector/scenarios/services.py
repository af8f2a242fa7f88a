"""Databases, functions, keys, trails, queues, tables and load balancers: verbs, key-value payloads, no-op consoles."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other, web
from tests.drift_detector.playbook import ACCOUNT, CONSOLE, Step, applied, called, wrote
from tests.drift_detector.scenarios.tags import KEY_ARN, LB_ARN, balancer
from tests.drift_detector.scenarios.terms import (
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
from tests.drift_detector.scenarios.values import DB, FUNCTION, alter, configure, database, function

KEY = "aws_kms_key.main"
KEY_ID = KEY_ARN.rpartition("/")[2]
TRAIL = "aws_cloudtrail.main"
TRAIL_ARN = arn("cloudtrail", "trail/main")
URL = f"https://sqs.eu-central-1.amazonaws.com/{ACCOUNT}/jobs"
QUEUE = "aws_sqs_queue.jobs"
OWN = policy(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
ANYBODY = policy(allow("kms:*", Principal="*"))
FUNCTION_ARN = arn("lambda", "function:app")


def key(**changes: Any) -> dict[str, Any]:
    """A key as a state holds it."""
    attributes: dict[str, Any] = {
        "id": KEY_ID,
        "key_id": KEY_ID,
        "arn": KEY_ARN,
        "is_enabled": True,
        "enable_key_rotation": True,
        "policy": text(OWN),
    }
    return placed(KEY, **(attributes | changes))


def on_key(name: str, key_id: str = KEY_ID, minutes: int = 5, **more: Any) -> Step:
    """Somebody does something to the key."""
    return called(minutes, f"kms:{name}", {"keyId": key_id}, **more)


def trail(**changes: Any) -> dict[str, Any]:
    """A trail as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "main",
        "name": "main",
        "arn": TRAIL_ARN,
        "enable_logging": True,
        "s3_bucket_name": "logs",
        "s3_key_prefix": "",
        "include_global_service_events": True,
        "is_multi_region_trail": True,
        "is_organization_trail": False,
        "enable_log_file_validation": True,
        "kms_key_id": "",
        "sns_topic_name": "",
    }
    return placed(TRAIL, **(attributes | changes))


def on_trail(name: str, trail_name: str = "main", minutes: int = 5, **request: Any) -> Step:
    """Somebody does something to the trail."""
    return called(minutes, f"cloudtrail:{name}", {"name": trail_name, **request})


def queue(**changes: Any) -> dict[str, Any]:
    """A queue as a state holds it."""
    attributes: dict[str, Any] = {
        "id": URL,
        "url": URL,
        "arn": arn("sqs", "jobs"),
        "name": "jobs",
        "visibility_timeout_seconds": 30,
        "message_retention_seconds": 345600,
        "delay_seconds": 0,
        "policy": "",
    }
    return placed(QUEUE, **(attributes | changes))


def on_queue(**attributes: str) -> Step:
    """Somebody sets attributes of the queue."""
    return called(5, "sqs:SetQueueAttributes", {"queueUrl": URL, "attributes": attributes})


def on_balancer(*pairs: tuple[str, str]) -> Step:
    """Somebody sets attributes of the load balancer."""
    given = [{"key": key, "value": value} for key, value in pairs]
    return called(
        5, "elasticloadbalancing:ModifyLoadBalancerAttributes", {"loadBalancerArn": LB_ARN, "attributes": given}
    )


def permission(**changes: Any) -> dict[str, Any]:
    """Who may call the function."""
    return placed(
        "aws_lambda_permission.events",
        id="events",
        statement_id="events",
        function_name=FUNCTION_ARN,
        action="lambda:InvokeFunction",
        principal="events.amazonaws.com",
        **changes,
    )


RDS: Scenarios = {
    "a console that sends all as it is changes nothing": (
        [
            wrote(0, database()),
            called(
                5,
                "rds:ModifyDBInstance",
                {
                    "dBInstanceIdentifier": "main",
                    "allowMajorVersionUpgrade": False,
                    "applyImmediately": True,
                    "allocatedStorage": 20,
                    "dBInstanceClass": "db.t3.micro",
                    "vpcSecurityGroupIds": ["sg-2", "sg-1"],
                    "multiAZ": False,
                    "publiclyAccessible": False,
                    "autoMinorVersionUpgrade": True,
                    "backupRetentionPeriod": 7,
                    "certificateRotationRestart": False,
                    "maxAllocatedStorage": 0,
                    "iops": 0,
                },
                agent=CONSOLE,
            ),
        ],
        [],
    ),
    "a database opened to the internet is a drift": (
        [wrote(0, database()), alter(publiclyAccessible=True, applyImmediately=True)],
        [modified(DB, "publicly_accessible", False, True)],
    ),
    "a change that waits for its window is a drift already": (
        [wrote(0, database()), alter(dBInstanceClass="db.r6g.large", applyImmediately=False)],
        [modified(DB, "instance_class", "db.t3.micro", "db.r6g.large")],
    ),
    "a database's two switches are two drifts": (
        [wrote(0, database()), alter(multiAZ=True, deletionProtection=False)],
        [modified(DB, "multi_az", False, True), modified(DB, "deletion_protection", True, False)],
    ),
    "a database deleted by hand is a drift": (
        [wrote(0, database()), called(5, "rds:DeleteDBInstance", {"dBInstanceIdentifier": "main"})],
        [deleted(DB, "db-ABCDEFGH")],
    ),
    "the same call may mean a cluster's instance": (
        [
            wrote(
                0,
                placed(
                    "aws_rds_cluster_instance.a",
                    id="main",
                    identifier="main",
                    arn=arn("rds", "db:main"),
                    instance_class="db.r5.large",
                ),
            ),
            alter(dBInstanceClass="db.r6g.large"),
        ],
        [modified("aws_rds_cluster_instance.a", "instance_class", "db.r5.large", "db.r6g.large")],
    ),
    "a database of nobody is nobody's": (
        [
            wrote(0, database()),
            called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "theirs", "publiclyAccessible": True}),
        ],
        [],
    ),
}

LAMBDA: Scenarios = {
    "a function by its ARN is the function": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:UpdateFunctionConfiguration20150331v2",
                {"functionName": FUNCTION_ARN, "memorySize": 10240},
            ),
        ],
        [modified(FUNCTION, "memory_size", 128, 10240)],
    ),
    "a function configured as it is changes nothing": (
        [
            wrote(0, function()),
            configure(memorySize=128, timeout=30, runtime="python3.12", handler="app.main", description=""),
        ],
        [],
    ),
    "other code is a drift": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:UpdateFunctionCode20150331v2",
                {"functionName": "app", "publish": False, "dryRun": False},
                response={"functionName": "app", "codeSha256": "b3RoZXI="},
            ),
        ],
        [modified(FUNCTION, "source_code_hash", "aGFzaA==", "b3RoZXI=")],
    ),
    "the same code is none": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:UpdateFunctionCode20150331v2",
                {"functionName": "app"},
                response={"functionName": "app", "codeSha256": "aGFzaA=="},
            ),
        ],
        [],
    ),
    "code that the state does not follow is nobody's": (
        [
            wrote(0, function(source_code_hash=None)),
            called(
                5,
                "lambda:UpdateFunctionCode20150331v2",
                {"functionName": "app"},
                response={"codeSha256": "b3RoZXI="},
            ),
        ],
        [],
    ),
    "a permission added by hand is unmanaged": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:AddPermission20150331v2",
                {"functionName": "app", "statementId": "any", "action": "lambda:InvokeFunction", "principal": "*"},
            ),
        ],
        [unmanaged("aws_lambda_permission", "app/any")],
    ),
    "a permission taken off by hand is a drift": (
        [
            wrote(0, function(), permission()),
            called(5, "lambda:RemovePermission20150331v2", {"functionName": "app", "statementId": "events"}),
        ],
        [deleted("aws_lambda_permission.events", "events")],
    ),
    "Terraform's permission is none": (
        [
            wrote(0, function()),
            applied(
                5,
                "lambda:AddPermission20150331v2",
                {
                    "functionName": "app",
                    "statementId": "events",
                    "action": "lambda:InvokeFunction",
                    "principal": "events.amazonaws.com",
                },
            ),
            wrote(6, function(), permission()),
        ],
        [],
    ),
    "a function deleted by hand is a drift": (
        [wrote(0, function()), called(5, "lambda:DeleteFunction20150331", {"functionName": "app"})],
        [deleted(FUNCTION, "app")],
    ),
}

KMS: Scenarios = {
    "a key disabled is a drift": ([wrote(0, key()), on_key("DisableKey")], [modified(KEY, "is_enabled", True, False)]),
    "a key disabled and enabled is reverted": (
        [wrote(0, key()), on_key("DisableKey"), on_key("EnableKey", KEY_ARN, 6)],
        [modified(KEY, "is_enabled", True, False, end="reverted")],
    ),
    "a key enabled that is on changes nothing": ([wrote(0, key()), on_key("EnableKey")], []),
    "a key by its alias is told by the event's resource": (
        [
            wrote(0, key()),
            on_key(
                "DisableKey",
                "alias/main",
                resources=text({"ARN": KEY_ARN, "accountId": ACCOUNT, "type": "AWS::KMS::Key"}),
            ),
        ],
        [modified(KEY, "is_enabled", True, False)],
    ),
    "rotation switched on that is on changes nothing": ([wrote(0, key()), on_key("EnableKeyRotation")], []),
    "rotation switched off is a drift": (
        [wrote(0, key()), on_key("DisableKeyRotation")],
        [modified(KEY, "enable_key_rotation", True, False)],
    ),
    "rotation switched off that was never on changes nothing": (
        [wrote(0, key(enable_key_rotation=None)), on_key("DisableKeyRotation")],
        [],
    ),
    "a key that waits for its deletion is gone": (
        [wrote(0, key()), called(5, "kms:ScheduleKeyDeletion", {"keyId": KEY_ID, "pendingWindowInDays": 7})],
        [deleted(KEY, KEY_ID)],
    ),
    "a key saved from its deletion is back, and disabled": (
        [wrote(0, key()), on_key("ScheduleKeyDeletion"), on_key("CancelKeyDeletion", minutes=6)],
        [deleted(KEY, KEY_ID, end="reverted"), modified(KEY, "is_enabled", True, False)],
    ),
    "a key's policy put as it is changes nothing": (
        [
            wrote(0, key()),
            called(5, "kms:PutKeyPolicy", {"keyId": KEY_ID, "policyName": "default", "policy": spaced(OWN)}),
        ],
        [],
    ),
    "a key's policy for anybody is a drift": (
        [
            wrote(0, key()),
            called(5, "kms:PutKeyPolicy", {"keyId": KEY_ID, "policyName": "default", "policy": spaced(ANYBODY)}),
        ],
        [modified(KEY, "policy", text(OWN), text(ANYBODY))],
    ),
}

CLOUDTRAIL: Scenarios = {
    "logging stopped is a drift": (
        [wrote(0, trail()), on_trail("StopLogging")],
        [modified(TRAIL, "enable_logging", True, False)],
    ),
    "logging stopped by the trail's ARN is a drift": (
        [wrote(0, trail()), on_trail("StopLogging", TRAIL_ARN)],
        [modified(TRAIL, "enable_logging", True, False)],
    ),
    "logging stopped and started is reverted": (
        [wrote(0, trail()), on_trail("StopLogging"), on_trail("StartLogging", minutes=6)],
        [modified(TRAIL, "enable_logging", True, False, end="reverted")],
    ),
    "logging started that runs changes nothing": ([wrote(0, trail()), on_trail("StartLogging")], []),
    "a trail updated as it is changes nothing": (
        [
            wrote(0, trail()),
            on_trail(
                "UpdateTrail",
                s3BucketName="logs",
                includeGlobalServiceEvents=True,
                isMultiRegionTrail=True,
                enableLogFileValidation=True,
                isOrganizationTrail=False,
            ),
        ],
        [],
    ),
    "a trail that watches one region less is a drift": (
        [wrote(0, trail()), on_trail("UpdateTrail", isMultiRegionTrail=False)],
        [modified(TRAIL, "is_multi_region_trail", True, False)],
    ),
    "a trail's key by its alias is the key that the response names": (
        [
            wrote(0, trail(kms_key_id=KEY_ARN)),
            called(
                5,
                "cloudtrail:UpdateTrail",
                {"name": "main", "kmsKeyId": "alias/main"},
                response={"name": "main", "trailARN": TRAIL_ARN, "kmsKeyId": KEY_ARN},
            ),
        ],
        [],
    ),
    "a trail's key by an alias that nothing resolves is a change to something unknown": (
        [
            wrote(0, trail(kms_key_id=KEY_ARN)),
            called(5, "cloudtrail:UpdateTrail", {"name": "main", "kmsKeyId": "alias/main"}),
        ],
        [unknown(TRAIL, "kms_key_id", KEY_ARN)],
    ),
    "a trail deleted is a drift": ([wrote(0, trail()), on_trail("DeleteTrail")], [deleted(TRAIL, "main")]),
}

PAYLOADS: Scenarios = {
    "a queue's number as text is the number": ([wrote(0, queue()), on_queue(VisibilityTimeout="30")], []),
    "a queue's other number is a drift": (
        [wrote(0, queue()), on_queue(VisibilityTimeout="30", MessageRetentionPeriod="60")],
        [modified(QUEUE, "message_retention_seconds", 345600, "60")],
    ),
    "a queue's empty policy is none": ([wrote(0, queue()), on_queue(Policy="")], []),
    "a queue's policy put as it is changes nothing": (
        [wrote(0, queue(policy=text(OWN))), on_queue(Policy=spaced(OWN))],
        [],
    ),
    "a queue's policy may be a resource of its own": (
        [
            wrote(
                0,
                queue(policy=text(OWN)),
                placed("aws_sqs_queue_policy.jobs", id=URL, queue_url=URL, policy=text(OWN)),
            ),
            on_queue(Policy=spaced(ANYBODY), DelaySeconds="0"),
        ],
        [modified("aws_sqs_queue_policy.jobs", "policy", text(OWN), text(ANYBODY))],
    ),
    "a load balancer's attributes as they are change nothing": (
        [
            wrote(0, balancer()),
            on_balancer(
                ("deletion_protection.enabled", "true"),
                ("idle_timeout.timeout_seconds", "60"),
                ("access_logs.s3.enabled", "false"),
                ("access_logs.s3.bucket", ""),
            ),
        ],
        [],
    ),
    "a load balancer's protection switched off is a drift": (
        [wrote(0, balancer()), on_balancer(("deletion_protection.enabled", "false"))],
        [modified("aws_lb.front", "enable_deletion_protection", True, "false")],
    ),
    "a load balancer's groups in another order are the same": (
        [
            wrote(0, balancer()),
            called(
                5,
                "elasticloadbalancing:SetSecurityGroups",
                {"loadBalancerArn": LB_ARN, "securityGroups": ["sg-2", "sg-1"]},
            ),
        ],
        [],
    ),
    "a load balancer's other group is a drift": (
        [
            wrote(0, balancer()),
            called(
                5,
                "elasticloadbalancing:SetSecurityGroups",
                {"loadBalancerArn": LB_ARN, "securityGroups": ["sg-9"]},
            ),
        ],
        [modified("aws_lb.front", "security_groups", ["sg-1", "sg-2"], ["sg-9"])],
    ),
    "a table deleted is a drift": (
        [
            wrote(0, placed("aws_dynamodb_table.carts", id="carts", name="carts", arn=arn("dynamodb", "table/carts"))),
            called(5, "dynamodb:DeleteTable", {"tableName": "carts"}),
        ],
        [deleted("aws_dynamodb_table.carts", "carts")],
    ),
    "an instance stopped by hand is as Terraform knows it": (
        [
            wrote(0, web(instance_state="running")),
            called(5, "ec2:StopInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}, "force": False}),
        ],
        [],
    ),
    "an instance stopped whose state is managed is a drift": (
        [
            wrote(0, web(), placed("aws_ec2_instance_state.web", id="i-1", instance_id="i-1", state="running")),
            called(5, "ec2:StopInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}}),
        ],
        [modified("aws_ec2_instance_state.web", "state", "running", "stopped")],
    ),
    "metadata served without a token is a drift": (
        [
            wrote(0, web(metadata_options=[{"http_tokens": "required", "http_endpoint": "enabled"}]), other()),
            called(
                5,
                "ec2:ModifyInstanceMetadataOptions",
                {
                    "ModifyInstanceMetadataOptionsRequest": {
                        "InstanceId": "i-1",
                        "HttpTokens": "optional",
                        "HttpEndpoint": "enabled",
                    }
                },
            ),
        ],
        [modified("aws_instance.web", "metadata_options[0].http_tokens", "required", "optional")],
    ),
}

SCENARIOS: Scenarios = RDS | LAMBDA | KMS | CLOUDTRAIL | PAYLOADS
