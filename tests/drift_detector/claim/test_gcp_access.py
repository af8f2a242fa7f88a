"""Google Cloud: access, metadata, logs and masks, in the shapes of published log entries."""

from __future__ import annotations

from typing import Any

import pytest

from drift_detector.claim.gcp.audit_log import masked
from tests.drift_detector.claim.test_gcp import SSH, TERRAFORM, WEB, firewall_call, instance_call, ssh, web
from tests.drift_detector.clouds import google, google_call
from tests.drift_detector.playbook import Step, World, wrote
from tests.drift_detector.scenarios.builders import Scenarios, deleted, modified, unknown, unmanaged

JANE = "jane@example.com"
ROBOT = "service-123456789012@compute-system.iam.gserviceaccount.com"
OWNER, EVE = "roles/owner", "user:eve@example.com"
EXPIRES = {"title": "expires", "description": "", "expression": 'request.time < timestamp("2026-01-01T00:00:00Z")'}
SUBNET = "projects/shop/regions/europe-west1/subnetworks/apps"
SINK = "projects/shop/sinks/audit"
TOPIC = "projects/shop/topics/orders"
CLUSTER = "projects/shop/locations/europe-west1/clusters/main"
LOGS = [{"aggregation_interval": "INTERVAL_5_SEC", "flow_sampling": 0.5, "metadata": "INCLUDE_ALL_METADATA"}]
UPDATE = "google.container.v1.ClusterManager.UpdateCluster"


def _by(lines: list[str]) -> list[str]:
    return [line.replace(" by jane", f" by {JANE}") for line in lines]


def inside() -> dict[str, Any]:
    """The instance without a public address."""
    return web(network_interface=[{"network": "default", "access_config": []}])


def subnet() -> dict[str, Any]:
    """A subnetwork whose flows are logged."""
    return google(
        "google_compute_subnetwork.apps",
        id=SUBNET,
        name="apps",
        region="europe-west1",
        ip_cidr_range="10.0.0.0/16",
        private_ip_google_access=True,
        log_config=LOGS,
    )


def subnet_call(minutes: int, **request: Any) -> Step:
    """A patch of the subnetwork."""
    return google_call(minutes, "v1.compute.subnetworks.patch", SUBNET, request, operation="first")


def sink() -> dict[str, Any]:
    """Where the audit log goes."""
    return google(
        "google_logging_project_sink.audit",
        id=SINK,
        name="audit",
        destination="storage.googleapis.com/shop-audit",
        filter="logName:cloudaudit",
        description="",
        disabled=False,
        exclusions=[],
    )


def sink_call(minutes: int, **sink: Any) -> Step:
    """An update of the sink, in the fields that its mask names."""
    method, mask = "google.logging.v2.ConfigServiceV2.UpdateSink", ",".join(sink)
    request = {"sinkName": SINK, "uniqueWriterIdentity": True, "updateMask": mask, "sink": {"name": "audit", **sink}}
    return google_call(minutes, method, SINK, request, service="logging")


def delta(action: str = "ADD", member: str = EVE, role: str = OWNER, **more: Any) -> dict[str, Any]:
    """A change of a policy."""
    return {"action": action, "role": role, "member": member, **more}


def policy_call(minutes: int, *deltas: dict[str, Any], on: str = "projects/shop", **more: Any) -> Step:
    """A change of a project's, a folder's or the organization's policy."""
    return google_call(minutes, "SetIamPolicy", on, service="cloudresourcemanager", deltas=list(deltas), **more)


def member(kind: str = "project", condition: dict[str, str] | None = None, **scope: Any) -> dict[str, Any]:
    """A grant as a resource of its own."""
    conditions = [condition] if condition else []
    address = f"google_{kind}_iam_member.eve"
    return google(address, id="x", role=OWNER, member=EVE, condition=conditions, **scope)


def organization_call(minutes: int, *deltas: dict[str, Any], **more: Any) -> Step:
    """A change of the organization's policy, whose entry tells of no project."""
    step = policy_call(minutes, *deltas, on="organizations/888888888888", **more)
    step.alert["output_fields"].pop("gcp.projectId")
    return step


