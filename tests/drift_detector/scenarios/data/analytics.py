"""EMR, Glue, Athena, OpenSearch Serverless, Connect, DMS and data exports."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, spaced, text, unmanaged
from tests.drift_detector.scenarios.data.streams import stream

DESK = "11223344-0000-1111-2222-333344445555"
RULES = "aws_opensearchserverless_access_policy.logs"
GUARD = "aws_emr_block_public_access_configuration.main"
WORKGROUP = "aws_athena_workgroup.analysts"
guard = placed(
    GUARD,
    id="current",
    block_public_security_group_rules=True,
    permitted_public_security_group_rule_range=[{"min_range": 22, "max_range": 22}],
)
results = {
    "encryption_configuration": [{"encryption_option": "SSE_S3", "kms_key_arn": ""}],
    "output_location": "s3://r/",
}
workgroup = placed(
    WORKGROUP,
    id="analysts",
    name="analysts",
    configuration=[{"enforce_workgroup_configuration": True, "result_configuration": [results]}],
)
JOBS = "aws_emr_cluster.nightly"
JOBS_ID = "j-1ABCDEFGHIJKL"


def jobs(**changes: Any) -> dict[str, Any]:
    """A cluster of EMR's as a state holds it."""
    attributes: dict[str, Any] = {
        "id": JOBS_ID,
        "arn": arn("elasticmapreduce", f"cluster/{JOBS_ID}"),
        "name": "nightly",
        "termination_protection": True,
        "visible_to_all_users": True,
        "auto_termination_policy": [{"idle_timeout": 3600}],
    }
    return placed(JOBS, **(attributes | changes))


SCENARIOS: Scenarios = {
    "a connection created from an input structure is unmanaged": (
        [
            wrote(0, web()),
            called(5, "glue:CreateConnection", {"connectionInput": {"name": "lake", "connectionType": "JDBC"}}),
        ],
        [unmanaged("aws_glue_connection", "lake")],
    ),
    "an agent queue created with its ARN is reverted when it is deleted by its id and instance": (
        [
            wrote(0, web()),
            called(
                5,
                "connect:CreateQueue",
                {"InstanceId": DESK, "Name": "night", "HoursOfOperationId": "h-1"},
                response={"QueueArn": arn("connect", f"instance/{DESK}/queue/q-1"), "QueueId": "q-1"},
            ),
            called(6, "connect:DeleteQueue", {"InstanceId": DESK, "QueueId": "q-1"}, by="joe"),
        ],
        [unmanaged("aws_connect_queue", arn("connect", f"instance/{DESK}/queue/q-1"), end="reverted")],
    ),
    "queries, runs and messages are no drift": (
        [
            wrote(0, placed("aws_athena_workgroup.main", id="primary", name="primary"), stream()),
            called(5, "athena:StartQueryExecution", {"workGroup": "primary", "queryString": "***OMITTED***"}),
            called(6, "athena:StartSession", {"workGroup": "primary", "engineConfiguration": {}}),
            called(7, "kinesis:PutRecord", {"streamName": "clicks", "partitionKey": "1"}),
        ],
        [],
    ),
    "an export tagged in its own words is a drift of the tag": (
        [
            wrote(
                0,
                placed(
                    "aws_bcmdataexports_export.costs",
                    id=arn("bcm-data-exports", "export/costs"),
                    arn=arn("bcm-data-exports", "export/costs"),
                    tags={},
                    tags_all={},
                ),
            ),
            called(
                5,
                "bcm-data-exports:TagResource",
                {
                    "resourceArn": arn("bcm-data-exports", "export/costs"),
                    "resourceTags": [{"key": "Env", "value": "prod"}],
                },
            ),
        ],
        [modified("aws_bcmdataexports_export.costs", "tags.Env", None, "prod")],
    ),
    "a collection's rules written with other spaces are the same": (
        [
            wrote(0, placed(RULES, id="logs", name="logs", type="data", policy=text([{"Rules": [], "Principal": []}]))),
            called(
                5,
                "aoss:UpdateAccessPolicy",
                {
                    "name": "logs",
                    "type": "data",
                    "policyVersion": "1",
                    "policy": spaced([{"Rules": [], "Principal": []}]),
                },
            ),
        ],
        [],
    ),
    "EMR's public access block set to its values is no drift": (
        [
            wrote(0, guard),
            called(
                5,
                "elasticmapreduce:PutBlockPublicAccessConfiguration",
                {
                    "blockPublicAccessConfiguration": {
                        "blockPublicSecurityGroupRules": True,
                        "permittedPublicSecurityGroupRuleRanges": [{"minRange": 22, "maxRange": 22}],
                    }
                },
            ),
        ],
        [],
    ),
    "the results of queries are left unencrypted": (
        [
            wrote(0, workgroup),
            called(
                5,
                "athena:UpdateWorkGroup",
                {
                    "workGroup": "analysts",
                    "configurationUpdates": {"resultConfigurationUpdates": {"removeEncryptionConfiguration": True}},
                },
            ),
        ],
        [
            modified(
                WORKGROUP,
                "configuration[0].result_configuration[0].encryption_configuration[0].encryption_option",
                "SSE_S3",
                None,
            )
        ],
    ),
    "an EMR cluster is terminated": (
        [wrote(0, jobs()), called(5, "elasticmapreduce:TerminateJobFlows", {"jobFlowIds": ["j-OTHER", JOBS_ID]})],
        [deleted(JOBS, JOBS_ID)],
    ),
    "another cluster of jobs is terminated": (
        [wrote(0, jobs()), called(5, "elasticmapreduce:TerminateJobFlows", {"jobFlowIds": ["j-OTHER"]})],
        [],
    ),
    "a pipeline starts an EMR cluster for its job": (
        [wrote(0, jobs()), called(5, "elasticmapreduce:RunJobFlow", {"name": "job"}, response={"jobFlowId": "j-NEW"})],
        [],
    ),
    "an EMR cluster loses its protection": (
        [
            wrote(0, jobs()),
            called(
                5,
                "elasticmapreduce:SetTerminationProtection",
                {"jobFlowIds": [JOBS_ID], "terminationProtected": False},
            ),
        ],
        [modified(JOBS, "termination_protection", True, False)],
    ),
    "an EMR cluster's idle timeout set to its value is no drift": (
        [
            wrote(0, jobs()),
            called(
                5,
                "elasticmapreduce:PutAutoTerminationPolicy",
                {"clusterId": JOBS_ID, "autoTerminationPolicy": {"idleTimeout": 3600}},
            ),
        ],
        [],
    ),
    "an EMR cluster without an idle timeout is a drift": (
        [wrote(0, jobs()), called(5, "elasticmapreduce:RemoveAutoTerminationPolicy", {"clusterId": JOBS_ID})],
        [modified(JOBS, "auto_termination_policy", [{"idle_timeout": 3600}], [])],
    ),
    "Terraform creates a replication's subnet group": (
        [
            wrote(0, web()),
            applied(5, "dms:CreateReplicationSubnetGroup", {"replicationSubnetGroupIdentifier": "main"}),
            wrote(
                6,
                web(),
                placed("aws_dms_replication_subnet_group.main", id="main", replication_subnet_group_id="main"),
            ),
        ],
        [],
    ),
}
