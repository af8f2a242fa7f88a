"""The attributes that are secret by the schema of their resource type, though a state may not mark them.

Terraform marks what came from a sensitive variable, and only since 1.10 what the provider's schema calls sensitive. The
lists of aws, google, azurerm and kubernetes are generated (`mapping_generator.secrets.sensitive_attributes`). Those of
other providers, and what those four do not mark, are written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Final

Members = Mapping[str, Any]
"""The sensitive members of an object: a name leads to the members below it, or to an empty mapping if all is secret."""

# Attributes and blocks by path without list indexes, of providers whose schemas pulumi's bridges list (azuread 6.11,
# github 6.15, random 4.21, tls 5.6) or whose documents call them secret.
_MORE: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_cloudfront_distribution": ("origin.custom_header.value",),
    "aws_grafana_workspace_service_account_token": ("key",),
    "aws_iam_access_key": ("encrypted_secret", "encrypted_ses_smtp_password_v4"),
    "aws_iot_ca_certificate": ("ca_certificate_pem", "verification_certificate_pem"),
    "aws_lightsail_key_pair": ("encrypted_private_key",),
    "aws_pinpoint_adm_channel": ("client_id",),
    "aws_pinpoint_apns_channel": ("bundle_id", "certificate", "team_id", "token_key", "token_key_id"),
    "aws_pinpoint_apns_sandbox_channel": ("bundle_id", "certificate", "team_id", "token_key", "token_key_id"),
    "aws_pinpoint_apns_voip_channel": ("bundle_id", "certificate", "team_id", "token_key", "token_key_id"),
    "aws_pinpoint_apns_voip_sandbox_channel": ("bundle_id", "certificate", "team_id", "token_key", "token_key_id"),
    "aws_ssm_activation": ("activation_code",),
    "aws_ssm_parameter": ("insecure_value",),
    "aws_transfer_certificate": ("certificate", "certificate_chain"),
    "azuread_application_certificate": ("value",),
    "azuread_application_password": ("value",),
    "azuread_service_principal_certificate": ("value",),
    "azuread_service_principal_password": ("value",),
    "azurerm_app_service": ("connection_string", "site_credential"),
    "azurerm_container_app": ("secret",),
    "azurerm_container_app_environment_dapr_component": ("secret",),
    "azurerm_container_app_job": ("secret",),
    "azurerm_function_app": ("connection_string", "site_credential"),
    "azurerm_linux_function_app": ("connection_string",),
    "azurerm_linux_web_app": ("connection_string",),
    "azurerm_windows_function_app": ("connection_string",),
    "azurerm_windows_web_app": ("connection_string",),
    "cloudflare_api_token": ("value",),
    "datadog_api_key": ("key",),
    "datadog_application_key": ("key",),
    "digitalocean_kubernetes_cluster": ("kube_admin_config", "kube_config"),
    "google_bigquery_data_transfer_config": ("sensitive_params",),
    "google_composer_user_workloads_secret": ("data",),
    "google_parameter_manager_parameter_version": ("parameter_data",),
    "google_runtimeconfig_variable": ("text", "value"),
    "google_sql_database_instance": ("replica_configuration",),
    "google_storage_bucket_object": ("content",),
    "grafana_api_key": ("key",),
    "grafana_service_account_token": ("key",),
    "helm_release": ("manifest", "metadata", "set_sensitive", "set_wo", "values"),
    "kubectl_manifest": ("live_manifest_incluster", "yaml_body", "yaml_incluster"),
    "kubernetes_secret_v1_data": ("binary_data",),
    "local_sensitive_file": ("content", "content_base64"),
    "newrelic_api_access_key": ("key",),
    "random_bytes": ("base64", "hex"),
    "random_password": ("id", "result"),
    "vault_generic_secret": ("data", "data_json"),
    "vault_kv_secret": ("data", "data_json"),
    "vault_kv_secret_v2": ("data", "data_json"),
}
_NOTHING: Final[Members] = {}


def sensitive_members(kind: str) -> Members:
    """Returns the sensitive attributes of a resource type, as a tree."""
    return _types().get(kind, _NOTHING)


@lru_cache(maxsize=1)
def _types() -> Mapping[str, Members]:
    data = (resources.files("tfdrift.redaction") / "data" / "sensitive_attributes.json").read_text(encoding="ascii")
    types: dict[str, Members] = {kind: _tree(paths) for kind, paths in json.loads(data)["types"].items()}
    for kind, paths in _MORE.items():
        types[kind] = _tree(paths, types.get(kind))
    return types


def _tree(paths: Iterable[str], tree: Any = None) -> Members:
    root: dict[str, Any] = tree if tree is not None else {}
    for path in sorted(paths, key=len, reverse=True):  # what is secret as a whole replaces what was known of its parts
        *parents, last = path.split(".")
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = {}
    return root
