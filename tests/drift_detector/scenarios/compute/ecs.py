"""ECS: services, task definitions, capacity providers."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import SERVICE, Scenarios, arn, modified, placed, unmanaged

SERVING = "aws_ecs_service.web"
TASK = arn("ecs", "task-definition/web:7")
CAPACITY = "aws_ecs_cluster_capacity_providers.app"
capacity = placed(
    CAPACITY,
    id="app",
    cluster_name="app",
    capacity_providers=["FARGATE"],
    default_capacity_provider_strategy=[{"capacity_provider": "FARGATE", "base": 1, "weight": 100}],
)


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


def update_service(**request: Any) -> Step:
    """Somebody updates the container service."""
    return called(5, "ecs:UpdateService", {"cluster": "main", "service": "web", **request})


def spread(capacity_provider: str, weight: int, base: int) -> dict[str, object]:
    """How a cluster spreads its tasks over its capacity."""
    strategy = [{"capacityProvider": capacity_provider, "weight": weight, "base": base}]
    return {"cluster": "app", "capacityProviders": [capacity_provider], "defaultCapacityProviderStrategy": strategy}


SCENARIOS: Scenarios = {
    "a left-out cluster is the default one": (
        [
            wrote(0, serving(id=arn("ecs", "service/default/web"), cluster=arn("ecs", "cluster/default"))),
            called(5, "ecs:UpdateService", {"service": "web", "desiredCount": 9}),
        ],
        [modified(SERVING, "desired_count", 2, 9)],
    ),
    "a left-out cluster is that of the service's ARN": (
        [
            wrote(0, serving()),
            called(5, "ecs:UpdateService", {"service": arn("ecs", "service/main/web"), "desiredCount": 9}),
        ],
        [modified(SERVING, "desired_count", 2, 9)],
    ),
    "a left-out cluster is no other one": (
        [wrote(0, serving()), called(5, "ecs:UpdateService", {"service": "web", "desiredCount": 9})],
        [],
    ),
    # ---- Container services
    "a service scaled by hand is a drift": (
        [wrote(0, serving()), serve(desiredCount=10)],
        [modified(SERVING, "desired_count", 2, 10)],
    ),
    "a service scaled by the autoscaler is no drift": ([wrote(0, serving()), serve(desiredCount=10, **SERVICE)], []),
    "a task definition by its name is the one of the ARN": (
        [wrote(0, serving()), serve(taskDefinition="web:7", desiredCount=2)],
        [],
    ),
    "another task definition is a drift": (
        [wrote(0, serving()), serve(taskDefinition=arn("ecs", "task-definition/web:8"))],
        [modified(SERVING, "task_definition", TASK, arn("ecs", "task-definition/web:8"))],
    ),
    "a deployment by Terraform is no drift": (
        [
            wrote(0, serving()),
            serve(applied, taskDefinition=arn("ecs", "task-definition/web:8")),
            wrote(6, serving(task_definition=arn("ecs", "task-definition/web:8"))),
        ],
        [],
    ),
    "a service deployed anew unchanged is no drift": (
        [
            wrote(0, serving()),
            update_service(
                taskDefinition="web:7",
                forceNewDeployment=True,
                desiredCount=2,
                enableExecuteCommand=False,
                healthCheckGracePeriodSeconds=0,
                capacityProviderStrategy=[],
                placementConstraints=[],
                placementStrategy=[],
                deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 100},
            ),
        ],
        [],
    ),
    "a task definition named by its family is its latest revision": (
        [
            wrote(0, serving()),
            called(
                5,
                "ecs:UpdateService",
                {"service": "web", "cluster": "main", "taskDefinition": "web"},
                response={"service": {"taskDefinition": TASK, "clusterArn": arn("ecs", "cluster/main")}},
            ),
        ],
        [],
    ),
    "a family's newer revision is a drift": (
        [
            wrote(0, serving()),
            called(
                5,
                "ecs:UpdateService",
                {"service": "web", "cluster": "main", "taskDefinition": "web"},
                response={"service": {"taskDefinition": TASK.replace(":7", ":8")}},
            ),
        ],
        [modified(SERVING, "task_definition", TASK, TASK.replace(":7", ":8"))],
    ),
    "an enabled shell into tasks is a drift": (
        [wrote(0, serving(enable_execute_command=False)), update_service(enableExecuteCommand=True)],
        [modified(SERVING, "enable_execute_command", False, True)],
    ),
    "a service created by hand is unmanaged": (
        [
            wrote(0, serving()),
            called(
                5,
                "ecs:CreateService",
                {"serviceName": "by-hand", "cluster": "main", "taskDefinition": "web:7"},
                response={"service": {"serviceArn": arn("ecs", "service/main/by-hand"), "serviceName": "by-hand"}},
            ),
        ],
        [unmanaged("aws_ecs_service", "main/by-hand")],
    ),
    "a service that comes and goes by hand": (
        [
            wrote(0, serving()),
            called(5, "ecs:CreateService", {"serviceName": "by-hand", "cluster": "main", "taskDefinition": "web:7"}),
            called(6, "ecs:DeleteService", {"service": "by-hand", "cluster": arn("ecs", "cluster/main")}),
        ],
        [unmanaged("aws_ecs_service", "main/by-hand", end="reverted")],
    ),
    "an ECS service that an AWS service creates is ignored": (
        [
            wrote(0, serving()),
            called(
                5,
                "ecs:CreateService",
                {"serviceName": "batch", "cluster": "main"},
                response={"service": {"serviceArn": arn("ecs", "service/main/batch")}},
                **SERVICE,
            ),
        ],
        [],
    ),
    "placement strategies in another order are a drift": (
        [
            wrote(
                0,
                serving(
                    ordered_placement_strategy=[
                        {"type": "spread", "field": "attribute:ecs.availability-zone"},
                        {"type": "binpack", "field": "memory"},
                    ]
                ),
            ),
            update_service(
                placementStrategy=[
                    {"type": "binpack", "field": "memory"},
                    {"type": "spread", "field": "attribute:ecs.availability-zone"},
                ]
            ),
        ],
        [
            modified(
                SERVING,
                "ordered_placement_strategy",
                [
                    {"type": "spread", "field": "attribute:ecs.availability-zone"},
                    {"type": "binpack", "field": "memory"},
                ],
                [
                    {"type": "binpack", "field": "memory"},
                    {"type": "spread", "field": "attribute:ecs.availability-zone"},
                ],
            )
        ],
    ),
    "a cluster gets spot capacity": (
        [wrote(0, capacity), called(5, "ecs:PutClusterCapacityProviders", spread("FARGATE_SPOT", 100, 1))],
        [
            modified(CAPACITY, "capacity_providers", ["FARGATE"], ["FARGATE_SPOT"]),
            modified(
                CAPACITY,
                "default_capacity_provider_strategy",
                [{"capacity_provider": "FARGATE", "base": 1, "weight": 100}],
                [{"capacity_provider": "FARGATE_SPOT", "base": 1, "weight": 100}],
            ),
        ],
    ),
    "a cluster is given the capacity that it has": (
        [wrote(0, capacity), called(5, "ecs:PutClusterCapacityProviders", spread("FARGATE", 100, 1))],
        [],
    ),
}
