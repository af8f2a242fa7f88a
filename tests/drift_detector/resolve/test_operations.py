"""Operations that a log tells of in several entries: what they amount to together, in whatever order they come."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from drift_detector.claim.by_provider import call_of
from drift_detector.facts.call import Call
from drift_detector.resolve.call_index import CallIndex
from drift_detector.resolve.tokens import target_tokens
from tests.drift_detector.claim.test_azure import ACCOUNTS, GROUP, LOGS, MACHINES, WEB, logs, ssh, web
from tests.drift_detector.claim.test_azure_entries import RULE, VAULT, triple, vault
from tests.drift_detector.claim.test_gcp import SSH as FIREWALL
from tests.drift_detector.claim.test_gcp import TERRAFORM
from tests.drift_detector.claim.test_gcp import ssh as firewall
from tests.drift_detector.clouds import azure_call, google, google_call
from tests.drift_detector.playbook import CATALOG, Called, World, message_of, wrote
from tests.drift_detector.scenarios.builders import Scenarios, deleted, modified, unmanaged

JANE = "jane@example.com"
CLUSTER = "projects/shop/zones/europe-west1-b/clusters/main"
POOL = f"{CLUSTER}/nodePools/default"
ROBOT = "service-123456789012@container-engine-robot.iam.gserviceaccount.com"
VAULTS = "Microsoft.KeyVault/vaults"
STORAGE = "azurerm_storage_account.logs"


def cluster() -> dict[str, Any]:
    """A cluster as a state holds it."""
    return google("google_container_cluster.main", id=CLUSTER, name="main", location="europe-west1-b")


def pair(method: str, name: str, *, code: int = 0, **first: Any) -> list[Called]:
    """The two entries of an operation of Kubernetes Engine, of which the last names nobody."""
    full = f"google.container.v1.ClusterManager.{method}"
    ended: dict[str, Any] = {"by": None, "agent": None, "operation": "last", "status": {"code": code} if code else {}}
    return [
        google_call(1, full, name, {"name": name}, service="container", operation="first", **first),
        google_call(4, full, name, service="container", **ended),
    ]


def rule_patched(code: int = 0) -> list[Called]:
    """The two entries of a patch that opens the firewall rule."""
    method, request = "v1.compute.firewalls.patch", {"sourceRanges": ["0.0.0.0/0"]}
    return [
        google_call(1, method, FIREWALL, request, operation="first"),
        google_call(2, method, FIREWALL, operation="last", status={"code": code}),
    ]


def asked(
    operation: str, resource: str, body: dict[str, Any], *ends: tuple[str, dict[str, Any] | None]
) -> list[Called]:
    """A start that has the request's body, and then the results and bodies of the answers."""
    correlation: dict[str, Any] = {"correlationId": f"correlation of {resource}"}
    start = azure_call(
        1,
        operation,
        resource,
        result="Start",
        signature="Started.",
        properties={"requestbody": json.dumps(body)},
        **correlation,
    )
    return [
        start,
        *(
            azure_call(minute, operation, resource, answer, result=result, signature=f"{result}.", **correlation)
            for minute, (result, answer) in enumerate(ends, 2)
        ),
    ]


OPENED = {"properties": {"networkAcls": {"defaultAction": "Allow", "ipRules": []}}}
ALLOWED = {"properties": {"networkAcls": {"defaultAction": "Allow", "bypass": "AzureServices"}}}
BIGGER = {"properties": {"hardwareProfile": {"vmSize": "Standard_D4s_v5"}}}

MUST_ALARM: Scenarios = {
    "a cluster deleted, whose end names nobody": (
        [wrote(0, cluster()), *pair("DeleteCluster", CLUSTER)],
        [deleted("google_container_cluster.main", CLUSTER)],
    ),
    "a pool of nodes made, whose end names nobody": (
        [wrote(0, cluster()), *pair("CreateNodePool", POOL)],
        [unmanaged("google_container_node_pool", "main/default/europe-west1-b")],
    ),
    "a firewall rule opened, in two entries": (
        [wrote(0, firewall()), *rule_patched()],
        [modified("google_compute_firewall.ssh", "source_ranges", ["10.0.0.0/8"], ["0.0.0.0/0"])],
    ),
    "a storage account opened, of which only the request tells": (
        [wrote(0, logs()), *asked(f"{ACCOUNTS}/write", LOGS, OPENED, ("Success", None))],
        [
            modified(STORAGE, "network_rules[0].default_action", "Deny", "Allow"),
            modified(STORAGE, "network_rules[0].ip_rules", ["198.51.100.0/24"], []),
        ],
    ),
    "a vault opened, of which only the request tells": (
        [wrote(0, vault()), *asked(f"{VAULTS}/write", VAULT, ALLOWED, ("Success", None))],
        [modified("azurerm_key_vault.shop", "network_acls[0].default_action", "Deny", "Allow")],
    ),
    "what was asked for and changed on the way, as the answer has it": (
        [
            wrote(0, web()),
            *asked(
                f"{MACHINES}/write",
                WEB,
                {"properties": {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}}},
                ("Accept", BIGGER),
                ("Success", None),
            ),
        ],
        [modified("azurerm_linux_virtual_machine.web", "size", "Standard_B2s", "Standard_D4s_v5")],
    ),
    "a write that failed and was tried again under one correlation": (
        [wrote(0, vault()), *asked(f"{VAULTS}/write", VAULT, ALLOWED, ("Failure", None), ("Success", ALLOWED))],
        [modified("azurerm_key_vault.shop", "network_acls[0].default_action", "Deny", "Allow")],
    ),
}

