"""AWS Config: recorders, rules and aggregators."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import called, wrote
from tests.drift_detector.scenarios.builders import OTHER_ACCOUNT, Scenarios, arn, deleted, modified, placed

CHANNEL = "aws_config_delivery_channel.main"
authorized = placed(
    "aws_config_aggregate_authorization.audit",
    id=f"{OTHER_ACCOUNT}:eu-central-1",
    account_id=OTHER_ACCOUNT,
    authorized_aws_region="eu-central-1",
)


def channel() -> dict[str, Any]:
    """Where Config delivers to."""
    return placed(CHANNEL, id="default", name="default", s3_bucket_name="audit", sns_topic_arn="")


SCENARIOS: Scenarios = {
    "a recorder that stopped is a drift": (
        [
            wrote(
                0,
                other(),
                placed("aws_config_configuration_recorder_status.main", id="main", name="main", is_enabled=True),
            ),
            called(5, "config:StopConfigurationRecorder", {"configurationRecorderName": "main"}),
        ],
        [modified("aws_config_configuration_recorder_status.main", "is_enabled", True, False)],
    ),
    "a recorder with another role is a drift of the role alone": (
        [
            wrote(
                0,
                placed(
                    "aws_config_configuration_recorder.main",
                    id="default",
                    name="default",
                    role_arn=arn("iam", "role/config"),
                    recording_group=[{"all_supported": False, "resource_types": ["AWS::EC2::Instance"]}],
                ),
            ),
            called(
                5,
                "config:PutConfigurationRecorder",
                {"configurationRecorder": {"name": "default", "roleARN": arn("iam", "role/other")}},
            ),
        ],
        [
            modified(
                "aws_config_configuration_recorder.main",
                "role_arn",
                arn("iam", "role/config"),
                arn("iam", "role/other"),
            )
        ],
    ),
    "a delivery channel with another bucket is a drift": (
        [
            wrote(0, channel()),
            called(5, "config:PutDeliveryChannel", {"deliveryChannel": {"name": "default", "s3BucketName": "mine"}}),
        ],
        [modified(CHANNEL, "s3_bucket_name", "audit", "mine")],
    ),
    "a delivery channel put unchanged is no drift": (
        [
            wrote(0, channel()),
            called(5, "config:PutDeliveryChannel", {"deliveryChannel": {"name": "default", "s3BucketName": "audit"}}),
        ],
        [],
    ),
    "another account's aggregation authorization is deleted": (
        [
            wrote(0, authorized),
            called(
                5,
                "config:DeleteAggregationAuthorization",
                {"authorizedAccountId": OTHER_ACCOUNT, "authorizedAwsRegion": "eu-central-1"},
            ),
        ],
        [deleted("aws_config_aggregate_authorization.audit", f"{OTHER_ACCOUNT}:eu-central-1")],
    ),
}
