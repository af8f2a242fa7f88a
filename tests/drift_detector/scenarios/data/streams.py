"""Kinesis and MSK."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import (
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

CLUSTER = "aws_msk_cluster.orders"
CLUSTER_ARN = arn("kafka", "cluster/orders/01234567-abcd-0123-abcd-abcd0123efa-2")
STREAM = "aws_kinesis_stream.clicks"
APPLICATION = "aws_kinesisanalyticsv2_application.report"
STREAM_ARN = arn("kinesis", "stream/clicks")
BROKERS = "aws_msk_cluster.events"
BROKERS_ARN = arn("kafka", "cluster/events/01234567-abcd-3")
NEW_BROKERS_ARN = arn("kafka", "cluster/events/01234567-abcd-0123-abcd-abcd0123efa-2")
SERVERLESS = "aws_msk_serverless_cluster.events"
MADE_BROKERS = {"clusterArn": NEW_BROKERS_ARN, "clusterName": "events", "state": "CREATING"}


def cluster() -> dict[str, Any]:
    """A Kafka cluster."""
    return placed(CLUSTER, id=CLUSTER_ARN, arn=CLUSTER_ARN, cluster_name="orders")


def stream(**changes: Any) -> dict[str, Any]:
    """A stream, whose id is its ARN."""
    own = arn("kinesis", "stream/clicks")
    return placed(STREAM, id=own, arn=own, name="clicks", tags={"Team": "web"}, **changes)


def application() -> dict[str, Any]:
    """An application that reads streams."""
    own = arn("kinesisanalytics", "application/report")
    return placed(APPLICATION, id=own, arn=own, name="report")


def encrypted_stream(**changes: Any) -> dict[str, Any]:
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


def brokers(**changes: Any) -> dict[str, Any]:
    """A cluster of brokers as a state holds it."""
    public = [{"public_access": [{"type": "DISABLED"}]}]
    attributes: dict[str, Any] = {
        "id": BROKERS_ARN,
        "arn": BROKERS_ARN,
        "cluster_name": "events",
        "number_of_broker_nodes": 3,
        "broker_node_group_info": [{"instance_type": "kafka.m5.large", "connectivity_info": public}],
        "tags": {"Env": "prod"},
        "tags_all": {"Env": "prod"},
    }
    return placed(BROKERS, **(attributes | changes))


def on_brokers(name: str, **request: Any) -> Step:
    """Somebody does something to the brokers, whose ARN stands in the URL's path."""
    encoded = BROKERS_ARN.replace(":", "%3A").replace("/", "%2F")
    return called(5, f"kafka:{name}", {"clusterArn": encoded, "currentVersion": "K1", **request})


