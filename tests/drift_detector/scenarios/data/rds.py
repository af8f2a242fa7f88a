"""RDS instances, clusters, proxies and parameter groups."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import ACCOUNT, CONSOLE, Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import (
    SERVICE,
    Scenarios,
    arn,
    deleted,
    modified,
    placed,
    unknown,
    unmanaged,
)
from tests.drift_detector.scenarios.general.attribute_values import DB, alter, database

ROLE_ARN = arn("iam", "role/rds-import")
LINK = "aws_db_instance_role_association.import"
CLUSTER = "aws_rds_cluster.shop"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/export"
PARAMETERS = "aws_db_parameter_group.main"
POOL = "aws_db_proxy_default_target_group.app"
TARGET = "aws_db_proxy_target.app"
AUDIT = "aws_rds_cluster_activity_stream.main"
CLUSTER_ARN = arn("rds", "cluster:main")
proxy = placed("aws_db_proxy.app", id="app", name="app", engine_family="POSTGRESQL")
pool = placed(
    POOL,
    id="app",
    db_proxy_name="app",
    name="default",
    connection_pool_config=[{"max_connections_percent": 100, "connection_borrow_timeout": 120}],
)
target = placed(
    TARGET,
    id="app/default/RDS_INSTANCE/db-1",
    db_proxy_name="app",
    target_group_name="default",
    db_instance_identifier="db-1",
    db_cluster_identifier="",
)
audit = placed(AUDIT, id=CLUSTER_ARN, resource_arn=CLUSTER_ARN, kms_key_id="k-1")
OF_APP = {"dBProxyName": "app", "targetGroupName": "default"}


def link() -> dict[str, Any]:
    """A role that a database may take."""
    return placed(
        LINK,
        id=f"orders,{ROLE_ARN}",
        db_instance_identifier="orders",
        role_arn=ROLE_ARN,
        feature_name="s3Import",
    )


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


SCENARIOS: Scenarios = {
    "a console that sends every attribute unchanged is no drift": (
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
    "a change that waits for its maintenance window is a drift at once": (
        [wrote(0, database()), alter(dBInstanceClass="db.r6g.large", applyImmediately=False)],
        [modified(DB, "instance_class", "db.t3.micro", "db.r6g.large")],
    ),
    "two changed attributes of a database are two drifts": (
        [wrote(0, database()), alter(multiAZ=True, deletionProtection=False)],
        [modified(DB, "multi_az", False, True), modified(DB, "deletion_protection", True, False)],
    ),
    "a database deleted by hand is a drift": (
        [wrote(0, database()), called(5, "rds:DeleteDBInstance", {"dBInstanceIdentifier": "main"})],
        [deleted(DB, "db-ABCDEFGH")],
    ),
    "the same call on an instance of a cluster is a drift of that instance": (
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
    "a database that is unmanaged is ignored": (
        [
            wrote(0, database()),
            called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "theirs", "publiclyAccessible": True}),
        ],
        [],
    ),
    "a role is taken from a database": (
        [
            wrote(0, link()),
            called(
                5,
                "rds:RemoveRoleFromDBInstance",
                {"dBInstanceIdentifier": "orders", "roleArn": ROLE_ARN, "featureName": "s3Import"},
            ),
        ],
        [deleted(LINK, f"orders,{ROLE_ARN}")],
    ),
    "another role is taken from the database": (
        [
            wrote(0, link()),
            called(
                5,
                "rds:RemoveRoleFromDBInstance",
                {"dBInstanceIdentifier": "orders", "roleArn": f"{ROLE_ARN}-2", "featureName": "s3Import"},
            ),
        ],
        [],
    ),
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
    "another password is a drift to an unknown value": (
        [
            wrote(0, database()),
            called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "masterUserPassword": "****"}),
        ],
        [unknown(DB, "password", "(sensitive)")],
    ),
    "a version prefix equals the version": (
        [
            wrote(0, database()),
            called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "engineVersion": "8.0"}),
        ],
        [],
    ),
    "a database named in another case is found": (
        [wrote(0, database()), opened("MAIN", 5)],
        [modified(DB, "publicly_accessible", False, True)],
    ),
    "a parameter unchanged is no drift": (
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
    "an added parameter is a drift": (
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
    "a reader that a service adds is ignored": (
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
    "a role removed from a cluster by hand is a deleted association": (
        [
            wrote(0, cluster(iam_roles=[ROLE]), association()),
            called(5, "rds:RemoveRoleFromDBCluster", {"dBClusterIdentifier": "shop", "roleArn": ROLE}),
        ],
        [deleted("aws_rds_cluster_role_association.export", f"shop,{ROLE}")],
    ),
    "a role that Terraform adds to a cluster is no drift": (
        [
            wrote(0, cluster()),
            applied(5, "rds:AddRoleToDBCluster", {"dBClusterIdentifier": "shop", "roleArn": ROLE}),
            wrote(6, cluster(), association()),
        ],
        [],
    ),
    "a cluster saved unchanged is no drift": (
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
    "a database restored from a bucket is unmanaged": (
        [
            wrote(0, web()),
            called(5, "rds:RestoreDBInstanceFromS3", {"dBInstanceIdentifier": "Copy", "engine": "mysql"}),
        ],
        [unmanaged("aws_db_instance", "copy")],
    ),
    "a proxy keeps fewer connections": (
        [
            wrote(0, pool),
            called(
                5,
                "rds:ModifyDBProxyTargetGroup",
                {**OF_APP, "connectionPoolConfig": {"maxConnectionsPercent": 50, "connectionBorrowTimeout": 120}},
            ),
        ],
        [modified(POOL, "connection_pool_config[0].max_connections_percent", 100, 50)],
    ),
    "a proxy gets one target and loses another": (
        [
            wrote(0, proxy, target),
            called(5, "rds:RegisterDBProxyTargets", {**OF_APP, "dBInstanceIdentifiers": ["db-2"]}),
            called(6, "rds:DeregisterDBProxyTargets", {**OF_APP, "dBInstanceIdentifiers": ["db-1"]}),
        ],
        [
            unmanaged("aws_db_proxy_target", "app/db-2"),
            deleted(TARGET, "app/default/RDS_INSTANCE/db-1"),
        ],
    ),
    "a cluster's activity stream is stopped": (
        [wrote(0, audit), called(5, "rds:StopActivityStream", {"resourceArn": CLUSTER_ARN})],
        [deleted(AUDIT, CLUSTER_ARN)],
    ),
    "Terraform stops a cluster's activity stream": (
        [wrote(0, audit), applied(5, "rds:StopActivityStream", {"resourceArn": CLUSTER_ARN}), wrote(6, proxy)],
        [],
    ),
}
