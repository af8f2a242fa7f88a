"""Kubernetes Engine: the requests to its clusters that Google's own log has, as Falco's gcpaudit plugin sends them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.clouds.google.entry import parse_entry
from ingest_falco.clouds.google.gke import audit_event
from tests.ingest_falco.samples import body, host_alert
from tfdrift.events import Json, Via
from tfdrift.subjects import Provider

WEB = "apps/v1/namespaces/shop/deployments/web"
PATCH = {"@type": "k8s.io/Patch", "spec": {"replicas": 5}}


def log_entry(**changes: Json) -> dict[str, Any]:
    """An entry as Cloud Logging writes it of a cluster; changes are members of ``protoPayload``."""
    return {
        "insertId": "94170ac4-0001",
        "timestamp": "2025-01-15T09:59:58.274985Z",
        "operation": {"id": "94170ac4-0001", "producer": "k8s.io", "first": True, "last": True},
        "resource": {
            "type": "k8s_cluster",
            "labels": {"cluster_name": "main", "location": "europe-west1", "project_id": "shop"},
        },
        "protoPayload": {
            "serviceName": "k8s.io",
            "methodName": "io.k8s.apps.v1.deployments.patch",
            "resourceName": WEB,
            "authenticationInfo": {"principalEmail": "ann@example.com"},
            "authorizationInfo": [{"granted": True, "permission": "io.k8s.apps.v1.deployments.patch"}],
            "requestMetadata": {
                "callerIp": "198.51.100.7",
                "callerSuppliedUserAgent": "kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc",
            },
            "request": PATCH,
            "status": {},
            **changes,
        },
    }


def of_entry(**changes: Json) -> Normalised:
    fields = {"json.obj": json.dumps(log_entry(**changes))}
    return normalise(parse_alert(body(host_alert(source="gcp_auditlog", output_fields=fields))))


def test_a_request_to_a_cluster_is_one_of_kubernetes() -> None:
    """Whoever follows Kubernetes' events meets it there, by the person, with the body."""
    found = of_entry()
    event, call = found.event, found.call
    assert (event.provider, event.service, event.event_name) == (
        Provider.KUBERNETES,
        "deployments",
        "patch deployments",
    )
    assert (event.event_id, event.account_id, event.error_code) == ("94170ac4-0001", "main", None)
    assert [resource.arn for resource in event.resources] == [f"/apis/{WEB}"]
    assert event.user_identity is not None
    assert (event.user_identity.user_name, event.user_identity.via) == ("ann@example.com", Via.CLI)
    assert call is not None
    assert (call.event_source, call.request, call.operation) == ("apps", PATCH, None)


@pytest.mark.parametrize(
    ("name", "verb", "path"),
    [
        ("core/v1/namespaces/shop", "delete", "/api/v1/namespaces/shop"),
        ("core/v1/namespaces/shop/finalize", "update", "/api/v1/namespaces/shop/finalize"),
        ("core/v1/namespaces/shop/services/web", "create", "/api/v1/namespaces/shop/services/web"),
        (f"{WEB}/scale", "update", f"/apis/{WEB}/scale"),
        (
            "rbac.authorization.k8s.io/v1/clusterroles/admin",
            "update",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/admin",
        ),
    ],
)
def test_an_object_is_named_as_its_api_names_it(name: str, verb: str, path: str) -> None:
    """The entry's name has the group in front and no root; a namespace is an object and a place."""
    event = of_entry(resourceName=name, methodName=f"io.k8s.x.v1.y.{verb}").event
    assert event.resources[0].arn == path


@pytest.mark.parametrize(
    ("verb", "changes", "phase", "error"),
    [
        ("create", {}, "ResponseCompleteCreated", None),
        ("patch", {}, "ResponseComplete", None),
        ("create", {"status": {"code": 10}}, "ResponseComplete", "ABORTED"),
        (
            "create",
            {"authorizationInfo": [{"permission": "x"}], "status": None},
            "ResponseComplete",
            "PERMISSION_DENIED",
        ),
    ],
)
def test_what_became_of_the_request(verb: str, changes: dict[str, Json], phase: str, error: str | None) -> None:
    """The entry has no code of an answer: what was not refused was done."""
    found = of_entry(methodName=f"io.k8s.apps.v1.deployments.{verb}", **changes)
    assert found.call is not None
    assert (found.call.event_type, found.event.error_code) == (phase, error)


def test_the_control_plane_is_no_person() -> None:
    """Requests of the add-on manager are the cluster's own."""
    identity = of_entry(authenticationInfo={"principalEmail": "system:addon-manager"}).event.user_identity
    assert identity is not None
    assert (identity.type, identity.via) == ("System", Via.SERVICE)


def test_the_values_of_secrets_stay_out() -> None:
    """As with every other plugin."""
    found = of_entry(
        resourceName="core/v1/namespaces/shop/secrets/pay", request={"kind": "Secret", "data": {"key": "c2VjcmV0"}}
    )
    assert found.call is not None
    assert "c2VjcmV0" not in found.call.model_dump_json()


@pytest.mark.parametrize(
    "changes",
    [{"serviceName": "compute.googleapis.com"}, {"resourceName": "readyz"}, {"resourceName": "core/v1"}],
)
def test_any_other_entry_is_googles(changes: dict[str, Json]) -> None:
    """So is a path without an object: it names no resource."""
    entry = parse_entry({"json.obj": json.dumps(log_entry(**changes))})
    assert entry is not None
    assert audit_event(entry) is None
    assert of_entry(**changes).event.provider is Provider.GCP
