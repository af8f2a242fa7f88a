"""Google Cloud: what entries of Cloud Audit Logs claim of a state, and the drifts that they end in."""

from __future__ import annotations

from typing import Any

import pytest

from drift_detector.claim.gcp.audit_log import operation_of
from tests.drift_detector.clouds import google, google_call
from tests.drift_detector.playbook import Step, World, wrote
from tests.drift_detector.schema import unknown_names

TERRAFORM = "Terraform/1.9.5 (+https://www.terraform.io) Terraform-Plugin-SDK/2.33.0 terraform-provider-google/6.8.0"

WEB = "projects/shop/zones/europe-west1-b/instances/web"
SSH = "projects/shop/global/firewalls/ssh"
MEMBER = {"role": "roles/viewer", "member": "user:ann@example.com"}


def web(**changes: Any) -> dict[str, Any]:
    """An instance as a state holds it."""
    attributes = {
        "id": WEB,
        "name": "web",
        "zone": "europe-west1-b",
        "self_link": f"https://www.googleapis.com/compute/v1/{WEB}",
        "machine_type": "n1-standard-1",
        "tags": ["http"],
        "labels": {"env": "prod"},
        "effective_labels": {"env": "prod", "goog-terraform-provisioned": "true"},
        "metadata": {"enable-oslogin": "TRUE"},
        "desired_status": None,
        "deletion_protection": True,
        "service_account": [{"email": "web@shop.iam.gserviceaccount.com", "scopes": ["cloud-platform"]}],
    }
    return google("google_compute_instance.web", **(attributes | changes))


def ssh() -> dict[str, Any]:
    """A firewall rule as a state holds it."""
    return google(
        "google_compute_firewall.ssh",
        id=SSH,
        name="ssh",
        allow=[{"protocol": "tcp", "ports": ["22"]}],
        deny=[],
        source_ranges=["10.0.0.0/8"],
        target_tags=None,
        direction="INGRESS",
        disabled=False,
        priority=1000,
        description="",
    )


def database() -> dict[str, Any]:
    """A Cloud SQL instance as a state holds it."""
    address = {
        "ipv4_enabled": True,
        "authorized_networks": [{"name": "office", "value": "198.51.100.0/24", "expiration_time": ""}],
    }
    settings = {"tier": "db-f1-micro", "availability_type": "ZONAL", "ip_configuration": [address]}
    return google(
        "google_sql_database_instance.main", id="main", name="main", region="europe-west1", settings=[settings]
    )


def instance_call(minutes: int, method: str, request: dict[str, Any] | None = None, **more: Any) -> Step:
    """A call on the instance."""
    return google_call(minutes, f"v1.compute.instances.{method}", WEB, request, **more)


def firewall_call(minutes: int, request: dict[str, Any], **more: Any) -> Step:
    """A patch of the firewall rule, in the shape that Compute Engine logs."""
    logged = {"@type": "type.googleapis.com/compute.firewalls.patch", **request}
    return google_call(minutes, "v1.compute.firewalls.patch", SSH, logged, **more)


def grant(minutes: int, action: str = "ADD", **more: Any) -> Step:
    """A change of the project's policy."""
    name = "projects/shop"
    deltas = [{"action": action, **MEMBER}]
    return google_call(minutes, "SetIamPolicy", name, service="cloudresourcemanager", deltas=deltas, **more)


MACHINE = "https://www.googleapis.com/compute/v1/projects/shop/zones/europe-west1-b/machineTypes/n1-standard-4"
LABELS = [{"key": "env", "value": "prod"}, {"key": "goog-terraform-provisioned", "value": "true"}]
NETWORKS = {"settings": {"ipConfiguration": {"authorizedNetworks": [{"name": "all", "value": "0.0.0.0/0"}]}}}
OPEN = {"sourceRanges": ["0.0.0.0/0"], "alloweds": [{"IPProtocol": "tcp", "ports": ["22"]}]}

