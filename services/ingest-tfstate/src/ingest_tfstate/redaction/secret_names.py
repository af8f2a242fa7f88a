"""Recognises attributes with secrets by their names and types, since a state may not mark them.

Terraform marks values from sensitive variables, and only since 1.10 those that the provider's schema calls sensitive.
The names and types here are sensitive by the schemas of the commonest providers (from the providers' bridges, which
list them: pulumi-aws 7.51, pulumi-azure 6.40, pulumi-gcp 10.2, pulumi-azuread 6.11, pulumi-github 6.15, pulumi-random
4.21, pulumi-tls 5.6), sensitive by other providers' documents, or names that people give secrets in maps of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_NAMES: Final = frozenset(
    {
        "access_key",
        "account_key",
        "account_key_pem",
        "accesstoken",
        "api_key",
        "apikey",
        "app_key",
        "auth_string",
        "auth_token",
        "authtoken",
        "authorization_key",
        "b64_mac_key",
        "b64url_mac_key",
        "basic_auth_credentials",
        "bcrypt_hash",
        "certificate_p12",
        "certificate_wallet",
        "client_certificate",
        "client_key",
        "client_secret",
        "connection_string",
        "connection_strings",
        "credential",
        "credentials",
        "custom_data",
        "customer_key",
        "encrypted_value",
        "express_route_authorization_key",
        "extension_key1",
        "extension_key2",
        "host_key",
        "host_key_body",
        "ingestion_key",
        "instrumentation_key",
        "key_material_base64",
        "key_string",
        "key_value",
        "jwt_key",
        "kube_admin_config_raw",
        "kube_config",
        "kube_config_raw",
        "kubeconfig",
        "license_key",
        "luis_key",
        "mac_key",
        "pass",
        "passphrase",
        "passwd",
        "password",
        "password_data",
        "passwords",
        "pfx_blob",
        "plaintext",
        "plaintext_value",
        "platform_credential",
        "platform_principal",
        "preshared_key",
        "primary_key",
        "primary_readonly_key",
        "primary_shared_key",
        "private_key",
        "private_key_content_base64",
        "private_key_openssh",
        "private_key_pem",
        "private_key_pem_pkcs8",
        "protected_parameters",
        "protected_settings",
        "psk",
        "pwd",
        "raw_key",
        "rsa_encrypted_key",
        "sas_uri",
        "sas_url",
        "secondary_key",
        "secondary_readonly_key",
        "secondary_shared_key",
        "secret",
        "secret_binary",
        "secret_data",
        "secret_key_base",
        "secret_string",
        "secret_text",
        "sensitive_content",
        "sensitive_query_string",
        "service_json",
        "service_key",
        "service_principal_key",
        "ses_smtp_password_v4",
        "shared_access_policy_key",
        "shared_access_signature",
        "shared_key",
        "source_customer_key",
        "storage_account_key",
        "token",
        "token_key",
        "token_key_id",
        "tunnel1_preshared_key",
        "tunnel2_preshared_key",
        "value_encrypted",
    }
)
_ENDINGS: Final = (
    "_access_key",
    "_account_key",
    "_api_key",
    "_apikey",
    "_auth_token",
    "_connection_string",
    "_connection_string_alias",
    "_instrumentationkey",
    "_pass",
    "passphrase",
    "passwd",
    "password",
    "_preshared_key",
    "_primary_key",
    "_private_key",
    "_pwd",
    "_sas_key",
    "_sas_url",
    "_secondary_key",
    "_secret",
    "_secret_key",
    "_send_key_value",
    "_shared_key",
    "_token",
)
_KUBE_CONFIGS: Final = frozenset({"kube_config", "kube_admin_config"})
_KUBERNETES_SECRET: Final = frozenset({"data", "binary_data"})
_APNS: Final = frozenset({"bundle_id", "certificate", "team_id", "token_key", "token_key_id"})
_VALUE, _KEY, _VAULT = frozenset({"value"}), frozenset({"key"}), frozenset({"data", "data_json"})
_CONNECTION_STRING: Final = frozenset({"connection_string", "site_credential"})

# Attributes and blocks that are secret as a whole, though their names alone do not show it.
SECRET_BY_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "aws_amplify_app": frozenset({"basic_auth_credentials"}),
    "aws_api_gateway_api_key": _VALUE,
    "aws_appconfig_hosted_configuration_version": frozenset({"content"}),
    "aws_appsync_api_key": _KEY,
    "aws_directory_service_shared_directory": frozenset({"notes"}),
    "aws_dms_certificate": frozenset({"certificate_pem"}),
    "aws_glue_connection": frozenset({"athena_properties", "connection_properties"}),
    "aws_grafana_workspace_api_key": _KEY,
    "aws_grafana_workspace_service_account_token": _KEY,
    "aws_iam_access_key": frozenset({"encrypted_secret", "encrypted_ses_smtp_password_v4"}),
    "aws_iot_authorizer": frozenset({"token_signing_public_keys"}),
    "aws_iot_ca_certificate": frozenset({"ca_certificate_pem", "verification_certificate_pem"}),
    "aws_iot_certificate": frozenset({"ca_pem", "certificate_pem", "public_key"}),
    "aws_lightsail_key_pair": frozenset({"encrypted_private_key"}),
    "aws_mwaa_environment": frozenset({"airflow_configuration_options"}),
    "aws_pinpoint_adm_channel": frozenset({"client_id"}),
    "aws_pinpoint_apns_channel": _APNS,
    "aws_pinpoint_apns_sandbox_channel": _APNS,
    "aws_pinpoint_apns_voip_channel": _APNS,
    "aws_pinpoint_apns_voip_sandbox_channel": _APNS,
    "aws_redshiftserverless_namespace": frozenset({"admin_username"}),
    "aws_s3_object_copy": frozenset({"kms_encryption_context", "kms_key_id"}),
    "aws_ssm_activation": frozenset({"activation_code"}),
    "aws_ssm_parameter": _VALUE | {"insecure_value"},
    "aws_transfer_certificate": frozenset({"certificate", "certificate_chain"}),
    "aws_transfer_server": frozenset({"post_authentication_login_banner", "pre_authentication_login_banner"}),
    "aws_vpn_connection": frozenset({"customer_gateway_configuration"}),
    "azuread_application_certificate": _VALUE,
    "azuread_application_password": _VALUE,
    "azuread_service_principal_certificate": _VALUE,
    "azuread_service_principal_password": _VALUE,
    "azurerm_api_management_certificate": frozenset({"data"}),
    "azurerm_api_management_named_value": _VALUE,
    "azurerm_app_service": _CONNECTION_STRING,
    "azurerm_automation_webhook": frozenset({"uri"}),
    "azurerm_container_app": frozenset({"secret"}),
    "azurerm_container_app_environment_dapr_component": frozenset({"secret"}),
    "azurerm_container_app_job": frozenset({"secret"}),
    "azurerm_function_app": _CONNECTION_STRING,
    "azurerm_key_vault_secret": _VALUE,
    "azurerm_kubernetes_cluster": _KUBE_CONFIGS,
    "azurerm_linux_function_app": _CONNECTION_STRING,
    "azurerm_linux_web_app": _CONNECTION_STRING,
    "azurerm_windows_function_app": _CONNECTION_STRING,
    "azurerm_windows_web_app": _CONNECTION_STRING,
    "cloudflare_api_token": _VALUE,
    "datadog_api_key": _KEY,
    "datadog_application_key": _KEY,
    "digitalocean_kubernetes_cluster": _KUBE_CONFIGS,
    "google_bigquery_data_transfer_config": frozenset({"sensitive_params"}),
    "google_composer_user_workloads_secret": frozenset({"data"}),
    "google_compute_ssl_certificate": frozenset({"certificate"}),
    "google_parameter_manager_parameter_version": frozenset({"parameter_data"}),
    "google_runtimeconfig_variable": frozenset({"text", "value"}),
    "google_sql_database_instance": frozenset({"replica_configuration"}),
    "google_sql_ssl_cert": frozenset({"cert"}),
    "google_storage_bucket_object": frozenset({"content"}),
    "grafana_api_key": _KEY,
    "grafana_service_account_token": _KEY,
    "helm_release": frozenset({"values", "set_sensitive", "set_wo", "metadata", "manifest"}),
    "kubectl_manifest": frozenset({"live_manifest_incluster", "yaml_body", "yaml_incluster"}),
    "kubernetes_secret": _KUBERNETES_SECRET,
    "kubernetes_secret_v1": _KUBERNETES_SECRET,
    "kubernetes_secret_v1_data": _KUBERNETES_SECRET,
    "local_sensitive_file": frozenset({"content", "content_base64"}),
    "newrelic_api_access_key": _KEY,
    "random_bytes": frozenset({"base64", "hex"}),
    "random_password": frozenset({"id", "result"}),  # its first versions had the password as id
    "vault_generic_secret": _VAULT,
    "vault_kv_secret": _VAULT,
    "vault_kv_secret_v2": _VAULT,
}

_BOOT_SCRIPTS: Final = frozenset({"cloud_init", "user_data", "user_data_base64"})
_SHA_1: Final = re.compile(r"[0-9a-f]{40}")
_NONE: Final = frozenset[str]()
_MANIFEST_MEMBERS: Final = frozenset({"data", "stringData"})
_WORD_STARTS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-./ ]")
_SECRET_WORD: Final = re.compile(r"(?i)pass|pwd|secret|token|key|credential|://")


# A state has many resources and few attribute names.
@lru_cache(maxsize=16384)
def is_secret_name(name: str) -> bool:
    """Whether an attribute or map key has a secret, by its name alone."""
    words = _WORD_STARTS.sub("_", name).lower()
    return words in _NAMES or words.endswith(_ENDINGS)


def is_boot_script(name: str, text: str) -> bool:
    """Whether a text is what a machine runs when it starts. AWS hides it in CloudTrail, since it may contain secrets.

    Version 5 and earlier of the AWS provider store a SHA-1 of it, which is no secret.
    """
    return name in _BOOT_SCRIPTS and _SHA_1.fullmatch(text) is None


def may_be_secret_json(text: str) -> bool:
    """Whether a text, if it is JSON, may have a member with the name of a secret."""
    return _SECRET_WORD.search(text) is not None


def secret_members(value: Mapping[str, object]) -> frozenset[str]:
    """Returns the members of an object that are secret because of another member.

    These are in a manifest of a Kubernetes Secret, such as that of ``kubernetes_manifest``, and in an environment
    variable or a setting that is a pair of name and value.
    """
    if value.get("kind") == "Secret" and value.get("apiVersion") == "v1":
        return _MANIFEST_MEMBERS
    for name in ("name", "key"):
        named = value.get(name)
        if isinstance(named, str) and "value" in value and is_secret_name(named):
            return _VALUE
    return _NONE
