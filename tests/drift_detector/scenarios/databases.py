"""Databases, tables and caches: renames, pending changes, replicas and restores, and the many no-ops of consoles."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import ACCOUNT, CONSOLE, Step, applied, called, wrote
from tests.drift_detector.scenarios.terms import (
    SERVICE,
    Scenarios,
    allow,
    arn,
    deleted,
    modified,
    placed,
    policy,
    text,
    unknown,
    unmanaged,
)
from tests.drift_detector.scenarios.values import DB, database

CLUSTER = "aws_rds_cluster.shop"
WAREHOUSE = "aws_redshift_cluster.facts"


def renamed(old: str, new: str, minutes: int = 5, **more: Any) -> Step:
    """Somebody gives a database another name."""
    request = {"dBInstanceIdentifier": old, "newDBInstanceIdentifier": new, "applyImmediately": True}
    return called(minutes, "rds:ModifyDBInstance", {**request, **more})


def opened(name: str, minutes: int = 6) -> Step:
    """Somebody opens the database of a name to the internet."""
    request = {"dBInstanceIdentifier": name, "publiclyAccessible": True, "applyImmediately": True}
    return called(minutes, "rds:ModifyDBInstance", request)


def cluster(**changes: Any) -> dict[str, Any]:
    """An Aurora cluster as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "shop",
        "cluster_identifier": "shop",
        "arn": arn("rds", "cluster:shop"),
        "cluster_resource_id": "cluster-ABC",
        "engine": "aurora-mysql",
        "engine_version": "8.0.mysql_aurora.3.05.2",
        "backup_retention_period": 7,
        "deletion_protection": True,
        "storage_type": "",
        "allocated_storage": 1,
        "iam_roles": [],
        "enabled_cloudwatch_logs_exports": None,
        "master_password": None,
    }
    return placed(CLUSTER, **(attributes | changes))


def on_cluster(minutes: int = 5, **request: Any) -> Step:
    """Somebody modifies the cluster."""
    return called(minutes, "rds:ModifyDBCluster", {"dBClusterIdentifier": "shop", **request})


