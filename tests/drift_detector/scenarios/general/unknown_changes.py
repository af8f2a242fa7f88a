"""Calls that set something of a known resource which neither the log nor the mapping names."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, placed, unknown

RULE = "aws_rbin_rule.keep"
SOMETHING = "*"


def rule(**more: Any) -> dict[str, Any]:
    """A rule of the recycle bin."""
    return placed(RULE, **{"id": "r-1", "identifier": "r-1", "arn": arn("rbin", "rule/r-1"), "description": "", **more})


def lock(act: Any = called, minutes: int = 5) -> Step:
    """Somebody locks the rule."""
    request = {"identifier": "r-1", "lockConfiguration": {"unlockDelay": {"unlockDelayValue": 7}}}
    step: Step = act(minutes, "rbin:LockRule", request)
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
    "something of a resource is changed": ([wrote(0, rule()), lock()], [unknown(RULE, SOMETHING, None)]),
    "something is changed, and a later state has a change": (
        [wrote(0, rule()), lock(), wrote(9, rule(description="locked"))],
        [unknown(RULE, SOMETHING, None, end="absorbed")],
    ),
    "something is changed, and a later state has the resource as before": (
        [wrote(0, rule()), lock(), wrote(9, rule())],
        [unknown(RULE, SOMETHING, None)],
    ),
    "Terraform changes something, and a later state has the resource": (
        [wrote(0, rule()), lock(applied), wrote(9, rule())],
        [],
    ),
    "something is changed, and Terraform sets it again": (
        [wrote(0, rule()), lock(), lock(applied, 7), wrote(9, rule())],
        [unknown(RULE, SOMETHING, None, end="applied")],
    ),
    "something of a resource that no state has": ([wrote(0, rule(identifier="r-2", id="r-2")), lock()], []),
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
