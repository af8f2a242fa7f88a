"""DynamoDB tables, their recovery, expiry, policies and streams."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, called, wrote
from tests.drift_detector.scenarios.builders import (
    SERVICE,
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
from tests.drift_detector.scenarios.storage.file_systems_and_registries import OPEN

CARTS = "aws_dynamodb_table.carts"
TABLE = "aws_dynamodb_table.carts"
TABLE_ARN = arn("dynamodb", "table/carts")
STREAMED = "aws_dynamodb_kinesis_streaming_destination.orders"
COUNTED = "aws_dynamodb_contributor_insights.orders"
STREAM_ARN = arn("kinesis", "stream/orders")
streamed = placed(STREAMED, id=f"orders,{STREAM_ARN}", table_name="orders", stream_arn=STREAM_ARN)
counted = placed(COUNTED, id="name:orders/index:by-day/123456789012", table_name="orders", index_name="by-day")


def table(**changes: Any) -> dict[str, Any]:
    """A table."""
    attributes: dict[str, Any] = {
        "id": "carts",
        "name": "carts",
        "arn": arn("dynamodb", "table/carts"),
        "billing_mode": "PROVISIONED",
        "read_capacity": 5,
        "write_capacity": 5,
        "deletion_protection_enabled": True,
        "point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 35}],
        "ttl": [{"enabled": True, "attribute_name": "expires"}],
        "tags": {},
    }
    return placed(CARTS, **(attributes | changes))


def on_table(name: str, **request: Any) -> Step:
    """Somebody changes the table."""
    return called(5, f"dynamodb:{name}", {"tableName": "carts", **request})


def table_without_expiry(**changes: Any) -> dict[str, Any]:
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


def change_table(name: str, minutes: int = 5, table_name: str = "carts", **request: Any) -> Step:
    """Somebody does something to the table."""
    return called(minutes, f"dynamodb:{name}", {"tableName": table_name, **request})


SCENARIOS: Scenarios = {
    "a stream switched on by hand, and off again": (
        [
            wrote(0, table_without_expiry()),
            change_table("UpdateTable", streamSpecification={"streamEnabled": True, "streamViewType": "NEW_IMAGE"}),
            change_table("UpdateTable", 7, streamSpecification={"streamEnabled": False}),
        ],
        [
            modified(TABLE, "stream_enabled", False, True, end="reverted"),
            modified(TABLE, "stream_view_type", "", "NEW_IMAGE", end="reverted"),
        ],
    ),
    "a table deleted is a drift": (
        [
            wrote(0, placed("aws_dynamodb_table.carts", id="carts", name="carts", arn=arn("dynamodb", "table/carts"))),
            called(5, "dynamodb:DeleteTable", {"tableName": "carts"}),
        ],
        [deleted("aws_dynamodb_table.carts", "carts")],
    ),
    # ---- Tables
    "a table without deletion protection is a drift": (
        [wrote(0, table()), on_table("UpdateTable", deletionProtectionEnabled=False)],
        [modified(CARTS, "deletion_protection_enabled", True, False)],
    ),
    "a table's throughput unchanged is no drift": (
        [
            wrote(0, table()),
            on_table("UpdateTable", provisionedThroughput={"readCapacityUnits": 5, "writeCapacityUnits": 5}),
        ],
        [],
    ),
    "a table's throughput that a service scales is ignored": (
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
    "a table with expiry switched off is a drift": (
        [
            wrote(0, table()),
            on_table("UpdateTimeToLive", timeToLiveSpecification={"enabled": False, "attributeName": "expires"}),
        ],
        [modified(CARTS, "ttl[0].enabled", True, False)],
    ),
    "a table without point-in-time recovery is a drift": (
        [
            wrote(0, table()),
            on_table("UpdateContinuousBackups", pointInTimeRecoverySpecification={"pointInTimeRecoveryEnabled": False}),
        ],
        [modified(CARTS, "point_in_time_recovery[0].enabled", True, False)],
    ),
    "a table named by its ARN is found": (
        [
            wrote(0, table()),
            called(
                5,
                "dynamodb:UpdateTable",
                {"tableName": arn("dynamodb", "table/carts"), "deletionProtectionEnabled": False},
            ),
        ],
        [modified(CARTS, "deletion_protection_enabled", True, False)],
    ),
    "a policy on a managed table is unmanaged": (
        [
            wrote(0, table()),
            called(
                5,
                "dynamodb:PutResourcePolicy",
                {"resourceArn": arn("dynamodb", "table/carts"), "policy": text(OPEN)},
            ),
        ],
        [unmanaged("aws_dynamodb_resource_policy", arn("dynamodb", "table/carts"))],
    ),
    "a policy on a managed table's stream put and deleted is reverted": (
        [
            wrote(0, table(stream_arn=arn("dynamodb", "table/carts/stream/1"))),
            called(
                5,
                "dynamodb:PutResourcePolicy",
                {"resourceArn": arn("dynamodb", "table/carts/stream/1"), "policy": text(OPEN)},
            ),
            called(6, "dynamodb:DeleteResourcePolicy", {"resourceArn": arn("dynamodb", "table/carts/stream/1")}),
        ],
        [unmanaged("aws_dynamodb_resource_policy", arn("dynamodb", "table/carts/stream/1"), end="reverted")],
    ),
    "a table set to its own values is no drift": (
        [
            wrote(0, table_without_expiry()),
            change_table(
                "UpdateTable",
                billingMode="PROVISIONED",
                provisionedThroughput={"readCapacityUnits": 5, "writeCapacityUnits": 5},
                tableClass="STANDARD",
                deletionProtectionEnabled=True,
            ),
        ],
        [],
    ),
    "a table that its ARN names is found": (
        [
            wrote(0, table_without_expiry()),
            change_table("UpdateTable", table_name=TABLE_ARN, deletionProtectionEnabled=False),
        ],
        [modified(TABLE, "deletion_protection_enabled", True, False)],
    ),
    "a table scaled by its autoscaler is ignored": (
        [
            wrote(0, table_without_expiry()),
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
            wrote(0, table_without_expiry()),
            change_table(
                "UpdateContinuousBackups", pointInTimeRecoverySpecification={"pointInTimeRecoveryEnabled": False}
            ),
        ],
        [modified(TABLE, "point_in_time_recovery[0].enabled", True, False)],
    ),
    "a table's recovery unchanged is no drift": (
        [
            wrote(0, table_without_expiry()),
            change_table(
                "UpdateContinuousBackups",
                pointInTimeRecoverySpecification={"pointInTimeRecoveryEnabled": True, "recoveryPeriodInDays": 35},
            ),
        ],
        [],
    ),
    "expiry that is off switched off is no drift": (
        [
            wrote(0, table_without_expiry()),
            change_table("UpdateTimeToLive", timeToLiveSpecification={"enabled": False, "attributeName": "expires"}),
        ],
        [],
    ),
    "a table opened to anyone is unmanaged": (
        [
            wrote(0, table_without_expiry()),
            called(5, "dynamodb:PutResourcePolicy", {"resourceArn": TABLE_ARN, "policy": text(policy(allow()))}),
        ],
        [unmanaged("aws_dynamodb_resource_policy", TABLE_ARN)],
    ),
    "an unmanaged table opened to anyone is ignored": (
        [
            wrote(0, table_without_expiry()),
            called(
                5,
                "dynamodb:PutResourcePolicy",
                {"resourceArn": arn("dynamodb", "table/theirs"), "policy": text(policy(allow()))},
            ),
        ],
        [],
    ),
    "a table's Kinesis destination is disabled": (
        [
            wrote(0, streamed),
            called(5, "dynamodb:DisableKinesisStreamingDestination", {"tableName": "orders", "streamArn": STREAM_ARN}),
        ],
        [deleted(STREAMED, f"orders,{STREAM_ARN}")],
    ),
    "contributor insights of a managed index, and of another, are disabled": (
        [
            wrote(0, counted),
            called(
                5,
                "dynamodb:UpdateContributorInsights",
                {"tableName": "orders", "indexName": "by-user", "contributorInsightsAction": "DISABLE"},
            ),
            called(
                6,
                "dynamodb:UpdateContributorInsights",
                {"tableName": "orders", "indexName": "by-day", "contributorInsightsAction": "DISABLE"},
            ),
        ],
        [deleted(COUNTED, "name:orders/index:by-day/123456789012")],
    ),
}
