"""Changes by scaling services, CodeDeploy, pipelines and CloudFormation, beside the same changes by people."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import OPEN, other, resize, web
from tests.drift_detector.playbook import Step, called, wrote
from tests.drift_detector.scenarios.builders import (
    Scenarios,
    arn,
    by_role,
    by_service,
    deleted,
    modified,
    placed,
    policy,
    text,
    trust,
    unmanaged,
)
from tests.drift_detector.scenarios.compute.auto_scaling import GROUP_ARN, OTHER_GROUP_ARN, SCALING, scale, scaling
from tests.drift_detector.scenarios.compute.ecs import SERVING, serving
from tests.drift_detector.scenarios.data.dynamodb import CARTS, table

Who = dict[str, Any]
CODEDEPLOY = by_service("codedeploy.amazonaws.com", "deploy")
STACK = by_service("cloudformation.amazonaws.com", "AWSCloudFormation")
PIPELINE = by_service("codepipeline.amazonaws.com", "1732512345678")
SESSION = "AutoScaling-UpdateDesiredCount"
LISTENER = "aws_lb_listener.https"
LISTENER_ARN = arn("elasticloadbalancing", "listener/app/front/1/2")
RULE = "aws_lb_listener_rule.shop"
RULE_ARN = arn("elasticloadbalancing", "listener-rule/app/front/1/2/3")
ALIAS = "aws_lambda_alias.live"
CONCURRENCY = "aws_lambda_provisioned_concurrency_config.live"
FLEET = "aws_spot_fleet_request.workers"
KEYSPACE = "aws_keyspaces_table.events"
FORWARD = {"type": "forward", "target_group_arn": GROUP_ARN, "order": 1, "forward": []}
INDEX = {"name": "by-owner", "hash_key": "owner", "read_capacity": 5, "write_capacity": 5}
GROWN = {"name": "by-owner", "read_capacity": 9, "write_capacity": 5}  # as far as the call tells
ROLE = "aws_iam_role.app"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
SHIFTED = {"target_group_arn": OTHER_GROUP_ARN, "type": "forward"}


def scaler(service: str) -> Who:
    """Application Auto Scaling, which calls in the name of each service that it scales."""
    return by_service(f"{service}.application-autoscaling.amazonaws.com", SESSION)


def grows_index(who: Who) -> list[Step]:
    """An index of a table is given other units."""
    units = {"readCapacityUnits": 9, "writeCapacityUnits": 5}
    request = {"globalSecondaryIndexUpdates": [{"update": {"indexName": "by-owner", "provisionedThroughput": units}}]}
    return [
        wrote(0, table(global_secondary_index=[INDEX])),
        called(5, "dynamodb:UpdateTable", {"tableName": "carts", **request}, **who),
    ]


def keeps_warm(who: Who) -> list[Step]:
    """More instances of a function are kept warm."""
    state = placed(
        CONCURRENCY, id="app,live", function_name="app", qualifier="live", provisioned_concurrent_executions=5
    )
    request = {"functionName": "app", "qualifier": "live", "provisionedConcurrentExecutions": 9}
    return [wrote(0, state), called(5, "lambda:PutProvisionedConcurrencyConfig20190930", request, **who)]


def grows_fleet(who: Who) -> list[Step]:
    """A fleet is given another target."""
    request = {"ModifySpotFleetRequestRequest": {"SpotFleetRequestId": "sfr-1", "TargetCapacity": 5}}
    return [
        wrote(0, placed(FLEET, id="sfr-1", target_capacity=2)),
        called(5, "ec2:ModifySpotFleetRequest", request, **who),
    ]


def serves_more(who: Who) -> list[Step]:
    """A container service is given more tasks."""
    request = {"cluster": "main", "service": "web", "desiredCount": 5}
    return [wrote(0, serving(desired_count=2)), called(5, "ecs:UpdateService", request, **who)]


def swaps_listener(who: Who) -> list[Step]:
    """A listener sends its traffic to the other group."""
    actions = [{"type": "forward", "targetGroupArn": OTHER_GROUP_ARN}]
    return [
        wrote(0, placed(LISTENER, id=LISTENER_ARN, arn=LISTENER_ARN, port=443, default_action=[FORWARD])),
        called(
            5,
            "elasticloadbalancing:ModifyListener",
            {"listenerArn": LISTENER_ARN, "defaultActions": actions},
            **who,
        ),
    ]


def swaps_rule(who: Who) -> list[Step]:
    """A listener's rule sends its traffic to the other group."""
    return [
        wrote(0, placed(RULE, id=RULE_ARN, arn=RULE_ARN, priority=1, action=[FORWARD], condition=[])),
        called(
            5,
            "elasticloadbalancing:ModifyRule",
            {"ruleArn": RULE_ARN, "actions": [{"type": "forward", "targetGroupArn": OTHER_GROUP_ARN}]},
            **who,
        ),
    ]


