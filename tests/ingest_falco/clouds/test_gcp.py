"""Google Cloud: what the ledger says of an alert of Falco's gcpaudit plugin, whatever of the entry the rule names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.clouds.google.gcp import FIRST, LAST
from tests.ingest_falco.samples import body, host_alert
from tfdrift.events import CloudCall, Json, UserIdentity, Via
from tfdrift.subjects import Provider

NAME = "projects/shop/zones/europe-west1-b/instances/web"
REQUEST = {"@type": "type.googleapis.com/compute.instances.setTags", "tags": ["http"]}


def log_entry(**changes: Json) -> dict[str, Any]:
    """An entry as Cloud Logging writes it; changes are members of ``protoPayload``."""
    return {
        "insertId": "-dl9hmre1i3ge",
        "logName": "projects/shop/logs/cloudaudit.googleapis.com%2Factivity",
        "timestamp": "2025-01-15T09:59:58.274985Z",
        "resource": {
            "type": "gce_instance",
            "labels": {"project_id": "shop", "zone": "europe-west1-b", "instance_id": "866871467450502233"},
        },
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "compute.googleapis.com",
            "methodName": "v1.compute.instances.setTags",
            "resourceName": NAME,
            "authenticationInfo": {"principalEmail": "ann@example.com"},
            "authorizationInfo": [{"granted": True, "permission": "compute.instances.setTags"}],
            "requestMetadata": {
                "callerIp": "198.51.100.7",
                "callerSuppliedUserAgent": "google-cloud-sdk gcloud/470.0.0 command/gcloud.compute.instances.add-tags",
            },
            "request": REQUEST,
            **changes,
        },
    }


def plugin_fields() -> dict[str, Json]:
    """The plugin's own fields of the same entry: what a rule of before names."""
    return {
        "gcp.user": "ann@example.com",
        "gcp.callerIP": "198.51.100.7",
        "gcp.userAgent": "google-cloud-sdk gcloud/470.0.0 command/gcloud.compute.instances.add-tags",
        "gcp.serviceName": "compute.googleapis.com",
        "gcp.methodName": "v1.compute.instances.setTags",
        "gcp.resourceName": NAME,
        "gcp.projectId": "shop",
        "gcp.location": "europe-west1",
        "gcp.request": json.dumps(REQUEST),
        "gcp.policyDelta": "null",
    }


def normalised(fields: dict[str, Any], **changes: Any) -> Normalised:
    alert = {**host_alert(source="gcp_auditlog", output_fields=fields), **changes}
    return normalise(parse_alert(body(alert)))


def of_entry(**changes: Json) -> Normalised:
    return normalised({"json.obj": json.dumps(log_entry(**changes))})


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"json.obj": json.dumps(log_entry())}, id="the whole entry"),
        pytest.param({"jevt.obj": json.dumps(log_entry(), indent=2)}, id="the whole entry, by the older name"),
        pytest.param(
            {
                **plugin_fields(),
                "json.value[/insertId]": "-dl9hmre1i3ge",
                "json.value[/timestamp]": "2025-01-15T09:59:58.274985Z",
            },
            id="the plugin's fields and two pointers",
        ),
    ],
)
def test_a_call_is_logged_in_full(fields: dict[str, Json]) -> None:
    """The same entry makes the same event, whichever way the rule sends it."""
    result = normalised(fields)
    event = result.event
    assert str(event.subject()) == "tfdrift.falco.critical.gcp.compute"
    assert (event.provider, event.service, event.event_name) == (
        Provider.GCP,
        "compute",
        "v1.compute.instances.setTags",
    )
    assert (event.event_id, event.account_id, event.region) == ("-dl9hmre1i3ge", "shop", "europe-west1")
    assert (event.source_ip, event.error_code, event.read_only) == ("198.51.100.7", None, False)
    assert event.timestamp == result.occurred == datetime(2025, 1, 15, 9, 59, 58, 274985, tzinfo=UTC)
    assert [resource.arn for resource in event.resources] == [NAME]
    assert event.output_fields is None
    assert result.call == CloudCall(event_source="compute.googleapis.com", request=REQUEST)
    assert event.user_identity is not None
    assert (event.user_identity.user_name, event.user_identity.via) == ("ann@example.com", Via.CLI)


