"""Google Cloud: names, keys, functions, roles and whole policies, in the shapes of published log entries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drift_detector.clouds import google, google_call
from tests.drift_detector.playbook import Step, World, wrote
from tests.drift_detector.scenarios.builders import Scenarios, deleted, modified, unknown, unmanaged

JANE = "jane@example.com"
ZONE, HOST = "managedZones/shop", "www.shop.example."
DISK = "projects/shop/zones/europe-west1-b/disks/data"
KEY = "projects/shop/locations/europe-west1/keyRings/shop/cryptoKeys/orders"
VERSION = f"{KEY}/cryptoKeyVersions/1"
ROLE = "projects/shop/roles/operator"
LOG_BUCKET = "projects/shop/locations/global/buckets/audit"
FUNCTION = "projects/shop/locations/europe-west1/functions/pay"
SERVICE = "projects/shop/locations/europe-west1/services/front"
ANN, EVE = "user:ann@example.com", "user:eve@example.com"
FUNCTIONS = "google.cloud.functions.v1.CloudFunctionsService"


def zone() -> dict[str, Any]:
    """A zone of private names."""
    return google(
        "google_dns_managed_zone.shop",
        id=f"projects/shop/{ZONE}",
        name="shop",
        dns_name="shop.example.",
        description="Managed by Terraform",
        visibility="private",
        dnssec_config=[],
    )


def host() -> dict[str, Any]:
    """The records of a name."""
    given = {"name": HOST, "type": "A", "ttl": 300, "rrdatas": ["198.51.100.7", "198.51.100.8"]}
    return google("google_dns_record_set.www", id=f"projects/shop/{ZONE}/rrsets/{HOST}/A", managed_zone="shop", **given)


def records(ttl: int = 300, *data: str, name: str = HOST) -> dict[str, Any]:
    """The records of a name as Cloud DNS logs them."""
    return {"name": name, "type": "A", "ttl": ttl, "rrdata": list(data or ("198.51.100.7", "198.51.100.8"))}


def changed(minutes: int, **change: Any) -> Step:
    """A change of the zone's records."""
    request = {
        "@type": "type.googleapis.com/cloud.dns.api.ChangesCreateRequest",
        "change": change,
        "managedZone": "shop",
    }
    return google_call(minutes, "dns.changes.create", ZONE, request, service="dns", status={})


def zone_patched(minutes: int, **body: Any) -> Step:
    """A patch of the zone."""
    request = {"managedZone": "shop", "managedZoneResource": body, "project": "shop"}
    return google_call(minutes, "dns.managedZones.patch", ZONE, request, service="dns")


def binding(address: str, **attributes: Any) -> dict[str, Any]:
    """A role that Ann alone has."""
    return google(address, id="x", role="roles/owner", members=[ANN], condition=[], **attributes)


def whole_policy(minutes: int, method: str, name: str, service: str, *members: str) -> Step:
    """A whole policy, which the entry gives without its deltas."""
    policy = {"bindings": [{"role": "roles/owner", "members": list(members)}], "etag": "BwYQYvUoBxs="}
    return google_call(minutes, method, name, {"policy": policy}, service=service)


def function() -> dict[str, Any]:
    """A function of the first generation."""
    return google(
        "google_cloudfunctions_function.pay",
        id=FUNCTION,
        name="pay",
        region="europe-west1",
        runtime="nodejs18",
        entry_point="pay",
        source_archive_object="pay-1.zip",
        ingress_settings="ALLOW_INTERNAL_ONLY",
    )


def function_call(minutes: int, verb: str, request: dict[str, Any] | None = None, **more: Any) -> Step:
    """A call about the function."""
    return google_call(minutes, f"{FUNCTIONS}.{verb}Function", FUNCTION, request, service="cloudfunctions", **more)


def newer_function() -> dict[str, Any]:
    """A function of the second generation."""
    build = [{"runtime": "nodejs18", "entry_point": "pay", "source": []}]
    return google(
        "google_cloudfunctions2_function.pay",
        id=FUNCTION,
        name="pay",
        location="europe-west1",
        build_config=build,
        service_config=[{"ingress_settings": "ALLOW_INTERNAL_ONLY"}],
    )


def role() -> dict[str, Any]:
    """A role of the project's own."""
    given = {"role_id": "operator", "title": "Operator", "description": "", "permissions": ["dns.changes.create"]}
    return google("google_project_iam_custom_role.operator", id=ROLE, **given)


def role_call(minutes: int, verb: str, **request: Any) -> Step:
    """A call about the role."""
    return google_call(minutes, f"google.iam.admin.v1.{verb}Role", ROLE, request, service="iam")


