"""ElastiCache and Redshift."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import CONSOLE, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed
from tests.drift_detector.scenarios.data.rds_renames import warehouse

SHARE = "aws_redshift_data_share_authorization.partner"
SHARE_ARN = arn("redshift", "datashare:4c64c6ec-73d5-42be-869b-b7f7c43c7a53/sales")
CACHE = "aws_elasticache_replication_group.sessions"
GROUP = "aws_redshift_parameter_group.facts"
SUBNETS = "aws_redshift_subnet_group.warehouse"
USERS = "aws_elasticache_user_group.app"
subnets = placed(SUBNETS, id="warehouse", name="warehouse", description="", subnet_ids=["subnet-1", "subnet-2"])
users = placed(USERS, id="app", user_group_id="app", user_ids=["default", "john"], engine="redis")


def share() -> dict[str, Any]:
    """A data share that another account may use."""
    return placed(SHARE, id=f"{SHARE_ARN},210987654321", data_share_arn=SHARE_ARN, consumer_identifier="210987654321")


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


SCENARIOS: Scenarios = {
    "a name in capitals is stored in lower case": (
        [
            wrote(0, cache()),
            called(
                5,
                "elasticache:ModifyReplicationGroup",
                {"replicationGroupId": "SESSIONS", "replicationGroupDescription": "other"},
            ),
        ],
        [modified(CACHE, "description", "sessions", "other")],
    ),
    "a creation in capitals that the state has": (
        [wrote(0, cache()), called(-5, "elasticache:CreateReplicationGroup", {"replicationGroupId": "Sessions"})],
        [],
    ),
    "a deletion by a name in capitals": (
        [wrote(0, users), called(5, "elasticache:DeleteUserGroup", {"userGroupId": "APP"})],
        [deleted(USERS, "app")],
    ),
    "an authorisation is taken back": (
        [
            wrote(0, share()),
            called(
                5,
                "redshift:DeauthorizeDataShare",
                {"dataShareArn": SHARE_ARN, "consumerIdentifier": "210987654321"},
            ),
        ],
        [deleted(SHARE, f"{SHARE_ARN},210987654321")],
    ),
    "another's authorisation is taken back": (
        [
            wrote(0, share()),
            called(
                5,
                "redshift:DeauthorizeDataShare",
                {"dataShareArn": SHARE_ARN, "consumerIdentifier": "555555555555"},
            ),
        ],
        [],
    ),
    "a cache modified to what it has is no drift": (
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
    "a warehouse's log switched off is a drift": (
        [
            wrote(0, warehouse(), placed("aws_redshift_logging.facts", id="facts", cluster_identifier="facts")),
            called(5, "redshift:DisableLogging", {"clusterIdentifier": "facts"}),
        ],
        [deleted("aws_redshift_logging.facts", "facts")],
    ),
    "a warehouse's parameter group is deleted": (
        [
            wrote(0, placed(GROUP, id="facts", name="facts", arn=arn("redshift", "parametergroup:facts"))),
            called(5, "redshift:DeleteClusterParameterGroup", {"parameterGroupName": "facts"}),
        ],
        [deleted(GROUP, "facts")],
    ),
    "Terraform creates a warehouse's parameter group": (
        [
            wrote(0, web()),
            applied(5, "redshift:CreateClusterParameterGroup", {"parameterGroupName": "facts"}),
            wrote(6, web(), placed(GROUP, id="facts", name="facts")),
        ],
        [],
    ),
    "a warehouse may be in other subnets": (
        [
            wrote(0, subnets),
            called(
                5,
                "redshift:ModifyClusterSubnetGroup",
                {"clusterSubnetGroupName": "warehouse", "subnetIds": ["subnet-2", "subnet-1"]},
            ),
            called(
                6,
                "redshift:ModifyClusterSubnetGroup",
                {"clusterSubnetGroupName": "warehouse", "subnetIds": ["subnet-1"]},
            ),
        ],
        [modified(SUBNETS, "subnet_ids", ["subnet-1", "subnet-2"], ["subnet-1"])],
    ),
    "somebody is let into a group of users": (
        [wrote(0, users), called(5, "elasticache:ModifyUserGroup", {"userGroupId": "app", "userIdsToAdd": ["jane"]})],
        [modified(USERS, "user_ids", ["default", "john"], ["default", "john", "jane"])],
    ),
}