def test_without_the_entrys_id_what_is_logged_of_it_is_the_id() -> None:
    """Falco's own rules name no id: a repeated alert is still one event, and another call another one."""
    first, again = normalised(plugin_fields()), normalised(plugin_fields(), uuid="other-at-each-receipt")
    later = normalised(plugin_fields(), time="2025-01-15T11:00:00Z")
    assert first.message_id == again.message_id != later.message_id
    assert first.event.event_id is not None
    assert first.event.event_id.startswith("derived-")


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        pytest.param(
            {"principalEmail": "ann@example.com"},
            UserIdentity(type="User", user_name="ann@example.com", principal_id="ann@example.com", via=Via.CLI),
            id="a person",
        ),
        pytest.param(
            {"principalEmail": "ci@shop.iam.gserviceaccount.com"},
            UserIdentity(
                type="ServiceAccount",
                user_name="ci@shop.iam.gserviceaccount.com",
                principal_id="ci@shop.iam.gserviceaccount.com",
                account_id="shop",
                via=Via.CLI,
            ),
            id="a service account",
        ),
        pytest.param(
            {
                "principalEmail": "ci@shop.iam.gserviceaccount.com",
                "serviceAccountDelegationInfo": [{"firstPartyPrincipal": {"principalEmail": "ann@example.com"}}],
            },
            UserIdentity(
                type="ServiceAccount",
                user_name="ann@example.com",
                principal_id="ci@shop.iam.gserviceaccount.com",
                account_id="shop",
                session_name="ci@shop.iam.gserviceaccount.com",
                via=Via.CLI,
            ),
            id="a person who impersonates a service account",
        ),
        pytest.param(
            {"principalSubject": "principal://iam.googleapis.com/locations/global/workforcePools/p/subject/ann"},
            UserIdentity(
                type="Principal",
                user_name="ann",
                arn="principal://iam.googleapis.com/locations/global/workforcePools/p/subject/ann",
                principal_id="principal://iam.googleapis.com/locations/global/workforcePools/p/subject/ann",
                via=Via.CLI,
            ),
            id="a person of an identity pool",
        ),
        pytest.param(
            {"principalEmail": "service-123456789012@container-engine-robot.iam.gserviceaccount.com"},
            UserIdentity(
                type="ServiceAgent",
                user_name="service-123456789012@container-engine-robot.iam.gserviceaccount.com",
                principal_id="service-123456789012@container-engine-robot.iam.gserviceaccount.com",
                via=Via.SERVICE,
            ),
            id="a robot of Google's",
        ),
        pytest.param({}, None, id="nobody"),
    ],
)
def test_the_person_behind_a_call(who: dict[str, Json], expected: UserIdentity | None) -> None:
    """Whoever started it, not the account that it ran as."""
    assert of_entry(authenticationInfo=who).event.user_identity == expected


@pytest.mark.parametrize(
    ("agent", "via"),
    [
        (
            "Terraform/1.9.5 (+https://www.terraform.io) Terraform-Plugin-SDK/2.33.0 terraform-provider-google/6.8.0",
            "terraform",
        ),
        ("OpenTofu/1.8.0 (+https://opentofu.org) terraform-provider-google/6.8.0,gzip(gfe)", "terraform"),
        ("google-cloud-sdk gcloud/470.0.0 command/gcloud.compute.firewall-rules.update", "cli"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/113.0.0.0 Safari/537.36,gzip(gfe)", "console"),
        ("google-api-go-client/0.5 Pulumi/3 (https://www.pulumi.com) terraform-provider-google/6", "sdk"),
        ("gl-python/3.11.6 grpc/1.60.0 gax/2.15.0", "sdk"),
        ("", "unknown"),
    ],
)
def test_the_way_that_a_caller_came(agent: str, via: str) -> None:
    """The agents that Google's own tools and Terraform send."""
    metadata = {"callerSuppliedUserAgent": agent}
    identity = of_entry(requestMetadata=metadata).event.user_identity
    assert identity is not None
    assert identity.via == via


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"status": {}}, None),
        ({"status": {"code": 7, "message": "denied"}}, "PERMISSION_DENIED"),
        ({"status": {"code": 99}}, "99"),
        ({"authorizationInfo": [{"permission": "compute.instances.setTags"}]}, "PERMISSION_DENIED"),
        ({"authorizationInfo": [{"permission": "a"}, {"permission": "b", "granted": True}]}, None),
    ],
)
def test_a_failed_call_is_logged_as_failed(changes: dict[str, Json], error: str | None) -> None:
    """By its status; where the entry has none, by its permissions, of which one may be enough."""
    assert of_entry(**changes).event.error_code == error


