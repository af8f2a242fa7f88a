"""Kubernetes: what people do to workloads and access by hand, in every form of a patch, and what controllers do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drift_detector.claim.test_kubernetes import (
    CORE,
    RBAC,
    SHOP,
    TERRAFORM,
    WEB,
    admins,
    entry,
    metadata,
    reader,
    secret,
)
from tests.drift_detector.clouds import kubernetes, kubernetes_call
from tests.drift_detector.playbook import Step, World, wrote
from tests.drift_detector.scenarios.builders import Scenarios, deleted, modified, unknown, unmanaged

DEPLOYMENT = "kubernetes_deployment_v1.web"
POD = "spec[0].template[0].spec[0]"
APP, PROXY = f"{POD}.container[0]", f"{POD}.container[1]"
ROLE = f"{RBAC}/namespaces/shop/roles/reader"
BINDING = f"{RBAC}/clusterrolebindings/admins"
NAMESPACE = "/api/v1/namespaces/shop"
SERVICE = f"{CORE}/services/web"
VOLUME_CLAIM = "kubernetes_persistent_volume_claim_v1.data"
CLAIM = f"{CORE}/persistentvolumeclaims/data"
ENFORCE = "pod-security.kubernetes.io/enforce"
AUTOSCALER = "system:serviceaccount:kube-system:horizontal-pod-autoscaler"


def container(name: str, image: str, **changes: Any) -> dict[str, Any]:
    """A container as a state holds it: blocks that were not given are empty lists."""
    return {
        "name": name,
        "image": image,
        "image_pull_policy": "IfNotPresent",
        "command": [],
        "args": ["--port=80"],
        "env": [{"name": "LOG", "value": "info", "value_from": []}],
        "resources": [{"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {}}],
        "security_context": [],
        **changes,
    }


def web(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A deployment as a state holds it."""
    pod = {
        "container": list(containers) or [container("app", "shop/web:1"), container("proxy", "envoy:1")],
        "init_container": [],
        "volume": [{"name": "tmp", "host_path": [], "empty_dir": [{"medium": "", "size_limit": "0"}]}],
        "service_account_name": "web",
        "host_network": False,
    }
    attributes = {"replicas": "2", "paused": False, "template": [{"metadata": [], "spec": [pod]}], **spec}
    return kubernetes(DEPLOYMENT, id="shop/web", metadata=metadata("web", app="web"), spec=[attributes])


def shop() -> dict[str, Any]:
    """A namespace whose pods are held to a standard."""
    return kubernetes(
        "kubernetes_namespace_v1.shop", id="shop", metadata=metadata("shop", None, **{ENFORCE: "restricted"})
    )


def data() -> dict[str, Any]:
    """A claim of storage as a state holds it."""
    resources = [{"limits": {}, "requests": {"storage": "10Gi"}}]
    return kubernetes(
        VOLUME_CLAIM,
        id="shop/data",
        metadata=metadata("data"),
        spec=[{"resources": resources}],
    )


def pods(verb: str = "patch", path: str = WEB, minutes: int = 1, **pod: Any) -> Step:
    """A request that says something of the template's pods."""
    return kubernetes_call(minutes, verb, path, {"spec": {"template": {"spec": pod}}})


def containers(*given: dict[str, Any], verb: str = "patch", **more: Any) -> Step:
    """A request that says something of containers."""
    return pods(verb, containers=list(given), **more)


def json_patch(path: str, at: str, value: Any = None, op: str = "replace") -> Step:
    """A request with one operation of a JSON patch."""
    return kubernetes_call(1, "patch", path, [{"op": op, "path": at, "value": value}])


def whole(**changes: Any) -> dict[str, Any]:
    """The proxy's container as the API has it, with all that the server fills in."""
    return {
        "name": "proxy",
        "image": "envoy:1",
        "args": ["--port=80"],
        "env": [{"name": "LOG", "value": "info"}],
        "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}},
        "imagePullPolicy": "IfNotPresent",
        "terminationMessagePath": "/dev/termination-log",
        **changes,
    }


