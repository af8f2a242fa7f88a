"""Services that nobody curates: what the generated mapping makes of the many ways in which calls name a resource."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import ACCOUNT, Called, applied, called, wrote
from tests.drift_detector.scenarios.terms import Scenarios, arn, deleted, modified, placed, unmanaged

DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"
LIST_ID = "1ab200428351c99d859bf61992460d24"
LIST = "aws_guardduty_threatintelset.known"
CLUSTER = "aws_msk_cluster.orders"
CLUSTER_ARN = arn("kafka", "cluster/orders/01234567-abcd-0123-abcd-abcd0123efa-2")
STREAM = "aws_kinesis_stream.clicks"
PIPELINE = "aws_codepipeline.release"
CHANNEL = "aws_config_delivery_channel.main"
FILES = "aws_efs_file_system.shared"
MACIE = "aws_macie2_account.main"
CERTIFICATE_ARN = arn("acm", "certificate/12345678-1234-1234-1234-123456789012")
SHARE = "aws_redshift_data_share_authorization.partner"
SHARE_ARN = arn("redshift", "datashare:4c64c6ec-73d5-42be-869b-b7f7c43c7a53/sales")
ROLE_ARN = arn("iam", "role/rds-import")
LINK = "aws_db_instance_role_association.import"
LISTENER = "aws_globalaccelerator_listener.web"
LISTENER_ARN = f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator/0339bfd6/listener/abcde1234"
SITE = "aws_networkmanager_site.berlin"
GATEWAYS = {mesh: f"aws_appmesh_virtual_gateway.{mesh}" for mesh in ("blue", "green")}
GROUP = "aws_resourcegroups_group.staging"
GROUP_ARN = arn("resource-groups", "group/staging")
REGISTRY = "aws_ecr_registry_policy.main"
APPLICATION = "aws_kinesisanalyticsv2_application.report"
DEPLOYMENTS = "aws_codedeploy_deployment_group.web"
SELECTION = "aws_backup_selection.tagged"
PLAN_ID = "5a1b2c3d-0000-1111-2222-333344445555"
SELECTION_ID = "6b2c3d4e-0000-1111-2222-333344445555"
RESOLVER = "aws_appsync_resolver.me"
SERVER_ID = "s-b6118b5f29a04a9e8"
DESK = "11223344-0000-1111-2222-333344445555"
PERSON = "198.51.100.7"


def known_list(**changes: Any) -> dict[str, Any]:
    """A detector's list of bad addresses: the provider's id is made of the detector's and the list's."""
    attributes: dict[str, Any] = {
        "id": f"{DETECTOR}:{LIST_ID}",
        "detector_id": DETECTOR,
        "arn": arn("guardduty", f"detector/{DETECTOR}/threatintelset/{LIST_ID}"),
        "name": "known",
        "format": "TXT",
        "location": "s3://lists/known.txt",
    }
    return placed(LIST, **(attributes | changes))


def cluster() -> dict[str, Any]:
    """A Kafka cluster."""
    return placed(CLUSTER, id=CLUSTER_ARN, arn=CLUSTER_ARN, cluster_name="orders")


def stream() -> dict[str, Any]:
    """A stream, whose id is its ARN."""
    own = arn("kinesis", "stream/clicks")
    return placed(STREAM, id=own, arn=own, name="clicks", tags={"Team": "web"})


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


def channel() -> dict[str, Any]:
    """Where Config delivers to."""
    return placed(CHANNEL, id="default", name="default", s3_bucket_name="audit", sns_topic_arn="")


def files() -> dict[str, Any]:
    """A file system."""
    own = arn("elasticfilesystem", "file-system/fs-00112233")
    return placed(FILES, id="fs-00112233", arn=own, tags={"Team": "web"})


def macie() -> dict[str, Any]:
    """Macie of an account and region, which has no name: what else the provider made tells them."""
    return placed(
        MACIE,
        id=ACCOUNT,
        finding_publishing_frequency="FIFTEEN_MINUTES",
        status="ENABLED",
        service_role=arn("iam", "role/macie"),
    )


def share() -> dict[str, Any]:
    """A data share that another account may use."""
    return placed(SHARE, id=f"{SHARE_ARN},210987654321", data_share_arn=SHARE_ARN, consumer_identifier="210987654321")


def link() -> dict[str, Any]:
    """A role that a database may take."""
    return placed(
        LINK,
        id=f"orders,{ROLE_ARN}",
        db_instance_identifier="orders",
        role_arn=ROLE_ARN,
        feature_name="s3Import",
    )


def listener() -> dict[str, Any]:
    """A listener of an accelerator, which is in no region."""
    return placed(LISTENER, id=LISTENER_ARN, arn=LISTENER_ARN, protocol="TCP")


def site() -> dict[str, Any]:
    """A site of a global network."""
    own = f"arn:aws:networkmanager::{ACCOUNT}:site/global-network-1/site-1"
    return placed(SITE, id="site-1", arn=own, global_network_id="global-network-1", description="Berlin")


def gateway(mesh: str) -> dict[str, Any]:
    """A gateway that is named alike in each mesh."""
    own = arn("appmesh", f"mesh/{mesh}/virtualGateway/edge")
    return placed(GATEWAYS[mesh], id=f"uid-{mesh}", arn=own, name="edge", mesh_name=mesh)


def group() -> dict[str, Any]:
    """A group of resources."""
    return placed(GROUP, id="staging", name="staging", arn=GROUP_ARN, description="all of staging")


def registry() -> dict[str, Any]:
    """The policy of an account's registry."""
    return placed(REGISTRY, id=ACCOUNT, registry_id=ACCOUNT, policy="{}")


