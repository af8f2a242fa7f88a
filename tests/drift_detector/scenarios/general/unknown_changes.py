"""Calls that set something of a known resource which neither the log nor the mapping names."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, placed, unknown

REPOSITORY = "aws_ecrpublic_repository.app"
SOMETHING = "*"


def repository(name: str = "app", **more: Any) -> dict[str, Any]:
    """A public repository of images."""
    return placed(REPOSITORY, id=name, repository_name=name, arn=arn("ecr-public", f"repository/{name}"), **more)


def describe(act: Any = called, minutes: int = 5) -> Step:
    """Somebody sets what the catalogue says of it."""
    request = {"repositoryName": "app", "catalogData": {"description": "The app"}}
    step: Step = act(minutes, "ecr-public:PutRepositoryCatalogData", request)
    return step


def service(**more: Any) -> dict[str, Any]:
    """A service of the default cluster."""
    own = arn("ecs", "service/default/api")
    return placed("aws_ecs_service.api", id=own, arn=own, name="api", cluster=arn("ecs", "cluster/default"), **more)


def update_service(**given: Any) -> Step:
    """Somebody updates the service."""
    return called(5, "ecs:UpdateService", {"service": "api", "cluster": "default", **given})


def version_stage() -> Step:
    """A rotation makes its new version the current one."""
    request = {"secretId": arn("secretsmanager", "secret:db-a1b2c3"), "versionStage": "AWSCURRENT"}
    return called(5, "secretsmanager:UpdateSecretVersionStage", {**request, "moveToVersionId": "v2"})


SCENARIOS: Scenarios = {
    "something of a resource is changed": (
        [wrote(0, repository()), describe()],
        [unknown(REPOSITORY, SOMETHING, None)],
    ),
    "something is changed, and a later state has a change": (
        [wrote(0, repository()), describe(), wrote(9, repository(catalog_data=[{"description": "The app"}]))],
        [unknown(REPOSITORY, SOMETHING, None, end="absorbed")],
    ),
    "something is changed, and a later state has the resource as before": (
        [wrote(0, repository()), describe(), wrote(9, repository())],
        [unknown(REPOSITORY, SOMETHING, None)],
    ),
    "Terraform changes something, and a later state has the resource": (
        [wrote(0, repository()), describe(applied), wrote(9, repository())],
        [],
    ),
    "something is changed, and Terraform sets it again": (
        [wrote(0, repository()), describe(), describe(applied, 7), wrote(9, repository())],
        [unknown(REPOSITORY, SOMETHING, None, end="applied")],
    ),
    "something of a resource that no state has": ([wrote(0, repository("other")), describe()], []),
    "a deployment is forced": ([wrote(0, service()), update_service(forceNewDeployment=True)], []),
    "a service gets an option that the mapping does not have": (
        [wrote(0, service()), update_service(brandNewOption={"mode": "x"})],
        [unknown("aws_ecs_service.api", SOMETHING, None)],
    ),
    "an option of the manner alone changes nothing": (
        [wrote(0, service()), update_service(clientToken="t-1", dryRun=False)],
        [],
    ),
    "a secret is rotated": (
        [
            wrote(0, placed("aws_secretsmanager_secret.db", id=arn("secretsmanager", "secret:db-a1b2c3"), name="db")),
            version_stage(),
        ],
        [],
    ),
    "what belongs to a resource is not the resource": (
        [
            wrote(0, placed("aws_connect_instance.desk", id="i-1", arn=arn("connect", "instance/i-1"))),
            called(5, "connect:UpdatePrompt", {"instanceId": "i-1", "promptId": "p-1", "name": "Hello"}),
        ],
        [],
    ),
}