ALARMS = [
    pytest.param(
        [web()],
        instance_call(1, "setMachineType", {"machineType": MACHINE}),
        ['google_compute_instance.web machine_type modified open: "n1-standard-1" -> "n1-standard-4"'],
        id="a machine type, given as a URL",
    ),
    pytest.param(
        [web()],
        instance_call(1, "setLabels", {"labels": [{"key": "env", "value": "test"}]}),
        [
            "google_compute_instance.web labels modified open: "
            '{"env":"prod","goog-terraform-provisioned":"true"} -> {"env":"test"}'
        ],
        id="labels, which are replaced as a whole",
    ),
    pytest.param(
        [web(effective_labels=None)],
        instance_call(1, "setLabels", {"labels": [{"key": "env", "value": "test"}]}),
        ['google_compute_instance.web labels modified open: {"env":"prod"} -> {"env":"test"}'],
        id="labels in a state of an older provider, which knows none of its own",
    ),
    pytest.param(
        [web(shielded_instance_config=[])],
        instance_call(1, "updateShieldedInstanceConfig", {"enableVtpm": False, "enableIntegrityMonitoring": True}),
        ["google_compute_instance.web shielded_instance_config[0].enable_vtpm modified open: null -> false"],
        id="a default of a shielded machine taken away, and one kept",
    ),
    pytest.param(
        [web()],
        instance_call(1, "setTags", {"tags": ["http", "ssh"]}),
        ['google_compute_instance.web tags modified open: ["http"] -> ["http","ssh"]'],
        id="network tags, which are a list",
    ),
    pytest.param(
        [web()],
        instance_call(1, "setMetadata", {"Metadata Keys Modified": ["startup-script"]}),
        ["google_compute_instance.web metadata.startup-script modified open: null -> ?"],
        id="metadata, whose values the log hides",
    ),
    pytest.param(
        [web(desired_status="RUNNING")],
        instance_call(1, "stop"),
        ['google_compute_instance.web desired_status modified open: "RUNNING" -> "TERMINATED"'],
        id="an instance stopped that shall run",
    ),
    pytest.param(
        [web()],
        instance_call(1, "delete", operation="last"),
        [f'google_compute_instance.web - deleted open: "{WEB}" -> null'],
        id="an instance deleted, when the operation has finished",
    ),
    pytest.param(
        [ssh()],
        firewall_call(1, OPEN, operation="first"),
        ['google_compute_firewall.ssh source_ranges modified open: ["10.0.0.0/8"] -> ["0.0.0.0/0"]'],
        id="a firewall rule opened, from the operation's first entry",
    ),
    pytest.param(
        [ssh()],
        firewall_call(1, {"alloweds": [{"IPProtocol": "all"}], "priority": "0"}),
        [
            'google_compute_firewall.ssh allow modified open: [{"ports":["22"],"protocol":"tcp"}] -> '
            '[{"ports":[],"protocol":"all"}]',
            'google_compute_firewall.ssh priority modified open: 1000 -> "0"',
        ],
        id="a firewall rule's protocols and priority",
    ),
    pytest.param(
        [web()],
        google_call(1, "v1.compute.firewalls.insert", "projects/shop/global/firewalls/hole"),
        ['google_compute_firewall hole - unmanaged open: null -> "hole"'],
        id="a firewall rule that no state holds",
    ),
    pytest.param(
        [google("google_storage_bucket.logs", id="logs", name="logs", location="EU")],
        google_call(1, "storage.buckets.delete", "projects/_/buckets/logs", service="storage"),
        ['google_storage_bucket.logs - deleted open: "logs" -> null'],
        id="a bucket, whose name has no project",
    ),
    pytest.param(
        [google("google_storage_bucket_iam_policy.logs", id="b/logs", bucket="b/logs", policy_data="{}")],
        google_call(
            1,
            "storage.setIamPermissions",
            "projects/_/buckets/logs",
            service="storage",
            deltas=[{"action": "ADD", "role": "roles/storage.objectViewer", "member": "allUsers"}],
        ),
        ['google_storage_bucket_iam_policy.logs policy_data modified open: "{}" -> ?'],
        id="a bucket's policy, held as a whole",
    ),
    pytest.param(
        [web()],
        grant(1),
        [
            "google_project_iam_member shop/roles/viewer/user:ann@example.com - unmanaged open: "
            'null -> "shop/roles/viewer/user:ann@example.com"'
        ],
        id="a role granted that no state holds",
    ),
    pytest.param(
        [google("google_project_iam_member.ann", id="x", **MEMBER)],
        grant(1, "REMOVE"),
        ['google_project_iam_member.ann - deleted open: "x" -> null'],
        id="a role taken away",
    ),
    pytest.param(
        [google("google_project_iam_binding.all", id="x", role="roles/viewer", members=["user:bob@example.com"])],
        grant(1),
        [
            'google_project_iam_binding.all members modified open: ["user:bob@example.com"] -> '
            '["user:bob@example.com","user:ann@example.com"]'
        ],
        id="a member added to a role that a state holds as a whole",
    ),
    pytest.param(
        [database()],
        google_call(
            1,
            "cloudsql.instances.update",
            "projects/shop/instances/main",
            {"body": NETWORKS, "instance": "main"},
            service="cloudsql",
        ),
        [
            "google_sql_database_instance.main settings[0].ip_configuration[0].authorized_networks modified open: "
            '[{"expiration_time":"","name":"office","value":"198.51.100.0/24"}] -> [{"name":"all","value":"0.0.0.0/0"}]'
        ],
        id="a database opened to the world",
    ),
    pytest.param(
        [
            google(
                "google_container_cluster.main", id="c", name="main", location="europe-west1", enable_legacy_abac=False
            )
        ],
        google_call(
            1,
            "google.container.v1beta1.ClusterManager.SetLegacyAbac",
            "projects/shop/locations/europe-west1/clusters/main",
            {"enabled": True},
            service="container",
        ),
        ["google_container_cluster.main enable_legacy_abac modified open: false -> true"],
        id="a cluster's setting, by a gRPC method",
    ),
    pytest.param(
        [google("google_service_account.ci", id="x", email="ci@shop.iam.gserviceaccount.com", disabled=False)],
        google_call(
            1,
            "google.iam.admin.v1.DisableServiceAccount",
            "projects/-/serviceAccounts/ci@shop.iam.gserviceaccount.com",
            service="iam",
        ),
        ["google_service_account.ci disabled modified open: false -> true"],
        id="a service account, named by its address",
    ),
    pytest.param(
        [google("google_pubsub_topic.orders", id="projects/shop/topics/orders", name="orders")],
        google_call(1, "google.pubsub.v1.Publisher.DeleteTopic", "projects/shop/topics/orders", service="pubsub"),
        ['google_pubsub_topic.orders - deleted open: "projects/shop/topics/orders" -> null'],
        id="a topic deleted, in one entry",
    ),
]