def turns_alias(who: Who) -> list[Step]:
    """An alias leads to another version, by a tenth first."""
    state = placed(
        ALIAS,
        id=arn("lambda", "function:app:live"),
        arn=arn("lambda", "function:app:live"),
        function_name="app",
        name="live",
        function_version="3",
        routing_config=[],
    )
    request = {"functionName": "app", "name": "live", "functionVersion": "3"}
    tenth = {"routingConfig": {"additionalVersionWeights": {"4": 0.1}}}
    whole = {"functionVersion": "4", "routingConfig": {"additionalVersionWeights": {}}}
    return [
        wrote(0, state),
        called(5, "lambda:UpdateAlias20150331", request | tenth, **who),
        called(9, "lambda:UpdateAlias20150331", request | whole, **who),
    ]


def releases(who: Who) -> list[Step]:
    """A container service runs another revision."""
    request = {"cluster": "main", "service": "web", "taskDefinition": arn("ecs", "task-definition/web:8")}
    return [
        wrote(0, serving(task_definition=arn("ecs", "task-definition/web:7"))),
        called(5, "ecs:UpdateService", request, **who),
    ]


def trusted() -> dict[str, Any]:
    """A managed role."""
    trusting = text(policy(trust({"Service": "ec2.amazonaws.com"})))
    return placed(ROLE, id="app", name="app", arn=arn("iam", "role/app"), assume_role_policy=trusting)


def attaches(role: str, which: str, who: Who) -> Step:
    """A role is given a policy."""
    return called(6, "iam:AttachRolePolicy", {"roleName": role, "policyArn": which}, **who)


def new_role(name: str, who: Who) -> Step:
    """A role is made."""
    response = {"role": {"roleName": name, "arn": arn("iam", f"role/{name}")}}
    return called(5, "iam:CreateRole", {"roleName": name}, response=response, **who)


