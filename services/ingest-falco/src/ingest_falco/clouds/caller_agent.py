"""Finds how the caller reached Google Cloud, Azure or Kubernetes, by the user agent: tables, read from the top.

The user agent is the caller's own word and can be forged: it shows how an honest caller came, no more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from tfdrift.events import Via

# Audit logs store long agents; what distinguishes them is at the front.
_MAX_AGENT_LENGTH: Final = 512

# "Terraform/1.5.7 (+https://www.terraform.io) Terraform-Plugin-SDK/2.10.1 terraform-provider-google/4.80.0",
# "HashiCorp/1.0 Terraform/1.8.5", "HashiCorp Terraform/1.9.0 ... terraform-provider-azurerm/4.1.0", OpenTofu alike.
# Pulumi runs the same providers; Packer and Vault are HashiCorp's too, and have no state.
_TERRAFORM: Final = re.compile(r"^(?!.*pulumi).*(terraform|opentofu)", re.IGNORECASE)
# Google's console calls the API servers of its clusters itself.
_BROWSER: Final = re.compile(r"^(mozilla/|googlecloudconsole)", re.IGNORECASE)

_GCP: Final = (
    (Via.TERRAFORM, _TERRAFORM),
    (Via.CLI, re.compile(r"google-cloud-sdk|gcloud/|gsutil/|cloud-sdk", re.IGNORECASE)),
    (Via.CONSOLE, _BROWSER),
    (Via.SDK, re.compile(r"google-api-|gl-[a-z]+/|gcloud-|grpc-|gax/|apitools|pulumi|kcc/", re.IGNORECASE)),
)
_AZURE: Final = (
    (Via.TERRAFORM, _TERRAFORM),
    (Via.CLI, re.compile(r"azurecli/|az-cli|azurepowershell|azps/", re.IGNORECASE)),
    (Via.CONSOLE, _BROWSER),
    (Via.SDK, re.compile(r"azsdk|azure-sdk|go-autorest|python/|pulumi|bicep", re.IGNORECASE)),
)
# The cluster's own parts are recognised by their user, which the API server authenticates.
_KUBERNETES: Final = (
    (Via.TERRAFORM, _TERRAFORM),
    (Via.CLI, re.compile(r"^(kubectl|oc|helm|k9s|kustomize|eksctl)[./ -]", re.IGNORECASE)),
    (Via.CONSOLE, _BROWSER),
    (Via.CONSOLE, re.compile(r"^(dashboard|kubernetes-dashboard|headlamp|rancher)/", re.IGNORECASE)),
    (Via.SDK, re.compile(r"kubernetes/|client-go|kubernetes-client|python-|java/|pulumi|okhttp", re.IGNORECASE)),
)


def gcp_via(agent: str | None) -> Via:
    """The way in which a caller reached Google Cloud, by ``requestMetadata.callerSuppliedUserAgent``."""
    return _via(_GCP, agent)


def azure_via(agent: str | None) -> Via:
    """The way in which a caller reached Azure Resource Manager, where the log has a user agent at all."""
    return _via(_AZURE, agent)


def kubernetes_via(agent: str | None) -> Via:
    """The way in which a caller reached a Kubernetes API server."""
    return _via(_KUBERNETES, agent)


_Table = tuple[tuple[Via, re.Pattern[str]], ...]


@lru_cache(maxsize=1024)
def _via(table: _Table, agent: str | None) -> Via:
    """Cached, since an estate has few agents."""
    text = (agent or "")[:_MAX_AGENT_LENGTH]
    return next((via for via, pattern in table if pattern.search(text)), Via.UNKNOWN)


# First-party applications of Microsoft, as the claim `appid` of an access token names them.
# https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
AZURE_APPLICATIONS: Final[Mapping[str, Via]] = {
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c": Via.CONSOLE,  # Azure Portal
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": Via.CLI,  # Azure CLI
    "1950a258-227b-4e31-a9cf-717495945fc2": Via.CLI,  # Azure PowerShell
}
