"""Kubernetes: what audit events of an API server claim of a state, and the drifts that they end in."""

from __future__ import annotations

from typing import Any

import pytest

from drift_detector.claim.kubernetes.body import body_of
from tests.drift_detector.clouds import kubernetes, kubernetes_call
from tests.drift_detector.playbook import Step, World, wrote
from tests.drift_detector.schema import unknown_names
from tfdrift.records import SENSITIVE_MEMBER

TERRAFORM = "HashiCorp/1.0 Terraform/1.9.5"

SHOP = "/apis/apps/v1/namespaces/shop"
CORE = "/api/v1/namespaces/shop"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
WEB = f"{SHOP}/deployments/web"


def metadata(name: str, namespace: str | None = "shop", **labels: str) -> list[dict[str, Any]]:
    """An object's metadata as a state holds it."""
    scope = {"namespace": namespace} if namespace else {}
    return [{"name": name, **scope, "labels": labels or None, "annotations": None}]


def web(kind: str = "kubernetes_deployment_v1", **spec: Any) -> dict[str, Any]:
    """A deployment as a state holds it."""
    containers = [{"name": "app", "image": "shop/web:1"}, {"name": "proxy", "image": "envoy:1"}]
    pod = [{"container": containers, "init_container": [], "service_account_name": "web", "host_network": False}]
    attributes = {"replicas": "2", "paused": False, "template": [{"metadata": [], "spec": pod}], **spec}
    return kubernetes(f"{kind}.web", id="shop/web", metadata=metadata("web", app="web"), spec=[attributes])


def settings() -> dict[str, Any]:
    """A config map as a state holds it."""
    return kubernetes(
        "kubernetes_config_map.settings", id="shop/settings", metadata=metadata("settings"), data={"log.level": "info"}
    )


def reader(*, cluster: bool = False) -> dict[str, Any]:
    """A role as a state holds it."""
    rule = {"api_groups": [""], "resources": ["pods"], "verbs": ["list", "get"], "resource_names": []}
    kind, namespace = ("kubernetes_cluster_role", None) if cluster else ("kubernetes_role", "shop")
    identifier = "reader" if cluster else "shop/reader"
    return kubernetes(f"{kind}.reader", id=identifier, metadata=metadata("reader", namespace), rule=[rule])


def admins() -> dict[str, Any]:
    """A cluster role binding as a state holds it."""
    subject = {"kind": "User", "name": "ann", "api_group": "rbac.authorization.k8s.io", "namespace": ""}
    role = {"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"}
    return kubernetes(
        "kubernetes_cluster_role_binding.admins",
        id="admins",
        metadata=metadata("admins", None),
        role_ref=[role],
        subject=[subject],
    )


def entry() -> dict[str, Any]:
    """A service as a state holds it."""
    ports = [
        {"name": "http", "port": 80, "target_port": "8080", "protocol": "TCP", "node_port": 0, "app_protocol": ""},
        {"name": "https", "port": 443, "target_port": "8443", "protocol": "TCP", "node_port": 0, "app_protocol": ""},
    ]
    spec = {"type": "ClusterIP", "selector": {"app": "web"}, "port": ports, "external_ips": []}
    return kubernetes("kubernetes_service.web", id="shop/web", metadata=metadata("web"), spec=[spec])


def secret() -> dict[str, Any]:
    """A secret as a record holds it: its data hidden."""
    return kubernetes(
        "kubernetes_secret.db", id="shop/db", metadata=metadata("db"), data={SENSITIVE_MEMBER: "5f2c"}, immutable=False
    )


def scaled(minutes: int, replicas: int, **more: Any) -> Step:
    """What ``kubectl scale`` does."""
    return kubernetes_call(minutes, "patch", f"{WEB}/scale", {"spec": {"replicas": replicas}}, **more)


IMAGE_PATCH = {
    "spec": {
        "template": {
            "spec": {
                "$setElementOrder/containers": [{"name": "app"}, {"name": "proxy"}],
                "containers": [{"name": "proxy", "image": "envoy:2"}],
            }
        }
    }
}
IMAGE = "spec[0].template[0].spec[0].container[{}].image"
RULES = [{"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"]}]
RULES_IN_STATE = '[{"api_groups":[""],"resource_names":[],"resources":["pods"],"verbs":["list","get"]}]'
EVE = {"kind": "User", "name": "eve", "apiGroup": "rbac.authorization.k8s.io"}

