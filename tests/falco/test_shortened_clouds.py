"""All clouds: wherever a request is truncated, no part of a list is taken for the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.drift_detector.claim import test_azure, test_gcp, test_kubernetes
from tests.drift_detector.clouds import azure_call, google_call, kubernetes_call
from tests.drift_detector.playbook import Called, World, called, resource, wrote
from tfdrift.events import Drift

# What falcosidekick leaves of a text, and what it puts behind that.
HEAD, MARK = 507, "[...]"

FIREWALL = {
    "allowed": [{"IPProtocol": "tcp", "ports": ["22", "3389"]}, {"IPProtocol": "udp", "ports": ["53"]}],
    "sourceRanges": ["10.0.0.0/8", "192.168.0.0/16", "0.0.0.0/0"],
    "priority": 10,
    "description": "open to all",
}
RULES = [
    {"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["get", "list", "delete"]},
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
]
DEPLOYMENT = {
    "metadata": {"labels": {"app": "shop", "team": "platform"}, "annotations": {"note": "by hand"}},
    "spec": {
        "replicas": 15,
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "app",
                        "image": "shop/web:22",
                        "args": ["--a", "--b"],
                        "env": [{"name": "LEVEL", "value": "debug"}],
                    },
                    {"name": "proxy", "image": "envoy:2"},
                ]
            }
        },
    },
}
PATCH = [
    {"op": "replace", "path": "/spec/replicas", "value": 15},
    {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "shop/web:22"},
    {"op": "add", "path": "/metadata/labels/team", "value": "platform"},
]
STORAGE = {
    "properties": {
        "networkAcls": {"defaultAction": "Allow", "ipRules": [{"value": "10.0.0.1"}, {"value": "10.0.0.2"}]},
        "minimumTlsVersion": "TLS1_0",
        "supportsHttpsTrafficOnly": False,
    },
    "tags": {"env": "prod", "team": "platform"},
}

GROUPS = {"instanceId": "i-1", "groupSet": {"items": [{"groupId": "sg-1"}, {"groupId": "sg-2"}, {"groupId": "sg-3"}]}}

# The state, the whole call, and the field that has its request as a text.
CASES: dict[str, tuple[dict[str, Any], Called, str, Any]] = {
    "aws": (
        resource("aws_instance.web", id="i-1", vpc_security_group_ids=["sg-0"]),
        called(1, "ec2:ModifyInstanceAttribute", GROUPS),
        "ct.request",
        GROUPS,
    ),
    "gcp": (
        test_gcp.ssh(),
        google_call(1, "v1.compute.firewalls.patch", test_gcp.SSH, FIREWALL),
        "gcp.request",
        FIREWALL,
    ),
    "kubernetes role": (
        test_kubernetes.reader(),
        kubernetes_call(1, "update", f"{test_kubernetes.RBAC}/namespaces/shop/roles/reader", {"rules": RULES}),
        "json.value[/requestObject]",
        {"rules": RULES},
    ),
    "kubernetes deployment": (
        test_kubernetes.web(),
        kubernetes_call(1, "patch", test_kubernetes.WEB, DEPLOYMENT),
        "json.value[/requestObject]",
        DEPLOYMENT,
    ),
    "kubernetes JSON patch": (
        test_kubernetes.web(),
        kubernetes_call(1, "patch", test_kubernetes.WEB, PATCH),
        "json.value[/requestObject]",
        PATCH,
    ),
    "azure": (
        test_azure.logs(),
        azure_call(1, f"{test_azure.ACCOUNTS}/write", test_azure.LOGS, STORAGE),
        "json.value[/properties/responseBody]",
        STORAGE,
    ),
}


def drifts(state: dict[str, Any], step: Called) -> dict[str | None, Drift]:
    """The drifts that one call ends in, by attribute."""
    return {drift.attribute: drift for drift in World().play(wrote(0, state), step).drifts.values()}


def shortened(step: Called, field: str, request: Any) -> Iterator[tuple[str, Called]]:
    """The step with its request truncated at each place: white space before it moves the place that 507 bytes reach."""
    text = json.dumps(request, separators=(",", ":"))
    assert len(text) < HEAD
    for kept in range(len(text)):
        cut = f"{' ' * (HEAD - kept)}{text[:kept]}{MARK}"
        fields = {**step.alert["output_fields"], field: cut}
        whole = json.loads(fields.get("json.obj", "{}"))
        if "requestObject" in whole:
            whole["requestObject"] = None
        if "properties" in whole:
            whole["properties"].pop("responseBody", None)
        fields["json.obj"] = json.dumps(whole)
        yield text[:kept], replace(step, alert={**step.alert, "output_fields": fields})


@pytest.mark.parametrize("cloud", CASES)
def test_no_part_of_a_request_is_taken_for_the_whole(cloud: str) -> None:
    """Each drift has the whole call's value, or says that its value is not known and why."""
    state, whole, field, request = CASES[cloud]
    expected = drifts(state, whole)
    assert expected
    known, unknown = 0, 0

    for kept, step in shortened(whole, field, request):
        for attribute, drift in drifts(state, step).items():
            if drift.value_unknown:
                unknown += 1
                assert "falcosidekick shortened" in (drift.detail or ""), kept
            else:
                known += 1
                assert attribute in expected, (kept, attribute, drift.new_value)
                assert drift.new_value == expected[attribute].new_value, (kept, attribute)
    assert known
    assert unknown