MUST_NOT_ALARM: Scenarios = {
    "a cluster that Terraform deleted, whose end names nobody": (
        [wrote(0, cluster()), *pair("DeleteCluster", CLUSTER, agent=TERRAFORM)],
        [],
    ),
    "a pool of nodes that Terraform made": (
        [wrote(0, cluster()), *pair("CreateNodePool", POOL, agent=TERRAFORM)],
        [],
    ),
    "a pool of nodes that Kubernetes Engine made itself": (
        [wrote(0, cluster()), *pair("CreateNodePool", POOL, by=ROBOT, agent=None)],
        [],
    ),
    "a cluster's deletion that failed": ([wrote(0, cluster()), *pair("DeleteCluster", CLUSTER, code=9)], []),
    "a firewall rule as it was, since the operation failed": (
        [wrote(0, firewall()), *rule_patched(code=3)],
        [modified("google_compute_firewall.ssh", "source_ranges", ["10.0.0.0/8"], ["0.0.0.0/0"], end="reverted")],
    ),
    "a storage account's write that was only asked for": (
        [wrote(0, logs()), *asked(f"{ACCOUNTS}/write", LOGS, OPENED)],
        [],
    ),
    "a storage account's write that was refused": (
        [wrote(0, logs()), *asked(f"{ACCOUNTS}/write", LOGS, OPENED, ("Failure", None))],
        [],
    ),
    "another account's write in the same deployment": (
        [
            wrote(0, logs()),
            *asked(f"{ACCOUNTS}/write", LOGS, OPENED),
            *asked(f"{ACCOUNTS}/write", f"{GROUP}/providers/{ACCOUNTS}/other", OPENED, ("Success", None)),
        ],
        [],
    ),
    "a rule's deletion that was only asked for": ([wrote(0, ssh()), triple("delete")[0]], []),
    "a rule opened, since it was accepted, and then not": (
        [wrote(0, ssh()), *triple("write", end="Failure", sourceAddressPrefix="*")],
        [modified(RULE, "source_address_prefix", "10.0.0.0/8", "*", end="reverted")],
    ),
}


def _by(lines: list[str]) -> list[str]:
    return sorted(line.replace(" by jane", f" by {JANE}") for line in lines)


@pytest.mark.parametrize("name", MUST_ALARM)
def test_what_its_entries_tell_together_opens_a_drift(name: str) -> None:
    """In every order of their arrival, each twice: the same drifts, by the person whom one of them names."""
    (state, *entries), expected = MUST_ALARM[name]
    for order in itertools.permutations(entries):
        assert World().play(state, *order, *order).open() == _by(expected)


@pytest.mark.parametrize("name", MUST_NOT_ALARM)
def test_what_was_not_done_in_the_end_leaves_no_open_drift(name: str) -> None:
    """In every order of their arrival; where the failure comes last, a drift that was reported is withdrawn."""
    (state, *entries), expected = MUST_NOT_ALARM[name]
    assert World().play(state, *entries).summary() == _by(expected)
    for order in itertools.permutations(entries):
        assert World().play(state, *order, *order).open() == []


def test_an_end_that_is_forgotten_takes_with_it_what_only_the_request_tells() -> None:
    """So whoever forgets calls asks which belong together."""
    start, end = (_call(step) for step in asked(f"{VAULTS}/write", VAULT, ALLOWED, ("Success", None)))
    index, tokens = CallIndex(CATALOG), target_tokens(start.groups[0][0])
    assert index.put(start)
    assert index.naming(tokens) == []
    assert index.put(end)
    assert index.naming(tokens) == [start]
    assert {part.event_id for part in index.parts(start)} == {start.event_id, end.event_id}
    index.remove(end.event_id)
    assert index.naming(tokens) == []
    assert (len(index), index.parts(start)) == (1, [start])
    index.remove(start.event_id)
    assert len(index) == 0


def _call(step: Called) -> Call:
    call = call_of(*message_of(step), CATALOG)
    assert call is not None
    return call
