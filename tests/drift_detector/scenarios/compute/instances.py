"""EC2 instances and volumes, key pairs, and an account's EC2 settings."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other, web
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import (
    OTHER_ACCOUNT,
    Scenarios,
    arn,
    deleted,
    items,
    modified,
    placed,
    unknown,
    unmanaged,
)
from tests.drift_detector.scenarios.general.tags import WEB, pair, tagged, untag
from tests.drift_detector.scenarios.network.routes_and_subnets import VOLUME, volume


def disk(**changes: Any) -> dict[str, Any]:
    """An instance with a root volume and one more, both inline."""
    attributes: dict[str, Any] = {
        "root_block_device": [
            {
                "device_name": "/dev/xvda",
                "volume_id": "vol-1",
                "volume_size": 8,
                "volume_type": "gp2",
                "iops": 100,
                "throughput": 0,
                "delete_on_termination": True,
            }
        ],
        "ebs_block_device": [
            {"device_name": "/dev/sdf", "volume_id": "vol-2", "volume_size": 20, "volume_type": "gp3", "iops": 3000},
            {"device_name": "/dev/sdg", "volume_id": "vol-3", "volume_size": 20, "volume_type": "gp3", "iops": 3000},
        ],
        "instance_initiated_shutdown_behavior": None,
        "user_data": "d2b5ca33bd970f64a6301fa75ae2eb22",
        "instance_state": "running",
    }
    return web(**(attributes | changes))


SECOND = disk()["instances"][0]["attributes"]["ebs_block_device"][0]
THIRD = disk()["instances"][0]["attributes"]["ebs_block_device"][1]
GROUP = "aws_resourcegroups_group.staging"
GROUP_ARN = arn("resource-groups", "group/staging")
PAIR = "aws_key_pair.ops"
DESKTOP = "aws_workspaces_workspace.jane"
OFFERED = "aws_vpc_endpoint_service.billing"
RESERVED = "aws_ec2_capacity_reservation.nightly"
desktop = placed(DESKTOP, id="ws-1", directory_id="d-1", user_name="jane")
offered = placed(OFFERED, id="vpce-svc-1", service_name="com.amazonaws.vpce.eu-central-1.vpce-svc-1")
reserved = placed(RESERVED, id="cr-1", instance_count=2, instance_type="m5.large")
IPAM_ADMIN = "aws_vpc_ipam_organization_admin_account.network"
ipam_admin = placed(IPAM_ADMIN, id=OTHER_ACCOUNT, delegated_admin_account_id=OTHER_ACCOUNT)


def grow(volume_id: str, **request: Any) -> Step:
    """Somebody changes a volume."""
    return called(5, "ec2:ModifyVolume", {"ModifyVolumeRequest": {"VolumeId": volume_id, **request}})


def on_instance(**request: Any) -> Step:
    """Somebody changes the instance."""
    return called(5, "ec2:ModifyInstanceAttribute", {"instanceId": "i-1", **request}, response={"_return": True})


def metadata_service(**request: Any) -> Step:
    """Somebody changes the instance's metadata options."""
    asked = {"ModifyInstanceMetadataOptionsRequest": {"InstanceId": "i-1", **request}}
    return called(5, "ec2:ModifyInstanceMetadataOptions", asked)


def group() -> dict[str, Any]:
    """A group of resources."""
    return placed(GROUP, id="staging", name="staging", arn=GROUP_ARN, description="all of staging")


def key_pair() -> dict[str, Any]:
    """A key pair."""
    return placed(PAIR, id="ops", key_name="ops", key_pair_id="key-01", arn=arn("ec2", "key-pair/ops"))


def made_pair() -> Step:
    """A pair is made; each scenario has a call of its own, since the shared pipeline takes in every event once."""
    return called(5, "ec2:CreateKeyPair", {"keyName": "ops"}, response={"keyName": "ops", "keyPairId": "key-01"})