@pytest.mark.parametrize(("operation", "phase"), [({"first": True}, FIRST), ({"last": True}, LAST), ({}, None)])
def test_the_entries_of_an_operation_are_logged_apart(operation: dict[str, Json], phase: str | None) -> None:
    """One has the request, the other the outcome; what began and ended at once has one entry with both marks."""
    entry = log_entry() | {"operation": operation}
    call = normalised({"json.obj": json.dumps(entry)}).call
    assert call is not None
    assert call.event_type == phase


def test_the_entries_of_an_operation_say_that_they_belong_together() -> None:
    """By the id that one producer gave them; an entry of its own belongs to none."""
    logged = {"id": "operation-1", "producer": "container.googleapis.com"}
    marks = ({"first": True}, {"last": True}, {"first": True, "last": True})
    calls = [normalised({"json.obj": json.dumps(log_entry() | {"operation": logged | one})}).call for one in marks]
    assert [call and call.operation for call in calls] == [*["container.googleapis.com/operation-1"] * 2, None]


def test_a_policys_changes_travel_with_the_call() -> None:
    """The request is the whole policy; who got what is in the deltas alone."""
    deltas = [{"action": "ADD", "role": "roles/owner", "member": "user:eve@example.com"}]
    sent = of_entry(serviceData={"policyDelta": {"bindingDeltas": deltas}}, response={"etag": "x"}).call
    assert sent is not None
    assert sent.response == {"etag": "x", "bindingDeltas": deltas}


@pytest.mark.parametrize(
    ("method", "reads"), [("v1.compute.instances.aggregatedList", True), ("storage.buckets.get", True)]
)
def test_a_call_that_only_reads(method: str, reads: bool) -> None:
    """Data Access logs are full of them."""
    assert of_entry(methodName=method).event.read_only is reads


def test_a_field_that_is_no_json_costs_only_itself() -> None:
    """An unreadable part is named; the alert still arrives as a call."""
    result = normalised({**plugin_fields(), "gcp.request": '{"tags":'})
    assert [gap.part for gap in result.gaps] == ["request"]
    assert result.event.event_name == "v1.compute.instances.setTags"


def test_an_alert_that_names_no_method_passes_with_its_fields() -> None:
    """A rule that prints something else is still an alert."""
    assert normalised({"gcp.user": "ann@example.com"}).event.output_fields == {"gcp.user": "ann@example.com"}


def test_what_the_service_says_of_a_change_goes_on() -> None:
    """Compute Engine reports the keys of changed metadata there alone."""
    logged = {"instanceMetadataDelta": {"addedMetadataKeys": ["ssh-keys"]}}
    sent = of_entry(metadata=logged, response={"name": "operation-1"}).call
    assert sent is not None
    assert sent.response == {"name": "operation-1", "metadata": logged}


def test_a_plugins_field_in_jsons_quotes_is_text() -> None:
    """Some of gcpaudit's fields are the JSON of a label; of a zone it cuts off the last two characters of that."""
    fields = {**plugin_fields(), "gcp.resourceName": '"projects/shop/x"', "gcp.location": '"europe-west1-'}
    event = normalised(fields).event
    assert (event.resources[0].arn, event.region) == ("projects/shop/x", "europe-west1")
