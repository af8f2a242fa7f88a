"""How things begin and end whose calls are named otherwise than they: job flows, newer versions of a call, restores."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.terms import Scenarios, arn, deleted, modified, placed, unmanaged

JOBS = "aws_emr_cluster.nightly"
JOBS_ID = "j-1ABCDEFGHIJKL"
GUARDRAIL = "aws_bedrock_guardrail.support"
GUARDRAIL_ID = "a1b2c3d4e5f6"
BROKERS_ARN = arn("kafka", "cluster/events/01234567-abcd-0123-abcd-abcd0123efa-2")
SERVERLESS = "aws_msk_serverless_cluster.events"
ZONE_ID = "Z0123456789ABC"
GROUP = "aws_redshift_parameter_group.facts"
PAIR = "aws_key_pair.ops"


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


def guardrail() -> dict[str, Any]:
    """A guardrail, whose id and ARN are called otherwise, so that its drifts tell its address in their place."""
    own = arn("bedrock", f"guardrail/{GUARDRAIL_ID}")
    return placed(GUARDRAIL, guardrail_id=GUARDRAIL_ID, guardrail_arn=own, name="support", version="DRAFT")


def guardrail_deleted(name: str, **more: Any) -> Step:
    """Somebody deletes a guardrail, or a version of it."""
    return called(5, "bedrock:DeleteGuardrail", {"guardrailIdentifier": name, **more})


def pair() -> dict[str, Any]:
    """A key pair."""
    return placed(PAIR, id="ops", key_name="ops", key_pair_id="key-01", arn=arn("ec2", "key-pair/ops"))


def made_pair() -> Step:
    """A pair is made; each scenario has a call of its own, since the shared pipeline takes in every event once."""
    return called(5, "ec2:CreateKeyPair", {"keyName": "ops"}, response={"keyName": "ops", "keyPairId": "key-01"})


MADE_BROKERS = {"clusterArn": BROKERS_ARN, "clusterName": "events", "state": "CREATING"}
MADE_ZONE = {"hostedZone": {"id": f"/hostedzone/{ZONE_ID}", "name": "example.com."}}
ZONE_ASKED = {"name": "example.com", "callerReference": "c-1"}

SCENARIOS: Scenarios = {
    "a cluster of jobs is terminated": (
        [wrote(0, jobs()), called(5, "elasticmapreduce:TerminateJobFlows", {"jobFlowIds": ["j-OTHER", JOBS_ID]})],
        [deleted(JOBS, JOBS_ID)],
    ),
    "another cluster of jobs is terminated": (
        [wrote(0, jobs()), called(5, "elasticmapreduce:TerminateJobFlows", {"jobFlowIds": ["j-OTHER"]})],
        [],
    ),
    "a pipeline starts a cluster for its job": (
        [wrote(0, jobs()), called(5, "elasticmapreduce:RunJobFlow", {"name": "job"}, response={"jobFlowId": "j-NEW"})],
        [],
    ),
    "a cluster of jobs loses its protection": (
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
    "a cluster of jobs ends as late as it did": (
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
    "a cluster of jobs never ends by itself": (
        [wrote(0, jobs()), called(5, "elasticmapreduce:RemoveAutoTerminationPolicy", {"clusterId": JOBS_ID})],
        [modified(JOBS, "auto_termination_policy", [{"idle_timeout": 3600}], [])],
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
    "a guardrail is made and deleted": (
        [
            wrote(0, web()),
            called(4, "bedrock:CreateGuardrail", {"name": "HIDDEN"}, response={"guardrailId": GUARDRAIL_ID}),
            guardrail_deleted(GUARDRAIL_ID),
        ],
        [unmanaged("aws_bedrock_guardrail", GUARDRAIL_ID, end="reverted")],
    ),
    "brokers are made by the newer call": (
        [
            wrote(0, web()),
            called(5, "kafka:CreateClusterV2", {"clusterName": "events", "provisioned": {}}, response=MADE_BROKERS),
        ],
        [unmanaged("aws_msk_cluster", BROKERS_ARN)],
    ),
    "Terraform makes a cluster without brokers": (
        [
            wrote(0, web()),
            applied(
                5,
                "kafka:CreateClusterV2",
                {"clusterName": "events", "serverless": {"vpcConfigs": [{"subnetIds": ["subnet-1"]}]}},
                response=MADE_BROKERS,
            ),
            wrote(6, web(), placed(SERVERLESS, id=BROKERS_ARN, arn=BROKERS_ARN, cluster_name="events")),
        ],
        [],
    ),
    "a cluster without brokers is deleted": (
        [
            wrote(0, placed(SERVERLESS, id=BROKERS_ARN, arn=BROKERS_ARN, cluster_name="events")),
            called(5, "kafka:DeleteCluster", {"clusterArn": BROKERS_ARN.replace(":", "%3A").replace("/", "%2F")}),
        ],
        [deleted(SERVERLESS, BROKERS_ARN)],
    ),
    "a database is restored of a bucket": (
        [
            wrote(0, web()),
            called(5, "rds:RestoreDBInstanceFromS3", {"dBInstanceIdentifier": "Copy", "engine": "mysql"}),
        ],
        [unmanaged("aws_db_instance", "copy")],
    ),
    "a key pair is made": ([wrote(0, web()), made_pair()], [unmanaged("aws_key_pair", "key-01")]),
    "a key pair is made and deleted by its name": (
        [
            wrote(0, web()),
            made_pair(),
            called(6, "ec2:DeleteKeyPair", {"keyName": "ops"}, response={"_return": True, "keyPairId": "key-01"}),
        ],
        [unmanaged("aws_key_pair", "key-01", end="reverted")],
    ),
    "Terraform imports a key pair": (
        [
            wrote(0, web()),
            applied(5, "ec2:ImportKeyPair", {"keyName": "ops"}, response={"keyName": "ops", "keyPairId": "key-01"}),
            wrote(6, web(), pair()),
        ],
        [],
    ),
    "a zone is made": (
        [wrote(0, web()), called(5, "route53:CreateHostedZone", ZONE_ASKED, response=MADE_ZONE)],
        [unmanaged("aws_route53_zone", ZONE_ID)],
    ),
    "a zone is made and deleted": (
        [
            wrote(0, web()),
            called(5, "route53:CreateHostedZone", ZONE_ASKED, response=MADE_ZONE),
            called(6, "route53:DeleteHostedZone", {"id": ZONE_ID}),
        ],
        [unmanaged("aws_route53_zone", ZONE_ID, end="reverted")],
    ),
    "Terraform makes a zone": (
        [
            wrote(0, web()),
            applied(5, "route53:CreateHostedZone", ZONE_ASKED, response=MADE_ZONE),
            wrote(6, web(), placed("aws_route53_zone.shop", id=ZONE_ID, zone_id=ZONE_ID, name="example.com")),
        ],
        [],
    ),
    "a warehouse's parameter group is deleted": (
        [
            wrote(0, placed(GROUP, id="facts", name="facts", arn=arn("redshift", "parametergroup:facts"))),
            called(5, "redshift:DeleteClusterParameterGroup", {"parameterGroupName": "facts"}),
        ],
        [deleted(GROUP, "facts")],
    ),
    "Terraform makes a warehouse's parameter group": (
        [
            wrote(0, web()),
            applied(5, "redshift:CreateClusterParameterGroup", {"parameterGroupName": "facts"}),
            wrote(6, web(), placed(GROUP, id="facts", name="facts")),
        ],
        [],
    ),
    "Terraform makes a replication's subnet group": (
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