def key_version() -> dict[str, Any]:
    """A version of a key."""
    return google("google_kms_crypto_key_version.one", id=VERSION, name=VERSION, crypto_key=KEY, state="ENABLED")


def version_updated(minutes: int, state: str) -> Step:
    """An update of the version's state, whose method has no service in its name."""
    request = {"cryptoKeyVersion": {"name": VERSION, "state": state}, "updateMask": "state"}
    return google_call(minutes, "UpdateCryptoKeyVersion", VERSION, request, service="cloudkms", status={})


def log_bucket() -> dict[str, Any]:
    """Where logs are kept: its place is global, which is a location like any other."""
    given = {"bucket_id": "audit", "location": "global", "retention_days": 400}
    return google("google_logging_project_bucket_config.audit", id=LOG_BUCKET, **given)


def log_bucket_call(minutes: int, verb: str, request: dict[str, Any]) -> Step:
    """A call about the bucket of logs."""
    return google_call(
        minutes, f"google.logging.v2.ConfigServiceV2.{verb}Bucket", LOG_BUCKET, request, service="logging"
    )


MUST_ALARM: Scenarios = {
    "a zone deleted, whose name tells no project": (
        [wrote(0, zone()), google_call(1, "dns.managedZones.delete", ZONE, {"managedZone": "shop"}, service="dns")],
        [deleted("google_dns_managed_zone.shop", f"projects/shop/{ZONE}")],
    ),
    "a zone described otherwise": (
        [wrote(0, zone()), zone_patched(1, description="mine", visibility="PRIVATE")],
        [modified("google_dns_managed_zone.shop", "description", "Managed by Terraform", "mine")],
    ),
    "a name's records replaced": (
        [wrote(0, host()), changed(1, additions=[records(300, "203.0.113.9")], deletions=[records()])],
        [modified("google_dns_record_set.www", "rrdatas", ["198.51.100.7", "198.51.100.8"], ["203.0.113.9"])],
    ),
    "a name's records taken away": (
        [wrote(0, host()), changed(1, deletions=[records()])],
        [deleted("google_dns_record_set.www", f"projects/shop/{ZONE}/rrsets/{HOST}/A")],
    ),
    "records of a name that no state holds": (
        [wrote(0, host()), changed(1, additions=[records(name="new.shop.example.")])],
        [unmanaged("google_dns_record_set", "shop/shop/new.shop.example./A")],
    ),
    "a disk shared": (
        [
            wrote(0, binding("google_compute_disk_iam_binding.data", name="data", zone="europe-west1-b")),
            whole_policy(1, "v1.compute.disks.setIamPolicy", DISK, "compute", ANN, EVE),
        ],
        [modified("google_compute_disk_iam_binding.data", "members", [ANN], [ANN, EVE])],
    ),
    "a key given to somebody": (
        [
            wrote(0, binding("google_kms_crypto_key_iam_binding.orders", crypto_key_id=KEY)),
            whole_policy(1, "SetIamPolicy", KEY, "cloudkms", ANN, EVE),
        ],
        [modified("google_kms_crypto_key_iam_binding.orders", "members", [ANN], [ANN, EVE])],
    ),
    "a service opened to somebody": (
        [
            wrote(0, binding("google_cloud_run_v2_service_iam_binding.front", name="front", location="europe-west1")),
            whole_policy(1, "google.cloud.run.v1.Services.SetIamPolicy", SERVICE, "run", ANN, "allUsers"),
        ],
        [modified("google_cloud_run_v2_service_iam_binding.front", "members", [ANN], [ANN, "allUsers"])],
    ),
    "a key's version disabled": (
        [wrote(0, key_version()), version_updated(1, "DISABLED")],
        [modified("google_kms_crypto_key_version.one", "state", "ENABLED", "DISABLED")],
    ),
    "a bucket of logs deleted, in a global place": (
        [wrote(0, log_bucket()), log_bucket_call(1, "Delete", {"name": LOG_BUCKET})],
        [deleted("google_logging_project_bucket_config.audit", LOG_BUCKET)],
    ),
    "logs kept for a day": (
        [
            wrote(0, log_bucket()),
            log_bucket_call(1, "Update", {"bucket": {"retentionDays": 1}, "updateMask": "retentionDays"}),
        ],
        [modified("google_logging_project_bucket_config.audit", "retention_days", 400, 1)],
    ),
    "a function of another runtime and code": (
        [
            wrote(0, function()),
            function_call(
                1,
                "Update",
                {
                    "updateMask": "sourceUploadUrl,runtime",
                    "function": {"runtime": "nodejs20", "sourceUploadUrl": "https://x", "entryPoint": "old"},
                },
                operation="first",
            ),
        ],
        [
            modified("google_cloudfunctions_function.pay", "runtime", "nodejs18", "nodejs20"),
            unknown("google_cloudfunctions_function.pay", "source_archive_object", "pay-1.zip"),
        ],
    ),
    "a function of the second generation opened": (
        [
            wrote(0, newer_function()),
            function_call(
                1,
                "Update",
                {
                    "function": {
                        "buildConfig": {"runtime": "nodejs18"},
                        "serviceConfig": {"ingressSettings": "ALLOW_ALL"},
                    }
                },
                operation="first",
            ),
        ],
        [
            modified(
                "google_cloudfunctions2_function.pay",
                "service_config[0].ingress_settings",
                "ALLOW_INTERNAL_ONLY",
                "ALLOW_ALL",
            )
        ],
    ),
    "a function deleted": (
        [wrote(0, function()), function_call(1, "Delete", operation="last")],
        [deleted("google_cloudfunctions_function.pay", FUNCTION)],
    ),
    "a role that may do more": (
        [
            wrote(0, role()),
            role_call(1, "Update", role={"included_permissions": ["dns.changes.create", "iam.roles.update"]}),
        ],
        [
            modified(
                "google_project_iam_custom_role.operator",
                "permissions",
                ["dns.changes.create"],
                ["dns.changes.create", "iam.roles.update"],
            )
        ],
    ),
    "a role that no state holds": (
        [wrote(0, zone()), role_call(1, "Create", role={"title": "Operator"}, role_id="operator")],
        [unmanaged("google_project_iam_custom_role", "shop/operator")],
    ),
    "an image that no state holds": (
        [
            wrote(0, zone()),
            google_call(1, "v1.compute.images.insert", "projects/shop/global/images/win", operation="last"),
        ],
        [unmanaged("google_compute_image", "win")],
    ),
    "a service of Cloud Run by the older API": (
        [
            wrote(0, zone()),
            google_call(
                1, "google.cloud.run.v1.Services.CreateService", "namespaces/shop/services/front", service="run"
            ),
        ],
        [unmanaged("google_cloud_run_service", "front")],
    ),
}

