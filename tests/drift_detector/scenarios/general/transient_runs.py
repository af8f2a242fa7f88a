"""Resources that exist for a short time: runs, queries, builds; and lasting resources of the same services."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import ACCOUNT, Step, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, by_role, items, modified, placed, unmanaged

PACKER = by_role("bake", "build", "APN/1.0 HashiCorp/1.0 Packer/1.11.2 (+https://www.packer.io)")
VAULT = by_role("vault", "lease", "APN/1.0 HashiCorp/1.0 Vault/1.15.0 aws-sdk-go/1.44")
DATABASE = placed(
    "aws_db_instance.orders", id="db-1", identifier="orders", arn=arn("rds", "db:orders"), status="available"
)
KEYS = {"keyName": "packer-1"}
GONE = {"_return": True, "keyPairId": "key-1"}


def makes(event: str, request: dict[str, Any], response: dict[str, Any], minutes: int = 5, **who: Any) -> Step:
    """Somebody makes something."""
    return called(minutes, event, request, response=response, **who)


def new_keys(**who: Any) -> Step:
    """Somebody makes a pair of keys."""
    return makes("ec2:CreateKeyPair", KEYS, {**KEYS, "keyPairId": "key-1", "keyMaterial": "<hidden>"}, **who)


def stops() -> Step:
    """Somebody stops the database for the night."""
    request = {"dBInstanceIdentifier": "orders"}
    return called(5, "rds:StopDBInstance", request, response={**request, "dBInstanceStatus": "stopping"})


SCENARIOS: Scenarios = {
    "a database stopped by a person is no drift": ([wrote(0, DATABASE), stops()], []),
    "a stopped database is a drift where its state is managed": (
        [wrote(0, DATABASE, placed("aws_rds_instance_state.orders", identifier="orders", state="available")), stops()],
        [modified("aws_rds_instance_state.orders", "state", "available", "stopped")],
    ),
    "key pairs of a build are created and deleted": (
        [wrote(0, other()), new_keys(**PACKER), called(8, "ec2:DeleteKeyPair", KEYS, response=GONE, **PACKER)],
        [unmanaged("aws_key_pair", "key-1", by="build", end="reverted")],
    ),
    "a user leased by Vault is not Terraform's": (
        [
            wrote(0, other()),
            makes("iam:CreateUser", {"userName": "vault-1"}, {"user": {"userName": "vault-1"}}, **VAULT),
        ],
        [unmanaged("aws_iam_user", "vault-1", by="lease")],
    ),
    "an analyst writes a dashboard": (
        [
            wrote(0, other()),
            makes(
                "quicksight:CreateDashboard",
                {"awsAccountId": ACCOUNT, "dashboardId": "sales"},
                {"arn": arn("quicksight", "dashboard/sales"), "dashboardId": "sales"},
            ),
        ],
        [],
    ),
    "an analyst connects another source": (
        [
            wrote(0, other()),
            makes(
                "quicksight:CreateDataSource",
                {"awsAccountId": ACCOUNT, "dataSourceId": "lake"},
                {"arn": arn("quicksight", "datasource/lake"), "dataSourceId": "lake"},
            ),
        ],
        [unmanaged("aws_quicksight_data_source", f"{ACCOUNT}/lake")],
    ),
    "a query is saved": (
        [wrote(0, other()), makes("athena:CreateNamedQuery", {"name": "orders"}, {"namedQueryId": "q-1"})],
        [],
    ),
    "a workgroup is created": (
        [wrote(0, other()), makes("athena:CreateWorkGroup", {"name": "mine"}, {})],
        [unmanaged("aws_athena_workgroup", "mine")],
    ),
    "a reachability analysis is ignored": (
        [
            wrote(0, other()),
            makes(
                "ec2:CreateNetworkInsightsPath",
                {"CreateNetworkInsightsPathRequest": {"Source": "i-1", "Destination": "igw-1", "Protocol": "tcp"}},
                {"CreateNetworkInsightsPathResponse": {"networkInsightsPath": {"networkInsightsPathId": "nip-1"}}},
            ),
        ],
        [],
    ),
    "Studio is opened": (
        [
            wrote(0, other()),
            makes(
                "sagemaker:CreateSpace",
                {"domainId": "d-1", "spaceName": "jane"},
                {"spaceArn": arn("sagemaker", "space/d-1/jane")},
            ),
        ],
        [],
    ),
    "a notebook instance is created": (
        [
            wrote(0, other()),
            makes(
                "sagemaker:CreateNotebookInstance",
                {"notebookInstanceName": "jane"},
                {"notebookInstanceArn": arn("sagemaker", "notebook-instance/jane")},
            ),
        ],
        [unmanaged("aws_sagemaker_notebook_instance", "jane")],
    ),
    "jobs, builds, flows and tasks are started, resumed and stopped": (
        [
            wrote(0, other()),
            called(5, "codebuild:StartBuild", {"projectName": "ci", "imageOverride": "other"}),
            called(5, "codebuild:RetryBuild", {"id": "ci:1"}),
            called(5, "codepipeline:StartPipelineExecution", {"name": "release"}),
            called(5, "codepipeline:PutApprovalResult", {"pipelineName": "release"}),
            called(5, "states:StartExecution", {"stateMachineArn": arn("states", "stateMachine:s")}),
            called(5, "states:RedriveExecution", {"executionArn": arn("states", "execution:s:1")}),
            called(5, "ecs:RunTask", {"cluster": "main", "taskDefinition": "job:1"}),
            called(5, "ecs:ExecuteCommand", {"cluster": "main", "task": "1", "command": "sh"}),
            called(5, "glue:StartCrawler", {"name": "lake"}),
            called(5, "elasticmapreduce:RunJobFlow", {"name": "etl"}, response={"jobFlowId": "j-1"}),
            called(5, "ssm:SendCommand", {"documentName": "AWS-RunPatchBaseline"}),
            called(5, "ssm:StartAssociationsOnce", {"associationIds": ["a-1"]}),
            called(5, "autoscaling:StartInstanceRefresh", {"autoScalingGroupName": "web"}),
            called(5, "autoscaling:RollbackInstanceRefresh", {"autoScalingGroupName": "web"}),
            called(5, "codedeploy:CreateDeployment", {"applicationName": "shop"}),
            called(5, "backup:StartBackupJob", {"backupVaultName": "main"}),
            called(5, "ec2:RebootInstances", {"instancesSet": items({"instanceId": "i-2"})}),
            called(5, "sagemaker:CreateTrainingJob", {"trainingJobName": "t"}),
        ],
        [],
    ),
}