ALARMS = [
    pytest.param(
        [web()],
        scaled(1, 5),
        ['kubernetes_deployment_v1.web spec[0].replicas modified open: "2" -> 5'],
        id="a deployment scaled",
    ),
    pytest.param(
        [web("kubernetes_deployment")],
        kubernetes_call(1, "patch", WEB, {"spec": {"replicas": 5, "paused": True}}),
        [
            "kubernetes_deployment.web spec[0].paused modified open: false -> true",
            'kubernetes_deployment.web spec[0].replicas modified open: "2" -> 5',
        ],
        id="a merge patch, of the type's older name",
    ),
    pytest.param(
        [web()],
        kubernetes_call(1, "patch", WEB, IMAGE_PATCH),
        [f'kubernetes_deployment_v1.web {IMAGE.format(1)} modified open: "envoy:1" -> "envoy:2"'],
        id="an image, by a strategic patch that names its container",
    ),
    pytest.param(
        [web()],
        kubernetes_call(
            1, "patch", WEB, [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "evil"}]
        ),
        [f'kubernetes_deployment_v1.web {IMAGE.format(0)} modified open: "shop/web:1" -> "evil"'],
        id="an image, by a JSON patch",
    ),
    pytest.param(
        [web()],
        kubernetes_call(1, "patch", WEB, {"metadata": {"labels": {"app": None, "team": "a"}}}),
        [
            'kubernetes_deployment_v1.web metadata[0].labels.app modified open: "web" -> null',
            'kubernetes_deployment_v1.web metadata[0].labels.team modified open: null -> "a"',
        ],
        id="labels, one taken away and one added",
    ),
    pytest.param(
        [web()],
        kubernetes_call(1, "delete", WEB),
        ['kubernetes_deployment_v1.web - deleted open: "shop/web" -> null'],
        id="a deployment deleted",
    ),
    pytest.param(
        [settings()],
        kubernetes_call(1, "update", f"{CORE}/configmaps/settings", {"data": {"log.level": "debug"}}),
        ['kubernetes_config_map.settings data["log.level"] modified open: "info" -> "debug"'],
        id="a config map's key",
    ),
    pytest.param(
        [secret()],
        kubernetes_call(1, "patch", f"{CORE}/secrets/db", {"data": {"password": "aHVudGVyMg=="}}),
        ['kubernetes_secret.db data modified open: "(sensitive)" -> ?'],
        id="a secret's data, of which nothing is shown",
    ),
    pytest.param(
        [reader()],
        kubernetes_call(1, "update", f"{RBAC}/namespaces/shop/roles/reader", {"rules": RULES}),
        [
            f"kubernetes_role.reader rule modified open: {RULES_IN_STATE} -> "
            '[{"api_groups":[""],"resources":["pods","secrets"],"verbs":["get","list"]}]'
        ],
        id="a role's rules",
    ),
    pytest.param(
        [admins()],
        kubernetes_call(1, "patch", f"{RBAC}/clusterrolebindings/admins", {"subjects": [EVE]}),
        [
            "kubernetes_cluster_role_binding.admins subject modified open: "
            '[{"api_group":"rbac.authorization.k8s.io","kind":"User","name":"ann","namespace":""}] -> '
            '[{"api_group":"rbac.authorization.k8s.io","kind":"User","name":"eve"}]'
        ],
        id="a cluster role given to somebody else",
    ),
    pytest.param(
        [entry()],
        kubernetes_call(1, "patch", f"{CORE}/services/web", {"spec": {"type": "LoadBalancer"}}),
        ['kubernetes_service.web spec[0].type modified open: "ClusterIP" -> "LoadBalancer"'],
        id="a service opened to the outside",
    ),
    pytest.param(
        [settings()],
        kubernetes_call(1, "create", f"{RBAC}/clusterrolebindings", {"metadata": {"name": "backdoor"}}),
        ['kubernetes_cluster_role_binding_v1 backdoor - unmanaged open: null -> "backdoor"'],
        id="a binding that no state holds, named by its body",
    ),
    pytest.param(
        [kubernetes("kubernetes_namespace.shop", id="shop", metadata=metadata("shop", None))],
        kubernetes_call(1, "delete", "/api/v1/namespaces/shop"),
        ['kubernetes_namespace.shop - deleted open: "shop" -> null'],
        id="a namespace deleted",
    ),
]


@pytest.mark.parametrize(("resources", "call", "expected"), ALARMS)
def test_a_request_by_hand_opens_a_drift(resources: list[dict[str, Any]], call: Step, expected: list[str]) -> None:
    """Each says what changed, from what to what, and by whom."""
    assert World().play(wrote(0, *resources), call).open() == [f"{line} by jane" for line in expected]


OWNED = {"metadata": {"name": "x", "ownerReferences": [{"kind": "ReplicaSet"}]}}
HELM = {"metadata": {"name": "x", "labels": {"app.kubernetes.io/managed-by": "Helm"}}}
REVISION = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}}}
SAME_RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]