def storage(size: str) -> dict[str, Any]:
    """A body that asks for so much."""
    return {"spec": {"resources": {"requests": {"storage": size}}}}


ENV = [{"name": "LOG", "value": "info", "value_from": []}]
RULES = [{"api_groups": [""], "resource_names": [], "resources": ["pods"], "verbs": ["list", "get"]}]
SUBJECTS = [{"api_group": "rbac.authorization.k8s.io", "kind": "User", "name": "ann", "namespace": ""}]

MUST_ALARM: Scenarios = {
    "an image, by a patch that names the second container alone": (
        [wrote(0, web()), containers({"name": "proxy", "image": "evil"})],
        [modified(DEPLOYMENT, f"{PROXY}.image", "envoy:1", "evil")],
    ),
    "an image, by an update whose containers stand in another order": (
        [wrote(0, web()), containers(whole(image="evil"), {"name": "app", "image": "shop/web:1"}, verb="update")],
        [modified(DEPLOYMENT, f"{PROXY}.image", "envoy:1", "evil")],
    ),
    "an image, by the first container's place and then back by its name": (
        [
            wrote(0, web()),
            json_patch(WEB, "/spec/template/spec/containers/0/image", "evil"),
            containers({"name": "app", "image": "shop/web:1"}, minutes=2),
        ],
        [modified(DEPLOYMENT, f"{APP}.image", "shop/web:1", "evil", end="reverted")],
    ),
    "a container put beside the others": (
        [wrote(0, web()), json_patch(WEB, "/spec/template/spec/containers/-", {"name": "x", "image": "miner"}, "add")],
        [modified(DEPLOYMENT, f"{POD}.container.x.image", None, "miner")],
    ),
    "a container taken out": (
        [wrote(0, web()), containers({"name": "proxy", "$patch": "delete"})],
        [modified(DEPLOYMENT, f"{PROXY}.image", "envoy:1", None)],
    ),
    "an environment variable, as kubectl set env does it": (
        [wrote(0, web()), containers({"name": "app", "env": [{"name": "LOG", "value": "debug"}]})],
        [modified(DEPLOYMENT, f"{APP}.env[0].value", "info", "debug")],
    ),
    "an environment variable taken away": (
        [wrote(0, web()), containers({"name": "app", "env": [{"name": "LOG", "$patch": "delete"}]})],
        [modified(DEPLOYMENT, f"{APP}.env[0].value", "info", None)],
    ),
    "an environment variable that was not there": (
        [wrote(0, web()), containers({"name": "app", "env": [{"name": "PROXY", "value": "http://evil"}]})],
        [modified(DEPLOYMENT, f"{APP}.env.PROXY.value", None, "http://evil")],
    ),
    "a container made privileged": (
        [wrote(0, web()), containers({"name": "app", "securityContext": {"privileged": True}})],
        [modified(DEPLOYMENT, f"{APP}.security_context[0].privileged", None, True)],
    ),
    "a limit": (
        [wrote(0, web()), containers({"name": "app", "resources": {"limits": {"cpu": "4"}}})],
        [modified(DEPLOYMENT, f"{APP}.resources[0].limits.cpu", "1", "4")],
    ),
    "the node's disk mounted": (
        [wrote(0, web()), pods(volumes=[{"name": "root", "hostPath": {"path": "/"}}])],
        [modified(DEPLOYMENT, f"{POD}.volume.root.host_path[0].path", None, "/")],
    ),
    "the node's network": (
        [wrote(0, web()), pods(hostNetwork=True)],
        [modified(DEPLOYMENT, f"{POD}.host_network", False, True)],
    ),
    "a variable in the middle of a list, by a JSON patch": (
        [wrote(0, web()), json_patch(WEB, "/spec/template/spec/containers/0/env/3/value", "x")],
        [unknown(DEPLOYMENT, f"{APP}.env", ENV)],
    ),
    "a subject added by a JSON patch": (
        [wrote(0, admins()), json_patch(BINDING, "/subjects/-", {"kind": "User", "name": "eve"}, "add")],
        [unknown("kubernetes_cluster_role_binding.admins", "subject", SUBJECTS)],
    ),
    "a verb added to a rule by a JSON patch": (
        [wrote(0, reader()), json_patch(ROLE, "/rules/0/verbs/-", "*", "add")],
        [unknown("kubernetes_role.reader", "rule", RULES)],
    ),
    "a secret's key, by a JSON patch": (
        [wrote(0, secret()), json_patch(f"{CORE}/secrets/db", "/data/password", "aHVudGVyMg==")],
        [unknown("kubernetes_secret.db", "data", "(sensitive)")],
    ),
    "a namespace's standard lifted, a label of Kubernetes' own that the configuration has": (
        [wrote(0, shop()), kubernetes_call(1, "patch", NAMESPACE, {"metadata": {"labels": {ENFORCE: "privileged"}}})],
        [modified("kubernetes_namespace_v1.shop", f'metadata[0].labels["{ENFORCE}"]', "restricted", "privileged")],
    ),
    "a label without a value": (
        [wrote(0, shop()), kubernetes_call(1, "patch", NAMESPACE, {"metadata": {"labels": {"team": ""}}})],
        [modified("kubernetes_namespace_v1.shop", "metadata[0].labels.team", None, "")],
    ),
    "a service's pods chosen otherwise": (
        [
            wrote(0, entry()),
            kubernetes_call(1, "patch", SERVICE, {"spec": {"selector": {"app": "evil"}}}),
        ],
        [modified("kubernetes_service.web", "spec[0].selector.app", "web", "evil")],
    ),
    "a claim of storage grown": (
        [
            wrote(0, data()),
            kubernetes_call(1, "patch", CLAIM, {"spec": {"resources": {"requests": {"storage": "20Gi"}}}}),
        ],
        [modified(VOLUME_CLAIM, "spec[0].resources[0].requests.storage", "10Gi", "20Gi")],
    ),
    "what is applied on the server's side and was not there": (
        [wrote(0, web()), kubernetes_call(1, "patch", f"{CORE}/configmaps/x", {}, responseStatus={"code": 201})],
        [unmanaged("kubernetes_config_map_v1", "shop/x")],
    ),
    "a deletion that waits for its finalizers": (
        [wrote(0, web()), kubernetes_call(1, "delete", WEB, {"propagationPolicy": "Foreground"})],
        [deleted(DEPLOYMENT, "shop/web")],
    ),
}

