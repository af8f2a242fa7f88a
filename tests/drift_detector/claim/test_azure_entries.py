"""Azure: the several entries of one operation, in both schemas of the Activity Log, and what they leave out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.drift_detector.claim.test_azure import (
    FIREWALL,
    GROUP,
    LOGS,
    MACHINES,
    RULES,
    SSH,
    WEB,
    firewall,
    in_azure,
    in_state,
    logs,
    resized,
    rule_written,
    ssh,
    web,
)
from tests.drift_detector.clouds import alerted, at, azure, azure_call, number
from tests.drift_detector.playbook import Called, World, wrote
from tests.drift_detector.scenarios.builders import Scenarios, deleted, modified, unknown, unmanaged

JANE = "jane@example.com"
MACHINE = "azurerm_linux_virtual_machine.web"
RULE = "azurerm_network_security_rule.ssh"
ADDRESS = f"{GROUP}/providers/Microsoft.Network/publicIPAddresses/front"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/shop/subnets/apps"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/shop"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/shop"
GRANT = f"{WEB}/providers/Microsoft.Authorization/roleAssignments/0b5f1c5e-1b3a-4b38-8d3d-6b7d8c9e0f1a"
GRANTS = "Microsoft.Authorization/roleAssignments"
TAGS = "Microsoft.Resources/tags/write"


def _by(lines: list[str]) -> list[str]:
    return [line.replace(" by jane", f" by {JANE}") for line in lines]


def rest(
    minutes: int, operation: str, resource: str, status: str, sub: str = "", properties: dict[str, Any] | None = None
) -> Called:
    """An entry in the schema of the REST API, which is that of the portal's JSON too."""
    entry = {
        "caller": JANE,
        "claims": {"name": "Jane", "appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"},
        "correlationId": "9c3f8c8e-0001",
        "eventDataId": f"event-{number()}",
        "eventTimestamp": at(minutes),
        "operationName": {"value": operation, "localizedValue": "Some words"},
        "resourceId": resource,
        "status": {"value": status, "localizedValue": status},
        "subStatus": {"value": sub, "localizedValue": f"{sub} (HTTP Status Code: 200)"},
        "properties": {"eventCategory": "Administrative", **(properties or {})},
    }
    return alerted(minutes, "azure_platformlogs", {"jevt.obj": json.dumps(entry)})


def triple(verb: str, end: str = "Success", **changes: Any) -> list[Called]:
    """The entries of one long operation on the rule: its start with the request, then what Azure answered."""
    operation, body = f"{RULES}/{verb}", in_azure(**changes)
    correlation = {"correlationId": f"correlation-{number()}"}
    asked = {"properties": {"requestbody": json.dumps(body)}}
    return [
        azure_call(1, operation, SSH, result="Start", signature="Started.", **correlation, **asked),
        azure_call(2, operation, SSH, body, result="Accept", signature="Accepted.OK", **correlation),
        azure_call(3, operation, SSH, result=end, signature=f"{end}.", **correlation),
    ]


def address() -> dict[str, Any]:
    """A public address as a state holds it."""
    given = {"allocation_method": "Static", "idle_timeout_in_minutes": 4, "tags": {"env": "prod"}}
    return azure("azurerm_public_ip.front", id=ADDRESS, name="front", **given)


def address_written(minutes: int, **properties: Any) -> Called:
    """A write of the address, whose answer has its tags masked, as published ones have."""
    body = {"name": "front", "tags": "******", "properties": {"publicIPAllocationMethod": "Static", **properties}}
    return azure_call(minutes, "Microsoft.Network/publicIPAddresses/write", ADDRESS, body)


def vault() -> dict[str, Any]:
    """A key vault as a state holds it."""
    acls = {"default_action": "Deny", "bypass": "AzureServices", "ip_rules": ["198.51.100.0/24"]}
    return azure(
        "azurerm_key_vault.shop",
        id=VAULT,
        name="shop",
        purge_protection_enabled=True,
        rbac_authorization_enabled=True,
        public_network_access_enabled=True,
        network_acls=[acls],
        tags={},
    )


def vault_written(minutes: int, **properties: Any) -> Called:
    """A write of the vault."""
    return azure_call(minutes, "Microsoft.KeyVault/vaults/write", VAULT, {"properties": properties})


def cluster() -> dict[str, Any]:
    """A cluster as a state holds it."""
    access = [{"authorized_ip_ranges": ["198.51.100.0/24"]}]
    given = {"kubernetes_version": "1.29", "local_account_disabled": True, "api_server_access_profile": access}
    return azure("azurerm_kubernetes_cluster.shop", id=CLUSTER, name="shop", **given)


def cluster_written(minutes: int, **properties: Any) -> Called:
    """A write of the cluster."""
    operation = "Microsoft.ContainerService/managedClusters/write"
    return azure_call(minutes, operation, CLUSTER, {"properties": properties})


