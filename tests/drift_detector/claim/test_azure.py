"""Azure: what entries of the Activity Log claim of a state, and the drifts that they end in."""

from __future__ import annotations

from typing import Any

import pytest

from drift_detector.claim.azure.activity_log import act_of
from drift_detector.facts.call import Act
from tests.drift_detector.clouds import azure, azure_call
from tests.drift_detector.playbook import Step, World, wrote
from tests.drift_detector.schema import unknown_names

GROUP = "/subscriptions/7bfb2c5c-7308-46ed-8ae4-fffa356eb406/resourceGroups/Shop"
FIREWALL = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/web-nsg"
SSH = f"{FIREWALL}/securityRules/Ssh"
WEB = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web"
LOGS = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/shoplogs"

MACHINES = "Microsoft.Compute/virtualMachines"
RULES = "Microsoft.Network/networkSecurityGroups/securityRules"
ACCOUNTS = "Microsoft.Storage/storageAccounts"


def web(kind: str = "azurerm_linux_virtual_machine", **changes: Any) -> dict[str, Any]:
    """A virtual machine as a state holds it."""
    attributes = {"id": WEB, "name": "web", "size": "Standard_B2s", "license_type": "", "tags": {"env": "prod"}}
    return azure(f"{kind}.web", **(attributes | changes))


def logs() -> dict[str, Any]:
    """A storage account as a state holds it."""
    network = {"default_action": "Deny", "ip_rules": ["198.51.100.0/24"], "bypass": ["AzureServices"]}
    return azure(
        "azurerm_storage_account.logs",
        id=LOGS,
        name="shoplogs",
        https_traffic_only_enabled=True,
        min_tls_version="TLS1_2",
        allow_nested_items_to_be_public=False,
        shared_access_key_enabled=True,
        public_network_access_enabled=True,
        access_tier="Hot",
        network_rules=[network],
        tags=None,
    )


def in_state(**changes: Any) -> dict[str, Any]:
    """A security rule's attributes as a state holds them."""
    return {
        "name": "Ssh",
        "access": "Allow",
        "direction": "Inbound",
        "priority": 100,
        "protocol": "Tcp",
        "source_address_prefix": "10.0.0.0/8",
        "source_address_prefixes": [],
        "source_port_range": "*",
        "source_port_ranges": [],
        "destination_address_prefix": "*",
        "destination_address_prefixes": [],
        "destination_port_range": "22",
        "destination_port_ranges": [],
        "description": "",
        **changes,
    }


def in_azure(**changes: Any) -> dict[str, Any]:
    """The same rule as Azure answers with it."""
    properties = {
        "provisioningState": "Succeeded",
        "access": "Allow",
        "direction": "Inbound",
        "priority": 100,
        "protocol": "TCP",
        "sourceAddressPrefix": "10.0.0.0/8",
        "sourceAddressPrefixes": [],
        "sourcePortRange": "*",
        "sourcePortRanges": [],
        "destinationAddressPrefix": "*",
        "destinationAddressPrefixes": [],
        "destinationPortRange": "22",
        "destinationPortRanges": [],
        **changes,
    }
    return {"name": "Ssh", "id": SSH, "properties": properties}


def ssh() -> dict[str, Any]:
    """The rule as a resource of its own."""
    return azure("azurerm_network_security_rule.ssh", id=SSH, **in_state())


def firewall() -> dict[str, Any]:
    """The rule within its group."""
    return azure("azurerm_network_security_group.web", id=FIREWALL, name="web-nsg", security_rule=[in_state()], tags={})


def resized(minutes: int, size: str, **more: Any) -> Step:
    """The machine's size is set."""
    body = {"properties": {"hardwareProfile": {"vmSize": size}}, "tags": {"env": "prod"}}
    return azure_call(minutes, f"{MACHINES}/write", WEB, body, **more)


def rule_written(minutes: int, **changes: Any) -> Step:
    """The security rule is written, and answered for when it is accepted."""
    body = in_azure(**changes)
    return azure_call(minutes, f"{RULES}/write", SSH, body, result="Accept", signature="Accepted.OK")


def account_written(minutes: int, **properties: Any) -> Step:
    """The storage account is written."""
    return azure_call(minutes, f"{ACCOUNTS}/write", LOGS, {"properties": properties})


ALARMS = [
    pytest.param(
        [web()],
        resized(1, "Standard_D4s_v5"),
        ['azurerm_linux_virtual_machine.web size modified open: "Standard_B2s" -> "Standard_D4s_v5"'],
        id="a machine's size, its id in capitals",
    ),
    pytest.param(
        [web("azurerm_windows_virtual_machine")],
        resized(1, "Standard_D4s_v5"),
        ['azurerm_windows_virtual_machine.web size modified open: "Standard_B2s" -> "Standard_D4s_v5"'],
        id="a machine of the other type",
    ),
    pytest.param(
        [web()],
        azure_call(1, f"{MACHINES}/write", WEB, {"tags": {"env": "test"}}),
        ['azurerm_linux_virtual_machine.web tags.env modified open: "prod" -> "test"'],
        id="a tag",
    ),
    pytest.param(
        [web()],
        azure_call(1, f"{MACHINES}/delete", WEB),
        [f'azurerm_linux_virtual_machine.web - deleted open: "{WEB}" -> null'],
        id="a machine deleted",
    ),
    pytest.param(
        [ssh()],
        rule_written(1, sourceAddressPrefix="*"),
        ['azurerm_network_security_rule.ssh source_address_prefix modified open: "10.0.0.0/8" -> "*"'],
        id="a security rule opened, a resource of its own",
    ),
    pytest.param(
        [logs()],
        account_written(1, allowBlobPublicAccess=True, minimumTlsVersion="TLS1_0", publicNetworkAccess="Enabled"),
        [
            "azurerm_storage_account.logs allow_nested_items_to_be_public modified open: false -> true",
            'azurerm_storage_account.logs min_tls_version modified open: "TLS1_2" -> "TLS1_0"',
        ],
        id="a storage account opened",
    ),
    pytest.param(
        [logs()],
        account_written(1, networkAcls={"defaultAction": "Allow", "ipRules": []}),
        [
            'azurerm_storage_account.logs network_rules[0].default_action modified open: "Deny" -> "Allow"',
            'azurerm_storage_account.logs network_rules[0].ip_rules modified open: ["198.51.100.0/24"] -> []',
        ],
        id="a storage account's network rules",
    ),
]