def keys(minutes: int, changed: str = "ssh-keys", kind: str = "added", **more: Any) -> Step:
    """A change of the instance's metadata, as Compute Engine tells of it today."""
    return instance_call(
        minutes, "setMetadata", {}, metadata={"instanceMetadataDelta": {f"{kind}MetadataKeys": [changed]}}, **more
    )


def project_keys(minutes: int, changed: str, kind: str = "modified") -> Step:
    """A change of the project's metadata."""
    metadata = {"projectMetadataDelta": {f"{kind}MetadataKeys": [changed]}}
    method = "v1.compute.projects.setCommonInstanceMetadata"
    return google_call(minutes, method, "projects/shop", {}, operation="first", metadata=metadata)


def project_metadata() -> dict[str, Any]:
    """The project's metadata as a whole."""
    return google("google_compute_project_metadata.all", id="shop", metadata={"enable-oslogin": "TRUE"})


def project_item() -> dict[str, Any]:
    """One key of the project's metadata."""
    return google("google_compute_project_metadata_item.login", id="enable-oslogin", key="enable-oslogin", value="TRUE")


def cluster() -> dict[str, Any]:
    """A cluster as a state holds it."""
    return google(
        "google_container_cluster.main",
        id=CLUSTER,
        name="main",
        location="europe-west1",
        logging_service="logging.googleapis.com/kubernetes",
        enable_shielded_nodes=True,
    )


def topic() -> dict[str, Any]:
    """A topic as a state holds it."""
    return google(
        "google_pubsub_topic.orders",
        id=TOPIC,
        name="orders",
        effective_labels={"env": "prod"},
        message_retention_duration="86400s",
        kms_key_name="",
    )


def topic_call(minutes: int, mask: Any, **given: Any) -> Step:
    """An update of the topic."""
    request = {"topic": {"name": TOPIC, **given}, "updateMask": mask}
    return google_call(minutes, "google.pubsub.v1.Publisher.UpdateTopic", TOPIC, request, service="pubsub")


def binding(**scope: Any) -> dict[str, Any]:
    """A role's members, held as a whole."""
    kind = "folder" if "folder" in scope else "project"
    given = {"id": "x", "role": OWNER, "members": ["user:ann@example.com"], "condition": [], **scope}
    return google(f"google_{kind}_iam_binding.owners", **given)


SINK_ADDRESS = "google_logging_project_sink.audit"
INSTANCE = "google_compute_instance.web"
BOTH = ["user:ann@example.com", EVE]
FOLDER = {"folder": "folders/42"}

