"""The mission: who changed what outside of Terraform, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.e2e.alerts import JANE, TERRAFORM, Alert, cloud_call, event_id, resize, shell, unprotect
from tests.e2e.estate import instance, instance_id, resource, state
from tests.pipeline import Pipeline, SseClient


async def observed(pipeline: Pipeline, client: SseClient, workspace: str, *resources: dict, at: datetime) -> None:
    """Write a workspace's first state and wait until the pipeline has it."""
    pipeline.write_state(workspace, state(1, *resources), at)
    await client.first("state_change", workspace=workspace, action="observed")


async def drifted(
    pipeline: Pipeline, client: SseClient, workspace: str, *others: dict, times: Iterator[datetime]
) -> tuple[str, dict]:
    """An instance of a state whose type a person has set to m5.large, and its open drift."""
    web = instance_id()
    await observed(pipeline, client, workspace, instance(web), *others, at=next(times))
    await pipeline.post(resize(web, "m5.large", next(times)))
    return web, await client.first("drift", new_value="m5.large", status="open")


async def test_the_first_sight_of_a_state_is_told_once_with_its_counts(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A new workspace gives one state_change `observed`, not one per resource."""
    async with pipeline.stream(f"?workspace={workspace}") as client:
        resources = [instance(instance_id(), f"web{number}") for number in range(3)]
        await observed(pipeline, client, workspace, *resources, at=next(times))
        pipeline.write_state(workspace, state(2, *resources[:2]), next(times))
        await client.first("state_change", serial=2)
    first, *later = client.of("state_change")
    assert first["resource_count"] == 3
    assert first["resource"] is None
    assert first["serial"] == 1
    assert [(change["action"], change["resource"]) for change in later] == [("deleted", "aws_instance.web2")]


async def test_a_change_by_a_person_behind_a_role_is_a_drift_that_names_the_person(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """One alert gives a falco event and a drift with the person, both values and the Terraform address."""
    web = instance_id()
    async with pipeline.stream() as client:
        await observed(pipeline, client, workspace, instance(web), at=next(times))
        alert = resize(web, "m5.4xlarge", next(times), who=JANE)
        assert await pipeline.post(alert) == 200
        falco = await client.first("falco", event_id=event_id(alert))
        drift = await client.first("drift", event_id=event_id(alert))
    assert falco["rule"] == "AWS infrastructure changed"
    assert falco["user_identity"] == drift["user_identity"]
    identity = drift["user_identity"]
    assert identity["type"] == "AssumedRole"
    assert identity["user_name"] == "jane.roe@example.com"
    assert identity["session_name"] == "jane.roe@example.com"
    assert identity["arn"] == JANE["ct.user.arn"]
    assert identity["via"] == "console"
    reported = {name: drift[name] for name in ("address", "attribute", "old_value", "new_value", "kind", "status")}
    assert reported == {
        "address": "aws_instance.web",
        "attribute": "instance_type",
        "old_value": "t3.medium",
        "new_value": "m5.4xlarge",
        "kind": "modified",
        "status": "open",
    }
    assert (drift["resource_id"], drift["workspace"], drift["source_ip"]) == (web, workspace, "203.0.113.24")
    assert drift["timestamp"] == falco["timestamp"]


async def test_setting_the_value_back_resolves_the_drift_as_reverted(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A call back to the state's value closes the same drift, and its history holds both steps."""
    async with pipeline.stream(f"?workspace={workspace}") as client:
        web, opened = await drifted(pipeline, client, workspace, times=times)
        await pipeline.post(resize(web, "t3.medium", next(times)))
        resolved = await client.first("drift", status="resolved")
    assert resolved["id"] == opened["id"]
    assert resolved["resolution"] == "reverted"
    assert [(step["status"], step["resolution"]) for step in resolved["history"]] == [
        ("open", None),
        ("resolved", "reverted"),
    ]


async def test_a_second_change_of_the_same_attribute_moves_the_open_drift_on(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """One attribute has one drift, whoever changes it next."""
    async with pipeline.stream(f"?workspace={workspace}") as client:
        web, opened = await drifted(pipeline, client, workspace, times=times)
        await pipeline.post(resize(web, "m5.xlarge", next(times), who=JANE))
        moved = await client.first("drift", new_value="m5.xlarge")
    assert moved["id"] == opened["id"]
    assert moved["user_identity"]["user_name"] == "jane.roe@example.com"
    assert [step["new_value"] for step in moved["history"]] == ["m5.large", "m5.xlarge"]


async def test_a_refresh_that_takes_the_foreign_value_absorbs_the_drift(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A new serial with the value that a person set makes the drift the record."""
    async with pipeline.stream(f"?workspace={workspace}") as client:
        web, opened = await drifted(pipeline, client, workspace, times=times)
        pipeline.write_state(workspace, state(2, instance(web, instance_type="m5.large")), next(times))
        resolved = await client.first("drift", status="resolved")
    assert (resolved["id"], resolved["resolution"]) == (opened["id"], "absorbed")
    assert resolved["history"][-1]["serial"] == 2


async def test_terraforms_own_call_on_an_open_drift_and_the_serial_after_it_apply_it(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """The drift is resolved as applied, since Terraform set the value that its state records."""
    async with pipeline.stream(f"?workspace={workspace}") as client:
        web, opened = await drifted(pipeline, client, workspace, times=times)
        await pipeline.post(resize(web, "m5.2xlarge", next(times), who=TERRAFORM))
        await pipeline.settled("drift-detector")  # the state must not come before Terraform's call
        pipeline.write_state(workspace, state(2, instance(web, instance_type="m5.2xlarge")), next(times))
        resolved = await client.first("drift", status="resolved")
    assert (resolved["id"], resolved["resolution"]) == (opened["id"], "applied")


async def test_a_resource_that_leaves_the_state_destroys_its_drift(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A drift of a resource that is gone is resolved as destroyed."""
    other = instance_id()
    async with pipeline.stream(f"?workspace={workspace}") as client:
        _, opened = await drifted(pipeline, client, workspace, instance(other, "db"), times=times)
        pipeline.write_state(workspace, state(2, instance(other, "db")), next(times))
        resolved = await client.first("drift", status="resolved")
    assert (resolved["id"], resolved["resolution"]) == (opened["id"], "destroyed")


async def test_a_managed_instance_that_a_person_terminates_is_a_drift_of_kind_deleted(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """The resource's existence drifts, not an attribute of it."""
    web = instance_id()
    async with pipeline.stream(f"?workspace={workspace}") as client:
        await observed(pipeline, client, workspace, instance(web), at=next(times))
        request = {"instancesSet": {"items": [{"instanceId": web}]}}
        await pipeline.post(cloud_call("TerminateInstances", request, next(times), who=JANE))
        drift = await client.first("drift")
    assert (drift["kind"], drift["attribute"], drift["address"]) == ("deleted", None, "aws_instance.web")
    assert drift["user_identity"]["user_name"] == "jane.roe@example.com"


async def test_an_instance_that_no_state_holds_is_unmanaged_until_one_does(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """Somebody starts an instance by hand; importing it resolves the drift."""
    web = instance_id()
    items = [{"instanceId": web, "imageId": "ami-0a1b2c3d4e5f60718", "instanceType": "t3.medium"}]
    async with pipeline.stream() as client:
        await observed(pipeline, client, workspace, instance(instance_id(), "other"), at=next(times))
        response = {"instancesSet": {"items": items}}
        await pipeline.post(cloud_call("RunInstances", {"instanceType": "t3.medium"}, next(times), response=response))
        opened = await client.first("drift", resource_id=web)
        imported = instance(web)
        pipeline.write_state(workspace, state(2, instance(instance_id(), "other"), imported), next(times))
        resolved = await client.first("drift", resource_id=web, status="resolved")
    assert (opened["kind"], opened["address"], opened["status"]) == ("unmanaged", None, "open")
    assert opened["resource_type"] == "aws_instance"
    assert resolved["id"] == opened["id"]


async def test_a_tag_drifts_by_its_key(pipeline: Pipeline, workspace: str, times: Iterator[datetime]) -> None:
    """CreateTags on one key is a drift of that key alone."""
    web = instance_id()
    async with pipeline.stream(f"?workspace={workspace}") as client:
        await observed(pipeline, client, workspace, instance(web), at=next(times))
        tags = {"items": [{"key": "Owner", "value": "john"}, {"key": "Name", "value": "web"}]}
        request = {"resourcesSet": {"items": [{"resourceId": web}]}, "tagSet": tags}
        await pipeline.post(cloud_call("CreateTags", request, next(times)), unprotect(web, next(times)))
        await client.first("drift", attribute="disable_api_termination")
        drift = await client.first("drift", attribute="tags.Owner")
    assert (drift["old_value"], drift["new_value"]) == ("platform", "john")
    assert {drift["attribute"] for drift in client.of("drift")} == {"tags.Owner", "disable_api_termination"}


async def test_terraforms_own_call_and_its_state_open_nothing(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """The call that `terraform apply` makes is followed by a serial, and neither is a drift."""
    web = instance_id()
    async with pipeline.stream(f"?workspace={workspace}") as client:
        await observed(pipeline, client, workspace, instance(web), at=next(times))
        await pipeline.post(resize(web, "m5.large", next(times), who=TERRAFORM))
        pipeline.write_state(workspace, state(2, instance(web, instance_type="m5.large")), next(times))
        change = await client.first("state_change", serial=2)
        await pipeline.post(unprotect(web, next(times)))
        await client.first("drift", attribute="disable_api_termination")
    assert [drift["attribute"] for drift in client.of("drift")] == ["disable_api_termination"]
    assert change["changes"] == [{"attribute": "instance_type", "old_value": "t3.medium", "new_value": "m5.large"}]


def _denied(web: str, at: datetime) -> Alert:
    request = {"instancesSet": {"items": [{"instanceId": web}]}}
    return cloud_call("TerminateInstances", request, at, error="Client.UnauthorizedOperation")


def _read(web: str, at: datetime) -> Alert:
    request = {"instancesSet": {"items": [{"instanceId": web}]}}
    return cloud_call("DescribeInstances", request, at, read_only=True)


def _same(web: str, at: datetime) -> Alert:
    return resize(web, "t3.medium", at)


@pytest.mark.parametrize("alert_of", [_denied, _read, _same], ids=["failed", "read-only", "same-value"])
async def test_a_call_that_changes_nothing_is_seen_and_is_no_drift(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime], alert_of
) -> None:
    """It arrives as a falco event; the drift of a later call is the first."""
    web = instance_id()
    async with pipeline.stream() as client:
        await observed(pipeline, client, workspace, instance(web), at=next(times))
        quiet = alert_of(web, next(times))
        assert await pipeline.post(quiet) == 200
        await client.first("falco", event_id=event_id(quiet))
        await pipeline.post(unprotect(web, next(times)))
        await client.first("drift", workspace=workspace, attribute="disable_api_termination")
    drifts = [drift for drift in client.of("drift") if drift["workspace"] == workspace]
    assert [drift["attribute"] for drift in drifts] == ["disable_api_termination"]


async def test_a_state_that_arrives_after_the_call_still_shows_the_drift(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """Alert and state may come in any order."""
    web = instance_id()
    written = next(times)
    async with pipeline.stream() as client:
        alert = resize(web, "m5.large", next(times))
        await pipeline.post(alert)
        await client.first("falco", event_id=event_id(alert))
        pipeline.write_state(workspace, state(1, instance(web)), written)
        drift = await client.first("drift", workspace=workspace)
    assert (drift["event_id"], drift["new_value"]) == (event_id(alert), "m5.large")


async def test_the_same_alert_posted_again_changes_nothing(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """Falco and falcosidekick may both send it, and either may send it again."""
    web = instance_id()
    async with pipeline.stream() as client:
        await observed(pipeline, client, workspace, instance(web), at=next(times))
        alert = resize(web, "m5.large", next(times))
        assert await pipeline.post(alert, alert, alert) == 200
        await client.first("drift", workspace=workspace)
        fence = shell()
        await pipeline.post(fence)
        await client.first("falco", uuid=fence["uuid"])
    assert [event["event_id"] for event in client.of("falco")].count(event_id(alert)) == 1
    assert [drift["workspace"] for drift in client.of("drift")].count(workspace) == 1


async def test_a_secret_never_leaves_in_the_clear(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A sensitive attribute that changes between serials is reported as `(sensitive)`."""

    def database(password: str) -> dict:
        found = resource("aws_db_instance", "orders", {"id": "orders", "identifier": "orders", "password": password})
        found["instances"][0]["sensitive_attributes"] = [[{"type": "get_attr", "value": "password"}]]
        return found

    async with pipeline.stream(f"?workspace={workspace}") as client:
        await observed(pipeline, client, workspace, database("hunter2-before"), at=next(times))
        pipeline.write_state(workspace, state(2, database("hunter2-after")), next(times))
        change = await client.first("state_change", serial=2)
    assert change["changes"] == [{"attribute": "password", "old_value": "(sensitive)", "new_value": "(sensitive)"}]
    assert not [stored for stored in await pipeline.ledger() if "hunter2" in str(stored)]
