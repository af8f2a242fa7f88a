"""RDS, Redshift and clusters under a new identifier."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed
from tests.drift_detector.scenarios.data.rds import CLUSTER, cluster, on_cluster, opened
from tests.drift_detector.scenarios.general.attribute_values import DB, database

WAREHOUSE = "aws_redshift_cluster.facts"


def renamed(old: str, new: str, minutes: int = 5, **more: Any) -> Step:
    """Somebody gives a database another name."""
    request = {"dBInstanceIdentifier": old, "newDBInstanceIdentifier": new, "applyImmediately": True}
    return called(minutes, "rds:ModifyDBInstance", {**request, **more})


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


SCENARIOS: Scenarios = {
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
        [modified(DB, "identifier", "main", "main-old", end="destroyed"), deleted(DB, "db-ABCDEFGH")],
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
    "a failed rename changes no name": (
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
    "a database renamed by Terraform is no drift": (
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
