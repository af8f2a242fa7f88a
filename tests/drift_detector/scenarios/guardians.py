"""What looks after an organization's security: who runs it, what it checks, and what it knows."""

from __future__ import annotations

from tests.drift_detector.playbook import applied, called, wrote
from tests.drift_detector.scenarios.rarer import DETECTOR, LIST, LIST_ID, known_list
from tests.drift_detector.scenarios.terms import OTHER_ACCOUNT, Scenarios, arn, deleted, modified, placed, unmanaged

ADMIN = {"adminAccountId": OTHER_ACCOUNT}
HUB_ADMIN = "aws_securityhub_organization_admin_account.audit"
GRAPH_ADMIN = "aws_detective_organization_admin_account.audit"
IPAM_ADMIN = "aws_vpc_ipam_organization_admin_account.network"
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
ipam_admin = placed(IPAM_ADMIN, id=OTHER_ACCOUNT, delegated_admin_account_id=OTHER_ACCOUNT)
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
authorized = placed(
    "aws_config_aggregate_authorization.audit",
    id=f"{OTHER_ACCOUNT}:eu-central-1",
    account_id=OTHER_ACCOUNT,
    authorized_aws_region="eu-central-1",
)

SCENARIOS: Scenarios = {
    "Security Hub's account is dismissed": (
        [wrote(0, hub_admin), called(5, "securityhub:DisableOrganizationAdminAccount", ADMIN)],
        [deleted(HUB_ADMIN, OTHER_ACCOUNT)],
    ),
    "the second Security Hub's account is dismissed": (
        [
            wrote(0, hub_admin),
            called(5, "securityhub:DisableOrganizationAdminAccount", {**ADMIN, "feature": "SecurityHubV2"}),
        ],
        [],
    ),
    "Terraform dismisses Security Hub's account": (
        [wrote(0, hub_admin), applied(5, "securityhub:DisableOrganizationAdminAccount", ADMIN), wrote(6)],
        [],
    ),
    "Detective's account is dismissed without being named": (
        [wrote(0, hub, graph_admin), called(5, "detective:DisableOrganizationAdminAccount")],
        [deleted(GRAPH_ADMIN, OTHER_ACCOUNT)],
    ),
    "the account of the addresses is dismissed": (
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
    "an account is made to look after GuardDuty": (
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
    "a list of bad addresses is not heeded any more": (
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
    "findings are not published any more": (
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
    "another account may not collect what is recorded any more": (
        [
            wrote(0, authorized),
            called(
                5,
                "config:DeleteAggregationAuthorization",
                {"authorizedAccountId": OTHER_ACCOUNT, "authorizedAwsRegion": "eu-central-1"},
            ),
        ],
        [deleted("aws_config_aggregate_authorization.audit", f"{OTHER_ACCOUNT}:eu-central-1")],
    ),
}