SCENARIOS: Scenarios = {
    "an index is scaled by the service": (grows_index(scaler("dynamodb")), []),
    "an index is scaled by a person": (
        grows_index(by_role("ops", "jane")),
        [modified(CARTS, "global_secondary_index", [INDEX], [GROWN])],
    ),
    "warm instances are scaled by the service": (keeps_warm(scaler("lambda")), []),
    "warm instances are set by a person": (
        keeps_warm(by_role("ops", "jane")),
        [modified(CONCURRENCY, "provisioned_concurrent_executions", 5, 9)],
    ),
    "a fleet is scaled by the service": (grows_fleet(scaler("ec2")), []),
    "a fleet is scaled by a person": (
        grows_fleet(by_role("ops", "jane")),
        [modified(FLEET, "target_capacity", 2, 5)],
    ),
    "tasks are scaled by the service": (serves_more(scaler("ecs")), []),
    "tasks are scaled by a stack": (
        serves_more(STACK),
        [modified(SERVING, "desired_count", 2, 5, by="AWSCloudFormation")],
    ),
    "tasks are scaled by a person with the service's name as user agent": (
        serves_more(by_role("ops", "eve", "ecs.application-autoscaling.amazonaws.com")),
        [modified(SERVING, "desired_count", 2, 5, by="eve")],
    ),
    "a group's limits by a schedule of its own": (
        [
            wrote(0, scaling()),
            scale("UpdateAutoScalingGroup", minSize=2, maxSize=8, **by_service("autoscaling.amazonaws.com")),
        ],
        [],
    ),
    "a group's template changed by the service that may scale it": (
        [
            wrote(0, scaling(launch_template=[{"id": "lt-1", "name": "web", "version": "3"}])),
            called(
                5,
                "autoscaling:UpdateAutoScalingGroup",
                {
                    "autoScalingGroupName": "web",
                    "launchTemplate": {"launchTemplateId": "lt-1", "version": "4"},
                },
                **by_service("autoscaling.amazonaws.com"),
            ),
        ],
        [modified(SCALING, "launch_template[0].version", "3", "4", by="service")],
    ),
    "a blue/green deployment moves a listener to the green group": (swaps_listener(CODEDEPLOY), []),
    "a person moves a listener to another group": (
        swaps_listener(by_role("ops", "jane")),
        [modified(LISTENER, "default_action", [FORWARD], [SHIFTED])],
    ),
    "ECS moves a rule to the green group by itself": (
        swaps_rule(by_service("ecs.amazonaws.com")),
        [],
    ),
    "a stack moves a rule to another group": (
        swaps_rule(STACK),
        [modified(RULE, "action", [FORWARD], [SHIFTED], by="AWSCloudFormation")],
    ),
    "a deployment moves an alias to another version": (turns_alias(CODEDEPLOY), []),
    "a pipeline of one's own moves an alias to another version": (
        turns_alias(by_role("deploy", "GitHubActions")),
        [
            modified(
                ALIAS,
                "routing_config[0].additional_version_weights",
                None,
                {"4": 0.1},
                by="GitHubActions",
                end="reverted",
            ),
            modified(ALIAS, "function_version", "3", "4", by="GitHubActions"),
        ],
    ),
    "CodePipeline deploys outside of Terraform": (
        releases(PIPELINE),
        [
            modified(
                SERVING,
                "task_definition",
                arn("ecs", "task-definition/web:7"),
                arn("ecs", "task-definition/web:8"),
                by="1732512345678",
            )
        ],
    ),
    "a deployment suspends a group": (
        [
            wrote(0, scaling(suspended_processes=[])),
            scale("SuspendProcesses", scalingProcesses=["Terminate"], **CODEDEPLOY),
        ],
        [],
    ),
    "a deployment deletes the old group": (
        [wrote(0, scaling()), scale("DeleteAutoScalingGroup", forceDelete=True, **CODEDEPLOY)],
        [deleted(SCALING, "web", by="deploy")],
    ),
    "a stack creates a role of its own": (
        [wrote(0, other()), new_role("stack-app", STACK), attaches("stack-app", ADMINISTRATOR, STACK)],
        [],
    ),
    "a person creates a role": (
        [wrote(0, other()), new_role("stack-app", by_role("ops", "jane"))],
        [unmanaged("aws_iam_role", "stack-app")],
    ),
    "a stack gives a managed role a policy": (
        [wrote(0, trusted()), attaches("app", ADMINISTRATOR, STACK)],
        [unmanaged("aws_iam_role_policy_attachment", f"app/{ADMINISTRATOR}", by="AWSCloudFormation")],
    ),
    "a directory creates its roles": (
        [
            wrote(0, trusted()),
            new_role("AWSReservedSSO_Admin_1", by_service("sso.amazonaws.com", "SSO-PROVISIONER")),
            attaches("AWSReservedSSO_Admin_1", ADMINISTRATOR, by_service("sso.amazonaws.com", "SSO-PROVISIONER")),
        ],
        [],
    ),
    "a stack changes what Terraform manages": (
        [wrote(0, web()), resize(5, "m5.large", **STACK)],
        [OPEN.replace("jane", "AWSCloudFormation")],
    ),
}