def deployments() -> dict[str, Any]:
    """A group of an application, both named."""
    own = "11111111-2222-3333-4444-555555555555"
    return placed(DEPLOYMENTS, id=own, app_name="shop", deployment_group_name="web", deployment_group_id=own)


def selection() -> dict[str, Any]:
    """What a plan backs up."""
    return placed(SELECTION, id=SELECTION_ID, plan_id=PLAN_ID, name="tagged")


def resolver() -> dict[str, Any]:
    """How a field of a type is come by."""
    return placed(RESOLVER, id="api1-Query-me", api_id="api1", type="Query", field="me", kind="UNIT")


def application() -> dict[str, Any]:
    """An application that reads streams."""
    own = arn("kinesisanalytics", "application/report")
    return placed(APPLICATION, id=own, arn=own, name="report")


def made_server(**record: Any) -> Called:
    """Somebody, or something, makes a server for file transfers."""
    request, response = {"protocols": ["SFTP"]}, {"serverId": SERVER_ID}
    return called(5, "transfer:CreateServer", request, response=response, **record)


def acl_arn(name: str) -> str:
    """A regional web ACL, whose id is made of its name."""
    return arn("wafv2", f"regional/webacl/{name}/{name}-0000-1111-2222-333344445555")


def made_acl(minutes: int, name: str, **record: Any) -> Called:
    """A web ACL that somebody makes."""
    summary = {"name": name, "id": acl_arn(name).rsplit("/", 1)[1], "aRN": acl_arn(name), "lockToken": "t-1"}
    request = {"name": name, "scope": "REGIONAL", "defaultAction": {"allow": {}}}
    return called(minutes, "wafv2:CreateWebACL", request, response={"summary": summary}, **record)


def deleted_acl(minutes: int, name: str, **record: Any) -> Called:
    """The deletion of a web ACL."""
    request = {"name": name, "scope": "REGIONAL", "id": acl_arn(name).rsplit("/", 1)[1], "lockToken": "t-1"}
    return called(minutes, "wafv2:DeleteWebACL", request, **record)


def pool_arn(name: str) -> str:
    """A pool of users."""
    return arn("cognito-idp", f"userpool/{name}")


def made_pool(minutes: int, name: str) -> Called:
    """A pool of users, always of one name."""
    answer = {"userPool": {"id": name, "arn": pool_arn(name), "name": "people"}}
    return called(minutes, "cognito-idp:CreateUserPool", {"poolName": "people"}, response=answer)


