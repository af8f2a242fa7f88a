"""Attribute values: numbers, booleans, sets, unset values and hidden values in the spellings of API and state."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import resize, web
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, items, modified, placed, unknown

DB = "aws_db_instance.main"
FUNCTION = "aws_lambda_function.app"
ROLE_ARN = arn("iam", "role/app")
BOUNDARY = arn("iam", "policy/boundary")


def database(**changes: Any) -> dict[str, Any]:
    """A database as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "db-ABCDEFGH",
        "identifier": "main",
        "arn": arn("rds", "db:main"),
        "resource_id": "db-ABCDEFGH",
        "engine": "mysql",
        "engine_version": "8.0.32",
        "allocated_storage": 20,
        "instance_class": "db.t3.micro",
        "multi_az": False,
        "publicly_accessible": False,
        "deletion_protection": True,
        "auto_minor_version_upgrade": True,
        "backup_retention_period": 7,
        "backup_window": "03:00-04:00",
        "maintenance_window": "mon:04:00-mon:05:00",
        "max_allocated_storage": 0,
        "monitoring_interval": 0,
        "iops": 0,
        "license_model": "general-public-license",
        "password": "secret",
        "vpc_security_group_ids": ["sg-1", "sg-2"],
        "enabled_cloudwatch_logs_exports": ["audit"],
        "performance_insights_enabled": None,
    }
    return placed(DB, **(attributes | changes))


def function(**changes: Any) -> dict[str, Any]:
    """A function as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "app",
        "function_name": "app",
        "arn": arn("lambda", "function:app"),
        "role": ROLE_ARN,
        "runtime": "python3.12",
        "handler": "app.main",
        "description": "",
        "memory_size": 128,
        "timeout": 30,
        "layers": [arn("lambda", "layer:a:1"), arn("lambda", "layer:b:2")],
        "kms_key_arn": "",
        "source_code_hash": "aGFzaA==",
        "reserved_concurrent_executions": -1,
        "environment": [{"variables": {"LEVEL": "info"}}],
        "vpc_config": [{"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"], "vpc_id": "vpc-1"}],
        "tags": {"Env": "prod"},
        "tags_all": {"Env": "prod"},
    }
    return placed(FUNCTION, **(attributes | changes))


def role(**changes: Any) -> dict[str, Any]:
    """A role as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "app",
        "name": "app",
        "arn": ROLE_ARN,
        "description": "",
        "path": "/",
        "max_session_duration": 3600,
        "permissions_boundary": "",
        "inline_policy": [],
        "managed_policy_arns": [],
    }
    return placed("aws_iam_role.app", **(attributes | changes))


