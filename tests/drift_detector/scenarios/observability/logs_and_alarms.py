"""CloudWatch log groups and alarms."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, called, wrote
from tests.drift_detector.scenarios.builders import (
    OTHER_ACCOUNT,
    Scenarios,
    allow,
    arn,
    modified,
    placed,
    policy,
    text,
    unmanaged,
)
from tests.drift_detector.scenarios.general.attribute_values import function, group
from tests.drift_detector.scenarios.messaging.queues_and_topics import TOPIC_ARN

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


SCENARIOS: Scenarios = {
    "an alarm with its actions disabled is a drift": (
        [
            wrote(
                0,
                placed(
                    "aws_cloudwatch_metric_alarm.cpu",
                    id="cpu",
                    alarm_name="cpu",
                    arn=arn("cloudwatch", "alarm:cpu"),
                    actions_enabled=True,
                ),
            ),
            called(5, "monitoring:DisableAlarmActions", {"alarmNames": ["cpu", "theirs"]}),
        ],
        [modified("aws_cloudwatch_metric_alarm.cpu", "actions_enabled", True, False)],
    ),
    "a subscription filter on a managed log group is unmanaged": (
        [wrote(0, group()), subscribe()],
        [unmanaged("aws_cloudwatch_log_subscription_filter", "/app/out")],
    ),
    "a subscription filter created and deleted is reverted": (
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
    "a log group that a function creates is ignored": (
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
    "an opened managed resource policy of the logs is a drift, one by a console is ignored": (
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
}