def warehouse(**changes: Any) -> dict[str, Any]:
    """A Redshift cluster as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "facts",
        "cluster_identifier": "facts",
        "arn": arn("redshift", "cluster:facts"),
        "node_type": "ra3.xlplus",
        "number_of_nodes": 2,
        "publicly_accessible": False,
        "encrypted": "true",
    }
    return placed(WAREHOUSE, **(attributes | changes))


RENAMES: Scenarios = {
    "a database renamed by hand is a drift of its name": (
        [wrote(0, database()), renamed("main", "main-old")],
        [modified(DB, "identifier", "main", "main-old")],
    ),
    "a renamed database is the same under its new name": (
        [wrote(0, database()), renamed("main", "main-old"), opened("main-old")],
        [
            modified(DB, "identifier", "main", "main-old"),
            modified(DB, "publicly_accessible", False, True),
        ],
    ),
    "a database renamed twice is the same under its last name": (
        [wrote(0, database()), renamed("main", "b"), renamed("b", "c", 6), opened("c", 7)],
        [modified(DB, "identifier", "main", "c"), modified(DB, "publicly_accessible", False, True)],
    ),
    "a database renamed and named back is as it was": (
        [wrote(0, database()), renamed("main", "b"), renamed("b", "main", 6)],
        [modified(DB, "identifier", "main", "b", end="reverted")],
    ),
    "a database deleted under its new name is deleted": (
        [
            wrote(0, database()),
            renamed("main", "main-old"),
            called(6, "rds:DeleteDBInstance", {"dBInstanceIdentifier": "main-old", "skipFinalSnapshot": True}),
        ],
        [modified(DB, "identifier", "main", "main-old"), deleted(DB, "db-ABCDEFGH")],
    ),
    "a renamed database is tagged by its new ARN": (
        [
            wrote(0, database(tags={"Env": "prod"}, tags_all={"Env": "prod"})),
            renamed("main", "main-old"),
            called(
                6,
                "rds:AddTagsToResource",
                {"resourceName": arn("rds", "db:main-old"), "tags": [{"key": "Env", "value": "old"}]},
            ),
        ],
        [modified(DB, "identifier", "main", "main-old"), modified(DB, "tags.Env", "prod", "old")],
    ),
    "a renaming that failed renames nothing": (
        [
            wrote(0, database()),
            called(
                5,
                "rds:ModifyDBInstance",
                {"dBInstanceIdentifier": "main", "newDBInstanceIdentifier": "taken", "applyImmediately": True},
                error="DBInstanceAlreadyExists",
            ),
            opened("taken"),
        ],
        [],
    ),
    "a new name is only known in its own region": (
        [
            wrote(0, database()),
            renamed("main", "main-old"),
            called(
                6,
                "rds:ModifyDBInstance",
                {"dBInstanceIdentifier": "main-old", "publiclyAccessible": True},
                region="us-west-2",
            ),
        ],
        [modified(DB, "identifier", "main", "main-old")],
    ),
    "a state that takes the new name over ends the drift": (
        [
            wrote(0, database()),
            renamed("main", "main-old"),
            wrote(6, database(identifier="main-old", arn=arn("rds", "db:main-old"))),
            opened("main-old", 7),
        ],
        [
            modified(DB, "identifier", "main", "main-old", end="absorbed"),
            modified(DB, "publicly_accessible", False, True),
        ],
    ),
    "a database renamed by Terraform is none": (
        [
            wrote(0, database()),
            applied(
                5,
                "rds:ModifyDBInstance",
                {"dBInstanceIdentifier": "main", "newDBInstanceIdentifier": "front", "applyImmediately": True},
            ),
            wrote(6, database(identifier="front", arn=arn("rds", "db:front"))),
        ],
        [],
    ),
    "a cluster renamed by hand is the same under its new name": (
        [
            wrote(0, cluster()),
            on_cluster(newDBClusterIdentifier="shop-old", applyImmediately=True),
            called(6, "rds:ModifyDBCluster", {"dBClusterIdentifier": "shop-old", "deletionProtection": False}),
        ],
        [
            modified(CLUSTER, "cluster_identifier", "shop", "shop-old"),
            modified(CLUSTER, "deletion_protection", True, False),
        ],
    ),
    "a warehouse renamed by hand is the same under its new name": (
        [
            wrote(0, warehouse()),
            called(5, "redshift:ModifyCluster", {"clusterIdentifier": "facts", "newClusterIdentifier": "Facts-2"}),
            called(6, "redshift:ModifyCluster", {"clusterIdentifier": "facts-2", "publiclyAccessible": True}),
        ],
        [
            modified(WAREHOUSE, "cluster_identifier", "facts", "facts-2"),
            modified(WAREHOUSE, "publicly_accessible", False, True),
        ],
    ),
}

TABLE = "aws_dynamodb_table.carts"
TABLE_ARN = arn("dynamodb", "table/carts")
CACHE = "aws_elasticache_replication_group.sessions"
STREAM = "aws_kinesis_stream.clicks"
STREAM_ARN = arn("kinesis", "stream/clicks")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/export"
PARAMETERS = "aws_db_parameter_group.main"


def table(**changes: Any) -> dict[str, Any]:
    """A table as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "carts",
        "name": "carts",
        "arn": TABLE_ARN,
        "billing_mode": "PROVISIONED",
        "read_capacity": 5,
        "write_capacity": 5,
        "table_class": "STANDARD",
        "deletion_protection_enabled": True,
        "stream_enabled": False,
        "stream_view_type": "",
        "point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 35}],
        "ttl": [{"attribute_name": "", "enabled": False}],
        "server_side_encryption": [],
    }
    return placed(TABLE, **(attributes | changes))


def on_table(name: str, minutes: int = 5, table_name: str = "carts", **request: Any) -> Step:
    """Somebody does something to the table."""
    return called(minutes, f"dynamodb:{name}", {"tableName": table_name, **request})


def cache(**changes: Any) -> dict[str, Any]:
    """A replication group as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "sessions",
        "replication_group_id": "sessions",
        "arn": arn("elasticache", "replicationgroup:sessions"),
        "description": "sessions",
        "engine_version": "7.1",
        "node_type": "cache.t4g.small",
        "multi_az_enabled": False,
        "automatic_failover_enabled": False,
        "auth_token": None,
        "snapshot_retention_limit": 0,
        "snapshot_window": "03:00-04:00",
        "maintenance_window": "mon:04:00-mon:05:00",
        "security_group_ids": ["sg-1"],
        "transit_encryption_enabled": True,
        "user_group_ids": None,
    }
    return placed(CACHE, **(attributes | changes))


def stream(**changes: Any) -> dict[str, Any]:
    """A stream as a state holds it."""
    attributes: dict[str, Any] = {
        "id": STREAM_ARN,
        "arn": STREAM_ARN,
        "name": "clicks",
        "encryption_type": "KMS",
        "kms_key_id": "alias/aws/kinesis",
        "retention_period": 24,
        "shard_count": 2,
        "tags": {"Env": "prod"},
        "tags_all": {"Env": "prod"},
    }
    return placed(STREAM, **(attributes | changes))


def association(role: str = ROLE) -> dict[str, Any]:
    """A cluster's role as a resource of its own."""
    return placed(
        "aws_rds_cluster_role_association.export",
        id=f"shop,{role}",
        db_cluster_identifier="shop",
        feature_name="s3Export",
        role_arn=role,
    )


