"""GuardDuty, Security Hub, Detective and Macie."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import ACCOUNT, applied, called, wrote
from tests.drift_detector.scenarios.builders import OTHER_ACCOUNT, Scenarios, arn, deleted, modified, placed, unmanaged
from tests.drift_detector.scenarios.data.streams import stream

DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"
LIST_ID = "1ab200428351c99d859bf61992460d24"
LIST = "aws_guardduty_threatintelset.known"
MACIE = "aws_macie2_account.main"
ADMIN = {"adminAccountId": OTHER_ACCOUNT}
HUB_ADMIN = "aws_securityhub_organization_admin_account.audit"
GRAPH_ADMIN = "aws_detective_organization_admin_account.audit"
STANDARD = "aws_securityhub_standards_subscription.cis"
RULESET = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"
SUBSCRIBED = arn("securityhub", "subscription/cis-aws-foundations-benchmark/v/1.2.0")
ANSWER = {"standardsSubscriptions": [{"standardsArn": RULESET, "standardsSubscriptionArn": SUBSCRIBED}]}
CONTROL = "aws_securityhub_standards_control_association.root_keys"
DESTINATION = "aws_guardduty_publishing_destination.findings"
DESTINATION_ID = "42b200428351c99d859bf61992460d24"
hub = placed("aws_securityhub_account.main", id="123456789012", arn=arn("securityhub", "hub/default"))
hub_admin = placed(HUB_ADMIN, id=OTHER_ACCOUNT, admin_account_id=OTHER_ACCOUNT)
graph_admin = placed(GRAPH_ADMIN, id=OTHER_ACCOUNT, account_id=OTHER_ACCOUNT, region="eu-central-1")
standard = placed(STANDARD, id=SUBSCRIBED, standards_arn=RULESET)
control = placed(
    CONTROL,
    id=f"IAM.4,{RULESET}",
    security_control_id="IAM.4",
    standards_arn=RULESET,
    association_status="ENABLED",
    updated_reason=None,
)
destination = placed(
    DESTINATION,
    id=f"{DETECTOR}:{DESTINATION_ID}",
    detector_id=DETECTOR,
    destination_type="S3",
    destination_arn="arn:aws:s3:::findings",
)


def known_list(**changes: Any) -> dict[str, Any]:
    """A detector's list of bad addresses: the provider's id is made of the detector's and the list's."""
    attributes: dict[str, Any] = {
        "id": f"{DETECTOR}:{LIST_ID}",
        "detector_id": DETECTOR,
        "arn": arn("guardduty", f"detector/{DETECTOR}/threatintelset/{LIST_ID}"),
        "name": "known",
        "format": "TXT",
        "location": "s3://lists/known.txt",
    }
    return placed(LIST, **(attributes | changes))


def macie() -> dict[str, Any]:
    """Macie of an account and region, which has no name: what else the provider made tells them."""
    return placed(
        MACIE,
        id=ACCOUNT,
        finding_publishing_frequency="FIFTEEN_MINUTES",
        status="ENABLED",
        service_role=arn("iam", "role/macie"),
    )


SCENARIOS: Scenarios = {
    "a detector switched off is a drift": (
        [
            wrote(
                0,
                placed("aws_guardduty_detector.main", id="d1", arn=arn("guardduty", "detector/d1"), enable=True),
            ),
            called(5, "guardduty:UpdateDetector", {"detectorId": "d1", "enable": False}),
        ],
        [modified("aws_guardduty_detector.main", "enable", True, False)],
    ),
    "a filter that archives findings of a managed detector is unmanaged": (
        [
            wrote(0, placed("aws_guardduty_detector.main", id="d1", enable=True)),
            called(5, "guardduty:CreateFilter", {"detectorId": "d1", "name": "quiet", "action": "ARCHIVE"}),
        ],
        [unmanaged("aws_guardduty_filter", "d1/quiet")],
    ),
    "trusted addresses are found by the provider's composed id": (
        [
            wrote(0, placed("aws_guardduty_ipset.office", id="d1:s1", detector_id="d1", activate=True)),
            called(5, "guardduty:DeleteIPSet", {"detectorId": "d1", "ipSetId": "s1"}),
        ],
        [deleted("aws_guardduty_ipset.office", "d1:s1")],
    ),
    "a sub-resource is found by a part of its composed id": (
        [
            wrote(0, known_list()),
            called(5, "guardduty:DeleteThreatIntelSet", {"detectorId": DETECTOR, "threatIntelSetId": LIST_ID}),
        ],
        [deleted(LIST, f"{DETECTOR}:{LIST_ID}")],
    ),
    "a list of the same id in another detector is not meant": (
        [
            wrote(0, known_list()),
            called(5, "guardduty:DeleteThreatIntelSet", {"detectorId": "f" * 32, "threatIntelSetId": LIST_ID}),
        ],
        [],
    ),
    "an update of a sub-resource names a part of its composed id": (
        [
            wrote(0, known_list()),
            called(
                5,
                "guardduty:UpdateThreatIntelSet",
                {"detectorId": DETECTOR, "threatIntelSetId": LIST_ID, "location": "s3://lists/other.txt"},
            ),
        ],
        [modified(LIST, "location", "s3://lists/known.txt", "s3://lists/other.txt")],
    ),
    "a list created in a detector is unmanaged, and no drift of the detector": (
        [
            wrote(0, placed("aws_guardduty_detector.main", id=DETECTOR, enable=True), known_list()),
            called(
                5,
                "guardduty:CreateThreatIntelSet",
                {"detectorId": DETECTOR, "name": "mine", "format": "TXT", "location": "s3://x/y", "activate": False},
                response={"threatIntelSetId": "0" * 32},
            ),
        ],
        [unmanaged("aws_guardduty_threatintelset", "0" * 32)],
    ),
    "an account setting without a name is found": (
        [
            wrote(0, macie(), stream()),
            called(5, "macie2:UpdateMacieSession", {"findingPublishingFrequency": "SIX_HOURS"}),
        ],
        [modified(MACIE, "finding_publishing_frequency", "FIFTEEN_MINUTES", "SIX_HOURS")],
    ),
    "a setting of the account is removed": (
        [wrote(0, macie(), stream()), called(5, "macie2:DisableMacie")],
        [deleted(MACIE, ACCOUNT)],
    ),
    "the same setting in another region is not meant": (
        [
            wrote(0, macie(), stream()),
            called(5, "macie2:UpdateMacieSession", {"findingPublishingFrequency": "SIX_HOURS"}, region="us-east-1"),
        ],
        [],
    ),
    "Security Hub's administrator account is disabled": (
        [wrote(0, hub_admin), called(5, "securityhub:DisableOrganizationAdminAccount", ADMIN)],
        [deleted(HUB_ADMIN, OTHER_ACCOUNT)],
    ),
    "the second administrator account of Security Hub is disabled": (
        [
            wrote(0, hub_admin),
            called(5, "securityhub:DisableOrganizationAdminAccount", {**ADMIN, "feature": "SecurityHubV2"}),
        ],
        [],
    ),
    "Terraform disables Security Hub's administrator account": (
        [wrote(0, hub_admin), applied(5, "securityhub:DisableOrganizationAdminAccount", ADMIN), wrote(6)],
        [],
    ),
    "Detective's administrator account is disabled without being named": (
        [wrote(0, hub, graph_admin), called(5, "detective:DisableOrganizationAdminAccount")],
        [deleted(GRAPH_ADMIN, OTHER_ACCOUNT)],
    ),
    "an administrator account of GuardDuty is enabled": (
        [wrote(0, hub), called(5, "guardduty:EnableOrganizationAdminAccount", ADMIN)],
        [unmanaged("aws_guardduty_organization_admin_account", OTHER_ACCOUNT)],
    ),
    "a standard is not checked any more": (
        [
            wrote(0, hub, standard),
            called(5, "securityhub:BatchDisableStandards", {"standardsSubscriptionArns": [SUBSCRIBED]}),
        ],
        [deleted(STANDARD, SUBSCRIBED)],
    ),
    "Terraform has a standard checked": (
        [
            wrote(0, hub),
            applied(
                5,
                "securityhub:BatchEnableStandards",
                {"standardsSubscriptionRequests": [{"standardsArn": RULESET}]},
                response=ANSWER,
            ),
            wrote(6, hub, standard),
        ],
        [],
    ),
    "a control is switched off": (
        [
            wrote(0, hub, control),
            called(
                5,
                "securityhub:BatchUpdateStandardsControlAssociations",
                {
                    "standardsControlAssociationUpdates": [
                        {"securityControlId": "IAM.4", "standardsArn": RULESET, "associationStatus": "DISABLED"}
                    ]
                },
            ),
        ],
        [modified(CONTROL, "association_status", "ENABLED", "DISABLED")],
    ),
    "a list of threat addresses is deactivated": (
        [
            wrote(0, known_list(activate=True)),
            called(
                5,
                "guardduty:UpdateThreatIntelSet",
                {"detectorId": DETECTOR, "threatIntelSetId": LIST_ID, "activate": False},
            ),
        ],
        [modified(LIST, "activate", True, False)],
    ),
    "the publishing destination of findings is deleted": (
        [
            wrote(0, destination),
            called(
                5,
                "guardduty:DeletePublishingDestination",
                {"detectorId": DETECTOR, "destinationId": DESTINATION_ID},
            ),
        ],
        [deleted(DESTINATION, f"{DETECTOR}:{DESTINATION_ID}")],
    ),
}
