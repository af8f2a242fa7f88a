"""EventBridge rules and targets, and Step Functions."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import Step, called, wrote
from tests.drift_detector.scenarios.builders import OTHER_ACCOUNT, Scenarios, arn, deleted, modified, placed, unmanaged
from tests.drift_detector.scenarios.messaging.queues_and_topics import TOPIC_ARN

LIVE = "aws_sfn_alias.live"
MACHINE_ARN = arn("states", "stateMachine:orders")
live = placed(
    LIVE,
    id=f"{MACHINE_ARN}:live",
    arn=f"{MACHINE_ARN}:live",
    name="live",
    description="",
    routing_configuration=[{"state_machine_version_arn": f"{MACHINE_ARN}:1", "weight": 100}],
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
    "a disabled rule is a drift": (
        [
            wrote(
                0,
                placed(
                    "aws_cloudwatch_event_rule.nightly",
                    id="nightly",
                    name="nightly",
                    arn=arn("events", "rule/nightly"),
                    event_bus_name="default",
                    state="ENABLED",
                ),
            ),
            called(5, "events:DisableRule", {"name": "nightly"}),
        ],
        [modified("aws_cloudwatch_event_rule.nightly", "state", "ENABLED", "DISABLED")],
    ),
    "a rule switched off is a drift": (
        [wrote(0, watching(is_enabled=True, state="ENABLED")), called(5, "events:DisableRule", {"name": "roots"})],
        [modified("aws_cloudwatch_event_rule.roots", "state", "ENABLED", "DISABLED")],
    ),
    "a rule of an old provider switched off is a drift": (
        [wrote(0, watching(is_enabled=True)), called(5, "events:DisableRule", {"name": "roots"})],
        [modified("aws_cloudwatch_event_rule.roots", "is_enabled", True, False)],
    ),
    "a rule of an old provider put unchanged is no drift": (
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
    "a target put unchanged is no drift": ([wrote(0, watching(), aimed()), aim()], []),
    "a target put without its input is a drift": (
        [wrote(0, watching(), aimed(input_path="$.detail")), aim()],
        [modified("aws_cloudwatch_event_target.roots", "input_path", "$.detail", None)],
    ),
    "a permission on the default bus is unmanaged, and reverted when it is removed": (
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
    "a deauthorised connection is not deleted": (
        [
            wrote(0, placed("aws_cloudwatch_event_connection.crm", id="crm", name="crm")),
            called(5, "events:DeauthorizeConnection", {"name": "crm"}),
        ],
        [],
    ),
    "a state machine alias points to another version": (
        [
            wrote(0, live),
            called(
                5,
                "states:UpdateStateMachineAlias",
                {
                    "stateMachineAliasArn": f"{MACHINE_ARN}:live",
                    "routingConfiguration": [{"stateMachineVersionArn": f"{MACHINE_ARN}:2", "weight": 100}],
                },
            ),
        ],
        [
            modified(
                LIVE,
                "routing_configuration",
                [{"state_machine_version_arn": f"{MACHINE_ARN}:1", "weight": 100}],
                [{"state_machine_version_arn": f"{MACHINE_ARN}:2", "weight": 100}],
            )
        ],
    ),
    "an alias is deleted": (
        [
            wrote(0, live),
            called(5, "states:DeleteStateMachineAlias", {"stateMachineAliasArn": f"{MACHINE_ARN}:live"}),
        ],
        [deleted(LIVE, f"{MACHINE_ARN}:live")],
    ),
}
