"""Kubernetes: what the ledger says of an alert of Falco's k8saudit plugins, whatever of the event the rule names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from tests.ingest_falco.samples import body, host_alert
from tfdrift.events import Json
from tfdrift.subjects import Provider

WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
PATCH = {"spec": {"replicas": 5}}


def audit_event(**changes: Json) -> dict[str, Any]:
    """An audit event as the API server sends it."""
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Request",
        "auditID": "a3a5e3f2-0001",
        "stage": "ResponseComplete",
        "requestURI": f"{WEB}/scale?fieldManager=kubectl-scale",
        "verb": "patch",
        "user": {"username": "ann", "uid": "u-1", "groups": ["devs", "system:authenticated"]},
        "sourceIPs": ["198.51.100.7", "10.0.0.1"],
        "userAgent": "kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc",
        "objectRef": {
            "resource": "deployments",
            "namespace": "shop",
            "name": "web",
            "apiGroup": "apps",
            "apiVersion": "v1",
            "subresource": "scale",
        },
        "responseStatus": {"metadata": {}, "code": 200},
        "requestObject": PATCH,
        "requestReceivedTimestamp": "2025-01-15T09:59:58.274985Z",
        "stageTimestamp": "2025-01-15T09:59:58.300000Z",
        "annotations": {"authorization.k8s.io/decision": "allow"},
        **changes,
    }


def plugin_fields() -> dict[str, Json]:
    """The plugin's own fields of the same event, as Falco prints them."""
    return {
        "ka.auditid": "a3a5e3f2-0001",
        "ka.stage": "ResponseComplete",
        "ka.verb": "patch",
        "ka.uri": f"{WEB}/scale?fieldManager=kubectl-scale",
        "ka.user.name": "ann",
        "ka.useragent": "kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc",
        "ka.sourceips": "(198.51.100.7,10.0.0.1)",
        "ka.target.resource": "deployments",
        "ka.target.namespace": "shop",
        "ka.target.name": "web",
        "ka.target.subresource": "scale",
        "ka.response.code": "200",
        "ka.auth.decision": "allow",
    }


def normalised(fields: dict[str, Any]) -> Normalised:
    return normalise(parse_alert(body(host_alert(source="k8s_audit", output_fields=fields))))


def of_event(**changes: Json) -> Normalised:
    return normalised({"json.obj": json.dumps(audit_event(**changes))})


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"json.obj": json.dumps(audit_event())}, id="the whole event"),
        pytest.param(
            {
                **plugin_fields(),
                "jevt.value[/requestObject]": json.dumps(PATCH),
                "jevt.value[/requestReceivedTimestamp]": "2025-01-15T09:59:58.274985Z",
            },
            id="the plugin's fields and two pointers",
        ),
    ],
)
def test_a_request_is_told_in_full(fields: dict[str, Json]) -> None:
    """The same event makes the same event, whichever way the rule sends it."""
    result = normalised(fields)
    event = result.event
    assert str(event.subject()) == "tfdrift.falco.critical.kubernetes.deployments"
    assert (event.provider, event.service) == (Provider.KUBERNETES, "deployments")
    assert (event.event_id, event.event_name) == ("a3a5e3f2-0001", "patch deployments/scale")
    assert (event.source_ip, event.error_code, event.read_only) == ("198.51.100.7", None, False)
    assert event.timestamp == datetime(2025, 1, 15, 9, 59, 58, 274985, tzinfo=UTC)
    assert [resource.arn for resource in event.resources] == [f"{WEB}/scale"]
    assert event.user_identity is not None
    assert (event.user_identity.user_name, event.user_identity.via) == ("ann", "cli")
    assert result.call is not None
    assert (result.call.event_source, result.call.event_type, result.call.request) == (
        "apps",
        "ResponseComplete",
        PATCH,
    )


@pytest.mark.parametrize(
    ("uri", "reference", "group", "path"),
    [
        (
            "/api/v1/namespaces/shop/configmaps/x",
            {"resource": "configmaps", "namespace": "shop", "name": "x", "apiVersion": "v1"},
            "core",
            "/api/v1/namespaces/shop/configmaps/x",
        ),
        (
            "/core/v1/namespaces/shop/services/x",  # as GKE's plugin writes it
            {"resource": "services", "namespace": "shop", "name": "x"},
            "core",
            "/api/v1/namespaces/shop/services/x",
        ),
        (
            "/api/v1/namespaces/shop",
            {"resource": "namespaces", "namespace": "shop", "name": "shop", "apiVersion": "v1"},
            "core",
            "/api/v1/namespaces/shop",
        ),
        (
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/x",
            {"resource": "clusterroles", "name": "x"},
            "rbac.authorization.k8s.io",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/x",
        ),
    ],
)
def test_an_object_is_named_by_its_path(uri: str, reference: dict[str, str], group: str, path: str) -> None:
    """The API group is part of what an object is: Knative has services too."""
    result = of_event(requestURI=uri, objectRef=reference)
    assert result.call is not None
    assert (result.call.event_source, result.event.resources[0].arn) == (group, path)


def test_a_created_object_is_named_by_its_body() -> None:
    """A creation is a request on the collection."""
    reference = {"resource": "configmaps", "namespace": "shop", "apiVersion": "v1"}
    uri = "/api/v1/namespaces/shop/configmaps"
    result = of_event(verb="create", requestURI=uri, objectRef=reference, requestObject={"metadata": {"name": "x"}})
    assert result.event.resources[0].arn == f"{uri}/x"