@pytest.mark.parametrize(("resources", "call", "expected"), ALARMS)
def test_an_operation_by_hand_opens_a_drift(resources: list[dict[str, Any]], call: Step, expected: list[str]) -> None:
    """Each says what changed, from what to what, and by whom."""
    assert World().play(wrote(0, *resources), call).open() == [f"{line} by jane@example.com" for line in expected]


def test_a_rule_within_its_group_is_the_groups() -> None:
    """Where a state holds the rules inline, the group has drifted; the other rules stay as they are."""
    opened = rule_written(1, sourceAddressPrefix="*")
    (drift,) = World().play(wrote(0, firewall()), opened).drifts.values()
    assert (drift.address, drift.attribute) == ("azurerm_network_security_group.web", "security_rule")
    assert isinstance(drift.new_value, list)
    assert drift.new_value[0]["source_address_prefix"] == "*"


def test_a_rule_deleted_is_taken_out_of_its_group() -> None:
    """The stream writes its name in capitals; it is the same name."""
    deleted = azure_call(1, f"{RULES}/delete", SSH)
    (drift,) = World().play(wrote(0, firewall()), deleted).drifts.values()
    assert (drift.attribute, drift.new_value) == ("security_rule", [])


@pytest.mark.parametrize(("system", "kind"), [("Linux", "linux"), ("Windows", "windows")])
def test_what_no_state_holds_is_named_by_its_operating_system(system: str, kind: str) -> None:
    """Azure has one type of machine, Terraform two."""
    body = {"properties": {"storageProfile": {"osDisk": {"osType": system}}}}
    made = azure_call(1, f"{MACHINES}/write", f"{WEB}2", body, result="Accept", signature="Accepted.Created")
    (line,) = World().play(wrote(0, web()), made).open()
    assert line.startswith(f"azurerm_{kind}_virtual_machine {WEB.lower()}2 - unmanaged open")


OTHER = WEB.replace("7bfb2c5c", "00000000")

SILENT = [
    pytest.param([web()], resized(1, "standard_b2s"), id="what the state says already, in other letters"),
    pytest.param([web()], resized(1, "Standard_D4s_v5", result="Start", signature="Started."), id="only begun"),
    pytest.param([web()], resized(1, "Standard_D4s_v5", result="Failure", signature="Failed.Conflict"), id="failed"),
    pytest.param([web()], azure_call(1, f"{MACHINES}/delete", WEB, result="Accept"), id="a deletion only accepted"),
    pytest.param([web()], azure_call(1, f"{MACHINES}/read", WEB), id="one that only reads"),
    pytest.param([web()], azure_call(1, f"{MACHINES}/restart/action", WEB), id="an action that sets nothing"),
    pytest.param([web()], azure_call(1, f"{MACHINES}/write", OTHER, {"tags": {}}), id="another subscription's"),
    pytest.param([web()], azure_call(1, f"{MACHINES}/write", f"{WEB}3", {}), id="an update of what no state holds"),
    pytest.param(
        [logs()],
        azure_call(1, "Microsoft.Resources/subscriptions/resourceGroups/delete", GROUP),
        id="a deletion of what no state holds",
    ),
    pytest.param([ssh()], rule_written(1), id="a rule as it is, in Azure's words"),
    pytest.param([firewall()], rule_written(1), id="a rule within its group as it is"),
    pytest.param(
        [logs()], account_written(1, networkAcls={"ipRules": [{"value": "198.51.100.0/24"}]}), id="the same range"
    ),
]


@pytest.mark.parametrize(("resources", "call"), SILENT)
def test_an_operation_opens_no_drift_when_it_is(resources: list[dict[str, Any]], call: Step) -> None:
    """An operation has several entries, and most operations change nothing that Terraform knows."""
    assert World().play(wrote(0, *resources), call).open() == []


@pytest.mark.parametrize(
    ("verb", "phase", "act"),
    [
        ("write", "Started", Act.UPDATE),
        ("delete", "Started", None),
        ("write", "Accepted", Act.UPDATE),
        ("write", "AcceptedCreated", Act.CREATE),
        ("write", "SucceededCreated", Act.CREATE),
        ("write", "", Act.UPDATE),
        ("delete", "Succeeded", Act.DELETE),
        ("delete", "Accepted", None),
        ("action", "Succeeded", None),
    ],
)
def test_what_an_entry_says_of_existence(verb: str, phase: str, act: Act | None) -> None:
    """Of a deletion only its end tells; that a resource is new, only an entry that says so."""
    assert act_of(verb, phase) is act


def test_every_type_and_attribute_is_of_the_providers_schema() -> None:
    """A slip in a name would be a claim that never meets a record."""
    assert unknown_names("azure") == []
