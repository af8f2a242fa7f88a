"""Organizations: policies, trusted services and accounts; service quotas."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import ACCOUNT, Step, called, wrote
from tests.drift_detector.scenarios.builders import OTHER_ACCOUNT, Scenarios, modified, placed, spaced, text, unmanaged
from tests.drift_detector.scenarios.identity.iam import ANYTHING, READ

ORGANIZATION = "aws_organizations_organization.main"
MEMBER = placed(
    "aws_organizations_account.shop",
    id=OTHER_ACCOUNT,
    arn=f"arn:aws:organizations::{ACCOUNT}:account/o-abc/{OTHER_ACCOUNT}",
    name="shop",
    parent_id="ou-ab12-11111111",
)
QUOTA = "aws_servicequotas_service_quota.vpcs"
quota = placed(QUOTA, id="vpc/L-F678F1CE", service_code="vpc", quota_code="L-F678F1CE", value=10)


def organization(**changes: Any) -> dict[str, Any]:
    """The organization as its management account's state holds it."""
    attributes: dict[str, Any] = {
        "id": "o-abc",
        "arn": f"arn:aws:organizations::{ACCOUNT}:organization/o-abc",
        "enabled_policy_types": ["SERVICE_CONTROL_POLICY"],
        "aws_service_access_principals": ["sso.amazonaws.com"],
        "feature_set": "ALL",
        "roots": [{"id": "r-ab12", "name": "Root", "policy_types": []}],
    }
    return placed(ORGANIZATION, **(attributes | changes))


def on_organization(name: str, **request: Any) -> Step:
    """Somebody changes the organization, which is in us-east-1 for all."""
    return called(5, f"organizations:{name}", request, region="us-east-1")


SCENARIOS: Scenarios = {
    "service control policies switched off are a drift": (
        [
            wrote(0, organization()),
            on_organization("DisablePolicyType", rootId="r-ab12", policyType="SERVICE_CONTROL_POLICY"),
        ],
        [modified(ORGANIZATION, "enabled_policy_types", ["SERVICE_CONTROL_POLICY"], [])],
    ),
    "a trusted service trusted again is no drift": (
        [wrote(0, organization()), on_organization("EnableAWSServiceAccess", servicePrincipal="sso.amazonaws.com")],
        [],
    ),
    "an account moved out of its unit is a drift": (
        [
            wrote(0, organization(), MEMBER),
            on_organization(
                "MoveAccount",
                accountId=OTHER_ACCOUNT,
                sourceParentId="ou-ab12-11111111",
                destinationParentId="r-ab12",
            ),
        ],
        [modified("aws_organizations_account.shop", "parent_id", "ou-ab12-11111111", "r-ab12")],
    ),
    "a policy attached to a managed root is unmanaged, one attached to an unmanaged unit is ignored": (
        [
            wrote(0, organization()),
            on_organization("AttachPolicy", policyId="p-1", targetId="r-ab12"),
            on_organization("AttachPolicy", policyId="p-1", targetId="ou-ab12-99999999"),
        ],
        [unmanaged("aws_organizations_policy_attachment", "p-1/r-ab12")],
    ),
    "an organization's resource policy is the only one of the account": (
        [
            wrote(
                0,
                other(),
                placed(
                    "aws_organizations_resource_policy.main",
                    id="rp-1",
                    arn=f"arn:aws:organizations::{ACCOUNT}:resourcepolicy/o-abc/rp-1",
                    content=text(READ),
                ),
            ),
            on_organization("PutResourcePolicy", content=spaced(READ)),
            on_organization("PutResourcePolicy", content=text(ANYTHING)),
        ],
        [modified("aws_organizations_resource_policy.main", "content", text(READ), text(ANYTHING))],
    ),
    "a quota request for the present value is no drift": (
        [
            wrote(0, quota),
            called(
                5,
                "servicequotas:RequestServiceQuotaIncrease",
                {"serviceCode": "vpc", "quotaCode": "L-F678F1CE", "desiredValue": 10},
            ),
        ],
        [],
    ),
}