def grant() -> dict[str, Any]:
    """A role given to somebody on the machine."""
    return azure("azurerm_role_assignment.eve", id=GRANT, scope=WEB, principal_id="p-1", role_definition_name="Owner")


def guarded() -> dict[str, Any]:
    """A subnet's security group, as the state of the association has it."""
    return azure(
        "azurerm_subnet_network_security_group_association.apps",
        id=SUBNET,
        subnet_id=SUBNET,
        network_security_group_id=FIREWALL,
    )


def subnet_written(minutes: int, **properties: Any) -> Called:
    """A write of the subnet, which is always one of the whole subnet."""
    body = {"properties": {"addressPrefix": "10.0.0.0/24", **properties}}
    return azure_call(minutes, "Microsoft.Network/virtualNetworks/subnets/write", SUBNET, body)


ASKED = {"requestbody": json.dumps({"Id": "x", "Properties": {"PrincipalId": "p-2", "Scope": WEB}})}
FORBIDDEN = {"statusCode": "Forbidden"}

MUST_ALARM: Scenarios = {
    "a rule opened, in the three entries of one operation": (
        [wrote(0, ssh()), *triple("write", sourceAddressPrefix="*")],
        [modified(RULE, "source_address_prefix", "10.0.0.0/8", "*")],
    ),
    "a rule deleted, in the three entries of one operation": (
        [wrote(0, ssh()), *triple("delete")],
        [deleted(RULE, SSH)],
    ),
    "a rule opened and set back": (
        [wrote(0, ssh()), rule_written(1, sourceAddressPrefix="*"), rule_written(2)],
        [modified(RULE, "source_address_prefix", "10.0.0.0/8", "*", end="reverted")],
    ),
    "a rule's ports, where it had one and has several": (
        [wrote(0, ssh()), rule_written(1, destinationPortRange="", destinationPortRanges=["22", "3389"])],
        [
            modified(RULE, "destination_port_range", "22", ""),
            modified(RULE, "destination_port_ranges", [], ["22", "3389"]),
        ],
    ),
    "a rule put into a group that holds its rules": (
        [
            wrote(
                0, azure("azurerm_network_security_group.web", id=FIREWALL, name="web-nsg", security_rule=[], tags={})
            ),
            azure_call(1, f"{RULES}/write", SSH, in_azure(), signature="Succeeded.Created"),
        ],
        [
            modified(
                "azurerm_network_security_group.web",
                "security_rule",
                [],
                [{k: v for k, v in in_state(protocol="TCP").items() if k != "description"}],
            )
        ],
    ),
    "a subnet's security group taken off": (
        [wrote(0, guarded()), subnet_written(1)],
        [modified("azurerm_subnet_network_security_group_association.apps", "network_security_group_id", FIREWALL, "")],
    ),
    "tags set by the portal, which the log does not tell": (
        [wrote(0, web()), rest(1, TAGS, WEB, "Succeeded", "OK")],
        [unknown(MACHINE, "tags", {"env": "prod"})],
    ),
    "tags, by their own id": (
        [wrote(0, web()), rest(1, TAGS, f"{WEB}/providers/Microsoft.Resources/tags/default", "Succeeded", "OK")],
        [unknown(MACHINE, "tags", {"env": "prod"})],
    ),
    "an address made dynamic, its tags masked": (
        [wrote(0, address()), address_written(1, publicIPAllocationMethod="Dynamic")],
        [modified("azurerm_public_ip.front", "allocation_method", "Static", "Dynamic")],
    ),
    "a role given, of which the answer tells that it is new": (
        [
            wrote(0, web()),
            rest(1, f"{GRANTS}/write", GRANT, "Started", properties=ASKED),
            rest(2, f"{GRANTS}/write", GRANT, "Succeeded", "Created", {"statusCode": "Created"}),
        ],
        [unmanaged("azurerm_role_assignment", GRANT.lower())],
    ),
    "a role taken away": (
        [wrote(0, grant()), rest(1, f"{GRANTS}/delete", GRANT, "Succeeded", "OK")],
        [deleted("azurerm_role_assignment.eve", GRANT)],
    ),
    "a vault opened to every network": (
        [wrote(0, vault()), vault_written(1, networkAcls={"defaultAction": "Allow", "bypass": "AzureServices"})],
        [modified("azurerm_key_vault.shop", "network_acls[0].default_action", "Deny", "Allow")],
    ),
    "a vault's access by policies instead of roles": (
        [wrote(0, vault()), vault_written(1, enableRbacAuthorization=False)],
        [modified("azurerm_key_vault.shop", "rbac_authorization_enabled", True, False)],
    ),
    "a cluster's API opened": (
        [wrote(0, cluster()), cluster_written(1, apiServerAccessProfile={"authorizedIPRanges": ["0.0.0.0/0"]})],
        [
            modified(
                "azurerm_kubernetes_cluster.shop",
                "api_server_access_profile[0].authorized_ip_ranges",
                ["198.51.100.0/24"],
                ["0.0.0.0/0"],
            )
        ],
    ),
    "a storage account deleted, in the REST API's schema": (
        [wrote(0, logs()), rest(1, "Microsoft.Storage/storageAccounts/delete", LOGS, "Succeeded", "OK")],
        [deleted("azurerm_storage_account.logs", LOGS)],
    ),
    "a machine resized by the principal of a pipeline": (
        [wrote(0, web()), resized(1, "Standard_D4s_v5", identity={"claims": {"appid": "0f7a"}})],
        [modified(MACHINE, "size", "Standard_B2s", "Standard_D4s_v5").replace("by jane", "by 0f7a")],
    ),
}

