"""Secrets Manager and Parameter Store: hidden values, rotations, replicas."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, unknown

FUNCTION_ARN = arn("lambda", "function:app")
SECRET = "aws_secretsmanager_secret.db"
SECRET_ARN = arn("secretsmanager", "secret:db-AbCdEf")
PARAMETER = "aws_ssm_parameter.key"


def secret(**changes: Any) -> dict[str, Any]:
    """A secret."""
    attributes = {"id": SECRET_ARN, "arn": SECRET_ARN, "name": "db", "description": "", "kms_key_id": "", "policy": ""}
    return placed(SECRET, **(attributes | {"replica": []} | changes))


def on_secret(name: str, minutes: int = 5, **request: Any) -> Step:
    """Somebody does something to the secret, whose ARN the response tells."""
    return called(
        minutes, f"secretsmanager:{name}", {"secretId": "db", **request}, response={"aRN": SECRET_ARN, "name": "db"}
    )


def parameter(**changes: Any) -> dict[str, Any]:
    """A parameter."""
    attributes = {
        "id": "/key",
        "name": "/key",
        "arn": arn("ssm", "parameter/key"),
        "type": "String",
        "value": "secret",
        "tier": "Standard",
        "description": "",
        "data_type": "text",
    }
    return placed(PARAMETER, **(attributes | changes))


def put_parameter(minutes: int = 5, *, act: Any = called, **request: Any) -> Step:
    """Somebody overwrites the parameter; the log hides any value."""
    given = {"name": "/key", "value": "HIDDEN_DUE_TO_SECURITY_REASONS", "overwrite": True, **request}
    return act(minutes, "ssm:PutParameter", given, response={"version": 2, "tier": "Standard"})


SCENARIOS: Scenarios = {
    "a secret by its ARN without the suffix": (
        [
            wrote(0, secret(description="old")),
            called(5, "secretsmanager:UpdateSecret", {"secretId": SECRET_ARN[:-7], "description": "new"}),
        ],
        [modified(SECRET, "description", "old", "new")],
    ),
    "a secret rotated now by its own rules is no drift": (
        [
            wrote(
                0,
                secret(),
                placed(
                    "aws_secretsmanager_secret_rotation.db",
                    id=SECRET_ARN,
                    secret_id=SECRET_ARN,
                    rotation_enabled=True,
                    rotation_lambda_arn=FUNCTION_ARN,
                    rotation_rules=[{"automatically_after_days": 30, "duration": "", "schedule_expression": ""}],
                ),
            ),
            on_secret("RotateSecret", rotateImmediately=True),
        ],
        [],
    ),
    "a secret rotated by another function, and then its rotation cancelled": (
        [
            wrote(
                0,
                secret(),
                placed(
                    "aws_secretsmanager_secret_rotation.db",
                    id=SECRET_ARN,
                    secret_id=SECRET_ARN,
                    rotation_enabled=True,
                    rotation_lambda_arn=FUNCTION_ARN,
                ),
            ),
            on_secret("RotateSecret", rotationLambdaARN=arn("lambda", "function:evil")),
            on_secret("CancelRotateSecret", 6),
        ],
        [
            modified(
                "aws_secretsmanager_secret_rotation.db",
                "rotation_lambda_arn",
                FUNCTION_ARN,
                arn("lambda", "function:evil"),
                end="destroyed",
            ),
            deleted("aws_secretsmanager_secret_rotation.db", SECRET_ARN),
        ],
    ),
    "a pending version of a rotation is no new value": (
        [
            wrote(0, secret(), placed("aws_secretsmanager_secret_version.db", arn=SECRET_ARN, secret_string="x")),
            on_secret("PutSecretValue", versionStages=["AWSPENDING"]),
        ],
        [],
    ),
    "a secret copied to another region is a drift": (
        [wrote(0, secret()), on_secret("ReplicateSecretToRegions", addReplicaRegions=[{"region": "us-west-2"}])],
        [modified(SECRET, "replica", [], [{"region": "us-west-2"}])],
    ),
    "a secret copied to where it is is no drift": (
        [
            wrote(0, secret(replica=[{"region": "us-west-2", "kms_key_id": "", "status": "InSync"}])),
            on_secret("ReplicateSecretToRegions", addReplicaRegions=[{"region": "us-west-2"}]),
        ],
        [],
    ),
    "a parameter that becomes a secure string drifts in value and type": (
        [wrote(0, parameter()), put_parameter(type="SecureString")],
        [unknown(PARAMETER, "value", "(sensitive)"), modified(PARAMETER, "type", "String", "SecureString")],
    ),
    "a parameter by Terraform is no drift once a state confirms it": (
        [
            wrote(0, parameter()),
            applied(
                5, "ssm:PutParameter", {"name": "/key", "value": "HIDDEN_DUE_TO_SECURITY_REASONS", "overwrite": True}
            ),
            wrote(6, parameter(value="other")),
        ],
        [],
    ),
    "a hidden value that Terraform sets again ends with the next serial": (
        [
            wrote(0, parameter()),
            put_parameter(),
            put_parameter(8, act=applied),
            wrote(9, parameter(), placed("aws_ssm_document.patch", id="patch", name="patch")),
        ],
        [unknown(PARAMETER, "value", "(sensitive)", end="applied")],
    ),
    "a hidden value that Terraform sets again may still be another before a serial": (
        [wrote(0, parameter()), put_parameter(), put_parameter(8, act=applied)],
        [unknown(PARAMETER, "value", "(sensitive)")],
    ),
    "an account setting allows public documents": (
        [
            wrote(
                0,
                placed(
                    "aws_ssm_service_setting.public",
                    id="/ssm/documents/console/public-sharing-permission",
                    setting_id="/ssm/documents/console/public-sharing-permission",
                    setting_value="Disable",
                ),
            ),
            called(
                5,
                "ssm:UpdateServiceSetting",
                {"settingId": "/ssm/documents/console/public-sharing-permission", "settingValue": "Enable"},
            ),
        ],
        [modified("aws_ssm_service_setting.public", "setting_value", "Disable", "Enable")],
    ),
    "an association's parameters are set as they are, which AWS asks to hide": (
        [
            wrote(0, placed("aws_ssm_association.ls", id="a-1", association_id="a-1", parameters={"commands": "ls"})),
            called(5, "ssm:UpdateAssociation", {"associationId": "a-1", "parameters": {"commands": ["ls"]}}),
        ],
        [],
    ),
    "a document shared with everybody is unknown": (
        [
            wrote(0, placed("aws_ssm_document.patch", id="patch", name="patch", permissions=None)),
            called(
                5,
                "ssm:ModifyDocumentPermission",
                {"name": "patch", "permissionType": "Share", "accountIdsToAdd": ["all"]},
            ),
        ],
        [unknown("aws_ssm_document.patch", "permissions", None)],
    ),
}