MUST_ALARM: Scenarios = {
    "a key that lets somebody in, as today's entries tell of it": (
        [wrote(0, web()), keys(1)],
        [unknown(INSTANCE, "metadata.ssh-keys", None)],
    ),
    "a key of metadata that was there, changed": (
        [wrote(0, web()), keys(1, "enable-oslogin", "modified")],
        [unknown(INSTANCE, "metadata.enable-oslogin", "TRUE")],
    ),
    "a key of metadata taken away, which is not unknown": (
        [wrote(0, web()), keys(1, "enable-oslogin", "deleted")],
        [modified(INSTANCE, "metadata.enable-oslogin", "TRUE", None)],
    ),
    "a project's metadata, held key by key": (
        [wrote(0, project_item()), project_keys(1, "enable-oslogin")],
        [unknown("google_compute_project_metadata_item.login", "value", "TRUE")],
    ),
    "a project's key of metadata deleted": (
        [wrote(0, project_item()), project_keys(1, "enable-oslogin", "deleted")],
        [modified("google_compute_project_metadata_item.login", "value", "TRUE", None)],
    ),
    "a project's metadata, held as a whole": (
        [wrote(0, project_metadata()), project_keys(1, "ssh-keys", "added")],
        [unknown("google_compute_project_metadata.all", "metadata.ssh-keys", None)],
    ),
    "a public address given to an instance": (
        [wrote(0, inside()), instance_call(1, "addAccessConfig", {"type": "ONE_TO_ONE_NAT", "name": "External NAT"})],
        [unknown(INSTANCE, "network_interface[0].access_config", [])],
    ),
    "the logs of a subnetwork's flows turned off": (
        [wrote(0, subnet()), subnet_call(1, logConfig={"enable": False})],
        [modified("google_compute_subnetwork.apps", "log_config", LOGS, [])],
    ),
    "what the flows' logs leave out": (
        [wrote(0, subnet()), subnet_call(1, logConfig={"enable": True, "flowSampling": 0.1})],
        [modified("google_compute_subnetwork.apps", "log_config[0].flow_sampling", 0.5, 0.1)],
    ),
    "the audit log excluded from its sink": (
        [wrote(0, sink()), sink_call(1, exclusions=[{"name": "all", "filter": "*"}])],
        [modified(SINK_ADDRESS, "exclusions", [], [{"filter": "*", "name": "all"}])],
    ),
    "the audit log sent to another place": (
        [wrote(0, sink()), sink_call(1, destination="storage.googleapis.com/other")],
        [modified(SINK_ADDRESS, "destination", "storage.googleapis.com/shop-audit", "storage.googleapis.com/other")],
    ),
    "the audit log's sink deleted": (
        [wrote(0, sink()), google_call(1, "google.logging.v2.ConfigServiceV2.DeleteSink", SINK, service="logging")],
        [deleted(SINK_ADDRESS, SINK)],
    ),
    "an owner of the whole organization": (
        [wrote(0, web()), organization_call(1, delta())],
        [unmanaged("google_organization_iam_member", f"888888888888/{OWNER}/{EVE}")],
    ),
    "an owner of the organization taken away": (
        [wrote(0, member("organization", org_id="888888888888")), organization_call(1, delta("REMOVE"))],
        [deleted("google_organization_iam_member.eve", "x")],
    ),
    "an owner of a folder, whose owners a state holds as a whole": (
        [wrote(0, binding(**FOLDER)), policy_call(1, delta(), on="folders/42")],
        [modified("google_folder_iam_binding.owners", "members", ["user:ann@example.com"], BOTH)],
    ),
    "a grant for ever beside the one that a state holds for a while": (
        [wrote(0, member(condition=EXPIRES)), policy_call(1, delta(condition={**EXPIRES, "title": "forever"}))],
        [unmanaged("google_project_iam_member", f"shop/{OWNER}/{EVE}/forever")],
    ),
    "two members at once": (
        [wrote(0, binding()), policy_call(1, delta(), delta("REMOVE", "user:ann@example.com"))],
        [modified("google_project_iam_binding.owners", "members", ["user:ann@example.com"], [EVE])],
    ),
    "a robot takes a member away": (
        [wrote(0, member()), policy_call(1, delta("REMOVE"), by=ROBOT)],
        [deleted("google_project_iam_member.eve", "x").replace("jane", ROBOT)],
    ),
    "what the mask names": (
        [wrote(0, topic()), topic_call(1, "messageRetentionDuration", messageRetentionDuration="600s")],
        [modified("google_pubsub_topic.orders", "message_retention_duration", "86400s", "600s")],
    ),
    "a cluster's logs turned off": (
        [
            wrote(0, cluster()),
            google_call(1, UPDATE, CLUSTER, {"update": {"desiredLoggingService": "none"}}, service="container"),
        ],
        [modified("google_container_cluster.main", "logging_service", "logging.googleapis.com/kubernetes", "none")],
    ),
    "a firewall rule that denies everything now": (
        [wrote(0, ssh()), firewall_call(1, {"denieds": [{"IPProtocol": "all"}]}, operation="first")],
        [modified("google_compute_firewall.ssh", "deny", [], [{"ports": [], "protocol": "all"}])],
    ),
}

