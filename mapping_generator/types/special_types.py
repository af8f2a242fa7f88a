"""Resource types that the generator treats specially."""

from __future__ import annotations

from typing import Final

# Types that services and pipelines create and delete all day: an unmanaged one is not reported.
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
        # An allocation for a network is no range of the pool itself.
        "aws_vpc_ipam_pool_cidr",
    }
)

# Types whose id in the response of a creation has another form than in a state (Route 53: /hostedzone/Z1), or that
# cannot be told from another type (an external key). Also types whose only name is a credential.
RENAMED_TYPES: Final = frozenset(
    {
        "aws_appsync_api_key",
        "aws_iam_service_linked_role",
        "aws_kms_key",
        "aws_route53_delegation_set",
        "aws_route53_zone",
    }
)

# Types that are mapped by hand only: the API's names mislead about their identity or existence.
UNGENERATED_TYPES: Final = frozenset(
    {
        # Its name is a secret.
        "aws_wafv2_api_key",
        # Its region is the provider's, not the instances'.
        "aws_cloudformation_stack_instances",
        # One of many in one operation, or with ids that Terraform invents.
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
        # An aspect of another type, an action, or a second type for the same cloud object.
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
