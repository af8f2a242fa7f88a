"""KMS keys, aliases, replicas and key policies."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import ACCOUNT, Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import (
    Scenarios,
    allow,
    arn,
    deleted,
    modified,
    placed,
    policy,
    spaced,
    text,
    unmanaged,
)
from tests.drift_detector.scenarios.general.tags import KEY_ARN

KEY = "aws_kms_key.main"
KEY_ID = KEY_ARN.rpartition("/")[2]
OWN = policy(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
ANYBODY = policy(allow("kms:*", Principal="*"))
REPLICA_ARN = arn("kms", "key/mrk-1", region="us-west-2")


def key(**changes: Any) -> dict[str, Any]:
    """A key as a state holds it."""
    attributes: dict[str, Any] = {
        "id": KEY_ID,
        "key_id": KEY_ID,
        "arn": KEY_ARN,
        "is_enabled": True,
        "enable_key_rotation": True,
        "policy": text(OWN),
    }
    return placed(KEY, **(attributes | changes))


def on_key(name: str, key_id: str = KEY_ID, minutes: int = 5, **more: Any) -> Step:
    """Somebody does something to the key."""
    return called(minutes, f"kms:{name}", {"keyId": key_id}, **more)


def alias(target: str) -> dict[str, Any]:
    """Another name of a key."""
    return placed(
        "aws_kms_alias.main",
        id="alias/main",
        name="alias/main",
        arn=arn("kms", "alias/main"),
        target_key_id=target,
    )


SCENARIOS: Scenarios = {
    "a key disabled is a drift": ([wrote(0, key()), on_key("DisableKey")], [modified(KEY, "is_enabled", True, False)]),
    "a key disabled and enabled is reverted": (
        [wrote(0, key()), on_key("DisableKey"), on_key("EnableKey", KEY_ARN, 6)],
        [modified(KEY, "is_enabled", True, False, end="reverted")],
    ),
    "a key enabled that is on is no drift": ([wrote(0, key()), on_key("EnableKey")], []),
    "a key named by its alias is found by the event's resource": (
        [
            wrote(0, key()),
            on_key(
                "DisableKey",
                "alias/main",
                resources=text({"ARN": KEY_ARN, "accountId": ACCOUNT, "type": "AWS::KMS::Key"}),
            ),
        ],
        [modified(KEY, "is_enabled", True, False)],
    ),
    "rotation switched on that is on is no drift": ([wrote(0, key()), on_key("EnableKeyRotation")], []),
    "rotation switched off is a drift": (
        [wrote(0, key()), on_key("DisableKeyRotation")],
        [modified(KEY, "enable_key_rotation", True, False)],
    ),
    "switching off a rotation that was never on is no drift": (
        [wrote(0, key(enable_key_rotation=None)), on_key("DisableKeyRotation")],
        [],
    ),
    "a key scheduled for deletion is deleted": (
        [wrote(0, key()), called(5, "kms:ScheduleKeyDeletion", {"keyId": KEY_ID, "pendingWindowInDays": 7})],
        [deleted(KEY, KEY_ID)],
    ),
    "a cancelled key deletion leaves the key, disabled": (
        [wrote(0, key()), on_key("ScheduleKeyDeletion"), on_key("CancelKeyDeletion", minutes=6)],
        [deleted(KEY, KEY_ID, end="reverted"), modified(KEY, "is_enabled", True, False)],
    ),
    "a key's policy put unchanged is no drift": (
        [
            wrote(0, key()),
            called(5, "kms:PutKeyPolicy", {"keyId": KEY_ID, "policyName": "default", "policy": spaced(OWN)}),
        ],
        [],
    ),
    "a key policy opened to everybody is a drift": (
        [
            wrote(0, key()),
            called(5, "kms:PutKeyPolicy", {"keyId": KEY_ID, "policyName": "default", "policy": spaced(ANYBODY)}),
        ],
        [modified(KEY, "policy", text(OWN), text(ANYBODY))],
    ),
    "a key whose deletion is cancelled exists, disabled": (
        [wrote(0, key()), on_key("ScheduleKeyDeletion"), on_key("CancelKeyDeletion", minutes=6)],
        [
            deleted("aws_kms_key.main", KEY_ID, end="reverted"),
            modified("aws_kms_key.main", "is_enabled", True, False),
        ],
    ),
    "a key whose deletion is cancelled and that is enabled again is reverted": (
        [
            wrote(0, key()),
            on_key("ScheduleKeyDeletion"),
            on_key("CancelKeyDeletion", minutes=6),
            on_key("EnableKey", minutes=7),
        ],
        [
            deleted("aws_kms_key.main", KEY_ID, end="reverted"),
            modified("aws_kms_key.main", "is_enabled", True, False, end="reverted"),
        ],
    ),
    "a key policy in another spelling is no drift": (
        [
            wrote(0, key()),
            called(5, "kms:PutKeyPolicy", {"keyId": KEY_ARN, "policyName": "default", "policy": spaced(OWN)}),
        ],
        [],
    ),
    "a key's own policy is a resource of its own": (
        [
            wrote(0, key(), placed("aws_kms_key_policy.main", id=KEY_ID, key_id=KEY_ARN, policy=text(OWN))),
            called(5, "kms:PutKeyPolicy", {"keyId": KEY_ID, "policyName": "default", "policy": text(ANYBODY)}),
        ],
        [modified("aws_kms_key_policy.main", "policy", text(OWN), text(ANYBODY))],
    ),
    "an alias that gets the key it has is no drift": (
        [
            wrote(0, alias(KEY_ID)),
            called(5, "kms:UpdateAlias", {"aliasName": "alias/main", "targetKeyId": KEY_ARN}),
        ],
        [],
    ),
    "an alias that gets another key is a drift": (
        [
            wrote(0, alias(KEY_ARN)),
            called(5, "kms:UpdateAlias", {"aliasName": "alias/main", "targetKeyId": "9f9f"}),
        ],
        [modified("aws_kms_alias.main", "target_key_id", KEY_ARN, "9f9f")],
    ),
    "a key's description by its ARN is a drift": (
        [
            wrote(0, key(description="main")),
            called(5, "kms:UpdateKeyDescription", {"keyId": KEY_ARN, "description": "old"}),
        ],
        [modified("aws_kms_key.main", "description", "main", "old")],
    ),
    "a key created by hand is unmanaged until its deletion is scheduled": (
        [
            wrote(0, key()),
            called(
                5,
                "kms:CreateKey",
                {"origin": "AWS_KMS", "policy": text(OWN)},
                response={"keyMetadata": {"keyId": "9f9f", "arn": arn("kms", "key/9f9f")}},
            ),
            on_key("ScheduleKeyDeletion", "9f9f", 6),
        ],
        [unmanaged("aws_kms_key", "9f9f", end="reverted")],
    ),
    "a replica of imported material that Terraform creates is managed": (
        [
            wrote(0, key()),
            applied(
                5,
                "kms:ReplicateKey",
                {"keyId": "mrk-1", "replicaRegion": "us-west-2"},
                response={"replicaKeyMetadata": {"keyId": "mrk-1", "arn": REPLICA_ARN}},
            ),
            wrote(
                6,
                key(),
                placed("aws_kms_replica_external_key.west", id="mrk-1", key_id="mrk-1", arn=REPLICA_ARN),
            ),
        ],
        [],
    ),
    "a replica in another region created by hand is unmanaged": (
        [
            wrote(0, key()),
            called(
                5,
                "kms:ReplicateKey",
                {"keyId": "mrk-1", "replicaRegion": "us-west-2"},
                response={"replicaKeyMetadata": {"keyId": "mrk-1", "arn": REPLICA_ARN}},
            ),
        ],
        [unmanaged("aws_kms_replica_key", "mrk-1")],
    ),
    "a rotation on demand is no drift": (
        [wrote(0, key()), on_key("RotateKeyOnDemand"), on_key("EnableKeyRotation", minutes=6)],
        [],
    ),
    "a key's tag in KMS's own field names is a drift": (
        [
            wrote(0, key(tags={"Team": "ops"}, tags_all={"Team": "ops"})),
            called(5, "kms:TagResource", {"keyId": KEY_ID, "tags": [{"tagKey": "Team", "tagValue": "eve"}]}),
        ],
        [modified("aws_kms_key.main", "tags.Team", "ops", "eve")],
    ),
}
