"""What AWS and Terraform call by other names than one would expect: the tables that people keep.

Sources: the provider's own names data (its ``names/data``), the eventSource and eventName of records in AWS's
documentation of CloudTrail for each service, and records of real logs.
"""

from __future__ import annotations

from typing import Final

# The first words of a type, without "aws_", where they are not a service's name; the longest wins.
SERVICE_OF: Final = {
    prefix: service
    for service, prefixes in {
        "amplify": "amplify_backend_environment",
        "amp": "prometheus",
        "chime-sdk-media-pipelines": "chimesdkmediapipelines",
        "chime-sdk-voice": "chime chimesdkvoice",
        "apigateway": "api_gateway",
        "application-autoscaling": "appautoscaling",
        "autoscaling": "launch_configuration",
        "bedrock-agentcore-control": "bedrockagentcore",
        "cloudcontrol": "cloudcontrolapi",
        "cloudfront": "cloudfront_key_value_store",
        "cloudsearch": "cloudsearch_domain",
        "cloudwatch": "cloudwatch",
        "cognito-idp": "cognito",
        "directconnect": "dx",
        "ds": "directory_service",
        "ec2": (
            "ami customer_gateway default ebs ec2 egress eip flow_log instance internet_gateway key_pair "
            "launch_template main_route_table_association nat_gateway network_acl network_acls network_interface "
            "placement_group route route_table security_group snapshot_create spot subnet verifiedaccess volume vpc "
            "vpn ec2_instance_connect"
        ),
        "elb": "elb load_balancer app_cookie lb_cookie lb_ssl proxy_protocol",
        "elbv2": "lb",
        "es": "elasticsearch",
        "events": "cloudwatch_event",
        "firehose": "kinesis_firehose",
        "kafka": "msk",
        "kafkaconnect": "mskconnect",
        "lex-models": "lex",
        "logs": "cloudwatch_log cloudwatch_query",
        "pinpoint": "pinpoint",
        "rds": "db rds",
        "redshift": "redshift_data_share",
        "s3control": "s3_access_point s3_account_public_access_block",
        "serverlessrepo": "serverlessapplicationrepository",
        "stepfunctions": "sfn",
    }.items()
    for prefix in prefixes.split()
}

# Second spellings of types that have one already, and defaults that Terraform adopts but never makes.
SKIPPED_TYPES: Final = ("aws_alb", "aws_default_", "aws_s3_bucket_object", "aws_s3control_bucket")

# eventSource without .amazonaws.com, where it is not the name that requests are signed for.
EVENT_SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "amp": ("aps",),
    "apigatewayv2": ("apigateway",),
    "application-autoscaling": ("autoscaling", "application-autoscaling"),
    "bedrock-agent": ("bedrock",),
    "bedrock-agentcore-control": ("bedrock-agentcore",),
    "chime-sdk-voice": ("chime", "chime-sdk-voice"),
    "cloudhsmv2": ("cloudhsm",),
    "cloudwatch": ("monitoring",),
    "dsql": ("dsql",),
    "efs": ("elasticfilesystem",),
    "identitystore": ("identitystore", "sso-directory"),
    "kinesisanalyticsv2": ("kinesisanalytics",),
    "lex-models": ("lex",),
    "lexv2-models": ("lexv2", "lex"),
    "mq": ("amazonmq",),
    "opensearch": ("es",),
    "opensearchserverless": ("aoss",),
    "pinpoint": ("mobiletargeting",),
    "s3control": ("s3",),
    "service-quotas": ("servicequotas",),
    "servicecatalog-appregistry": ("servicecatalog", "servicecatalog-appregistry"),
    "sesv2": ("ses",),
    "sso-admin": ("sso",),
    "stepfunctions": ("states",),
    "timestream-query": ("timestream",),
    "timestream-write": ("timestream",),
}