MUST_NOT_ALARM: Scenarios = {
    "an operation that was refused after it began": (
        [wrote(0, ssh()), triple("write", sourceAddressPrefix="*")[0], triple("write", end="Failure")[2]],
        [],
    ),
    "a deletion that was refused": (
        [wrote(0, grant()), rest(1, f"{GRANTS}/delete", GRANT, "Failed", "Forbidden", FORBIDDEN)],
        [],
    ),
    "a deletion that was accepted and failed": (
        [wrote(0, ssh()), *triple("delete", end="Failure")],
        [],
    ),
    "a rule as it is, in three entries": ([wrote(0, ssh()), *triple("write")], []),
    "a rule of a group as it is, in three entries": ([wrote(0, firewall()), *triple("write")], []),
    "a subnet with the security group that it has, in other letters": (
        [wrote(0, guarded()), subnet_written(1, networkSecurityGroup={"id": FIREWALL.upper()})],
        [],
    ),
    "a subnet's write without a body": (
        [
            wrote(0, guarded()),
            azure_call(1, "Microsoft.Network/virtualNetworks/subnets/write", SUBNET),
        ],
        [],
    ),
    "an address as it is, its tags masked": (
        [wrote(0, address()), address_written(1, idleTimeoutInMinutes=4, ipTags="******")],
        [],
    ),
    "tags that were asked for": ([wrote(0, web()), rest(1, TAGS, WEB, "Started")], []),
    "tags that were refused": ([wrote(0, web()), rest(1, TAGS, WEB, "Failed", "Forbidden")], []),
    "tags of what no state holds": ([wrote(0, web()), rest(1, TAGS, LOGS, "Succeeded", "OK")], []),
    "a role that was asked for": (
        [wrote(0, web()), rest(1, f"{GRANTS}/write", GRANT, "Started", properties=ASKED)],
        [],
    ),
    "a role that a state holds, given again": (
        [wrote(0, grant()), rest(1, f"{GRANTS}/write", GRANT, "Succeeded", "Created", {"statusCode": "Created"})],
        [],
    ),
    "an answer without a body": (
        [wrote(0, web()), rest(1, f"{MACHINES}/write", WEB, "Succeeded", "OK", {"statusCode": "OK"})],
        [],
    ),
    "a body that is no JSON": (
        [wrote(0, web()), rest(1, f"{MACHINES}/write", WEB, "Succeeded", "OK", {"responseBody": "{"})],
        [],
    ),
    "a vault as it is": (
        [wrote(0, vault()), vault_written(1, enablePurgeProtection=True, enableRbacAuthorization=True)],
        [],
    ),
    "a cluster as it is, of a newer patch of its version": (
        [
            wrote(0, cluster()),
            cluster_written(
                1, kubernetesVersion="1.29.4", apiServerAccessProfile={"authorizedIPRanges": ["198.51.100.0/24"]}
            ),
        ],
        [],
    ),
    "keys of a storage account that were listed": (
        [wrote(0, logs()), rest(1, "Microsoft.Storage/storageAccounts/listKeys/action", LOGS, "Succeeded", "OK")],
        [],
    ),
    "a deployment's own entry": (
        [
            wrote(0, web()),
            rest(
                1,
                "Microsoft.Resources/deployments/write",
                f"{GROUP}/providers/Microsoft.Resources/deployments/d",
                "Succeeded",
            ),
        ],
        [],
    ),
    "what a policy only audits": (
        [wrote(0, web()), rest(1, "Microsoft.Authorization/policies/audit/action", WEB, "Succeeded")],
        [],
    ),
}

SCENARIOS = MUST_ALARM | MUST_NOT_ALARM


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_operation_ends_in_exactly_these_drifts(name: str) -> None:
    """Each alert comes twice, as Falco's may."""
    steps, expected = SCENARIOS[name]
    assert World().play(*steps).summary() == sorted(_by(expected))
    assert World().play(*steps, *steps[1:]).summary() == sorted(_by(expected))