SCENARIOS: Scenarios = {
    "what is named within another is met by a part of the id": (
        [
            wrote(0, known_list()),
            called(5, "guardduty:DeleteThreatIntelSet", {"detectorId": DETECTOR, "threatIntelSetId": LIST_ID}),
        ],
        [deleted(LIST, f"{DETECTOR}:{LIST_ID}")],
    ),
    "another detector's list of the same id is not meant": (
        [
            wrote(0, known_list()),
            called(5, "guardduty:DeleteThreatIntelSet", {"detectorId": "f" * 32, "threatIntelSetId": LIST_ID}),
        ],
        [],
    ),
    "an update names its part of the id": (
        [
            wrote(0, known_list()),
            called(
                5,
                "guardduty:UpdateThreatIntelSet",
                {"detectorId": DETECTOR, "threatIntelSetId": LIST_ID, "location": "s3://lists/other.txt"},
            ),
        ],
        [modified(LIST, "location", "s3://lists/known.txt", "s3://lists/other.txt")],
    ),
    "a list that is made in a detector is unmanaged, and no change of the detector": (
        [
            wrote(0, placed("aws_guardduty_detector.main", id=DETECTOR, enable=True), known_list()),
            called(
                5,
                "guardduty:CreateThreatIntelSet",
                {"detectorId": DETECTOR, "name": "mine", "format": "TXT", "location": "s3://x/y", "activate": False},
                response={"threatIntelSetId": "0" * 32},
            ),
        ],
        [unmanaged("aws_guardduty_threatintelset", "0" * 32)],
    ),
    "an ARN is logged as the URL had it": (
        [
            wrote(0, cluster()),
            called(5, "kafka:DeleteCluster", {"clusterArn": CLUSTER_ARN.replace(":", "%3A").replace("/", "%2F")}),
        ],
        [deleted(CLUSTER, CLUSTER_ARN)],
    ),
    "any of several names will do: the name": (
        [wrote(0, stream()), called(5, "kinesis:DeleteStream", {"streamName": "clicks"})],
        [deleted(STREAM, arn("kinesis", "stream/clicks"))],
    ),
    "any of several names will do: the ARN": (
        [
            wrote(0, stream()),
            called(
                5,
                "kinesis:AddTagsToStream",
                {"streamARN": arn("kinesis", "stream/clicks"), "tags": {"Team": "data"}},
            ),
        ],
        [modified(STREAM, "tags.Team", "web", "data")],
    ),
    "shards are split by whoever scales": (
        [
            wrote(0, stream()),
            called(5, "kinesis:SplitShard", {"streamName": "clicks", "shardToSplit": "shardId-000000000000"}),
        ],
        [],
    ),
    "the name stands in the structure that is put": (
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
    "a pipeline that is run is no other pipeline": (
        [wrote(0, pipeline()), called(5, "codepipeline:StartPipelineExecution", {"name": "release"})],
        [],
    ),
    "a connection is made of an input": (
        [
            wrote(0, web()),
            called(5, "glue:CreateConnection", {"connectionInput": {"name": "lake", "connectionType": "JDBC"}}),
        ],
        [unmanaged("aws_glue_connection", "lake")],
    ),
    "where the audit is delivered to is moved": (
        [
            wrote(0, channel()),
            called(5, "config:PutDeliveryChannel", {"deliveryChannel": {"name": "default", "s3BucketName": "mine"}}),
        ],
        [modified(CHANNEL, "s3_bucket_name", "audit", "mine")],
    ),
    "where the audit is delivered to is put as it was": (
        [
            wrote(0, channel()),
            called(5, "config:PutDeliveryChannel", {"deliveryChannel": {"name": "default", "s3BucketName": "audit"}}),
        ],
        [],
    ),
    "an operation that is deprecated tags all the same": (
        [
            wrote(0, files()),
            called(
                5,
                "elasticfilesystem:CreateTags",
                {"fileSystemId": "fs-00112233", "tags": [{"key": "Team", "value": "data"}]},
            ),
        ],
        [modified(FILES, "tags.Team", "web", "data")],
    ),
    "an operation that is deprecated drops tags all the same": (
        [
            wrote(0, files()),
            called(5, "elasticfilesystem:DeleteTags", {"fileSystemId": "fs-00112233", "tagKeys": ["Team"]}),
        ],
        [modified(FILES, "tags.Team", "web", None)],
    ),
    "a setting of the account has no name": (
        [
            wrote(0, macie(), stream()),
            called(5, "macie2:UpdateMacieSession", {"findingPublishingFrequency": "SIX_HOURS"}),
        ],
        [modified(MACIE, "finding_publishing_frequency", "FIFTEEN_MINUTES", "SIX_HOURS")],
    ),
    "a setting of the account is taken away": (
        [wrote(0, macie(), stream()), called(5, "macie2:DisableMacie")],
        [deleted(MACIE, ACCOUNT)],
    ),
    "the same setting in another region is another one": (
        [
            wrote(0, macie(), stream()),
            called(5, "macie2:UpdateMacieSession", {"findingPublishingFrequency": "SIX_HOURS"}, region="us-east-1"),
        ],
        [],
    ),
    "a registry's policy is deleted": (
        [wrote(0, registry(), stream()), called(5, "ecr:DeleteRegistryPolicy")],
        [deleted(REGISTRY, ACCOUNT)],
    ),
    "an authorisation is taken back": (
        [
            wrote(0, share()),
            called(
                5,
                "redshift:DeauthorizeDataShare",
                {"dataShareArn": SHARE_ARN, "consumerIdentifier": "210987654321"},
            ),
        ],
        [deleted(SHARE, f"{SHARE_ARN},210987654321")],
    ),
    "another's authorisation is taken back": (
        [
            wrote(0, share()),
            called(
                5,
                "redshift:DeauthorizeDataShare",
                {"dataShareArn": SHARE_ARN, "consumerIdentifier": "555555555555"},
            ),
        ],
        [],
    ),
    "a connection that is deauthorised is there still": (
        [
            wrote(0, placed("aws_cloudwatch_event_connection.crm", id="crm", name="crm")),
            called(5, "events:DeauthorizeConnection", {"name": "crm"}),
        ],
        [],
    ),
    "a role is taken from a database": (
        [
            wrote(0, link()),
            called(
                5,
                "rds:RemoveRoleFromDBInstance",
                {"dBInstanceIdentifier": "orders", "roleArn": ROLE_ARN, "featureName": "s3Import"},
            ),
        ],
        [deleted(LINK, f"orders,{ROLE_ARN}")],
    ),
    "another role is taken from the database": (
        [
            wrote(0, link()),
            called(
                5,
                "rds:RemoveRoleFromDBInstance",
                {"dBInstanceIdentifier": "orders", "roleArn": f"{ROLE_ARN}-2", "featureName": "s3Import"},
            ),
        ],
        [],
    ),
    "what is in no region is logged in one": (
        [
            wrote(0, listener()),
            called(5, "globalaccelerator:DeleteListener", {"listenerArn": LISTENER_ARN}, region="us-west-2"),
        ],
        [deleted(LISTENER, LISTENER_ARN)],
    ),
    "a global network's sites are in no region": (
        [
            wrote(0, site(), web()),
            called(
                5,
                "networkmanager:UpdateSite",
                {"globalNetworkId": "global-network-1", "siteId": "site-1", "description": "Bonn"},
                region="us-west-2",
            ),
        ],
        [modified(SITE, "description", "Berlin", "Bonn")],
    ),
    "of two that are named alike the parent tells which": (
        [
            wrote(0, gateway("blue"), gateway("green")),
            called(5, "appmesh:DeleteVirtualGateway", {"meshName": "green", "virtualGatewayName": "edge"}),
        ],
        [deleted(GATEWAYS["green"], "uid-green")],
    ),
    "a group is named by its ARN or its name": (
        [
            wrote(0, group()),
            called(5, "resource-groups:UpdateGroup", {"group": GROUP_ARN, "description": "mine"}),
        ],
        [modified(GROUP, "description", "all of staging", "mine")],
    ),
    "when a thing was made is no part of its name": (
        [
            wrote(0, application()),
            called(
                5,
                "kinesisanalytics:DeleteApplication",
                {"applicationName": "report", "createTimestamp": "Jan 1, 2026 12:00:00 PM"},
            ),
        ],
        [deleted(APPLICATION, arn("kinesisanalytics", "application/report"))],
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
    "a group of another application is another": (
        [
            wrote(0, deployments()),
            called(5, "codedeploy:DeleteDeploymentGroup", {"applicationName": "blog", "deploymentGroupName": "web"}),
        ],
        [],
    ),
    "a backup selection is deleted, not its plan": (
        [
            wrote(0, selection()),
            called(5, "backup:DeleteBackupSelection", {"backupPlanId": PLAN_ID, "selectionId": SELECTION_ID}),
        ],
        [deleted(SELECTION, SELECTION_ID)],
    ),
    "a field's resolver is deleted": (
        [
            wrote(0, resolver()),
            called(5, "appsync:DeleteResolver", {"apiId": "api1", "typeName": "Query", "fieldName": "me"}),
        ],
        [deleted(RESOLVER, "api1-Query-me")],
    ),
    "a certificate is imported anew": (
        [
            wrote(0, web()),
            called(5, "acm:ImportCertificate", {}, response={"certificateArn": CERTIFICATE_ARN}),
        ],
        [unmanaged("aws_acm_certificate", CERTIFICATE_ARN)],
    ),
    "a certificate is imported over one that is managed": (
        [
            wrote(0, placed("aws_acm_certificate.web", id=CERTIFICATE_ARN, arn=CERTIFICATE_ARN)),
            called(
                5,
                "acm:ImportCertificate",
                {"certificateArn": CERTIFICATE_ARN},
                response={"certificateArn": CERTIFICATE_ARN},
            ),
        ],
        [],
    ),
    "a certificate is uploaded": (
        [wrote(0, web()), called(5, "iam:UploadServerCertificate", {"serverCertificateName": "web", "path": "/"})],
        [unmanaged("aws_iam_server_certificate", "web")],
    ),
    "a console's own software at a person's address is a person": (
        [
            wrote(0, web()),
            made_server(agent="aws-internal/3 aws-sdk-java/1.12.127 Linux/5.4", srcip=PERSON),
        ],
        [unmanaged("aws_transfer_server", SERVER_ID)],
    ),
    "a web ACL made by hand is gone when it is deleted by its id and scope": (
        [wrote(0, web()), made_acl(5, "blocks"), deleted_acl(6, "blocks", by="joe")],
        [unmanaged("aws_wafv2_web_acl", acl_arn("blocks"), end="reverted")],
    ),
    "the deletion of another web ACL is not its own": (
        [wrote(0, web()), made_acl(5, "blocks"), deleted_acl(6, "counts", by="joe")],
        [unmanaged("aws_wafv2_web_acl", acl_arn("blocks"))],
    ),
    "a queue of agents made by its ARN is gone when it is deleted by its id within an instance": (
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
    "a pool of users made anew under its name is another one": (
        [
            wrote(0, web()),
            made_pool(5, "eu-central-1_AAAAAAAAA"),
            called(6, "cognito-idp:DeleteUserPool", {"userPoolId": "eu-central-1_AAAAAAAAA"}),
            made_pool(7, "eu-central-1_BBBBBBBBB"),
        ],
        [
            unmanaged("aws_cognito_user_pool", pool_arn("eu-central-1_AAAAAAAAA"), end="reverted"),
            unmanaged("aws_cognito_user_pool", pool_arn("eu-central-1_BBBBBBBBB")),
        ],
    ),
    "nobody becomes a service by an agent": (
        [wrote(0, web()), made_server(agent="cloudformation.amazonaws.com", srcip=PERSON)],
        [unmanaged("aws_transfer_server", SERVER_ID)],
    ),
    "a call that failed made nothing": (
        [wrote(0, web()), made_server(error="AccessDenied")],
        [],
    ),
    "what Terraform made is held by the next state": (
        [
            wrote(0, web()),
            applied(5, "transfer:CreateServer", {"protocols": ["SFTP"]}, response={"serverId": SERVER_ID}),
            wrote(6, web(), placed("aws_transfer_server.files", id=SERVER_ID, protocols=["SFTP"])),
        ],
        [],
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
}