def group(**changes: Any) -> dict[str, Any]:
    """A log group as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "/app",
        "name": "/app",
        "arn": arn("logs", "log-group:/app"),
        "retention_in_days": 30,
    }
    return placed("aws_cloudwatch_log_group.app", **(attributes | changes))


def alter(**request: Any) -> Step:
    """Somebody modifies the database."""
    return called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", **request})


def configure(**request: Any) -> Step:
    """Somebody configures the function."""
    return called(5, "lambda:UpdateFunctionConfiguration20150331v2", {"functionName": "app", **request})


def rebind(*groups: str) -> Step:
    """Somebody sets the groups of the instance."""
    request = {"instanceId": "i-1", "groupSet": items(*({"groupId": group} for group in groups))}
    return called(5, "ec2:ModifyInstanceAttribute", request)


def sensitive(instance_type: str) -> dict[str, Any]:
    """An instance whose type the configuration took from a sensitive variable."""
    block = web(instance_type=instance_type)
    block["instances"][0]["sensitive_attributes"] = [[{"type": "get_attr", "value": "instance_type"}]]
    return block


SCENARIOS: Scenarios = {
    # ---- Numbers and booleans
    "a number as text equals the number": ([wrote(0, database()), alter(allocatedStorage="20")], []),
    "another number as text is a drift": (
        [wrote(0, database()), alter(allocatedStorage="100")],
        [modified(DB, "allocated_storage", 20, "100")],
    ),
    "another number is a drift": (
        [wrote(0, function()), configure(timeout=900)],
        [modified(FUNCTION, "timeout", 30, 900)],
    ),
    "a boolean as text equals the boolean": ([wrote(0, database()), alter(deletionProtection="true")], []),
    "a protection switched off is a drift": (
        [wrote(0, database()), alter(deletionProtection=False)],
        [modified(DB, "deletion_protection", True, False)],
    ),
    "the older form of an instance's attribute is read": (
        [
            wrote(0, web()),
            called(
                5,
                "ec2:ModifyInstanceAttribute",
                {"instanceId": "i-1", "attribute": "disableApiTermination", "value": "false"},
            ),
        ],
        [modified("aws_instance.web", "disable_api_termination", True, "false")],
    ),
    "the older form with the recorded value is no drift": (
        [
            wrote(0, web()),
            called(
                5,
                "ec2:ModifyInstanceAttribute",
                {"instanceId": "i-1", "attribute": "disableApiTermination", "value": "true"},
            ),
        ],
        [],
    ),
    # ---- Sets and lists
    "groups in another order are equal": (
        [wrote(0, web(vpc_security_group_ids=["sg-1", "sg-2"])), rebind("sg-2", "sg-1")],
        [],
    ),
    "another group is a drift": (
        [wrote(0, web(vpc_security_group_ids=["sg-1", "sg-2"])), rebind("sg-2", "sg-3")],
        [modified("aws_instance.web", "vpc_security_group_ids", ["sg-1", "sg-2"], ["sg-2", "sg-3"])],
    ),
    "a single value equals a list of one": (
        [wrote(0, web(vpc_security_group_ids=["sg-1"])), rebind("sg-1")],
        [],
    ),
    "subnets of a function in another order are equal": (
        [
            wrote(0, function()),
            configure(vpcConfig={"subnetIds": ["subnet-2", "subnet-1"], "securityGroupIds": ["sg-1"]}),
        ],
        [],
    ),
    "a function taken out of a group is a drift": (
        [
            wrote(0, function()),
            configure(vpcConfig={"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-9"]}),
        ],
        [modified(FUNCTION, "vpc_config[0].security_group_ids", ["sg-1"], ["sg-9"])],
    ),
    "the order of layers matters": (
        [wrote(0, function()), configure(layers=[arn("lambda", "layer:b:2"), arn("lambda", "layer:a:1")])],
        [
            modified(
                FUNCTION,
                "layers",
                [arn("lambda", "layer:a:1"), arn("lambda", "layer:b:2")],
                [arn("lambda", "layer:b:2"), arn("lambda", "layer:a:1")],
            )
        ],
    ),
    "an added log export is a drift": (
        [wrote(0, database()), alter(cloudwatchLogsExportConfiguration={"enableLogTypes": ["error"]})],
        [modified(DB, "enabled_cloudwatch_logs_exports", ["audit"], ["audit", "error"])],
    ),
    "enabling an export that is on is no drift": (
        [wrote(0, database()), alter(cloudwatchLogsExportConfiguration={"enableLogTypes": ["audit"]})],
        [],
    ),
    "disabling an export that is off is no drift": (
        [wrote(0, database()), alter(cloudwatchLogsExportConfiguration={"disableLogTypes": ["slowquery"]})],
        [],
    ),
    # ---- Unset in its spellings
    "an empty description equals no description": (
        [wrote(0, role(description=None)), called(5, "iam:UpdateRole", {"roleName": "app", "description": ""})],
        [],
    ),
    "off equals unset where off is the default": (
        [wrote(0, database(publicly_accessible=None)), alter(publiclyAccessible=False, monitoringInterval=0)],
        [],
    ),
    "on differs from unset": (
        [wrote(0, database(publicly_accessible=None)), alter(publiclyAccessible=True)],
        [modified(DB, "publicly_accessible", None, True)],
    ),
    "no retention equals a retention of zero": (
        [
            wrote(0, group(retention_in_days=0)),
            called(5, "logs:DeleteRetentionPolicy", {"logGroupName": "/app"}),
        ],
        [],
    ),
    "a retention removed is a drift": (
        [wrote(0, group()), called(5, "logs:DeleteRetentionPolicy", {"logGroupName": "/app"})],
        [modified("aws_cloudwatch_log_group.app", "retention_in_days", 30, None)],
    ),
    "a retention put unchanged is no drift": (
        [wrote(0, group()), called(5, "logs:PutRetentionPolicy", {"logGroupName": "/app", "retentionInDays": 30})],
        [],
    ),
    "a removed permissions boundary is a drift": (
        [
            wrote(0, role(permissions_boundary=BOUNDARY)),
            called(5, "iam:DeleteRolePermissionsBoundary", {"roleName": "app"}),
        ],
        [modified("aws_iam_role.app", "permissions_boundary", BOUNDARY, None)],
    ),
    "removing a permissions boundary that does not exist is no drift": (
        [wrote(0, role()), called(5, "iam:DeleteRolePermissionsBoundary", {"roleName": "app"})],
        [],
    ),
    "an attribute that a call leaves out keeps its value": (
        [wrote(0, function(description="keeps the books")), configure(timeout=30)],
        [],
    ),
    "an attribute that the recorded schema does not have is ignored": (
        [
            wrote(0, database()),
            alter(networkType="DUAL"),
        ],
        [],
    ),
    # ---- Versions, windows
    "a prefix of the version equals the version": ([wrote(0, database()), alter(engineVersion="8.0")], []),
    "another patch is another version": (
        [wrote(0, database()), alter(engineVersion="8.0.35")],
        [modified(DB, "engine_version", "8.0.32", "8.0.35")],
    ),
    "another major version with the same first digits is a drift": (
        [wrote(0, database(engine_version="8")), alter(engineVersion="80")],
        [modified(DB, "engine_version", "8", "80")],
    ),
    "a state with a version prefix equals every version of it": (
        [wrote(0, database(engine_version="8.0")), alter(engineVersion="8.0.35")],
        [],
    ),
    "a maintenance window in capitals equals the window": (
        [wrote(0, database()), alter(preferredMaintenanceWindow="Mon:04:00-Mon:05:00")],
        [],
    ),
    "another window is a drift": (
        [wrote(0, database()), alter(preferredBackupWindow="05:00-06:00")],
        [modified(DB, "backup_window", "03:00-04:00", "05:00-06:00")],
    ),
    # ---- Hidden and sensitive values
    "a hidden password is a drift to an unknown value": (
        [wrote(0, database()), alter(masterUserPassword="****")],
        [unknown(DB, "password", "(sensitive)")],
    ),
    "a password that Terraform sets is no drift once a state confirms it": (
        [
            wrote(0, database()),
            applied(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "masterUserPassword": "****"}),
            wrote(6, database(password="new")),
        ],
        [],
    ),
    "a hidden change that a refresh took in is absorbed": (
        [
            wrote(0, function()),
            configure(environment={}),
            wrote(9, function(environment=[{"variables": {"LEVEL": "debug"}}])),
        ],
        [unknown(FUNCTION, "environment", [{"variables": {"LEVEL": "info"}}], end="absorbed")],
    ),
    "an environment that the log hides is unknown": (
        [wrote(0, function()), configure(environment={})],
        [unknown(FUNCTION, "environment", [{"variables": {"LEVEL": "info"}}])],
    ),
    "a parameter's value is hidden in the old and in the new value": (
        [
            wrote(
                0,
                placed(
                    "aws_ssm_parameter.key",
                    id="/key",
                    name="/key",
                    arn=arn("ssm", "parameter/key"),
                    type="SecureString",
                    value="secret",
                ),
            ),
            called(
                5,
                "ssm:PutParameter",
                {"name": "/key", "value": "HIDDEN_DUE_TO_SECURITY_REASONS", "type": "SecureString", "overwrite": True},
            ),
        ],
        [unknown("aws_ssm_parameter.key", "value", "(sensitive)")],
    ),
    "user data that the log removes is unknown": (
        [
            wrote(0, web(user_data="da39a3ee5e6b4b0d3255bfef95601890afd80709")),
            called(
                5,
                "ec2:ModifyInstanceAttribute",
                {"instanceId": "i-1", "userData": "<sensitiveDataRemoved>"},
            ),
        ],
        [unknown("aws_instance.web", "user_data", "da39a3ee5e6b4b0d3255bfef95601890afd80709")],
    ),
    "a sensitive value set to its own value is no drift": (
        [wrote(0, sensitive("t3.micro")), resize(5, "t3.micro")],
        [],
    ),
    "another sensitive value is a drift that shows neither": (
        [wrote(0, sensitive("t3.micro")), resize(5, "m5.large")],
        [modified("aws_instance.web", "instance_type", "(sensitive)", "(sensitive)")],
    ),
    "a sensitive value set back is reverted": (
        [wrote(0, sensitive("t3.micro")), resize(5, "m5.large"), resize(6, "t3.micro")],
        [modified("aws_instance.web", "instance_type", "(sensitive)", "(sensitive)", end="reverted")],
    ),
    "a sensitive value that a refresh took in is absorbed": (
        [wrote(0, sensitive("t3.micro")), resize(5, "m5.large"), wrote(9, sensitive("m5.large"))],
        [modified("aws_instance.web", "instance_type", "(sensitive)", "(sensitive)", end="absorbed")],
    ),
}
