"""What belongs to a managed thing and stands beside it: a zone's logs and signing, a proxy's targets, an audit."""

from __future__ import annotations

from tests.drift_detector.playbook import applied, called, wrote
from tests.drift_detector.scenarios.terms import (
    Scenarios,
    arn,
    deleted,
    modified,
    placed,
    unmanaged,
)

ZONE = "aws_route53_zone.internal"
SIGNING = "aws_route53_hosted_zone_dnssec.example"
LOG = "aws_route53_query_log.example"
RULE = "aws_route53_resolver_rule.corp"
ACCELERATED = "aws_s3_bucket_accelerate_configuration.data"
LISTED = "aws_s3_bucket_inventory.data"
CAPACITY = "aws_ecs_cluster_capacity_providers.app"
ISSUER = "aws_eks_identity_provider_config.corp"
POOL = "aws_db_proxy_default_target_group.app"
TARGET = "aws_db_proxy_target.app"
AUDIT = "aws_rds_cluster_activity_stream.main"
SUBNETS = "aws_redshift_subnet_group.warehouse"
STREAMED = "aws_dynamodb_kinesis_streaming_destination.orders"
COUNTED = "aws_dynamodb_contributor_insights.orders"
USERS = "aws_elasticache_user_group.app"
ALERTS = "aws_networkfirewall_logging_configuration.edge"
TOLD = "aws_autoscaling_notification.ops"
LIVE = "aws_sfn_alias.live"
DESKTOP = "aws_workspaces_workspace.jane"
QUOTA = "aws_servicequotas_service_quota.vpcs"
OFFERED = "aws_vpc_endpoint_service.billing"
RESERVED = "aws_ec2_capacity_reservation.nightly"

CLUSTER_ARN = arn("rds", "cluster:main")
FIREWALL_ARN = arn("network-firewall", "firewall/edge")
STREAM_ARN = arn("kinesis", "stream/orders")
TOPIC_ARN = arn("sns", "ops")
MACHINE_ARN = arn("states", "stateMachine:orders")

zone = placed(
    ZONE,
    id="Z1",
    zone_id="Z1",
    name="internal.example",
    vpc=[{"vpc_id": "vpc-1", "vpc_region": "eu-central-1"}],
)
signing = placed(SIGNING, id="Z1", hosted_zone_id="Z1", signing_status="SIGNING")
log = placed(LOG, id="q-1", zone_id="Z1", cloudwatch_log_group_arn=arn("logs", "log-group:/dns"))
rule = placed(RULE, id="rslvr-rr-1", name="corp", domain_name="corp.example")
bucket = placed("aws_s3_bucket.data", id="data", bucket="data", arn="arn:aws:s3:::data")
accelerated = placed(ACCELERATED, id="data", bucket="data", status="Enabled")
listed = placed(LISTED, id="data:all", bucket="data", name="all", enabled=True)
capacity = placed(
    CAPACITY,
    id="app",
    cluster_name="app",
    capacity_providers=["FARGATE"],
    default_capacity_provider_strategy=[{"capacity_provider": "FARGATE", "base": 1, "weight": 100}],
)
issuer = placed(
    ISSUER, id="prod:corp", cluster_name="prod", oidc=[{"identity_provider_config_name": "corp", "client_id": "k"}]
)
proxy = placed("aws_db_proxy.app", id="app", name="app", engine_family="POSTGRESQL")
pool = placed(
    POOL,
    id="app",
    db_proxy_name="app",
    name="default",
    connection_pool_config=[{"max_connections_percent": 100, "connection_borrow_timeout": 120}],
)
target = placed(
    TARGET,
    id="app/default/RDS_INSTANCE/db-1",
    db_proxy_name="app",
    target_group_name="default",
    db_instance_identifier="db-1",
    db_cluster_identifier="",
)
audit = placed(AUDIT, id=CLUSTER_ARN, resource_arn=CLUSTER_ARN, kms_key_id="k-1")
subnets = placed(SUBNETS, id="warehouse", name="warehouse", description="", subnet_ids=["subnet-1", "subnet-2"])
streamed = placed(STREAMED, id=f"orders,{STREAM_ARN}", table_name="orders", stream_arn=STREAM_ARN)
counted = placed(COUNTED, id="name:orders/index:by-day/123456789012", table_name="orders", index_name="by-day")
users = placed(USERS, id="app", user_group_id="app", user_ids=["default", "john"], engine="redis")
alerts = placed(
    ALERTS,
    id=FIREWALL_ARN,
    firewall_arn=FIREWALL_ARN,
    logging_configuration=[
        {
            "log_destination_config": [
                {
                    "log_destination": {"logGroup": "/fw/alert"},
                    "log_destination_type": "CloudWatchLogs",
                    "log_type": "ALERT",
                }
            ]
        }
    ],
)
told = placed(TOLD, id=TOPIC_ARN, topic_arn=TOPIC_ARN, group_names=["web", "api"], notifications=[])
live = placed(
    LIVE,
    id=f"{MACHINE_ARN}:live",
    arn=f"{MACHINE_ARN}:live",
    name="live",
    description="",
    routing_configuration=[{"state_machine_version_arn": f"{MACHINE_ARN}:1", "weight": 100}],
)
desktop = placed(DESKTOP, id="ws-1", directory_id="d-1", user_name="jane")
quota = placed(QUOTA, id="vpc/L-F678F1CE", service_code="vpc", quota_code="L-F678F1CE", value=10)
offered = placed(OFFERED, id="vpce-svc-1", service_name="com.amazonaws.vpce.eu-central-1.vpce-svc-1")
api = placed("aws_apigatewayv2_api.orders", id="a2", name="orders", protocol_type="HTTP")
reserved = placed(RESERVED, id="cr-1", instance_count=2, instance_type="m5.large")