def parameters(*given: tuple[str, str]) -> dict[str, Any]:
    """A parameter group as a state holds it."""
    block = [{"apply_method": "immediate", "name": name, "value": value} for name, value in given]
    return placed(PARAMETERS, id="main", name="main", arn=arn("rds", "pg:main"), parameter=block)


RDS: Scenarios = {
    "logs sent out of a database that has recorded none as null, and the database opened by the same call": (
        [
            wrote(0, database(enabled_cloudwatch_logs_exports=None)),
            called(
                5,
                "rds:ModifyDBInstance",
                {
                    "dBInstanceIdentifier": "main",
                    "publiclyAccessible": True,
                    "cloudwatchLogsExportConfiguration": {"enableLogTypes": ["error"]},
                    "applyImmediately": True,
                },
            ),
        ],
        [
            modified(DB, "enabled_cloudwatch_logs_exports", None, ["error"]),
            modified(DB, "publicly_accessible", False, True),
        ],
    ),
    "logs that a database does not send, which are turned off, are no drift": (
        [
            wrote(0, database(enabled_cloudwatch_logs_exports=None)),
            called(
                5,
                "rds:ModifyDBInstance",
                {
                    "dBInstanceIdentifier": "main",
                    "cloudwatchLogsExportConfiguration": {"disableLogTypes": ["error"]},
                },
            ),
        ],
        [],
    ),
    "a console's save of one of many members is one drift": (
        [
            wrote(0, database()),
            called(
                5,
                "rds:ModifyDBInstance",
                {
                    "dBInstanceIdentifier": "main",
                    "allocatedStorage": 20,
                    "dBInstanceClass": "db.t3.micro",
                    "applyImmediately": False,
                    "backupRetentionPeriod": 0,
                    "preferredBackupWindow": "03:00-04:00",
                    "preferredMaintenanceWindow": "Mon:04:00-Mon:05:00",
                    "multiAZ": False,
                    "engineVersion": "8.0.32",
                    "allowMajorVersionUpgrade": False,
                    "autoMinorVersionUpgrade": True,
                    "licenseModel": "general-public-license",
                    "copyTagsToSnapshot": False,
                    "monitoringInterval": 0,
                    "enableIAMDatabaseAuthentication": False,
                    "cloudwatchLogsExportConfiguration": {"enableLogTypes": [], "disableLogTypes": []},
                    "deletionProtection": True,
                    "enablePerformanceInsights": False,
                    "maxAllocatedStorage": 1000,
                },
                agent=CONSOLE,
            ),
        ],
        [modified(DB, "backup_retention_period", 7, 0), modified(DB, "max_allocated_storage", 0, 1000)],
    ),
    "a change that waits and is taken back is reverted": (
        [
            wrote(0, database()),
            called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "multiAZ": True}),
            called(6, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "multiAZ": False}),
        ],
        [modified(DB, "multi_az", False, True, end="reverted")],
    ),
    "another password is a drift to something unknown": (
        [
            wrote(0, database()),
            called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "masterUserPassword": "****"}),
        ],
        [unknown(DB, "password", "(sensitive)")],
    ),
    "a version given by its beginning is the version": (
        [
            wrote(0, database()),
            called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "engineVersion": "8.0"}),
        ],
        [],
    ),
    "the same database in other letters is the database": (
        [wrote(0, database()), opened("MAIN", 5)],
        [modified(DB, "publicly_accessible", False, True)],
    ),
    "a parameter as it is changes nothing": (
        [
            wrote(0, parameters(("max_connections", "100"))),
            called(
                5,
                "rds:ModifyDBParameterGroup",
                {
                    "dBParameterGroupName": "main",
                    "parameters": [
                        {"parameterName": "max_connections", "parameterValue": "100", "applyMethod": "pending-reboot"}
                    ],
                },
            ),
        ],
        [],
    ),
    "a parameter more is a drift": (
        [
            wrote(0, parameters(("max_connections", "100"))),
            called(
                5,
                "rds:ModifyDBParameterGroup",
                {
                    "dBParameterGroupName": "Main",
                    "parameters": [
                        {"isModifiable": True, "parameterName": "require_secure_transport", "parameterValue": "0"}
                    ],
                },
            ),
        ],
        [
            modified(
                PARAMETERS,
                "parameter",
                [{"apply_method": "immediate", "name": "max_connections", "value": "100"}],
                [
                    {"apply_method": "immediate", "name": "max_connections", "value": "100"},
                    {"name": "require_secure_transport", "value": "0"},
                ],
            )
        ],
    ),
    "a database restored by hand is unmanaged": (
        [
            wrote(0, database()),
            called(
                5,
                "rds:RestoreDBInstanceFromDBSnapshot",
                {"dBInstanceIdentifier": "main-restored", "dBSnapshotIdentifier": "rds:main-2025-01-14"},
            ),
        ],
        [unmanaged("aws_db_instance", "main-restored")],
    ),
    "a reader that a service adds is nobody's": (
        [
            wrote(0, cluster()),
            called(
                5,
                "rds:CreateDBInstance",
                {
                    "dBInstanceIdentifier": "application-autoscaling-1",
                    "dBClusterIdentifier": "shop",
                    "engine": "aurora-mysql",
                },
                **SERVICE,
            ),
        ],
        [],
    ),
    "a reader that somebody adds is unmanaged": (
        [
            wrote(0, cluster()),
            called(
                5,
                "rds:CreateDBInstance",
                {"dBInstanceIdentifier": "shop-2", "dBClusterIdentifier": "shop", "engine": "aurora-mysql"},
            ),
        ],
        [unmanaged("aws_rds_cluster_instance", "shop-2")],
    ),
    "a cluster's role added by hand is a drift of the cluster": (
        [
            wrote(0, cluster()),
            called(5, "rds:AddRoleToDBCluster", {"dBClusterIdentifier": "shop", "roleArn": ROLE, "featureName": ""}),
        ],
        [modified(CLUSTER, "iam_roles", [], [ROLE])],
    ),
    "a cluster's role taken off by hand is its association's end": (
        [
            wrote(0, cluster(iam_roles=[ROLE]), association()),
            called(5, "rds:RemoveRoleFromDBCluster", {"dBClusterIdentifier": "shop", "roleArn": ROLE}),
        ],
        [deleted("aws_rds_cluster_role_association.export", f"shop,{ROLE}")],
    ),
    "a cluster's role that Terraform adds is none": (
        [
            wrote(0, cluster()),
            applied(5, "rds:AddRoleToDBCluster", {"dBClusterIdentifier": "shop", "roleArn": ROLE}),
            wrote(6, cluster(), association()),
        ],
        [],
    ),
    "a cluster saved as it is changes nothing": (
        [
            wrote(0, cluster()),
            on_cluster(
                applyImmediately=True,
                allowMajorVersionUpgrade=False,
                backupRetentionPeriod=7,
                deletionProtection=True,
                engineVersion="8.0.mysql_aurora.3.05",
                storageType="aurora",
                enableHttpEndpoint=False,
            ),
        ],
        [],
    ),
}