SCALED = {"spec": {"replicas": 9}}
RELEASE = {"metadata": {"name": "sh.helm.release.v1.web.v2", "labels": {"owner": "helm", "name": "web"}}}
RESTARTED = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2025-01-15T10:00:00Z"}}}

MUST_NOT_ALARM: Scenarios = {
    "the second container's image as it is, named alone": (
        [wrote(0, web()), containers({"name": "proxy", "image": "envoy:1"})],
        [],
    ),
    "the whole object as it is, in the API's words": (
        [wrote(0, web()), containers({"name": "app", "image": "shop/web:1"}, whole(), verb="update")],
        [],
    ),
    "quantities in other words": (
        [wrote(0, web()), containers({"name": "app", "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}}})],
        [],
    ),
    "what is off set off": (
        [
            wrote(0, web()),
            containers({"name": "app", "securityContext": {"privileged": False, "allowPrivilegeEscalation": True}}),
        ],
        [],
    ),
    "a variable taken from a secret, in a patch that leaves it so": (
        [
            wrote(0, web(container("app", "a", env=[{"name": "KEY", "value": "", "value_from": [{}]}]))),
            containers({"name": "app", "env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s"}}}]}),
        ],
        [],
    ),
    "a restart": (
        [wrote(0, web()), kubernetes_call(1, "patch", WEB, {"spec": {"template": RESTARTED}})],
        [],
    ),
    "an annotation of Kubernetes' own that no configuration has": (
        [
            wrote(0, shop()),
            kubernetes_call(1, "patch", NAMESPACE, {"metadata": {"labels": {"x.kubernetes.io/y": "z"}}}),
        ],
        [],
    ),
    "the autoscaler's scaling": (
        [wrote(0, web()), kubernetes_call(1, "update", f"{WEB}/scale", SCALED, by=AUTOSCALER)],
        [],
    ),
    "a controller's own bookkeeping": (
        [
            wrote(0, web()),
            kubernetes_call(
                1, "update", WEB, SCALED, by="system:kube-controller-manager", agent="kube-controller-manager/v1.31.0"
            ),
        ],
        [],
    ),
    "the sets of replicas that a deployment makes": (
        [
            wrote(0, web()),
            kubernetes_call(
                1,
                "create",
                f"{SHOP}/replicasets",
                {"metadata": {"name": "web-6d4cf56db6", "ownerReferences": [{"kind": "Deployment"}]}},
                by="system:serviceaccount:kube-system:deployment-controller",
            ),
        ],
        [],
    ),
    "Helm's record of a release that Terraform installs": (
        [wrote(0, web()), kubernetes_call(1, "create", f"{CORE}/secrets", RELEASE, agent=TERRAFORM)],
        [],
    ),
    "a request that GKE's log has as refused": (
        [
            wrote(0, web()),
            kubernetes_call(1, "patch", WEB, SCALED, responseObject={"kind": "Status", "status": "Failure"}),
        ],
        [],
    ),
    "a name that the server makes, and that the policy does not log": (
        [wrote(0, web()), kubernetes_call(1, "create", f"{CORE}/configmaps", {"metadata": {"generateName": "job-"}})],
        [],
    ),
    "a pod's eviction": (
        [wrote(0, web()), kubernetes_call(1, "create", f"{CORE}/pods/web-1/eviction", {"metadata": {"name": "web-1"}})],
        [],
    ),
    "a token for a service account": (
        [wrote(0, web()), kubernetes_call(1, "create", f"{CORE}/serviceaccounts/web/token", {"spec": {}})],
        [],
    ),
    "a namespace's finalizers": (
        [wrote(0, shop()), kubernetes_call(1, "update", f"{NAMESPACE}/finalize", {"spec": {"finalizers": []}})],
        [],
    ),
    "a deletion of every config map of a namespace": (
        [wrote(0, shop()), kubernetes_call(1, "deletecollection", f"{CORE}/configmaps")],
        [],
    ),
    "a part of a service's selector as it is": (
        [
            wrote(0, entry()),
            kubernetes_call(1, "patch", SERVICE, {"spec": {"selector": {"app": "web"}}}),
        ],
        [],
    ),
    "a claim of storage in other words": (
        [
            wrote(0, data()),
            kubernetes_call(1, "patch", CLAIM, storage("10240Mi")),
        ],
        [],
    ),
    "Terraform's own update, and the state that it wrote after": (
        [
            wrote(0, web()),
            kubernetes_call(1, "update", WEB, SCALED, agent=TERRAFORM),
            wrote(2, web(replicas="9")),
        ],
        [],
    ),
}

SCENARIOS = MUST_ALARM | MUST_NOT_ALARM


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_request_ends_in_exactly_these_drifts(name: str) -> None:
    """Each alert comes twice, as Falco's may."""
    steps, expected = SCENARIOS[name]
    world = World().play(*steps)
    assert world.summary() == sorted(expected)
    assert World().play(*steps, *steps[1:]).summary() == sorted(expected)
