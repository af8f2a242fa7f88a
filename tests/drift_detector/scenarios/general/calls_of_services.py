"""Calls that AWS services and agents make by themselves, and those of them that change managed resources."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other, resize, web
from tests.drift_detector.playbook import ACCOUNT, TERRAFORM, Step, called, wrote
from tests.drift_detector.scenarios.builders import (
    Scenarios,
    arn,
    by_role,
    by_service,
    deleted,
    items,
    modified,
    placed,
)
from tests.drift_detector.scenarios.network.security_groups import SG, SSH, group

Who = dict[str, Any]
ORDERS = "aws_db_instance.orders"
SECRET_ARN = arn("secretsmanager", "secret:db-AbCdEf")
ROTATION = by_role("rotation", "rotate-db", "Boto3/1.34 exec-env/AWS_Lambda_python3.12")
ADDRESSES = "aws_wafv2_ip_set.blocked"


def makes(event: str, request: dict[str, Any], response: dict[str, Any] | None, who: Who) -> Step:
    """Somebody makes something."""
    return called(5, event, request, response=response, **who)


def database(**changes: Any) -> dict[str, Any]:
    """A database."""
    attributes = {"id": "db-1", "identifier": "orders", "arn": arn("rds", "db:orders"), "backup_retention_period": 7}
    return placed(ORDERS, **(attributes | changes))


def secret() -> list[dict[str, Any]]:
    """A secret that rotates, and its value."""
    return [
        placed("aws_secretsmanager_secret.db", id=SECRET_ARN, arn=SECRET_ARN, name="db"),
        placed(
            "aws_secretsmanager_secret_version.db",
            id=f"{SECRET_ARN}|v1",
            arn=SECRET_ARN,
            secret_id=SECRET_ARN,
            version_id="v1",
            version_stages=["AWSCURRENT"],
        ),
        placed("aws_secretsmanager_secret_rotation.db", id=SECRET_ARN, secret_id=SECRET_ARN, rotation_enabled=True),
    ]


def catalog(who: Who) -> list[Step]:
    """A table of a managed database is made in the data catalog, and grows."""
    named = {"databaseName": "lake", "tableName": "orders"}
    return [
        wrote(
            0,
            placed(
                "aws_glue_catalog_database.lake", id=f"{ACCOUNT}:lake", name="lake", arn=arn("glue", "database/lake")
            ),
        ),
        makes("glue:CreateTable", {"databaseName": "lake", "tableInput": {"name": "orders"}}, None, who),
        makes("glue:BatchCreatePartition", {**named, "partitionInputList": [{"values": ["2025"]}]}, None, who),
    ]


def applies(agent: str) -> list[Step]:
    """Terraform, run by something, changes an instance and writes its state."""
    return [
        wrote(0, web()),
        resize(5, "m5.large", agent=agent, by="apply"),
        wrote(6, web(instance_type="m5.large")),
    ]


def interface(principal: str) -> list[Step]:
    """A service makes an interface in a subnet."""
    response = {"networkInterface": {"networkInterfaceId": "eni-9"}}
    return [
        wrote(0, placed("aws_subnet.a", id="subnet-1", arn=arn("ec2", "subnet/subnet-1"), vpc_id="vpc-1"), web()),
        makes("ec2:CreateNetworkInterface", {"subnetId": "subnet-1"}, response, by_service(principal)),
        makes("ec2:DeleteNetworkInterface", {"networkInterfaceId": "eni-8"}, None, by_service(principal)),
    ]


SCENARIOS: Scenarios = {
    "a nightly backup is ignored": (
        [
            wrote(0, database(), web()),
            makes(
                "rds:CreateDBSnapshot",
                {"dBSnapshotIdentifier": "awsbackup:1", "dBInstanceIdentifier": "orders"},
                {"dBSnapshotIdentifier": "awsbackup:1", "dBSnapshotArn": arn("rds", "snapshot:awsbackup:1")},
                by_service("backup.amazonaws.com"),
            ),
            makes(
                "ec2:CreateSnapshot",
                {"volumeId": "vol-1"},
                {"snapshotId": "snap-1", "volumeId": "vol-1"},
                by_service("dlm.amazonaws.com"),
            ),
            makes("ec2:DeleteSnapshot", {"snapshotId": "snap-0"}, None, by_service("dlm.amazonaws.com")),
        ],
        [],
    ),
    "a snapshot before a change": (
        [
            wrote(0, database()),
            makes(
                "rds:CreateDBSnapshot",
                {"dBSnapshotIdentifier": "before", "dBInstanceIdentifier": "orders"},
                {"dBSnapshotIdentifier": "before", "dBSnapshotArn": arn("rds", "snapshot:before")},
                by_role("ops", "jane"),
            ),
        ],
        [],
    ),
    "a replica added by its autoscaler is ignored": (
        [
            wrote(
                0, placed("aws_rds_cluster.shop", id="shop", cluster_identifier="shop", arn=arn("rds", "cluster:shop"))
            ),
            makes(
                "rds:CreateDBInstance",
                {"dBInstanceIdentifier": "application-autoscaling-1", "dBClusterIdentifier": "shop"},
                {"dBInstanceIdentifier": "application-autoscaling-1"},
                by_service("rds.application-autoscaling.amazonaws.com"),
            ),
        ],
        [],
    ),
    "a network interface of a function is ignored": (interface("lambda.amazonaws.com"), []),
    "a network interface of a mount target is ignored": (interface("elasticfilesystem.amazonaws.com"), []),
    "a network interface of a task is ignored": (interface("ecs.amazonaws.com"), []),
    "an instance of a fleet is ignored": (
        [
            wrote(0, other()),
            makes(
                "ec2:RunInstances",
                {},
                {"instancesSet": items({"instanceId": "i-9"})},
                by_service("spotfleet.amazonaws.com"),
            ),
        ],
        [],
    ),
    "a log group created by a function's first line is ignored": (
        [
            wrote(0, other()),
            makes(
                "logs:CreateLogGroup",
                {"logGroupName": "/aws/lambda/app"},
                None,
                by_role("app", "app", "awslambda-worker/1.0 rusoto/0.48.0 rust/1.70.0 linux"),
            ),
            makes(
                "logs:CreateLogStream",
                {"logGroupName": "/aws/lambda/app", "logStreamName": "2025/01/15/[$LATEST]1"},
                None,
                by_role("app", "app", "awslambda-worker/1.0 rusoto/0.48.0 rust/1.70.0 linux"),
            ),
        ],
        [],
    ),
    "a complete rotation of a secret is ignored": (
        [
            wrote(0, *secret()),
            makes("secretsmanager:RotateSecret", {"secretId": "db"}, None, by_service("secretsmanager.amazonaws.com")),
            makes(
                "secretsmanager:PutSecretValue",
                {"secretId": SECRET_ARN, "clientRequestToken": "v2", "versionStages": ["AWSPENDING"]},
                {"arn": SECRET_ARN, "name": "db", "versionId": "v2", "versionStages": ["AWSPENDING"]},
                ROTATION,
            ),
            makes(
                "secretsmanager:UpdateSecretVersionStage",
                {
                    "secretId": SECRET_ARN,
                    "versionStage": "AWSCURRENT",
                    "moveToVersionId": "v2",
                    "removeFromVersionId": "v1",
                },
                {"arn": SECRET_ARN, "name": "db"},
                ROTATION,
            ),
        ],
        [],
    ),
    "an organization's services join the account": (
        [
            wrote(0, other()),
            makes(
                "guardduty:CreateDetector",
                {"enable": True},
                {"detectorId": "d-1"},
                by_service("guardduty.amazonaws.com"),
            ),
            makes(
                "config:PutConfigRule",
                {"configRule": {"configRuleName": "securityhub-open-ports", "source": {"owner": "AWS"}}},
                None,
                by_service("securityhub.amazonaws.com", "securityhub"),
            ),
            makes("config:PutEvaluations", {"evaluations": []}, None, by_role("config", "check")),
        ],
        [],
    ),
    "a table created by a crawler is ignored": (catalog(by_role("crawlers", "AWS-Crawler")), []),
    "a table created by a query is ignored": (catalog(by_service("athena.amazonaws.com", "jane")), []),
    "the agents of containers and machines report": (
        [
            wrote(0, placed("aws_ecs_cluster.main", id=arn("ecs", "cluster/main"), name="main"), web()),
            makes("ecs:RegisterContainerInstance", {"cluster": "main"}, None, by_role("nodes", "i-9")),
            makes("ecs:SubmitTaskStateChange", {"cluster": "main"}, None, by_role("nodes", "i-9")),
            makes("ecs:PutAttributes", {"cluster": "main"}, None, by_role("nodes", "i-9")),
            makes("ssm:UpdateInstanceInformation", {"instanceId": "i-1"}, None, by_role("nodes", "i-1")),
            makes("ssm:PutInventory", {"instanceId": "i-1"}, None, by_role("nodes", "i-1")),
        ],
        [],
    ),
    "a role that a service is linked to": (
        [
            wrote(0, other()),
            makes(
                "iam:CreateServiceLinkedRole",
                {"aWSServiceName": "ecs.amazonaws.com"},
                {"role": {"roleName": "AWSServiceRoleForECS"}},
                by_service("ecs.amazonaws.com", "jane"),
            ),
        ],
        [],
    ),
    "roles created by a landing zone are ignored": (
        [
            wrote(0, other()),
            makes(
                "iam:CreateRole",
                {"roleName": "aws-controltower-AdministratorExecutionRole"},
                {"role": {"roleName": "aws-controltower-AdministratorExecutionRole"}},
                by_service("cloudformation.amazonaws.com", "StackSet"),
            ),
        ],
        [],
    ),
    "OpenTofu by Atlantis": (applies(TERRAFORM.replace("Terraform/1.9.5", "OpenTofu/1.9.0") + " atlantis/0.30"), []),
    "Terraform by Terragrunt": (applies(f"{TERRAFORM} terragrunt/0.69.0"), []),
    "Terraform by CDK": (applies(f"{TERRAFORM} cdktf/0.20.10 (typescript)"), []),
    "a backup plan with continuous backups extends a managed database's retention": (
        [
            wrote(0, database()),
            makes(
                "rds:ModifyDBInstance",
                {"dBInstanceIdentifier": "orders", "backupRetentionPeriod": 35},
                None,
                by_service("backup.amazonaws.com", "backup"),
            ),
        ],
        [modified(ORDERS, "backup_retention_period", 7, 35, by="backup")],
    ),
    "a managed spot instance is interrupted": (
        [
            wrote(0, web()),
            makes(
                "ec2:TerminateInstances",
                {"instancesSet": items({"instanceId": "i-1"})},
                None,
                by_service("spot.amazonaws.com", "spot"),
            ),
        ],
        [deleted("aws_instance.web", "i-1", by="spot")],
    ),
    "an automatic remediation closes a rule of Terraform's": (
        [
            wrote(0, group(SSH)),
            makes(
                "ec2:RevokeSecurityGroupIngress",
                {
                    "groupId": "sg-1",
                    "ipPermissions": items(
                        {
                            "ipProtocol": SSH["protocol"],
                            "fromPort": SSH["from_port"],
                            "toPort": SSH["to_port"],
                            "ipRanges": items(*({"cidrIp": cidr} for cidr in SSH["cidr_blocks"])),
                        }
                    ),
                },
                {"_return": True},
                by_service("ssm.amazonaws.com", "remedy"),
            ),
        ],
        [modified(SG, "ingress", [SSH], [], by="remedy")],
    ),
    "a function blocks an address in a managed list": (
        [
            wrote(
                0,
                placed(
                    ADDRESSES,
                    id="1",
                    name="blocked",
                    scope="REGIONAL",
                    arn=arn("wafv2", "regional/ipset/blocked/1"),
                    addresses=["198.51.100.7/32"],
                ),
            ),
            makes(
                "wafv2:UpdateIPSet",
                {"name": "blocked", "id": "1", "scope": "REGIONAL", "addresses": ["203.0.113.9/32"]},
                None,
                by_role("blocker", "blocker"),
            ),
        ],
        [modified(ADDRESSES, "addresses", ["198.51.100.7/32"], ["203.0.113.9/32"], by="blocker")],
    ),
}
