"""Tables, container services, scaling groups, topics, managed policies, records, alarms: what runs and who may."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.iam import ADMIN, ANYTHING, READ, user
from tests.drift_detector.scenarios.terms import (
    SERVICE,
    Scenarios,
    arn,
    deleted,
    modified,
    placed,
    spaced,
    text,
    unmanaged,
)
from tests.drift_detector.scenarios.values import function

CARTS = "aws_dynamodb_table.carts"
SERVING = "aws_ecs_service.web"
SCALING = "aws_autoscaling_group.web"
TOPIC = "aws_sns_topic.alarms"
TOPIC_ARN = arn("sns", "alarms")
OWN = "aws_iam_policy.own"
OWN_ARN = arn("iam", "policy/own")
RECORD = "aws_route53_record.www"
TASK = arn("ecs", "task-definition/web:7")


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


def serving(**changes: Any) -> dict[str, Any]:
    """A container service."""
    attributes: dict[str, Any] = {
        "id": arn("ecs", "service/main/web"),
        "name": "web",
        "cluster": arn("ecs", "cluster/main"),
        "desired_count": 2,
        "task_definition": TASK,
        "enable_execute_command": False,
    }
    return placed(SERVING, **(attributes | changes))


def serve(act: Any = called, **request: Any) -> Step:
    """Somebody updates the service."""
    given = {k: v for k, v in request.items() if k in ("desiredCount", "taskDefinition", "enableExecuteCommand")}
    who = {k: v for k, v in request.items() if k not in given}
    step: Step = act(5, "ecs:UpdateService", {"cluster": "main", "service": "web", **given}, **who)
    return step


def scaling(**changes: Any) -> dict[str, Any]:
    """A scaling group."""
    attributes: dict[str, Any] = {
        "id": "web",
        "name": "web",
        "arn": arn("autoscaling", "autoScalingGroup:1:autoScalingGroupName/web"),
        "min_size": 1,
        "max_size": 4,
        "desired_capacity": 2,
        "vpc_zone_identifier": ["subnet-1", "subnet-2"],
    }
    return placed(SCALING, **(attributes | changes))


def scale(**request: Any) -> Step:
    """Somebody updates the group."""
    return called(5, "autoscaling:UpdateAutoScalingGroup", {"autoScalingGroupName": "web", **request})


def topic(**changes: Any) -> dict[str, Any]:
    """A topic."""
    attributes: dict[str, Any] = {
        "id": TOPIC_ARN,
        "arn": TOPIC_ARN,
        "name": "alarms",
        "display_name": "",
        "policy": text(READ),
        "kms_master_key_id": "alias/aws/sns",
    }
    return placed(TOPIC, **(attributes | changes))


def on_topic(name: str, value: str) -> Step:
    """Somebody sets an attribute of the topic."""
    request = {"topicArn": TOPIC_ARN, "attributeName": name, "attributeValue": value}
    return called(5, "sns:SetTopicAttributes", request)


def own(**changes: Any) -> dict[str, Any]:
    """A managed policy of our own."""
    attributes: dict[str, Any] = {"id": OWN_ARN, "arn": OWN_ARN, "name": "own", "policy": text(READ)}
    return placed(OWN, **(attributes | changes))


def version(document: Any, *, default: bool, act: Any = called) -> Step:
    """Somebody makes a version of the policy."""
    request = {"policyArn": OWN_ARN, "policyDocument": spaced(document), "setAsDefault": default}
    response = {"policyVersion": {"versionId": "v2", "isDefaultVersion": default}}
    step: Step = act(5, "iam:CreatePolicyVersion", request, response=response)
    return step


def membership(*groups: str) -> dict[str, Any]:
    """The groups of a user."""
    return placed("aws_iam_user_group_membership.bob", id="terraform-2024", user="bob", groups=list(groups))


ADMINS = placed("aws_iam_group.admins", id="admins", name="admins", arn=arn("iam", "group/admins"))


def record(**changes: Any) -> dict[str, Any]:
    """A name in a zone."""
    attributes: dict[str, Any] = {
        "id": "Z1_www.example.com_A",
        "zone_id": "Z1",
        "name": "www.example.com",
        "fqdn": "www.example.com",
        "type": "A",
        "ttl": 300,
        "records": ["192.0.2.1"],
        "set_identifier": "",
        "alias": [],
    }
    return placed(RECORD, **(attributes | changes))


def named(action: str, *addresses: str, ttl: int = 300, name: str = "www.example.com.") -> Step:
    """Somebody changes names in the zone."""
    records = {"name": name, "type": "A", "tTL": ttl, "resourceRecords": [{"value": one} for one in addresses]}
    changes = [{"action": action, "resourceRecordSet": records}]
    return called(5, "route53:ChangeResourceRecordSets", {"hostedZoneId": "Z1", "changeBatch": {"changes": changes}})


SCENARIOS: Scenarios = {
    # ---- Tables
    "a table that may be deleted is a drift": (
        [wrote(0, table()), on_table("UpdateTable", deletionProtectionEnabled=False)],
        [modified(CARTS, "deletion_protection_enabled", True, False)],
    ),
    "a table's throughput as it is changes nothing": (
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
    "a table that forgets nothing any more is a drift": (
        [
            wrote(0, table()),
            on_table("UpdateTimeToLive", timeToLiveSpecification={"enabled": False, "attributeName": "expires"}),
        ],
        [modified(CARTS, "ttl[0].enabled", True, False)],
    ),
    "a table without recovery is a drift": (
        [
            wrote(0, table()),
            on_table("UpdateContinuousBackups", pointInTimeRecoverySpecification={"pointInTimeRecoveryEnabled": False}),
        ],
        [modified(CARTS, "point_in_time_recovery[0].enabled", True, False)],
    ),
    "a table by its ARN is the table": (
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
    # ---- Container services
    "a service scaled by hand is a drift": (
        [wrote(0, serving()), serve(desiredCount=10)],
        [modified(SERVING, "desired_count", 2, 10)],
    ),
    "a service scaled by the autoscaler is none": ([wrote(0, serving()), serve(desiredCount=10, **SERVICE)], []),
    "a task definition by its name is the one of the ARN": (
        [wrote(0, serving()), serve(taskDefinition="web:7", desiredCount=2)],
        [],
    ),
    "another task definition is a drift": (
        [wrote(0, serving()), serve(taskDefinition=arn("ecs", "task-definition/web:8"))],
        [modified(SERVING, "task_definition", TASK, arn("ecs", "task-definition/web:8"))],
    ),
    "Terraform's deployment is none": (
        [
            wrote(0, serving()),
            serve(applied, taskDefinition=arn("ecs", "task-definition/web:8")),
            wrote(6, serving(task_definition=arn("ecs", "task-definition/web:8"))),
        ],
        [],
    ),
    # ---- Scaling groups
    "a larger group is a drift": (
        [wrote(0, scaling()), scale(minSize=1, maxSize=40)],
        [modified(SCALING, "max_size", 4, 40)],
    ),
    "a group's subnets in another order are the same": (
        [wrote(0, scaling()), scale(vPCZoneIdentifier="subnet-2,subnet-1", desiredCapacity=2)],
        [],
    ),
    "a group's other subnets are a drift": (
        [wrote(0, scaling()), scale(vPCZoneIdentifier="subnet-1")],
        [modified(SCALING, "vpc_zone_identifier", ["subnet-1", "subnet-2"], ["subnet-1"])],
    ),
    # ---- Topics
    "a topic's policy put as it is changes nothing": ([wrote(0, topic()), on_topic("Policy", spaced(READ))], []),
    "a topic's policy opened is a drift": (
        [wrote(0, topic()), on_topic("Policy", spaced(ANYTHING))],
        [modified(TOPIC, "policy", text(READ), text(ANYTHING))],
    ),
    "a topic's name to show is a drift": (
        [wrote(0, topic()), on_topic("DisplayName", "Alarms")],
        [modified(TOPIC, "display_name", "", "Alarms")],
    ),
    # ---- Managed policies, memberships
    "a new default version is a drift": (
        [wrote(0, own()), version(ANYTHING, default=True)],
        [modified(OWN, "policy", text(READ), text(ANYTHING))],
    ),
    "a new default version that says the same is none": ([wrote(0, own()), version(READ, default=True)], []),
    "a version that is not the default is none": ([wrote(0, own()), version(ANYTHING, default=False)], []),
    "Terraform's version is none": (
        [
            wrote(0, own()),
            version(ANYTHING, default=True, act=applied),
            wrote(6, own(policy=text(ANYTHING))),
        ],
        [],
    ),
    "a managed policy deleted is a drift": (
        [wrote(0, own()), called(5, "iam:DeletePolicy", {"policyArn": OWN_ARN})],
        [deleted(OWN, OWN_ARN)],
    ),
    "a user put into a managed group is unmanaged": (
        [
            wrote(0, user(), membership("ops"), ADMINS),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "admins"}),
        ],
        # Terraform's membership is not exclusive: it has what it asks for.
        [unmanaged("aws_iam_user_group_membership", "bob/admins")],
    ),
    "a managed user put into a group that no state holds is unmanaged": (
        [
            wrote(0, user()),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "admins"}),
        ],
        [unmanaged("aws_iam_user_group_membership", "bob/admins")],
    ),
    "a managed user put into a managed group is unmanaged once": (
        [
            wrote(0, user(), ADMINS),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "admins"}),
        ],
        [unmanaged("aws_iam_user_group_membership", "bob/admins")],
    ),
    "a user put into a group where no state holds either is nobody's concern": (
        [
            wrote(0, other()),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "admins"}),
        ],
        [],
    ),
    "a user put into a group that he is in is none": (
        [
            wrote(0, user(), membership("ops")),
            called(5, "iam:AddUserToGroup", {"userName": "bob", "groupName": "ops"}),
        ],
        [],
    ),
    "a user taken out of a group is a drift": (
        [
            wrote(0, user(), membership("ops", "dev")),
            called(5, "iam:RemoveUserFromGroup", {"userName": "bob", "groupName": "dev"}),
        ],
        [modified("aws_iam_user_group_membership.bob", "groups", ["ops", "dev"], ["ops"])],
    ),
    # ---- Names
    "a name that points elsewhere is a drift": (
        [wrote(0, other(), record()), named("UPSERT", "203.0.113.9")],
        [modified(RECORD, "records", ["192.0.2.1"], ["203.0.113.9"])],
    ),
    "a name put as it is changes nothing": ([wrote(0, other(), record()), named("UPSERT", "192.0.2.1")], []),
    "a name's addresses in another order are the same": (
        [
            wrote(0, other(), record(records=["192.0.2.1", "192.0.2.2"])),
            named("UPSERT", "192.0.2.2", "192.0.2.1"),
        ],
        [],
    ),
    "a name deleted is a drift": (
        [wrote(0, other(), record()), named("DELETE", "192.0.2.1")],
        [deleted(RECORD, "Z1_www.example.com_A")],
    ),
    # ---- Switches
    "a function throttled to nothing is a drift": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:PutFunctionConcurrency20171031",
                {"functionName": "app", "reservedConcurrentExecutions": 0},
            ),
        ],
        [modified("aws_lambda_function.app", "reserved_concurrent_executions", -1, 0)],
    ),
    "a function without a limit loses none": (
        [wrote(0, function()), called(5, "lambda:DeleteFunctionConcurrency20171031", {"functionName": "app"})],
        [],
    ),
    "an alarm that acts no more is a drift": (
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
    "a rule that fires no more is a drift": (
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
    "a detector switched off is a drift": (
        [
            wrote(
                0,
                placed("aws_guardduty_detector.main", id="d1", arn=arn("guardduty", "detector/d1"), enable=True),
            ),
            called(5, "guardduty:UpdateDetector", {"detectorId": "d1", "enable": False}),
        ],
        [modified("aws_guardduty_detector.main", "enable", True, False)],
    ),
    "an administrator's policy on a role of nobody is nobody's": (
        [wrote(0, own()), called(5, "iam:AttachRolePolicy", {"roleName": "theirs", "policyArn": ADMIN})],
        [],
    ),
}
