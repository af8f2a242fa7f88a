"""CloudTrail trails."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, unknown
from tests.drift_detector.scenarios.general.tags import KEY_ARN

TRAIL = "aws_cloudtrail.main"
TRAIL_ARN = arn("cloudtrail", "trail/main")


def trail(**changes: Any) -> dict[str, Any]:
    """A trail as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "main",
        "name": "main",
        "arn": TRAIL_ARN,
        "enable_logging": True,
        "s3_bucket_name": "logs",
        "s3_key_prefix": "",
        "include_global_service_events": True,
        "is_multi_region_trail": True,
        "is_organization_trail": False,
        "enable_log_file_validation": True,
        "kms_key_id": "",
        "sns_topic_name": "",
    }
    return placed(TRAIL, **(attributes | changes))


def on_trail(name: str, trail_name: str = "main", minutes: int = 5, **request: Any) -> Step:
    """Somebody does something to the trail."""
    return called(minutes, f"cloudtrail:{name}", {"name": trail_name, **request})


SCENARIOS: Scenarios = {
    "logging stopped is a drift": (
        [wrote(0, trail()), on_trail("StopLogging")],
        [modified(TRAIL, "enable_logging", True, False)],
    ),
    "logging stopped by the trail's ARN is a drift": (
        [wrote(0, trail()), on_trail("StopLogging", TRAIL_ARN)],
        [modified(TRAIL, "enable_logging", True, False)],
    ),
    "logging stopped and started is reverted": (
        [wrote(0, trail()), on_trail("StopLogging"), on_trail("StartLogging", minutes=6)],
        [modified(TRAIL, "enable_logging", True, False, end="reverted")],
    ),
    "logging started that runs is no drift": ([wrote(0, trail()), on_trail("StartLogging")], []),
    "a trail updated unchanged is no drift": (
        [
            wrote(0, trail()),
            on_trail(
                "UpdateTrail",
                s3BucketName="logs",
                includeGlobalServiceEvents=True,
                isMultiRegionTrail=True,
                enableLogFileValidation=True,
                isOrganizationTrail=False,
            ),
        ],
        [],
    ),
    "a trail limited to one region is a drift": (
        [wrote(0, trail()), on_trail("UpdateTrail", isMultiRegionTrail=False)],
        [modified(TRAIL, "is_multi_region_trail", True, False)],
    ),
    "a trail's key named by its alias is the key that the response names": (
        [
            wrote(0, trail(kms_key_id=KEY_ARN)),
            called(
                5,
                "cloudtrail:UpdateTrail",
                {"name": "main", "kmsKeyId": "alias/main"},
                response={"name": "main", "trailARN": TRAIL_ARN, "kmsKeyId": KEY_ARN},
            ),
        ],
        [],
    ),
    "a trail's key named by an unresolved alias is a drift to an unknown value": (
        [
            wrote(0, trail(kms_key_id=KEY_ARN)),
            called(5, "cloudtrail:UpdateTrail", {"name": "main", "kmsKeyId": "alias/main"}),
        ],
        [unknown(TRAIL, "kms_key_id", KEY_ARN)],
    ),
    "a trail deleted is a drift": ([wrote(0, trail()), on_trail("DeleteTrail")], [deleted(TRAIL, "main")]),
    "a trail's tag in CloudTrail's own words is a drift": (
        [
            wrote(0, trail(tags={"Team": "ops"}, tags_all={"Team": "ops"})),
            called(
                5,
                "cloudtrail:RemoveTags",
                {"resourceId": arn("cloudtrail", "trail/main"), "tagsList": [{"key": "Team"}]},
            ),
        ],
        [modified("aws_cloudtrail.main", "tags.Team", "ops", None)],
    ),
    "a trail that the console sends unchanged is no drift": (
        [
            wrote(0, trail()),
            on_trail(
                "UpdateTrail",
                arn("cloudtrail", "trail/main"),
                s3BucketName="logs",
                includeGlobalServiceEvents=True,
                isMultiRegionTrail=True,
                enableLogFileValidation=True,
                kmsKeyId="",
                snsTopicName="",
                isOrganizationTrail=False,
            ),
        ],
        [],
    ),
}
