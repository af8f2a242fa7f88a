"""Azure: locks, policies, diagnostic settings, containers, extensions and settings, which hang on other resources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drift_detector.claim.test_azure import GROUP, LOGS, WEB, logs
from tests.drift_detector.clouds import azure, azure_call
from tests.drift_detector.playbook import Step, World, wrote
from tests.drift_detector.scenarios.builders import Scenarios, deleted, modified, unknown, unmanaged

JANE = "jane@example.com"
SUBSCRIPTION = GROUP.rpartition("/resourceGroups/")[0]
LOCK = f"{LOGS}/providers/Microsoft.Authorization/locks/keep"
SETTING = f"{LOGS}/providers/Microsoft.Insights/diagnosticSettings/All logs"
CONTAINER = f"{LOGS}/blobServices/default/containers/raw"
AGENT = f"{WEB}/extensions/agent"
ASSIGNED = "providers/Microsoft.Authorization/policyAssignments/baseline"
APP = f"{GROUP}/providers/Microsoft.Web/sites/pay"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ci"
TRUST = f"{IDENTITY}/federatedIdentityCredentials/main"


def written(kind: str, resource: str, body: dict[str, Any] | None = None, **entry: Any) -> Step:
    """A write of a resource."""
    return azure_call(1, f"{kind}/write", resource, body, **entry)


def lock() -> dict[str, Any]:
    """A lock on the storage account."""
    return azure("azurerm_management_lock.keep", id=LOCK, name="keep", scope=LOGS, lock_level="CanNotDelete")


def setting() -> dict[str, Any]:
    """Where the storage account's logs go; the provider makes its id of two names."""
    return azure(
        "azurerm_monitor_diagnostic_setting.all",
        id=f"{LOGS}|All logs",
        name="All logs",
        target_resource_id=LOGS,
        enabled_log=[{"category_group": "audit"}],
    )


def container(**changes: Any) -> dict[str, Any]:
    """A container that nobody may list."""
    given = {"id": CONTAINER, "name": "raw", "container_access_type": "private", **changes}
    return azure("azurerm_storage_container.raw", **given)


def assignment(kind: str, scope: str) -> dict[str, Any]:
    """A policy that is enforced."""
    return azure(f"azurerm_{kind}_policy_assignment.baseline", id=f"{scope}/{ASSIGNED}", name="baseline", enforce=True)


def versioned() -> dict[str, Any]:
    """A storage account that keeps versions and what was deleted."""
    blobs = {"versioning_enabled": True, "delete_retention_policy": [{"days": 7}]}
    return azure("azurerm_storage_account.logs", id=LOGS, name="shoplogs", blob_properties=[blobs])


def blobs_written(**properties: Any) -> Step:
    """A write of how the account keeps its blobs."""
    kind = "Microsoft.Storage/storageAccounts/blobServices"
    return written(kind, f"{LOGS}/blobServices/default", {"properties": properties})


def app() -> dict[str, Any]:
    """A function app with its settings."""
    return azure("azurerm_linux_function_app.pay", id=APP, name="pay", app_settings={"MODE": "live"}, https_only=True)


def settings_written(which: str) -> Step:
    """A write of a part of the app's configuration, which the log gives without a body."""
    return written("Microsoft.Web/sites/config", f"{APP}/config/{which}")


CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
ASSIGNMENTS = "Microsoft.Authorization/policyAssignments"
MUST_ALARM: Scenarios = {
    "a lock taken off": (
        [wrote(0, lock()), azure_call(1, "Microsoft.Authorization/locks/delete", LOCK)],
        [deleted("azurerm_management_lock.keep", LOCK)],
    ),
    "a lock of another level": (
        [wrote(0, lock()), written("Microsoft.Authorization/locks", LOCK, {"properties": {"level": "ReadOnly"}})],
        [modified("azurerm_management_lock.keep", "lock_level", "CanNotDelete", "ReadOnly")],
    ),
    "logs that go nowhere any more": (
        [wrote(0, setting()), azure_call(1, "Microsoft.Insights/diagnosticSettings/delete", SETTING)],
        [deleted("azurerm_monitor_diagnostic_setting.all", f"{LOGS}|All logs")],
    ),
    "a container opened": (
        [wrote(0, container()), written(CONTAINERS, CONTAINER, {"properties": {"publicAccess": "Blob"}})],
        [modified("azurerm_storage_container.raw", "container_access_type", "private", "blob")],
    ),
    "a container that a state knows by its address": (
        [
            wrote(0, container(id="https://shoplogs.blob.core.windows.net/raw", resource_manager_id=CONTAINER)),
            written(CONTAINERS, CONTAINER, {"properties": {"publicAccess": "Container"}}),
        ],
        [modified("azurerm_storage_container.raw", "container_access_type", "private", "container")],
    ),
    "versions of blobs no longer kept": (
        [wrote(0, versioned()), blobs_written(isVersioningEnabled=False)],
        [modified("azurerm_storage_account.logs", "blob_properties[0].versioning_enabled", True, False)],
    ),
    "deleted blobs no longer kept": (
        [wrote(0, versioned()), blobs_written(deleteRetentionPolicy={"enabled": False})],
        [modified("azurerm_storage_account.logs", "blob_properties[0].delete_retention_policy", [{"days": 7}], [])],
    ),
    "an extension taken off a machine": (
        [
            wrote(0, azure("azurerm_virtual_machine_extension.agent", id=AGENT, name="agent", virtual_machine_id=WEB)),
            azure_call(1, "Microsoft.Compute/virtualMachines/extensions/delete", AGENT),
        ],
        [deleted("azurerm_virtual_machine_extension.agent", AGENT)],
    ),
    "a subscription's policy no longer enforced": (
        [
            wrote(0, assignment("subscription", SUBSCRIPTION)),
            written(ASSIGNMENTS, f"{SUBSCRIPTION}/{ASSIGNED}", {"properties": {"enforcementMode": "DoNotEnforce"}}),
        ],
        [modified("azurerm_subscription_policy_assignment.baseline", "enforce", True, False)],
    ),
    "a group's policy taken away": (
        [
            wrote(0, assignment("resource_group", GROUP)),
            azure_call(1, f"{ASSIGNMENTS}/delete", f"{GROUP}/{ASSIGNED}"),
        ],
        [deleted("azurerm_resource_group_policy_assignment.baseline", f"{GROUP}/{ASSIGNED}")],
    ),
    "an app's settings, which the log does not tell": (
        [wrote(0, app()), settings_written("appsettings")],
        [unknown("azurerm_linux_function_app.pay", "app_settings", {"MODE": "live"})],
    ),
    "an identity that another issuer may take": (
        [
            wrote(0, logs()),
            written(
                "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
                TRUST,
                {"properties": {"issuer": "https://evil.example"}},
                signature="Succeeded.Created",
            ),
        ],
        [unmanaged("azurerm_federated_identity_credential", TRUST.lower())],
    ),
}

MUST_NOT_ALARM: Scenarios = {
    "another account's lock": (
        [wrote(0, lock()), azure_call(1, "Microsoft.Authorization/locks/delete", LOCK.replace("shoplogs", "other"))],
        [],
    ),
    "another resource's setting of the same name": (
        [
            wrote(0, setting()),
            azure_call(1, "Microsoft.Insights/diagnosticSettings/delete", SETTING.replace("shoplogs", "other")),
        ],
        [],
    ),
    "a container as it is": (
        [wrote(0, container()), written(CONTAINERS, CONTAINER, {"properties": {"publicAccess": "None"}})],
        [],
    ),
    "blobs kept as they are": (
        [
            wrote(0, versioned()),
            blobs_written(isVersioningEnabled=True, deleteRetentionPolicy={"enabled": True, "days": 7}),
        ],
        [],
    ),
    "a policy as it is": (
        [
            wrote(0, assignment("subscription", SUBSCRIPTION)),
            written(ASSIGNMENTS, f"{SUBSCRIPTION}/{ASSIGNED}", {"properties": {"enforcementMode": "Default"}}),
        ],
        [],
    ),
    "an app's other configuration": ([wrote(0, app()), settings_written("web")], []),
}

SCENARIOS = MUST_ALARM | MUST_NOT_ALARM


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_operation_ends_in_exactly_these_drifts(name: str) -> None:
    """Each alert comes twice, as Falco's may."""
    steps, expected = SCENARIOS[name]
    lines = sorted(line.replace(" by jane", f" by {JANE}") for line in expected)
    assert World().play(*steps).summary() == lines
    assert World().play(*steps, *steps[1:]).summary() == lines