SILENT = [
    pytest.param([web()], scaled(1, 2), id="what the state says already"),
    pytest.param([web()], scaled(1, 5, stage="RequestReceived"), id="a request that has only begun"),
    pytest.param([web()], scaled(1, 5, responseStatus={"code": 403, "reason": "Forbidden"}), id="a request refused"),
    pytest.param([web()], scaled(1, 5, agent=TERRAFORM), id="Terraform"),
    pytest.param(
        [web()],
        scaled(1, 5, by="system:serviceaccount:kube-system:horizontal-pod-autoscaler"),
        id="the autoscaler",
    ),
    pytest.param([web()], kubernetes_call(1, "patch", f"{WEB}?dryRun=All", {"spec": {"replicas": 5}}), id="a dry run"),
    pytest.param([web()], kubernetes_call(1, "update", f"{WEB}/status", {"spec": {"replicas": 5}}), id="a status"),
    pytest.param([web()], kubernetes_call(1, "get", WEB), id="a request that only reads"),
    pytest.param([web()], kubernetes_call(1, "patch", WEB, REVISION), id="an annotation of Kubernetes' own"),
    pytest.param(
        [web()],
        kubernetes_call(1, "patch", WEB.replace("shop", "test"), {"spec": {"replicas": 5}}),
        id="another namespace's",
    ),
    pytest.param([web()], kubernetes_call(1, "patch", WEB), id="a body that the audit policy does not log"),
    pytest.param([web()], kubernetes_call(1, "create", f"{SHOP}/deployments", OWNED), id="what a controller owns"),
    pytest.param([web()], kubernetes_call(1, "create", f"{SHOP}/deployments", HELM), id="what Helm manages"),
    pytest.param(
        [web()],
        kubernetes_call(
            1, "create", f"{CORE}/configmaps", {"metadata": {"name": "x"}}, by="system:serviceaccount:ci:ci"
        ),
        id="what a service account made",
    ),
    pytest.param(
        [web()],
        kubernetes_call(
            1, "create", "/apis/serving.knative.dev/v1/namespaces/shop/services", {"metadata": {"name": "x"}}
        ),
        id="another API's resource of the same name",
    ),
    pytest.param(
        [reader(cluster=True)],
        kubernetes_call(1, "update", f"{RBAC}/clusterroles/reader", {"rules": SAME_RULES}),
        id="rules in another order",
    ),
    pytest.param(
        [entry()],
        kubernetes_call(1, "patch", f"{CORE}/services/web", {"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}),
        id="a patch that names one of two ports as it is",
    ),
]


@pytest.mark.parametrize(("resources", "call"), SILENT)
def test_a_request_opens_no_drift_when_it_is(resources: list[dict[str, Any]], call: Step) -> None:
    """A cluster's controllers make most of its requests."""
    assert World().play(wrote(0, *resources), call).open() == []


def test_made_again_after_a_deletion_it_is_there() -> None:
    """A deletion and a creation end where they began."""
    again = kubernetes_call(2, "create", f"{SHOP}/deployments", {"metadata": {"name": "web"}})
    world = World().play(wrote(0, web()), kubernetes_call(1, "delete", WEB), again)
    assert world.open() == []
    assert 'kubernetes_deployment_v1.web - deleted reverted: "shop/web" -> null by jane' in world.summary()


@pytest.mark.parametrize(
    ("patch", "body"),
    [
        ([{"op": "add", "path": "/metadata/labels/a~1b", "value": "c"}], {"metadata": {"labels": {"a/b": "c"}}}),
        ([{"op": "remove", "path": "/metadata/labels/a"}], {"metadata": {"labels": {"a": None}}}),
        ([{"op": "replace", "path": "/spec/containers/1/y", "value": 1}], {"spec": {"containers": [{}, {"y": 1}]}}),
        ([{"op": "add", "path": "/spec/containers/-", "value": {"y": 1}}], {"spec": {"containers": [{"y": 1}]}}),
        ([{"op": "add", "path": "/rules/0/verbs/-", "value": "*"}], {"rules": "****"}),
        ([{"op": "test", "path": "/spec/replicas", "value": 1}], {}),
        ([{"op": "add", "path": "/spec/containers/99999999/y", "value": 1}], {"spec": {"containers": []}}),
        ([{"op": "add", "path": f"/spec/containers/{'9' * 9999}/y", "value": 1}], {"spec": {"containers": []}}),
        ([{"op": "add", "path": "", "value": {}}, 7], {}),
        ("text", {}),
    ],
)
def test_a_json_patch_is_the_object_that_it_sets(patch: Any, body: dict[str, Any]) -> None:
    """RFC 6902 as far as it sets something; nothing in it can cost more than a few places of a list."""
    assert body_of(patch, is_patch=True) == body


def test_every_type_and_attribute_is_of_the_providers_schema() -> None:
    """A slip in a name would be a claim that never meets a record."""
    assert unknown_names("kubernetes") == []