MUST_NOT_ALARM: Scenarios = {
    "a public address taken from an instance that has none": (
        [wrote(0, inside()), instance_call(1, "deleteAccessConfig", {})],
        [],
    ),
    "another project's key of metadata": ([wrote(0, project_item()), project_keys(1, "ssh-keys")], []),
    "metadata of an instance that no state holds": (
        [wrote(0, ssh()), keys(1)],
        [],
    ),
    "the operation's end, whose entry tells no keys": (
        [wrote(0, web()), instance_call(1, "setMetadata", {}, operation="last")],
        [],
    ),
    "a request for metadata that was refused": ([wrote(0, web()), keys(1, status={"code": 7})], []),
    "the logs of flows as they are": (
        [wrote(0, subnet()), subnet_call(1, logConfig={"enable": True, "flowSampling": 0.5})],
        [],
    ),
    "logs that are off set off": (
        [wrote(0, ssh()), firewall_call(1, {"logConfig": {"enable": False}}, operation="first")],
        [],
    ),
    "a sink as it is": ([wrote(0, sink()), sink_call(1, filter="logName:cloudaudit", disabled=False)], []),
    "what the mask leaves out": (
        [wrote(0, topic()), topic_call(1, "labels", labels={"env": "prod"}, messageRetentionDuration="600s")],
        [],
    ),
    "what a mask of paths leaves out": (
        [
            wrote(0, topic()),
            topic_call(1, {"paths": ["labels"]}, labels={"env": "prod"}, messageRetentionDuration="600s"),
        ],
        [],
    ),
    "a grant that a state holds, with its condition": (
        [wrote(0, member(condition=EXPIRES)), policy_call(1, delta(condition=EXPIRES))],
        [],
    ),
    "another grant of the same role taken away": (
        [wrote(0, member(condition=EXPIRES)), policy_call(1, delta("REMOVE", condition={**EXPIRES, "title": "x"}))],
        [],
    ),
    "a grant that a robot makes for itself": (
        [wrote(0, web()), policy_call(1, delta(member=f"serviceAccount:{ROBOT}"), by=ROBOT)],
        [],
    ),
    "a policy of an organization, by Terraform, which a state then holds": (
        [
            wrote(0, web()),
            organization_call(1, delta(), agent=TERRAFORM),
            wrote(2, web(), member("organization", org_id="888888888888")),
        ],
        [],
    ),
    "a grant to a member that a role's members have already": (
        [wrote(0, binding(members=BOTH)), policy_call(1, delta())],
        [],
    ),
    "a folder's grant, of another folder": (
        [wrote(0, member("folder", **FOLDER)), policy_call(1, delta("REMOVE"), on="folders/43")],
        [],
    ),
    "an instance made by a group of them": (
        [
            wrote(0, web()),
            google_call(
                1, "v1.compute.instances.insert", f"{WEB}-x1f4", by="123456789012@cloudservices.gserviceaccount.com"
            ),
        ],
        [],
    ),
    "a bucket's update, of which the log tells nothing more": (
        [
            wrote(0, google("google_storage_bucket.logs", id="logs", name="logs", storage_class="STANDARD")),
            google_call(1, "storage.buckets.update", "projects/_/buckets/logs", service="storage"),
        ],
        [],
    ),
    "a firewall rule's deletion that has only begun": (
        [wrote(0, ssh()), google_call(1, "v1.compute.firewalls.delete", SSH, operation="first")],
        [],
    ),
    "one permission of several refused": (
        [
            wrote(0, ssh()),
            google_call(
                1, "v1.compute.firewalls.patch", SSH, {"priority": 1000}, authorizationInfo=[{"granted": True}, {}]
            ),
        ],
        [],
    ),
    "a retried call, as it is logged twice": (
        [wrote(0, ssh()), *[firewall_call(1, {"sourceRanges": ["10.0.0.0/8"]}, operation="first")] * 2],
        [],
    ),
}

SCENARIOS = MUST_ALARM | MUST_NOT_ALARM


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_call_ends_in_exactly_these_drifts(name: str) -> None:
    """Each alert comes twice, as Falco's may."""
    steps, expected = SCENARIOS[name]
    assert World().play(*steps).summary() == sorted(_by(expected))
    assert World().play(*steps, *steps[1:]).summary() == sorted(_by(expected))


@pytest.mark.parametrize(
    ("mask", "kept"),
    [
        ("labels,pushConfig.pushEndpoint", {"labels": 1, "push_config": 2}),
        ({"paths": ["push_config"]}, {"push_config": 2}),
        ("*", {"labels": 1, "push_config": 2, "name": 3}),
        (None, {"labels": 1, "push_config": 2, "name": 3}),
    ],
)
def test_a_mask_says_what_a_request_changes(mask: Any, kept: dict[str, Any]) -> None:
    """Names in a mask may be spelled otherwise than in the body, and lead deeper."""
    request = {"subscription": {"labels": 1, "push_config": 2, "name": 3}, "updateMask": mask}
    assert masked(request)["subscription"] == kept