TABLES: Scenarios = {
    "a table set to what it has changes nothing": (
        [
            wrote(0, table()),
            on_table(
                "UpdateTable",
                billingMode="PROVISIONED",
                provisionedThroughput={"readCapacityUnits": 5, "writeCapacityUnits": 5},
                tableClass="STANDARD",
                deletionProtectionEnabled=True,
            ),
        ],
        [],
    ),
    "a table that its ARN names is the table": (
        [wrote(0, table()), on_table("UpdateTable", table_name=TABLE_ARN, deletionProtectionEnabled=False)],
        [modified(TABLE, "deletion_protection_enabled", True, False)],
    ),
    "a table that scales by itself is nobody's": (
        [
            wrote(0, table()),
            called(
                5,
                "dynamodb:UpdateTable",
                {"tableName": "carts", "provisionedThroughput": {"readCapacityUnits": 50, "writeCapacityUnits": 5}},
                **SERVICE,
            ),
        ],
        [],
    ),
    "a table's recovery switched off is a drift": (
        [
            wrote(0, table()),
            on_table("UpdateContinuousBackups", pointInTimeRecoverySpecification={"pointInTimeRecoveryEnabled": False}),
        ],
        [modified(TABLE, "point_in_time_recovery[0].enabled", True, False)],
    ),
    "a table's recovery as it is changes nothing": (
        [
            wrote(0, table()),
            on_table(
                "UpdateContinuousBackups",
                pointInTimeRecoverySpecification={"pointInTimeRecoveryEnabled": True, "recoveryPeriodInDays": 35},
            ),
        ],
        [],
    ),
    "expiry that is off switched off changes nothing": (
        [
            wrote(0, table()),
            on_table("UpdateTimeToLive", timeToLiveSpecification={"enabled": False, "attributeName": "expires"}),
        ],
        [],
    ),
    "a table opened to anyone is unmanaged": (
        [
            wrote(0, table()),
            called(5, "dynamodb:PutResourcePolicy", {"resourceArn": TABLE_ARN, "policy": text(policy(allow()))}),
        ],
        [unmanaged("aws_dynamodb_resource_policy", TABLE_ARN)],
    ),
    "another team's table opened is nobody's": (
        [
            wrote(0, table()),
            called(
                5,
                "dynamodb:PutResourcePolicy",
                {"resourceArn": arn("dynamodb", "table/theirs"), "policy": text(policy(allow()))},
            ),
        ],
        [],
    ),
}