# eventName where it is not the operation's.
EVENT_NAMES: Final = {
    "s3:DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "s3:PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "s3:PutBucketNotificationConfiguration": "PutBucketNotification",
    "s3:PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "s3:PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3control:DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
    "s3control:PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}

# Services whose requests CloudTrail logs in shapes of its own: identities are read from them, attributes are not.
OPAQUE_SERVICES: Final = frozenset({"s3", "s3control"})

# Further names that CloudTrail writes for a request's member.
MEMBER_NAMES: Final = {"s3:bucket": "bucketName"}

# Members that give a name in forms of their service's own, and the mapping's transform for them.
MEMBER_FORMS: Final = {
    "kms:keyid": "kms_key_id",
    "kms:targetkeyid": "kms_key_id",
    "lambda:functionname": "lambda_name",
    "logs:loggroupidentifier": "log_group_name",
}

# Members, folded, that name a resource and are called otherwise by Terraform, by type.
TIES: Final[dict[str, dict[str, str]]] = {
    "aws_appsync_graphql_api": {"apiid": "@identity"},
    "aws_backup_selection": {"backupplanid": "plan_id"},
    "aws_cloudwatch_log_data_protection_policy": {"loggroupidentifier": "log_group_name"},
    "aws_cloudwatch_log_index_policy": {"loggroupidentifier": "log_group_name"},
    "aws_cloudwatch_log_transformer": {"loggroupidentifier": "log_group_arn"},
    "aws_codepipeline_custom_action_type": {"provider": "provider_name"},
    "aws_dms_replication_subnet_group": {"replicationsubnetgroupidentifier": "replication_subnet_group_id"},
    "aws_ec2_transit_gateway_connect": {"transitgatewayattachmentid": "@identity"},
    "aws_ecs_express_gateway_service": {"servicearn": "service_arn"},
    "aws_elastic_beanstalk_application_version": {"applicationname": "application", "versionlabel": "@identity"},
    "aws_lakeformation_lf_tag": {"tagkey": "key"},
    "aws_lambda_layer_version": {"versionnumber": "version"},
    "aws_observabilityadmin_centralization_rule_for_organization": {
        "ruleidentifier": "rule_name",
        "rulename": "rule_name",
    },
    "aws_pinpoint_app": {"applicationid": "@identity"},
    "aws_ses_domain_identity": {"identity": "domain"},
    "aws_ses_email_identity": {"identity": "email"},
    "aws_vpc_security_group_vpc_association": {"groupid": "security_group_id"},
}

# Types whose noun in the API, folded, is none that their name suggests.
NOUNS: Final[dict[str, tuple[str, ...]]] = {
    "aws_ami": ("image",),
    "aws_api_gateway_rest_api": ("restapi",),
    "aws_appautoscaling_policy": ("scalingpolicy",),
    "aws_appstream_fleet_stack_association": ("fleetassociation",),
    "aws_appautoscaling_target": ("scalabletarget",),
    "aws_appsync_graphql_api": ("graphqlapi",),
    "aws_autoscaling_group": ("autoscalinggroup",),
    "aws_autoscaling_lifecycle_hook": ("lifecyclehook",),
    "aws_autoscaling_policy": ("scalingpolicy", "policy"),
    "aws_autoscaling_schedule": ("scheduledupdategroupaction", "scheduledaction"),
    "aws_cloud9_environment_ec2": ("environment",),
    "aws_cloudfront_key_value_store": ("keyvaluestore",),
    "aws_cloudfront_origin_access_identity": ("cloudfrontoriginaccessidentity",),
    "aws_backup_vault_policy": ("backupvaultaccesspolicy",),
    "aws_ce_cost_category": ("costcategorydefinition",),
    "aws_chatbot_slack_channel_configuration": ("slackchannelconfiguration", "chatconfiguration"),
    "aws_chatbot_teams_channel_configuration": ("microsoftteamschannelconfiguration", "chatconfiguration"),
    "aws_cloudhsm_v2_cluster": ("cluster",),
    "aws_cloudhsm_v2_hsm": ("hsm",),
    "aws_cloudtrail": ("trail",),
    "aws_cloudtrail_event_data_store": ("eventdatastore",),
    "aws_cloudwatch_composite_alarm": ("compositealarm",),
    "aws_cloudwatch_event_api_destination": ("apidestination",),
    "aws_cloudwatch_event_bus": ("eventbus",),
    "aws_cloudwatch_log_subscription_filter": ("subscriptionfilter",),
    "aws_cloudwatch_metric_alarm": ("metricalarm",),
    "aws_codedeploy_app": ("application",),
    "aws_codepipeline": ("pipeline",),
    "aws_config_config_rule": ("configrule",),
    "aws_config_configuration_aggregator": ("configurationaggregator",),
    "aws_db_event_subscription": ("eventsubscription",),
    "aws_db_option_group": ("optiongroup",),
    "aws_db_parameter_group": ("dbparametergroup",),
    "aws_db_subnet_group": ("dbsubnetgroup",),
    "aws_dms_replication_subnet_group": ("replicationsubnetgroup",),
    "aws_directory_service_directory": ("directory", "microsoftad"),
    "aws_dx_gateway_association_proposal": ("directconnectgatewayassociationproposal",),
    "aws_dx_hosted_private_virtual_interface": ("virtualinterface",),
    "aws_dx_hosted_public_virtual_interface": ("virtualinterface",),
    "aws_dx_hosted_transit_virtual_interface": ("virtualinterface",),
    "aws_dx_private_virtual_interface": ("virtualinterface",),
    "aws_dx_public_virtual_interface": ("virtualinterface",),
    "aws_dx_transit_virtual_interface": ("virtualinterface",),
    "aws_dx_gateway": ("directconnectgateway",),
    "aws_dx_gateway_association": ("directconnectgatewayassociation",),
    "aws_ebs_snapshot": ("snapshot",),
    "aws_ebs_volume": ("volume",),
    "aws_ec2_capacity_reservation": ("capacityreservation",),
    "aws_ec2_managed_prefix_list": ("managedprefixlist", "prefixlist"),
    "aws_ec2_transit_gateway_vpc_attachment": ("transitgatewayvpcattachment", "transitgatewayattachment"),
    "aws_ec2_transit_gateway_peering_attachment": ("transitgatewaypeeringattachment", "transitgatewayattachment"),
    "aws_efs_file_system": ("filesystem",),
    "aws_egress_only_internet_gateway": ("egressonlyinternetgateway",),
    "aws_eip": ("address", "allocation"),
    "aws_eip_association": ("addressassociation",),
    "aws_elasticache_cluster": ("cachecluster",),
    "aws_elasticache_parameter_group": ("cacheparametergroup",),
    "aws_elasticache_subnet_group": ("cachesubnetgroup",),
    "aws_elasticsearch_domain": ("elasticsearchdomain", "elasticsearchdomainconfig", "domain"),
    "aws_elb": ("loadbalancer",),
    "aws_flow_log": ("flowlog",),
    "aws_fsx_lustre_file_system": ("filesystem",),
    "aws_fsx_ontap_file_system": ("filesystem",),
    "aws_fsx_openzfs_file_system": ("filesystem",),
    "aws_fsx_windows_file_system": ("filesystem",),
    "aws_glue_catalog_database": ("database",),
    "aws_glue_catalog_table": ("table",),
    "aws_iam_openid_connect_provider": ("openidconnectprovider",),
    "aws_iam_user_login_profile": ("loginprofile",),
    "aws_iam_user_ssh_key": ("sshpublickey",),
    "aws_iam_virtual_mfa_device": ("virtualmfadevice",),
    "aws_imagebuilder_component": ("componentbuildversion",),
    "aws_imagebuilder_image": ("imagebuildversion",),
    "aws_imagebuilder_workflow": ("workflowbuildversion",),
    "aws_iot_topic_rule": ("topicrule", "rule"),
    "aws_kinesis_firehose_delivery_stream": ("deliverystream",),
    "aws_kinesis_stream_consumer": ("streamconsumer",),
    "aws_lb": ("loadbalancer",),
    "aws_lb_listener": ("listener",),
    "aws_lb_listener_rule": ("rule",),
    "aws_lb_target_group": ("targetgroup",),
    "aws_macie2_account": ("macie",),
    "aws_nat_gateway": ("natgateway",),
    "aws_networkfirewall_firewall_policy": ("firewallpolicy",),
    "aws_opensearch_domain": ("domain", "domainconfig"),
    "aws_prometheus_rule_group_namespace": ("rulegroupsnamespace",),
    "aws_rds_cluster": ("dbcluster",),
    "aws_rds_cluster_endpoint": ("dbclusterendpoint",),
    "aws_rds_cluster_instance": ("dbinstance",),
    "aws_rds_cluster_parameter_group": ("dbclusterparametergroup",),
    "aws_redshift_parameter_group": ("clusterparametergroup",),
    "aws_redshift_subnet_group": ("clustersubnetgroup",),
    "aws_route53profiles_association": ("profileassociation",),
    "aws_route53_health_check": ("healthcheck",),
    "aws_route53_zone": ("hostedzone",),
    "aws_route53_resolver_rule_association": ("resolverruleassociation",),
    "aws_s3_access_point": ("accesspoint",),
    "aws_s3_bucket_lifecycle_configuration": ("bucketlifecycle", "bucketlifecycleconfiguration"),
    "aws_s3_bucket_notification": ("bucketnotificationconfiguration",),
    "aws_s3_bucket_public_access_block": ("publicaccessblock",),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucketencryption",),
    "aws_s3_account_public_access_block": ("publicaccessblock",),
    "aws_security_group": ("securitygroup", "group"),
    "aws_secretsmanager_secret_policy": ("resourcepolicy",),
    "aws_secretsmanager_secret_version": ("secretvalue",),
    "aws_securityhub_account": ("securityhub",),
    "aws_ses_domain_identity": ("identity",),
    "aws_ses_email_identity": ("identity",),
    "aws_sfn_alias": ("statemachinealias",),
    "aws_sns_topic_subscription": ("subscription",),
    "aws_spot_instance_request": ("spotinstancerequest", "spotinstance"),
    "aws_sqs_queue": ("queue",),
    "aws_transfer_ssh_key": ("sshpublickey",),
    "aws_vpc_dhcp_options": ("dhcpoptions",),
    "aws_vpc_endpoint_service": ("vpcendpointserviceconfiguration",),
    "aws_vpc_network_performance_metric_subscription": ("awsnetworkperformancemetricsubscription",),
    "aws_vpn_gateway": ("vpngateway",),
    "aws_wafv2_web_acl_logging_configuration": ("loggingconfiguration",),
}

# First words that AWS puts before the nouns of a service's API, though the type does not have them.
NOUN_PREFIXES: Final = {"docdb": ("db",), "neptune": ("db",), "rds": ("db",), "waf": ("waf",), "cloudwatch": ()}

# What is made and thrown away all day, by services and pipelines: that some of it is in no state is no news.
EPHEMERAL_TYPES: Final = frozenset(
    {
        "aws_ami",
        "aws_appconfig_hosted_configuration_version",
        "aws_athena_prepared_statement",
        "aws_auditmanager_assessment_report",
        "aws_batch_job_definition",
        "aws_bedrock_guardrail_version",
        "aws_cloudwatch_log_stream",
        "aws_cognito_user",
        "aws_dataexchange_revision",
        "aws_db_cluster_snapshot",
        "aws_db_snapshot",
        "aws_docdb_cluster_snapshot",
        "aws_dynamodb_table_item",
        "aws_ebs_snapshot",
        "aws_ec2_capacity_reservation",
        "aws_ec2_fleet",
        "aws_ecs_task_definition",
        "aws_ecs_task_set",
        "aws_elastic_beanstalk_application_version",
        "aws_emr_cluster",
        "aws_fsx_backup",
        "aws_glue_catalog_table",
        "aws_glue_partition",
        "aws_imagebuilder_image",
        "aws_iot_certificate",
        "aws_iot_thing",
        "aws_kinesis_stream_consumer",
        "aws_kms_grant",
        "aws_lambda_layer_version",
        "aws_lexv2models_bot_version",
        "aws_m2_deployment",
        "aws_memorydb_snapshot",
        "aws_neptune_cluster_snapshot",
        "aws_network_interface",
        "aws_quicksight_ingestion",
        "aws_quicksight_user",
        "aws_redshift_cluster_snapshot",
        "aws_redshiftserverless_snapshot",
        "aws_s3_object",
        "aws_sagemaker_app",
        "aws_sagemaker_model",
        "aws_secretsmanager_secret_version",
        "aws_service_discovery_instance",
        "aws_servicecatalog_provisioned_product",
        "aws_spot_instance_request",
        # What is allocated of a pool for each network is no range of the pool's own.
        "aws_vpc_ipam_pool_cidr",
    }
)

# Types of which a creation's response gives the id in another form than states have, or that have rivals of which it
# cannot be told which was made: Route 53 answers with /hostedzone/Z1, and an external key is made as any key is. Nor is
# anything told whose only name is a key to come in by.
RENAMED_TYPES: Final = frozenset(
    {
        "aws_appsync_api_key",
        "aws_iam_service_linked_role",
        "aws_kms_key",
        "aws_route53_delegation_set",
        "aws_route53_zone",
    }
)

# Types whose delete operation does not name them alone, so a person has to say what does (folded members).
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "aws_ecs_service": ("cluster", "service"),
    "aws_cloudhsm_v2_hsm": ("hsmid",),
    "aws_ec2_transit_gateway_multicast_group_member": (
        "transitgatewaymulticastdomainid",
        "groupipaddress",
        "networkinterfaceids",
    ),
    "aws_ec2_transit_gateway_multicast_group_source": (
        "transitgatewaymulticastdomainid",
        "groupipaddress",
        "networkinterfaceids",
    ),
    "aws_eip": ("allocationid",),
    "aws_route53_resolver_firewall_rule": ("firewallrulegroupid", "firewalldomainlistid"),
    "aws_s3vectors_vector_bucket_policy": ("vectorbucketarn",),
    "aws_security_group": ("groupid",),
    "aws_vpc_ipam_pool_cidr": ("ipampoolid", "cidr"),
}