SCENARIOS: Scenarios = {
    "an ARN in URL encoding is found": (
        [
            wrote(0, cluster()),
            called(5, "kafka:DeleteCluster", {"clusterArn": CLUSTER_ARN.replace(":", "%3A").replace("/", "%2F")}),
        ],
        [deleted(CLUSTER, CLUSTER_ARN)],
    ),
    "a resource with several names is found by its name": (
        [wrote(0, stream()), called(5, "kinesis:DeleteStream", {"streamName": "clicks"})],
        [deleted(STREAM, arn("kinesis", "stream/clicks"))],
    ),
    "a resource with several names is found by its ARN": (
        [
            wrote(0, stream()),
            called(
                5,
                "kinesis:AddTagsToStream",
                {"streamARN": arn("kinesis", "stream/clicks"), "tags": {"Team": "data"}},
            ),
        ],
        [modified(STREAM, "tags.Team", "web", "data")],
    ),
    "a stream resharded by hand has another number of shards, which the log does not tell": (
        [
            wrote(0, stream(shard_count=2)),
            called(5, "kinesis:SplitShard", {"streamName": "clicks", "shardToSplit": "shardId-000000000000"}),
        ],
        [unknown(STREAM, "shard_count", 2)],
    ),
    "the creation time is not a part of the name": (
        [
            wrote(0, application()),
            called(
                5,
                "kinesisanalytics:DeleteApplication",
                {"applicationName": "report", "createTimestamp": "Jan 1, 2026 12:00:00 PM"},
            ),
        ],
        [deleted(APPLICATION, arn("kinesisanalytics", "application/report"))],
    ),
    "a stream's encryption switched off is a drift": (
        [
            wrote(0, encrypted_stream()),
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
            wrote(0, encrypted_stream()),
            called(5, "kinesis:DeleteStream", {"streamName": "clicks", "enforceConsumerDeletion": True}),
        ],
        [deleted(STREAM, STREAM_ARN)],
    ),
    "a stream deleted by its ARN is a drift": (
        [wrote(0, encrypted_stream()), called(5, "kinesis:DeleteStream", {"streamARN": STREAM_ARN})],
        [deleted(STREAM, STREAM_ARN)],
    ),
    "a stream tagged unchanged is no drift": (
        [
            wrote(0, encrypted_stream()),
            called(5, "kinesis:AddTagsToStream", {"streamName": "clicks", "tags": {"Env": "prod"}}),
        ],
        [],
    ),
    "a stream's records kept as long as before is no drift": (
        [
            wrote(0, encrypted_stream(retention_period=168)),
            called(5, "kinesis:IncreaseStreamRetentionPeriod", {"streamName": "clicks", "retentionPeriodHours": 168}),
        ],
        [],
    ),
    "a stream opened to another account is unmanaged": (
        [
            wrote(0, encrypted_stream()),
            called(5, "kinesis:PutResourcePolicy", {"resourceARN": STREAM_ARN, "policy": text(policy(allow()))}),
        ],
        [unmanaged("aws_kinesis_resource_policy", STREAM_ARN)],
    ),
    "brokers opened to the internet are a drift": (
        [
            wrote(0, brokers()),
            on_brokers("UpdateConnectivity", connectivityInfo={"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}),
        ],
        [
            modified(
                BROKERS,
                "broker_node_group_info[0].connectivity_info[0].public_access[0].type",
                "DISABLED",
                "SERVICE_PROVIDED_EIPS",
            )
        ],
    ),
    "the same number of brokers is no drift": (
        [wrote(0, brokers()), on_brokers("UpdateBrokerCount", targetNumberOfBrokerNodes=3)],
        [],
    ),
    "brokers deleted by hand are a drift": (
        [wrote(0, brokers()), on_brokers("DeleteCluster")],
        [deleted(BROKERS, BROKERS_ARN)],
    ),
    "brokers are created by the newer call": (
        [
            wrote(0, web()),
            called(5, "kafka:CreateClusterV2", {"clusterName": "events", "provisioned": {}}, response=MADE_BROKERS),
        ],
        [unmanaged("aws_msk_cluster", NEW_BROKERS_ARN)],
    ),
    "Terraform creates a cluster without brokers": (
        [
            wrote(0, web()),
            applied(
                5,
                "kafka:CreateClusterV2",
                {"clusterName": "events", "serverless": {"vpcConfigs": [{"subnetIds": ["subnet-1"]}]}},
                response=MADE_BROKERS,
            ),
            wrote(6, web(), placed(SERVERLESS, id=NEW_BROKERS_ARN, arn=NEW_BROKERS_ARN, cluster_name="events")),
        ],
        [],
    ),
    "a cluster without brokers is deleted": (
        [
            wrote(0, placed(SERVERLESS, id=NEW_BROKERS_ARN, arn=NEW_BROKERS_ARN, cluster_name="events")),
            called(5, "kafka:DeleteCluster", {"clusterArn": NEW_BROKERS_ARN.replace(":", "%3A").replace("/", "%2F")}),
        ],
        [deleted(SERVERLESS, NEW_BROKERS_ARN)],
    ),
}