CACHES: Scenarios = {
    "a cache modified to what it has changes nothing": (
        [
            wrote(0, cache()),
            called(
                5,
                "elasticache:ModifyReplicationGroup",
                {
                    "replicationGroupId": "Sessions",
                    "applyImmediately": True,
                    "autoMinorVersionUpgrade": True,
                    "engineVersion": "7.1",
                    "multiAZEnabled": False,
                    "automaticFailoverEnabled": False,
                    "securityGroupIds": ["sg-1"],
                    "snapshotRetentionLimit": 0,
                    "preferredMaintenanceWindow": "Mon:04:00-Mon:05:00",
                },
                agent=CONSOLE,
            ),
        ],
        [],
    ),
    "a cache's transport in clear text is a drift": (
        [
            wrote(0, cache()),
            called(
                5,
                "elasticache:ModifyReplicationGroup",
                {"replicationGroupId": "sessions", "transitEncryptionEnabled": False, "applyImmediately": True},
            ),
        ],
        [modified(CACHE, "transit_encryption_enabled", True, False)],
    ),
    "a cache tagged by its ARN is a drift of the tag": (
        [
            wrote(0, cache(tags={}, tags_all={})),
            called(
                5,
                "elasticache:AddTagsToResource",
                {
                    "resourceName": arn("elasticache", "replicationgroup:sessions"),
                    "tags": [{"key": "Env", "value": "prod"}],
                },
            ),
        ],
        [modified(CACHE, "tags.Env", None, "prod")],
    ),
}

STREAMS: Scenarios = {
    "a stream's encryption switched off is a drift": (
        [
            wrote(0, stream()),
            called(
                5,
                "kinesis:StopStreamEncryption",
                {"streamName": "clicks", "encryptionType": "KMS", "keyId": "alias/aws/kinesis"},
            ),
        ],
        [
            modified(STREAM, "encryption_type", "KMS", "NONE"),
            modified(STREAM, "kms_key_id", "alias/aws/kinesis", None),
        ],
    ),
    "a stream deleted by its name is a drift": (
        [
            wrote(0, stream()),
            called(5, "kinesis:DeleteStream", {"streamName": "clicks", "enforceConsumerDeletion": True}),
        ],
        [deleted(STREAM, STREAM_ARN)],
    ),
    "a stream deleted by its ARN is a drift": (
        [wrote(0, stream()), called(5, "kinesis:DeleteStream", {"streamARN": STREAM_ARN})],
        [deleted(STREAM, STREAM_ARN)],
    ),
    "a stream tagged as it is changes nothing": (
        [wrote(0, stream()), called(5, "kinesis:AddTagsToStream", {"streamName": "clicks", "tags": {"Env": "prod"}})],
        [],
    ),
    "a stream's records kept as long as before changes nothing": (
        [
            wrote(0, stream(retention_period=168)),
            called(5, "kinesis:IncreaseStreamRetentionPeriod", {"streamName": "clicks", "retentionPeriodHours": 168}),
        ],
        [],
    ),
    "a stream opened to another account is unmanaged": (
        [
            wrote(0, stream()),
            called(5, "kinesis:PutResourcePolicy", {"resourceARN": STREAM_ARN, "policy": text(policy(allow()))}),
        ],
        [unmanaged("aws_kinesis_resource_policy", STREAM_ARN)],
    ),
    "a warehouse's log switched off is a drift": (
        [
            wrote(0, warehouse(), placed("aws_redshift_logging.facts", id="facts", cluster_identifier="facts")),
            called(5, "redshift:DisableLogging", {"clusterIdentifier": "facts"}),
        ],
        [deleted("aws_redshift_logging.facts", "facts")],
    ),
}

SCENARIOS: Scenarios = RENAMES | RDS | TABLES | CACHES | STREAMS
