"""Settings that an account has once, in a region or globally, by the operations that change them.

Their requests name nothing, and attributes are claimed by their exact names as of any other type. Sources: the
provider's documentation of each type, and botocore's models.
"""

from __future__ import annotations

from typing import Final

# What each operation does to the setting of a type.
SINGLETONS: Final[dict[str, dict[str, str]]] = {
    "aws_account_primary_contact": {"PutContactInformation": "update"},
    "aws_api_gateway_account": {"UpdateAccount": "update"},
    "aws_auditmanager_account_registration": {"RegisterAccount": "update", "DeregisterAccount": "delete"},
    "aws_backup_global_settings": {"UpdateGlobalSettings": "update"},
    "aws_backup_region_settings": {"UpdateRegionSettings": "update"},
    "aws_bedrock_model_invocation_logging_configuration": {
        "PutModelInvocationLoggingConfiguration": "update",
        "DeleteModelInvocationLoggingConfiguration": "delete",
    },
    "aws_chimesdkvoice_global_settings": {"UpdateGlobalSettings": "update"},
    "aws_computeoptimizer_enrollment_status": {"UpdateEnrollmentStatus": "update"},
    "aws_config_retention_configuration": {
        "PutRetentionConfiguration": "update",
        "DeleteRetentionConfiguration": "delete",
    },
    "aws_costoptimizationhub_enrollment_status": {"UpdateEnrollmentStatus": "update"},
    "aws_costoptimizationhub_preferences": {"UpdatePreferences": "update"},
    "aws_devopsguru_event_sources_config": {"UpdateEventSourcesConfig": "update"},
    "aws_devopsguru_service_integration": {"UpdateServiceIntegration": "update"},
    "aws_ebs_default_kms_key": {"ModifyEbsDefaultKmsKeyId": "update", "ResetEbsDefaultKmsKeyId": "delete"},
    "aws_ebs_snapshot_block_public_access": {
        "EnableSnapshotBlockPublicAccess": "update",
        "DisableSnapshotBlockPublicAccess": "delete",
    },
    "aws_ec2_image_block_public_access": {
        "EnableImageBlockPublicAccess": "update",
        "DisableImageBlockPublicAccess": "update",
    },
    "aws_ec2_instance_metadata_defaults": {"ModifyInstanceMetadataDefaults": "update"},
    "aws_ecr_registry_policy": {"PutRegistryPolicy": "update", "DeleteRegistryPolicy": "delete"},
    "aws_ecr_registry_scanning_configuration": {"PutRegistryScanningConfiguration": "update"},
    "aws_ecr_replication_configuration": {"PutReplicationConfiguration": "update"},
    "aws_emr_block_public_access_configuration": {"PutBlockPublicAccessConfiguration": "update"},
    "aws_fms_admin_account": {"AssociateAdminAccount": "update", "DisassociateAdminAccount": "delete"},
    "aws_glue_data_catalog_encryption_settings": {"PutDataCatalogEncryptionSettings": "update"},
    "aws_glue_resource_policy": {"PutResourcePolicy": "update", "DeleteResourcePolicy": "delete"},
    "aws_iam_security_token_service_preferences": {"SetSecurityTokenServicePreferences": "update"},
    "aws_inspector2_organization_configuration": {"UpdateOrganizationConfiguration": "update"},
    "aws_iot_event_configurations": {"UpdateEventConfigurations": "update"},
    "aws_iot_indexing_configuration": {"UpdateIndexingConfiguration": "update"},
    "aws_iot_logging_options": {"SetV2LoggingOptions": "update"},
    "aws_lakeformation_data_lake_settings": {"PutDataLakeSettings": "update"},
    "aws_lakeformation_identity_center_configuration": {
        "CreateLakeFormationIdentityCenterConfiguration": "update",
        "DeleteLakeFormationIdentityCenterConfiguration": "delete",
        "UpdateLakeFormationIdentityCenterConfiguration": "update",
    },
    "aws_macie2_account": {"EnableMacie": "update", "UpdateMacieSession": "update", "DisableMacie": "delete"},
    "aws_macie2_classification_export_configuration": {"PutClassificationExportConfiguration": "update"},
    "aws_macie2_organization_configuration": {"UpdateOrganizationConfiguration": "update"},
    "aws_organizations_organization": {"CreateOrganization": "create", "DeleteOrganization": "delete"},
    "aws_quicksight_account_subscription": {"DeleteAccountSubscription": "delete"},
    "aws_ram_sharing_with_organization": {"EnableSharingWithAwsOrganization": "update"},
    "aws_s3control_access_grants_instance": {
        "AssociateAccessGrantsIdentityCenter": "update",
        "CreateAccessGrantsInstance": "create",
        "DeleteAccessGrantsInstance": "delete",
        "DissociateAccessGrantsIdentityCenter": "update",
    },
    "aws_s3control_access_grants_instance_resource_policy": {
        "DeleteAccessGrantsInstanceResourcePolicy": "delete",
        "PutAccessGrantsInstanceResourcePolicy": "update",
    },
    "aws_securityhub_organization_configuration": {"UpdateOrganizationConfiguration": "update"},
    "aws_servicecatalog_organizations_access": {
        "EnableAWSOrganizationsAccess": "update",
        "DisableAWSOrganizationsAccess": "delete",
    },
    "aws_ses_active_receipt_rule_set": {"SetActiveReceiptRuleSet": "update"},
    "aws_sesv2_account_suppression_attributes": {"PutAccountSuppressionAttributes": "update"},
    "aws_sesv2_account_vdm_attributes": {"PutAccountVdmAttributes": "update"},
    "aws_shield_subscription": {
        "CreateSubscription": "update",
        "DeleteSubscription": "delete",
        "UpdateSubscription": "update",
    },
    "aws_sns_sms_preferences": {"SetSMSAttributes": "update"},
    "aws_spot_datafeed_subscription": {
        "CreateSpotDatafeedSubscription": "update",
        "DeleteSpotDatafeedSubscription": "delete",
    },
    "aws_vpc_block_public_access_options": {"ModifyVpcBlockPublicAccessOptions": "update"},
    "aws_xray_encryption_config": {"PutEncryptionConfig": "update"},
}