SCENARIOS: Scenarios = {
    "an instance stopped by hand is no drift, as no attribute records it": (
        [
            wrote(0, web(instance_state="running")),
            called(5, "ec2:StopInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}, "force": False}),
        ],
        [],
    ),
    "a stopped instance is a drift where its power state is managed": (
        [
            wrote(0, web(), placed("aws_ec2_instance_state.web", id="i-1", instance_id="i-1", state="running")),
            called(5, "ec2:StopInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}}),
        ],
        [modified("aws_ec2_instance_state.web", "state", "running", "stopped")],
    ),
    "instance metadata without a required token is a drift": (
        [
            wrote(0, web(metadata_options=[{"http_tokens": "required", "http_endpoint": "enabled"}]), other()),
            called(
                5,
                "ec2:ModifyInstanceMetadataOptions",
                {
                    "ModifyInstanceMetadataOptionsRequest": {
                        "InstanceId": "i-1",
                        "HttpTokens": "optional",
                        "HttpEndpoint": "enabled",
                    }
                },
            ),
        ],
        [modified("aws_instance.web", "metadata_options[0].http_tokens", "required", "optional")],
    ),
    "a member that an older provider does not record is ignored": (
        [
            wrote(0, web(metadata_options=[{"http_endpoint": "enabled", "http_tokens": "required"}])),
            metadata_service(HttpTokens="optional", HttpProtocolIpv6="disabled", InstanceMetadataTags="enabled"),
        ],
        [modified("aws_instance.web", "metadata_options[0].http_tokens", "required", "optional")],
    ),
    "a member that the block leaves unset has the default of the instance": (
        [
            wrote(0, web(metadata_options=[{"http_tokens": "required", "instance_metadata_tags": ""}])),
            metadata_service(HttpTokens="required", InstanceMetadataTags="disabled"),
        ],
        [],
    ),
    "a member that the block has and leaves unset is a drift": (
        [
            wrote(0, web(metadata_options=[{"http_tokens": "required", "instance_metadata_tags": ""}])),
            metadata_service(InstanceMetadataTags="enabled"),
        ],
        [modified("aws_instance.web", "metadata_options[0].instance_metadata_tags", "", "enabled")],
    ),
    "an inline volume after the first grows": (
        [wrote(0, disk()), grow("vol-3", Size=40)],
        [modified(WEB, "ebs_block_device", [SECOND, THIRD], [SECOND, {"volume_id": "vol-3", "volume_size": 40}])],
    ),
    "an inline volume keeps its size": ([wrote(0, disk()), grow("vol-2", Size=20, VolumeType="gp3")], []),
    "a root volume of a newer kind": (
        [wrote(0, disk()), grow("vol-1", VolumeType="gp3")],
        [modified(WEB, "root_block_device[0].volume_type", "gp2", "gp3")],
    ),
    "a volume of its own of a newer kind": (
        [wrote(0, disk(), volume(id="vol-9", type="gp2")), grow("vol-9", VolumeType="gp3", Iops=3000, Throughput=125)],
        [modified(VOLUME, "type", "gp2", "gp3")],
    ),
    "a root volume that outlives its instance": (
        [
            wrote(0, disk()),
            on_instance(blockDeviceMapping=items({"deviceName": "/dev/xvda", "ebs": {"deleteOnTermination": False}})),
        ],
        [modified(WEB, "root_block_device[0].delete_on_termination", True, False)],
    ),
    "another volume that outlives its instance": (
        [
            wrote(0, disk()),
            on_instance(blockDeviceMapping=items({"deviceName": "/dev/sdz", "ebs": {"deleteOnTermination": False}})),
        ],
        [],
    ),
    "an instance that stops when it shuts down, which older providers do not record": (
        [wrote(0, disk()), on_instance(instanceInitiatedShutdownBehavior={"value": "stop"})],
        [],
    ),
    "an instance set to terminate on shutdown": (
        [wrote(0, disk()), on_instance(instanceInitiatedShutdownBehavior={"value": "terminate"})],
        [modified(WEB, "instance_initiated_shutdown_behavior", None, "terminate")],
    ),
    "user data, which the log hides": (
        [wrote(0, disk()), on_instance(userData="<sensitiveDataRemoved>")],
        [unknown(WEB, "user_data", "(sensitive)")],
    ),
    "an instance is stopped, resized and started": (
        [
            wrote(0, disk()),
            called(4, "ec2:StopInstances", {"instancesSet": items({"instanceId": "i-1"}), "force": False}),
            on_instance(instanceType={"value": "t3.large"}),
            called(6, "ec2:StartInstances", {"instancesSet": items({"instanceId": "i-1"})}),
        ],
        [modified(WEB, "instance_type", "t3.micro", "t3.large")],
    ),
    "two instances are terminated, of which one is managed": (
        [
            wrote(0, disk()),
            called(
                5,
                "ec2:TerminateInstances",
                {"instancesSet": items({"instanceId": "i-8"}, {"instanceId": "i-1"})},
                response={"requestId": "r", "instancesSet": items({"instanceId": "i-8"}, {"instanceId": "i-1"})},
            ),
        ],
        [deleted(WEB, "i-1")],
    ),
    "all tags are removed by one call": (
        [
            wrote(0, tagged({"Env": "prod"}, Owner="ops")),
            called(5, "ec2:DeleteTags", {"resourcesSet": items({"resourceId": "i-1"}), "tagSet": {}}),
        ],
        [modified(WEB, "tags.Env", "prod", None), modified(WEB, "tags.Owner", "ops", None)],
    ),
    "a tag is removed by a value that it does not have": (
        [wrote(0, tagged({"Env": "prod"})), untag(pair("Env", "test"))],
        [],
    ),
    "a tag is removed by its value": (
        [wrote(0, tagged({"Env": "prod"})), untag(pair("Env", "prod"))],
        [modified(WEB, "tags.Env", "prod", None)],
    ),
    "a tag that is not there is removed": ([wrote(0, tagged({"Env": "prod"})), untag({"key": "Team"})], []),
    "an account's serial console is opened": (
        [
            wrote(0, web(), placed("aws_ec2_serial_console_access.this", id="eu-central-1", enabled=False)),
            called(
                5,
                "ec2:EnableSerialConsoleAccess",
                {"EnableSerialConsoleAccessRequest": ""},
                response={"EnableSerialConsoleAccessResponse": {"serialConsoleAccessEnabled": True}},
            ),
        ],
        [modified("aws_ec2_serial_console_access.this", "enabled", False, True)],
    ),
    "an account's snapshots may be shared with everybody": (
        [
            wrote(
                0,
                web(),
                placed("aws_ebs_snapshot_block_public_access.this", id="eu-central-1", state="block-all-sharing"),
            ),
            called(5, "ec2:DisableSnapshotBlockPublicAccess", {"DisableSnapshotBlockPublicAccessRequest": ""}),
        ],
        [modified("aws_ebs_snapshot_block_public_access.this", "state", "block-all-sharing", "unblocked")],
    ),
    "a group is named by its ARN or its name": (
        [
            wrote(0, group()),
            called(5, "resource-groups:UpdateGroup", {"group": GROUP_ARN, "description": "mine"}),
        ],
        [modified(GROUP, "description", "all of staging", "mine")],
    ),
    "a key pair is created": ([wrote(0, web()), made_pair()], [unmanaged("aws_key_pair", "key-01")]),
    "a key pair is created and deleted by its name": (
        [
            wrote(0, web()),
            made_pair(),
            called(6, "ec2:DeleteKeyPair", {"keyName": "ops"}, response={"_return": True, "keyPairId": "key-01"}),
        ],
        [unmanaged("aws_key_pair", "key-01", end="reverted")],
    ),
    "Terraform imports a key pair": (
        [
            wrote(0, web()),
            applied(5, "ec2:ImportKeyPair", {"keyName": "ops"}, response={"keyName": "ops", "keyPairId": "key-01"}),
            wrote(6, web(), key_pair()),
        ],
        [],
    ),
    "a workspace desktop is terminated": (
        [
            wrote(0, desktop),
            called(
                5,
                "workspaces:TerminateWorkspaces",
                {"terminateWorkspaceRequests": [{"workspaceId": "ws-1"}, {"workspaceId": "ws-2"}]},
                response={"failedRequests": []},
            ),
        ],
        [deleted(DESKTOP, "ws-1")],
    ),
    "an endpoint service is deleted, and a capacity reservation cancelled": (
        [
            wrote(0, offered, reserved),
            called(
                5,
                "ec2:DeleteVpcEndpointServiceConfigurations",
                {"DeleteVpcEndpointServiceConfigurationsRequest": {"ServiceId": {"tag": 1, "content": "vpce-svc-1"}}},
            ),
            called(
                6,
                "ec2:CancelCapacityReservation",
                {"CancelCapacityReservationRequest": {"CapacityReservationId": "cr-1"}},
            ),
        ],
        [deleted(OFFERED, "vpce-svc-1"), deleted(RESERVED, "cr-1")],
    ),
    "IPAM's administrator account is disabled": (
        [
            wrote(0, ipam_admin),
            called(
                5,
                "ec2:DisableIpamOrganizationAdminAccount",
                {"DisableIpamOrganizationAdminAccountRequest": {"delegatedAdminAccountId": OTHER_ACCOUNT}},
            ),
        ],
        [deleted(IPAM_ADMIN, OTHER_ACCOUNT)],
    ),
}
