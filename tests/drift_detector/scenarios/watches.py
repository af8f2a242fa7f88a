"""Logs, trails, alarms, detectors, recorders: what watches, and who is told."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import Step, called, wrote
from tests.drift_detector.scenarios.fleets import TOPIC_ARN
from tests.drift_detector.scenarios.services import on_trail, trail
from tests.drift_detector.scenarios.terms import (
    OTHER_ACCOUNT,
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
from tests.drift_detector.scenarios.values import function, group

FUNCTION_ARN = arn("lambda", "function:app")


def subscribe(pattern: str = "", minutes: int = 5) -> Step:
    """Somebody sends the log group's lines to another account."""
    request = {
        "logGroupName": "/app",
        "filterName": "out",
        "filterPattern": pattern,
        "destinationArn": f"arn:aws:logs:eu-central-1:{OTHER_ACCOUNT}:destination:theirs",
    }
    return called(minutes, "logs:PutSubscriptionFilter", request)


def subscription() -> dict[str, Any]:
    """Where the log group's lines go."""
    return placed(
        "aws_cloudwatch_log_subscription_filter.out",
        id="cwlsf-1",
        name="out",
        log_group_name="/app",
        filter_pattern="",
        destination_arn=FUNCTION_ARN,
        role_arn="",
        distribution="ByLogStream",
    )


def watching(**changes: Any) -> dict[str, Any]:
    """A rule of the default bus."""
    attributes: dict[str, Any] = {
        "id": "roots",
        "name": "roots",
        "arn": arn("events", "rule/roots"),
        "event_bus_name": "default",
        "description": "",
        "event_pattern": '{"source":["aws.signin"]}',
        "schedule_expression": "",
        "role_arn": "",
    }
    return placed("aws_cloudwatch_event_rule.roots", **(attributes | changes))


def aimed(**changes: Any) -> dict[str, Any]:
    """Where the rule's events go."""
    attributes: dict[str, Any] = {
        "id": "roots-alarms",
        "rule": "roots",
        "target_id": "alarms",
        "event_bus_name": "default",
        "arn": TOPIC_ARN,
        "role_arn": "",
        "input": "",
        "input_path": "",
        "input_transformer": [],
        "dead_letter_config": [],
        "retry_policy": [],
    }
    return placed("aws_cloudwatch_event_target.roots", **(attributes | changes))


def aim() -> Step:
    """Somebody puts the target, and nothing but where it is."""
    return called(
        5,
        "events:PutTargets",
        {"rule": "roots", "targets": [{"id": "alarms", "arn": TOPIC_ARN}]},
        response={"failedEntryCount": 0, "failedEntries": []},
    )