@pytest.mark.parametrize(("resources", "call", "expected"), ALARMS)
def test_a_call_by_hand_opens_a_drift(resources: list[dict[str, Any]], call: Step, expected: list[str]) -> None:
    """Each says what changed, from what to what, and by whom."""
    assert World().play(wrote(0, *resources), call).open() == [f"{line} by jane@example.com" for line in expected]


SILENT = [
    pytest.param([web()], instance_call(1, "setLabels", {"labels": LABELS}), id="what the state says already"),
    pytest.param([web()], instance_call(1, "stop"), id="a stopped instance that nobody asked to run"),
    pytest.param([web()], instance_call(1, "delete", operation="first"), id="a deletion that has only begun"),
    pytest.param([web()], instance_call(1, "delete", operation="last", status={"code": 8}), id="one that failed"),
    pytest.param([web()], instance_call(1, "list"), id="a call that only reads"),
    pytest.param([web()], instance_call(1, "setTags", {"tags": ["a"]}, status={"code": 7}), id="a call refused"),
    pytest.param(
        [web()], instance_call(1, "setMachineType", {"machineType": MACHINE}, agent=TERRAFORM), id="Terraform"
    ),
    pytest.param(
        [web()],
        google_call(1, "v1.compute.instances.setTags", WEB.replace("-b/", "-c/"), {"tags": ["a"]}),
        id="another zone's instance of the same name",
    ),
    pytest.param(
        [web(project="other", id=WEB.replace("shop", "other"), self_link="")],
        instance_call(1, "setTags", {"tags": ["a"]}),
        id="another project's instance of the same name",
    ),
    pytest.param([ssh()], firewall_call(1, {"sourceRanges": ["10.0.0.0/8"], "priority": "1000"}), id="the same rule"),
    pytest.param(
        [google("google_project_iam_member.ann", id="x", role=MEMBER["role"], member="user:Ann@example.com")],
        grant(1),
        id="a grant that a state holds in another case",
    ),
    pytest.param(
        [web()],
        google_call(
            1,
            "v1.compute.instances.insert",
            "projects/shop/zones/europe-west1-b/instances/mig-x1f4",
            by="123456789012@cloudservices.gserviceaccount.com",
        ),
        id="an instance that a managed group made",
    ),
]


@pytest.mark.parametrize(("resources", "call"), SILENT)
def test_a_call_opens_no_drift_when_it_is(resources: list[dict[str, Any]], call: Step) -> None:
    """One false alarm a day, and nobody reads the next."""
    assert World().play(wrote(0, *resources), call).open() == []


def test_an_operations_two_entries_are_one_drift() -> None:
    """The first entry sets the attribute; the last, without a request, takes nothing back."""
    first = firewall_call(1, {"sourceRanges": ["0.0.0.0/0"]}, operation="first")
    last = firewall_call(2, {}, operation="last")
    assert len(World().play(wrote(0, ssh()), first, last).open()) == 1


def test_setting_it_back_reverts_the_drift() -> None:
    """The same life as in any other cloud."""
    world = World().play(
        wrote(0, ssh()),
        firewall_call(1, {"sourceRanges": ["0.0.0.0/0"]}),
        firewall_call(2, {"sourceRanges": ["10.0.0.0/8"]}, by="bob@example.com"),
    )
    (drift,) = world.drifts.values()
    assert (drift.status, drift.resolution) == ("resolved", "reverted")


@pytest.mark.parametrize(
    ("method", "operation"),
    [
        ("v1.compute.instances.insert", "instances.insert"),
        ("beta.compute.instances.setLabels", "instances.setLabels"),
        ("google.container.v1beta1.ClusterManager.UpdateCluster", "ClusterManager.UpdateCluster"),
        ("google.iam.admin.v1.CreateServiceAccount", "admin.CreateServiceAccount"),
        ("storage.buckets.update", "buckets.update"),
        ("SetIamPolicy", "SetIamPolicy"),
    ],
)
def test_a_methods_version_does_not_matter(method: str, operation: str) -> None:
    """Clients choose between v1, beta and alpha; the change is the same."""
    assert operation_of(method) == operation


def test_every_type_and_attribute_is_of_the_providers_schema() -> None:
    """A slip in a name would be a claim that never meets a record."""
    assert unknown_names("gcp") == []