SIGNED_NO_MORE = ("route53:DisableHostedZoneDNSSEC", {"id": "Z1"})
FURTHER_NETWORK = {"hostedZoneId": "Z1", "vPC": {"vPCRegion": "eu-central-1", "vPCId": "vpc-2"}}
OF_BUCKET = {"bucketName": "data", "id": "all"}
OF_APP = {"dBProxyName": "app", "targetGroupName": "default"}
OBEYED = {"resolverRuleId": "rslvr-rr-1", "vPCId": "vpc-9"}


def spread(capacity_provider: str, weight: int, base: int) -> dict[str, object]:
    """How a cluster spreads its tasks over its capacity."""
    strategy = [{"capacityProvider": capacity_provider, "weight": weight, "base": base}]
    return {"cluster": "app", "capacityProviders": [capacity_provider], "defaultCapacityProviderStrategy": strategy}


SCENARIOS: Scenarios = {
    "a zone's answers are signed no more": (
        [wrote(0, signing), called(5, *SIGNED_NO_MORE)],
        [modified(SIGNING, "signing_status", "SIGNING", "NOT_SIGNING")],
    ),
    "a zone's answers are signed already": (
        [wrote(0, signing), called(5, "route53:EnableHostedZoneDNSSEC", {"id": "/hostedzone/Z1"})],
        [],
    ),
    "a zone's questions are logged no more": (
        [wrote(0, log), called(5, "route53:DeleteQueryLoggingConfig", {"id": "q-1"})],
        [deleted(LOG, "q-1")],
    ),
    "a private zone is seen from a further network": (
        [wrote(0, zone), called(5, "route53:AssociateVPCWithHostedZone", FURTHER_NETWORK)],
        [
            modified(
                ZONE,
                "vpc",
                [{"vpc_id": "vpc-1", "vpc_region": "eu-central-1"}],
                [
                    {"vpc_id": "vpc-1", "vpc_region": "eu-central-1"},
                    {"vpc_id": "vpc-2", "vpc_region": "eu-central-1"},
                ],
            )
        ],
    ),
    "Terraform lets a further network see a private zone": (
        [wrote(0, zone), applied(5, "route53:AssociateVPCWithHostedZone", FURTHER_NETWORK)],
        [],
    ),
    "a managed rule is obeyed in a further network, and another's rule too": (
        [
            wrote(0, rule),
            called(5, "route53resolver:AssociateResolverRule", OBEYED),
            called(6, "route53resolver:AssociateResolverRule", {**OBEYED, "resolverRuleId": "rslvr-rr-2"}),
        ],
        [unmanaged("aws_route53_resolver_rule_association", "rslvr-rr-1/vpc-9")],
    ),
    "a bucket is reached no faster": (
        [
            wrote(0, bucket, accelerated),
            called(
                5,
                "s3:PutBucketAccelerateConfiguration",
                {"bucketName": "data", "AccelerateConfiguration": {"Status": "Suspended"}},
            ),
        ],
        [modified(ACCELERATED, "status", "Enabled", "Suspended")],
    ),
    "a bucket's list is made no more, and that of the same name of another bucket": (
        [
            wrote(0, bucket, listed),
            called(5, "s3:DeleteBucketInventoryConfiguration", {**OF_BUCKET, "bucketName": "other"}),
            called(6, "s3:DeleteBucketInventoryConfiguration", OF_BUCKET),
        ],
        [deleted(LISTED, "data:all")],
    ),
    "a cluster runs on capacity that may be taken away": (
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
    "a cluster believes another's tokens no more": (
        [
            wrote(0, issuer),
            called(
                5,
                "eks:DisassociateIdentityProviderConfig",
                {"name": "prod", "identityProviderConfig": {"type": "oidc", "name": "corp"}},
            ),
        ],
        [deleted(ISSUER, "prod:corp")],
    ),
    "a proxy keeps fewer connections": (
        [
            wrote(0, pool),
            called(
                5,
                "rds:ModifyDBProxyTargetGroup",
                {**OF_APP, "connectionPoolConfig": {"maxConnectionsPercent": 50, "connectionBorrowTimeout": 120}},
            ),
        ],
        [modified(POOL, "connection_pool_config[0].max_connections_percent", 100, 50)],
    ),
    "a proxy leads to one database more, and to one less": (
        [
            wrote(0, proxy, target),
            called(5, "rds:RegisterDBProxyTargets", {**OF_APP, "dBInstanceIdentifiers": ["db-2"]}),
            called(6, "rds:DeregisterDBProxyTargets", {**OF_APP, "dBInstanceIdentifiers": ["db-1"]}),
        ],
        [
            unmanaged("aws_db_proxy_target", "app/db-2"),
            deleted(TARGET, "app/default/RDS_INSTANCE/db-1"),
        ],
    ),
    "what is done in a cluster is told no more": (
        [wrote(0, audit), called(5, "rds:StopActivityStream", {"resourceArn": CLUSTER_ARN})],
        [deleted(AUDIT, CLUSTER_ARN)],
    ),
    "Terraform stops telling what is done in a cluster": (
        [wrote(0, audit), applied(5, "rds:StopActivityStream", {"resourceArn": CLUSTER_ARN}), wrote(6, proxy)],
        [],
    ),
    "a warehouse may be in other subnets": (
        [
            wrote(0, subnets),
            called(
                5,
                "redshift:ModifyClusterSubnetGroup",
                {"clusterSubnetGroupName": "warehouse", "subnetIds": ["subnet-2", "subnet-1"]},
            ),
            called(
                6,
                "redshift:ModifyClusterSubnetGroup",
                {"clusterSubnetGroupName": "warehouse", "subnetIds": ["subnet-1"]},
            ),
        ],
        [modified(SUBNETS, "subnet_ids", ["subnet-1", "subnet-2"], ["subnet-1"])],
    ),
    "a table's changes are sent no more": (
        [
            wrote(0, streamed),
            called(5, "dynamodb:DisableKinesisStreamingDestination", {"tableName": "orders", "streamArn": STREAM_ARN}),
        ],
        [deleted(STREAMED, f"orders,{STREAM_ARN}")],
    ),
    "the keys of one index are counted no more, and of another": (
        [
            wrote(0, counted),
            called(
                5,
                "dynamodb:UpdateContributorInsights",
                {"tableName": "orders", "indexName": "by-user", "contributorInsightsAction": "DISABLE"},
            ),
            called(
                6,
                "dynamodb:UpdateContributorInsights",
                {"tableName": "orders", "indexName": "by-day", "contributorInsightsAction": "DISABLE"},
            ),
        ],
        [deleted(COUNTED, "name:orders/index:by-day/123456789012")],
    ),
    "somebody is let into a group of users": (
        [wrote(0, users), called(5, "elasticache:ModifyUserGroup", {"userGroupId": "app", "userIdsToAdd": ["jane"]})],
        [modified(USERS, "user_ids", ["default", "john"], ["default", "john", "jane"])],
    ),
    "a firewall tells nothing": (
        [
            wrote(0, alerts),
            called(
                5,
                "network-firewall:UpdateLoggingConfiguration",
                {"firewallArn": FIREWALL_ARN, "loggingConfiguration": {"logDestinationConfigs": []}},
            ),
        ],
        [
            modified(
                ALERTS,
                "logging_configuration[0].log_destination_config",
                [
                    {
                        "log_destination": {"logGroup": "/fw/alert"},
                        "log_destination_type": "CloudWatchLogs",
                        "log_type": "ALERT",
                    }
                ],
                [],
            )
        ],
    ),
    "a group's changes are told no more, and those of one that is not of it": (
        [
            wrote(0, told),
            called(
                5,
                "autoscaling:DeleteNotificationConfiguration",
                {"autoScalingGroupName": "batch", "topicARN": TOPIC_ARN},
            ),
            called(
                6, "autoscaling:DeleteNotificationConfiguration", {"autoScalingGroupName": "web", "topicARN": TOPIC_ARN}
            ),
        ],
        [modified(TOLD, "group_names", ["web", "api"], ["api"])],
    ),
    "an alias leads to another version": (
        [
            wrote(0, live),
            called(
                5,
                "states:UpdateStateMachineAlias",
                {
                    "stateMachineAliasArn": f"{MACHINE_ARN}:live",
                    "routingConfiguration": [{"stateMachineVersionArn": f"{MACHINE_ARN}:2", "weight": 100}],
                },
            ),
        ],
        [
            modified(
                LIVE,
                "routing_configuration",
                [{"state_machine_version_arn": f"{MACHINE_ARN}:1", "weight": 100}],
                [{"state_machine_version_arn": f"{MACHINE_ARN}:2", "weight": 100}],
            )
        ],
    ),
    "an alias is deleted": (
        [
            wrote(0, live),
            called(5, "states:DeleteStateMachineAlias", {"stateMachineAliasArn": f"{MACHINE_ARN}:live"}),
        ],
        [deleted(LIVE, f"{MACHINE_ARN}:live")],
    ),
    "a desktop is ended": (
        [
            wrote(0, desktop),
            called(
                5,
                "workspaces:TerminateWorkspaces",
                {"terminateWorkspaceRequests": [{"workspaceId": "ws-1"}, {"workspaceId": "ws-2"}]},
                response={"failedRequests": []},
            ),
        ],
        [deleted(DESKTOP, "ws-1")],
    ),
    "no more is asked for than there is": (
        [
            wrote(0, quota),
            called(
                5,
                "servicequotas:RequestServiceQuotaIncrease",
                {"serviceCode": "vpc", "quotaCode": "L-F678F1CE", "desiredValue": 10},
            ),
        ],
        [],
    ),
    "a service that others reach is deleted, and a reservation cancelled": (
        [
            wrote(0, offered, reserved),
            called(
                5,
                "ec2:DeleteVpcEndpointServiceConfigurations",
                {"DeleteVpcEndpointServiceConfigurationsRequest": {"ServiceId": {"tag": 1, "content": "vpce-svc-1"}}},
            ),
            called(
                6,
                "ec2:CancelCapacityReservation",
                {"CancelCapacityReservationRequest": {"CapacityReservationId": "cr-1"}},
            ),
        ],
        [deleted(OFFERED, "vpce-svc-1"), deleted(RESERVED, "cr-1")],
    ),
    "a managed API is given a route, and another's too": (
        [
            wrote(0, api),
            called(5, "apigateway:CreateRoute", {"apiId": "a2", "routeKey": "ANY /"}, response={"routeId": "t1"}),
            called(6, "apigateway:CreateRoute", {"apiId": "a9", "routeKey": "ANY /"}, response={"routeId": "t2"}),
        ],
        [unmanaged("aws_apigatewayv2_route", "a2/t1")],
    ),
    "Terraform gives an API a route": (
        [
            wrote(0, api),
            applied(5, "apigateway:CreateRoute", {"apiId": "a2", "routeKey": "ANY /"}, response={"routeId": "t1"}),
            wrote(6, api, placed("aws_apigatewayv2_route.all", id="t1", api_id="a2", route_key="ANY /")),
        ],
        [],
    ),
}