MUST_NOT_ALARM: Scenarios = {
    "a name's records as they are, in another order": (
        [
            wrote(0, host()),
            changed(1, additions=[records(300, "198.51.100.8", "198.51.100.7")], deletions=[records(60)]),
        ],
        [],
    ),
    "records of another name replaced, which no state holds": (
        [
            wrote(0, host()),
            changed(1, additions=[records(60, name="x.example.")], deletions=[records(name="x.example.")]),
        ],
        [],
    ),
    "a record that proves who owns a name": (
        [wrote(0, host()), changed(1, additions=[records(name="_acme-challenge.shop.example.")])],
        [],
    ),
    "another zone's records of the same name": (
        [
            wrote(0, host()),
            google_call(
                1, "dns.changes.create", "managedZones/other", {"change": {"deletions": [records()]}}, service="dns"
            ),
        ],
        [],
    ),
    "a change that is none": (
        [
            wrote(0, host()),
            changed(1, additions={"name": HOST}, deletions=["x", {"name": [HOST], "type": {}}]),
        ],
        [],
    ),
    "a zone as it is": ([wrote(0, zone()), zone_patched(1, dnssecConfig={"state": "OFF"})], []),
    "a policy as it is": (
        [
            wrote(0, binding("google_kms_crypto_key_iam_binding.orders", crypto_key_id=KEY)),
            whole_policy(1, "SetIamPolicy", KEY, "cloudkms", ANN),
        ],
        [],
    ),
    "another key's policy": (
        [
            wrote(0, binding("google_kms_crypto_key_iam_binding.orders", crypto_key_id=KEY)),
            whole_policy(1, "SetIamPolicy", KEY.replace("orders", "other"), "cloudkms", EVE),
        ],
        [],
    ),
    "a function's update that failed": (
        [
            wrote(0, function()),
            function_call(1, "Update", {"function": {"runtime": "nodejs20"}}, status={"code": 3}),
        ],
        [],
    ),
}

SCENARIOS = MUST_ALARM | MUST_NOT_ALARM


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_call_ends_in_exactly_these_drifts(name: str) -> None:
    """Each alert comes twice, as Falco's may."""
    steps, expected = SCENARIOS[name]
    lines = sorted(line.replace(" by jane", f" by {JANE}") for line in expected)
    assert World().play(*steps).summary() == lines
    assert World().play(*steps, *steps[1:]).summary() == lines