SCENARIOS: Scenarios = {
    "a rule switched off is a drift": (
        [wrote(0, watching(is_enabled=True, state="ENABLED")), called(5, "events:DisableRule", {"name": "roots"})],
        [modified("aws_cloudwatch_event_rule.roots", "state", "ENABLED", "DISABLED")],
    ),
    "a rule of an old provider switched off is a drift": (
        [wrote(0, watching(is_enabled=True)), called(5, "events:DisableRule", {"name": "roots"})],
        [modified("aws_cloudwatch_event_rule.roots", "is_enabled", True, False)],
    ),
    "a rule of an old provider put as it is changes nothing": (
        [
            wrote(0, watching(is_enabled=True)),
            called(
                5,
                "events:PutRule",
                {"name": "roots", "eventPattern": '{ "source": ["aws.signin"] }', "state": "ENABLED"},
            ),
        ],
        [],
    ),
    "a target put as it is changes nothing": ([wrote(0, watching(), aimed()), aim()], []),
    "a target put without its input loses it": (
        [wrote(0, watching(), aimed(input_path="$.detail")), aim()],
        [modified("aws_cloudwatch_event_target.roots", "input_path", "$.detail", None)],
    ),
    "a managed log group's lines sent elsewhere are unmanaged": (
        [wrote(0, group()), subscribe()],
        [unmanaged("aws_cloudwatch_log_subscription_filter", "/app/out")],
    ),
    "lines sent elsewhere and no more are reverted": (
        [
            wrote(0, group()),
            subscribe(),
            called(6, "logs:DeleteSubscriptionFilter", {"logGroupName": "/app", "filterName": "out"}),
        ],
        [unmanaged("aws_cloudwatch_log_subscription_filter", "/app/out", end="reverted")],
    ),
    "a managed subscription sent to another account is a drift": (
        [wrote(0, group(), subscription()), subscribe()],
        [
            modified(
                "aws_cloudwatch_log_subscription_filter.out",
                "destination_arn",
                FUNCTION_ARN,
                f"arn:aws:logs:eu-central-1:{OTHER_ACCOUNT}:destination:theirs",
            )
        ],
    ),
    "a log group that a function makes for itself is nobody's": (
        [
            wrote(0, function()),
            called(
                5,
                "logs:CreateLogGroup",
                {"logGroupName": "/aws/lambda/app"},
                agent="awslambda-worker/1.0 rusoto/0.48.0 rust/1.67.1 linux",
            ),
        ],
        [],
    ),
    "a managed log group loses its key": (
        [
            wrote(0, group(kms_key_id=arn("kms", "key/1"))),
            called(5, "logs:DisassociateKmsKey", {"logGroupName": "/app"}),
        ],
        [modified("aws_cloudwatch_log_group.app", "kms_key_id", arn("kms", "key/1"), None)],
    ),
    "a log group's tag by the older call is a drift": (
        [
            wrote(0, group(tags={}, tags_all={})),
            called(5, "logs:TagLogGroup", {"logGroupName": "/app", "tags": {"Team": "eve"}}),
        ],
        [modified("aws_cloudwatch_log_group.app", "tags.Team", None, "eve")],
    ),
    "a log group that an older provider recorded with its streams is tagged by its ARN, whichever form the call has": (
        [
            wrote(0, group(arn=arn("logs", "log-group:/app:*"), tags={}, tags_all={})),
            called(5, "logs:TagResource", {"resourceArn": arn("logs", "log-group:/app"), "tags": {"Team": "eve"}}),
            called(6, "logs:TagResource", {"resourceArn": arn("logs", "log-group:/app:*"), "tags": {"Env": "x"}}),
        ],
        [
            modified("aws_cloudwatch_log_group.app", "tags.Env", None, "x"),
            modified("aws_cloudwatch_log_group.app", "tags.Team", None, "eve"),
        ],
    ),
    "a managed policy of the logs opened is a drift, one of a console's is nobody's": (
        [
            wrote(
                0,
                placed(
                    "aws_cloudwatch_log_resource_policy.dns",
                    id="dns",
                    policy_name="dns",
                    policy_document=text(
                        policy(allow("logs:PutLogEvents", Principal={"Service": "route53.amazonaws.com"}))
                    ),
                ),
            ),
            called(
                5,
                "logs:PutResourcePolicy",
                {"policyName": "AWSLogDeliveryWrite20150319", "policyDocument": text(policy(allow()))},
            ),
            called(
                6,
                "logs:PutResourcePolicy",
                {"policyName": "dns", "policyDocument": text(policy(allow("logs:*", Principal="*")))},
            ),
        ],
        [
            modified(
                "aws_cloudwatch_log_resource_policy.dns",
                "policy_document",
                text(policy(allow("logs:PutLogEvents", Principal={"Service": "route53.amazonaws.com"}))),
                text(policy(allow("logs:*", Principal="*"))),
            )
        ],
    ),
    "a trail's tag in CloudTrail's own words is a drift": (
        [
            wrote(0, trail(tags={"Team": "ops"}, tags_all={"Team": "ops"})),
            called(
                5,
                "cloudtrail:RemoveTags",
                {"resourceId": arn("cloudtrail", "trail/main"), "tagsList": [{"key": "Team"}]},
            ),
        ],
        [modified("aws_cloudtrail.main", "tags.Team", "ops", None)],
    ),
    "a trail that the console sends as it is changes nothing": (
        [
            wrote(0, trail()),
            on_trail(
                "UpdateTrail",
                arn("cloudtrail", "trail/main"),
                s3BucketName="logs",
                includeGlobalServiceEvents=True,
                isMultiRegionTrail=True,
                enableLogFileValidation=True,
                kmsKeyId="",
                snsTopicName="",
                isOrganizationTrail=False,
            ),
        ],
        [],
    ),
    "an alarm of alarms gets another rule": (
        [
            wrote(
                0,
                placed(
                    "aws_cloudwatch_composite_alarm.all",
                    id="all",
                    alarm_name="all",
                    alarm_rule="ALARM(a) OR ALARM(b)",
                    actions_enabled=True,
                    alarm_actions=[TOPIC_ARN],
                    alarm_description="",
                    ok_actions=None,
                    insufficient_data_actions=None,
                    actions_suppressor=[],
                ),
            ),
            called(
                5,
                "monitoring:PutCompositeAlarm",
                {"alarmName": "all", "alarmRule": "FALSE", "actionsEnabled": True, "alarmActions": [TOPIC_ARN]},
            ),
        ],
        [modified("aws_cloudwatch_composite_alarm.all", "alarm_rule", "ALARM(a) OR ALARM(b)", "FALSE")],
    ),
    "an account that may send events to the default bus is unmanaged, and no more reverted": (
        [
            wrote(0, other()),
            called(
                5,
                "events:PutPermission",
                {"action": "events:PutEvents", "principal": OTHER_ACCOUNT, "statementId": "theirs"},
            ),
            called(6, "events:RemovePermission", {"eventBusName": "default", "statementId": "theirs"}),
        ],
        [unmanaged("aws_cloudwatch_event_permission", "default/theirs", end="reverted")],
    ),
    "a filter that archives findings of a managed detector is unmanaged": (
        [
            wrote(0, placed("aws_guardduty_detector.main", id="d1", enable=True)),
            called(5, "guardduty:CreateFilter", {"detectorId": "d1", "name": "quiet", "action": "ARCHIVE"}),
        ],
        [unmanaged("aws_guardduty_filter", "d1/quiet")],
    ),
    "trusted addresses by the id that the provider puts together": (
        [
            wrote(0, placed("aws_guardduty_ipset.office", id="d1:s1", detector_id="d1", activate=True)),
            called(5, "guardduty:DeleteIPSet", {"detectorId": "d1", "ipSetId": "s1"}),
        ],
        [deleted("aws_guardduty_ipset.office", "d1:s1")],
    ),
    "a recorder that takes another role says nothing of what it records": (
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
}
