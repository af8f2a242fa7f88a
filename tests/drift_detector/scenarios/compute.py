"""Instances and volumes, and what an account has set for all of them."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import Step, called, wrote
from tests.drift_detector.scenarios.networks import VOLUME, volume
from tests.drift_detector.scenarios.tags import WEB, pair, tagged, untag
from tests.drift_detector.scenarios.terms import (
    Scenarios,
    deleted,
    items,
    modified,
    placed,
    unknown,
)


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


def grow(volume_id: str, **request: Any) -> Step:
    """Somebody changes a volume."""
    return called(5, "ec2:ModifyVolume", {"ModifyVolumeRequest": {"VolumeId": volume_id, **request}})


def on_instance(**request: Any) -> Step:
    """Somebody changes the instance."""
    return called(5, "ec2:ModifyInstanceAttribute", {"instanceId": "i-1", **request}, response={"_return": True})


SECOND, THIRD = disk()["instances"][0]["attributes"]["ebs_block_device"]


def metadata_service(**request: Any) -> Step:
    """Somebody changes how the instance is told of itself."""
    asked = {"ModifyInstanceMetadataOptionsRequest": {"InstanceId": "i-1", **request}}
    return called(5, "ec2:ModifyInstanceMetadataOptions", asked)


SCENARIOS: Scenarios = {
    "an older provider's block says nothing of the members that it does not know": (
        [
            wrote(0, web(metadata_options=[{"http_endpoint": "enabled", "http_tokens": "required"}])),
            metadata_service(HttpTokens="optional", HttpProtocolIpv6="disabled", InstanceMetadataTags="enabled"),
        ],
        [modified("aws_instance.web", "metadata_options[0].http_tokens", "required", "optional")],
    ),
    "what an instance does not offer by default is not offered where the block leaves it unset": (
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
    "an inline volume that is not the first grows": (
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
    "an instance that is gone when it shuts down": (
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
    "all tags are taken away at once": (
        [
            wrote(0, tagged({"Env": "prod"}, Owner="ops")),
            called(5, "ec2:DeleteTags", {"resourcesSet": items({"resourceId": "i-1"}), "tagSet": {}}),
        ],
        [modified(WEB, "tags.Env", "prod", None), modified(WEB, "tags.Owner", "ops", None)],
    ),
    "a tag is taken away by a value that it does not have": (
        [wrote(0, tagged({"Env": "prod"})), untag(pair("Env", "test"))],
        [],
    ),
    "a tag is taken away by its value": (
        [wrote(0, tagged({"Env": "prod"})), untag(pair("Env", "prod"))],
        [modified(WEB, "tags.Env", "prod", None)],
    ),
    "a tag that is not there is taken away": ([wrote(0, tagged({"Env": "prod"})), untag({"key": "Team"})], []),
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
}
