"""CodePipeline, CodeDeploy, Bedrock guardrails and IoT role aliases."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import Step, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, unmanaged

PIPELINE = "aws_codepipeline.release"
DEPLOYMENTS = "aws_codedeploy_deployment_group.web"
ALIAS = "aws_iot_role_alias.cameras"
alias = placed(ALIAS, id="cameras", alias="cameras", role_arn=arn("iam", "role/cameras"))
GUARDRAIL = "aws_bedrock_guardrail.support"
GUARDRAIL_ID = "a1b2c3d4e5f6"


def pipeline() -> dict[str, Any]:
    """A pipeline."""
    return placed(
        PIPELINE,
        id="release",
        name="release",
        arn=arn("codepipeline", "release"),
        role_arn=arn("iam", "role/release"),
        pipeline_type="V2",
    )


def deployments() -> dict[str, Any]:
    """A group of an application, both named."""
    own = "11111111-2222-3333-4444-555555555555"
    return placed(DEPLOYMENTS, id=own, app_name="shop", deployment_group_name="web", deployment_group_id=own)


def guardrail() -> dict[str, Any]:
    """A guardrail, whose id and ARN are called otherwise, so that its drifts tell its address in their place."""
    own = arn("bedrock", f"guardrail/{GUARDRAIL_ID}")
    return placed(GUARDRAIL, guardrail_id=GUARDRAIL_ID, guardrail_arn=own, name="support", version="DRAFT")


def guardrail_deleted(name: str, **more: Any) -> Step:
    """Somebody deletes a guardrail, or a version of it."""
    return called(5, "bedrock:DeleteGuardrail", {"guardrailIdentifier": name, **more})


SCENARIOS: Scenarios = {
    "a name inside the put structure is found": (
        [
            wrote(0, pipeline()),
            called(
                5,
                "codepipeline:UpdatePipeline",
                {
                    "pipeline": {
                        "name": "release",
                        "roleArn": arn("iam", "role/admin"),
                        "pipelineType": "V2",
                        "stages": [],
                    }
                },
            ),
        ],
        [modified(PIPELINE, "role_arn", arn("iam", "role/release"), arn("iam", "role/admin"))],
    ),
    "a started pipeline is no drift": (
        [wrote(0, pipeline()), called(5, "codepipeline:StartPipelineExecution", {"name": "release"})],
        [],
    ),
    "a deployment group is deleted, by the names of both": (
        [
            wrote(0, deployments()),
            called(
                5,
                "codedeploy:DeleteDeploymentGroup",
                {"applicationName": "shop", "deploymentGroupName": "web"},
                response={"hooksNotCleanedUp": []},
            ),
        ],
        [deleted(DEPLOYMENTS, "11111111-2222-3333-4444-555555555555")],
    ),
    "a group of another application is not meant": (
        [
            wrote(0, deployments()),
            called(5, "codedeploy:DeleteDeploymentGroup", {"applicationName": "blog", "deploymentGroupName": "web"}),
        ],
        [],
    ),
    "a role alias gets another role": (
        [
            wrote(0, alias),
            called(5, "iot:UpdateRoleAlias", {"roleAlias": "cameras", "roleArn": arn("iam", "role/admin")}),
        ],
        [modified(ALIAS, "role_arn", arn("iam", "role/cameras"), arn("iam", "role/admin"))],
    ),
    "a guardrail is deleted": (
        [wrote(0, web(), guardrail()), guardrail_deleted(GUARDRAIL_ID)],
        [deleted(GUARDRAIL, GUARDRAIL)],
    ),
    "a guardrail is deleted by its ARN": (
        [wrote(0, web(), guardrail()), guardrail_deleted(arn("bedrock", f"guardrail/{GUARDRAIL_ID}"))],
        [deleted(GUARDRAIL, GUARDRAIL)],
    ),
    "a version of a guardrail is deleted, which leaves the guardrail": (
        [wrote(0, web(), guardrail()), guardrail_deleted(GUARDRAIL_ID, guardrailVersion="2")],
        [],
    ),
    "a guardrail is created and deleted": (
        [
            wrote(0, web()),
            called(4, "bedrock:CreateGuardrail", {"name": "HIDDEN"}, response={"guardrailId": GUARDRAIL_ID}),
            guardrail_deleted(GUARDRAIL_ID),
        ],
        [unmanaged("aws_bedrock_guardrail", GUARDRAIL_ID, end="reverted")],
    ),
}