# Types whose operations need a person altogether: their identity or existence is not what the API's names suggest.
UNGENERATED_TYPES: Final = frozenset(
    {
        # Named by a secret.
        "aws_wafv2_api_key",
        # Its region is the provider's, not that of the instances.
        "aws_cloudformation_stack_instances",
        # One of many in one operation, or under ids of Terraform's own making.
        "aws_cloudwatch_event_target",
        "aws_network_acl_rule",
        "aws_route",
        "aws_cloudformation_type",
        "aws_connect_bot_association",
        "aws_db_proxy_target",
        "aws_ec2_local_gateway_route",
        "aws_route53_record",
        "aws_sagemaker_image_version",
        "aws_security_group_rule",
        "aws_vpc_security_group_egress_rule",
        "aws_servicecatalog_portfolio_share",
        "aws_vpc_security_group_ingress_rule",
        # Another's aspect, an action, or a second home of what has one.
        "aws_acm_certificate_validation",
        "aws_ami_copy",
        "aws_ami_from_instance",
        "aws_api_gateway_rest_api_put",
        "aws_db_snapshot_copy",
        "aws_ebs_snapshot_copy",
        "aws_ebs_snapshot_import",
        "aws_iam_group_membership",
        "aws_iam_policy_attachment",
        "aws_iam_user_group_membership",
        "aws_main_route_table_association",
        "aws_rds_cluster_snapshot_copy",
        "aws_s3_object_copy",
        "aws_vpc_peering_connection_accepter",
    }
)