@pytest.mark.parametrize(
    ("changes", "kind", "person", "via"),
    [
        ({"user": {"username": "ann"}}, "User", "ann", "cli"),
        ({"user": {"username": "system:admin"}}, "User", "system:admin", "cli"),
        ({"user": {"username": "eve"}, "userAgent": "kube-controller-manager/v1.31.0"}, "User", "eve", "unknown"),
        (
            {"user": {"username": "system:kube-controller-manager"}, "userAgent": "kube-controller-manager/v1.31.0"},
            "System",
            "system:kube-controller-manager",
            "service",
        ),
        (
            {"user": {"username": "system:serviceaccount:kube-system:deployment-controller"}},
            "System",
            "system:serviceaccount:kube-system:deployment-controller",
            "service",
        ),
        (
            {"user": {"username": "system:serviceaccount:argocd:controller"}, "userAgent": "argocd/v2 kubernetes/1"},
            "ServiceAccount",
            "system:serviceaccount:argocd:controller",
            "sdk",
        ),
        (
            {
                "user": {"username": "system:serviceaccount:cattle-system:rancher"},
                "impersonatedUser": {"username": "ann"},
            },
            "ServiceAccount",
            "ann",
            "cli",
        ),
        ({"user": {"username": "ann"}, "impersonatedUser": {"username": "system:masters"}}, "User", "ann", "cli"),
        ({"userAgent": "HashiCorp/1.0 Terraform/1.9.5"}, "User", "ann", "terraform"),
        (
            {
                "user": {"username": "system:serviceaccount:kube-system:tf"},
                "userAgent": "HashiCorp/1.0 Terraform/1.9.5",
            },
            "System",
            "system:serviceaccount:kube-system:tf",
            "terraform",
        ),
        ({"userAgent": "Mozilla/5.0 (X11; Linux x86_64)"}, "User", "ann", "console"),
        ({"userAgent": "GoogleCloudConsole"}, "User", "ann", "console"),
        (
            {"user": {"username": "service-1@container-engine-robot.iam.gserviceaccount.com"}},
            "System",
            "service-1@container-engine-robot.iam.gserviceaccount.com",
            "service",
        ),
    ],
)
def test_the_person_behind_a_request(changes: dict[str, Json], kind: str, person: str, via: str) -> None:
    """Who began it: a person may act through a service, and may act as somebody else."""
    identity = of_event(**changes).event.user_identity
    assert identity is not None
    assert (identity.type, identity.user_name, identity.via) == (kind, person, via)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"responseStatus": {"code": 403, "reason": "Forbidden"}}, "Forbidden"),
        ({"responseStatus": {"code": 500}}, "500"),
        ({"responseStatus": {}, "annotations": {"authorization.k8s.io/decision": "forbid"}}, "Forbidden"),
        ({"responseStatus": {"code": 201}}, None),
        (  # GKE's plugin infers the code of every request from its verb
            {"responseObject": {"kind": "Status", "status": "Failure", "reason": "Conflict", "code": 409}},
            "Conflict",
        ),
        ({"responseObject": {"kind": "Status", "status": "Success"}}, None),
    ],
)
def test_a_failed_request_is_told_as_failed(changes: dict[str, Json], error: str | None) -> None:
    """By its answer, else by the authorizer's."""
    assert of_event(**changes).event.error_code == error


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({"verb": "list"}, True),
        ({"requestURI": f"{WEB}?dryRun=All"}, True),
        ({"verb": "delete"}, False),
    ],
)
def test_a_request_that_changes_nothing(changes: dict[str, Json], reads: bool) -> None:
    """A dry run is a read, whatever its verb."""
    assert of_event(**changes).event.read_only is reads


def test_each_stage_of_a_request_is_an_event_of_its_own() -> None:
    """All stages share one id; the first to arrive must not hide the one with the outcome."""
    begun, done = of_event(stage="RequestReceived"), of_event()
    assert begun.message_id != done.message_id
    assert done.event.event_id == "a3a5e3f2-0001"


def test_a_secrets_values_go_no_further() -> None:
    """That they changed is all that anybody needs to know."""
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"password":"aHVudGVyMg=="}}', "a": "b"}
    secret = {"metadata": {"name": "db", "annotations": annotations}, "data": {"password": "aHVudGVyMg=="}}
    reference = {"resource": "secrets", "namespace": "shop", "name": "db", "apiVersion": "v1"}
    sent = of_event(objectRef=reference, requestObject=secret, responseObject=secret).call
    assert sent is not None
    assert "aHVudGVyMg" not in sent.model_dump_json()
    assert sent.request == {"metadata": {"name": "db", "annotations": {"a": "b"}}, "data": "****"}


def test_a_json_patch_of_a_secret_keeps_its_paths_alone() -> None:
    """The event shows that the data changed, and may show labels."""
    label = {"op": "add", "path": "/metadata/labels/team", "value": "a"}
    copy = {
        "op": "add",
        "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
        "value": "s",
    }
    data = {"op": "replace", "path": "/data/password", "value": "aHVudGVyMg=="}
    reference = {"resource": "secrets", "namespace": "shop", "name": "db", "apiVersion": "v1"}
    sent = of_event(objectRef=reference, requestObject=[label, copy, data]).call
    assert sent is not None
    assert sent.request == [label, *({"op": one["op"], "path": one["path"]} for one in (copy, data))]


@pytest.mark.parametrize(("code", "phase"), [(200, "ResponseComplete"), (201, "ResponseCompleteCreated")])
def test_the_answer_tells_what_is_new(code: int, phase: str) -> None:
    """Who applies on the server's side patches what need not be there."""
    sent = of_event(responseStatus={"code": code}).call
    assert sent is not None
    assert sent.event_type == phase


def test_an_alert_about_no_object_passes_with_its_fields() -> None:
    """Such as one about a path that is no resource."""
    fields = {"ka.verb": "get", "ka.uri": "/healthz"}
    assert normalised(fields).event.output_fields == fields
