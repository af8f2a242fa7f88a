"""Who may come in, and as what: user pools and their groups, identity pools, permission sets."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.terms import Scenarios, arn, deleted, modified, placed, unmanaged

POOL_ID = "eu-central-1_AbCdEf"
POOL = {"userPoolId": POOL_ID}
GROUP = "aws_cognito_user_group.admins"
OURS, OTHERS = arn("iam", "role/admins"), arn("iam", "role/owners")
PROVIDER = "aws_cognito_identity_provider.corp"
METADATA, ELSEWHERE = "https://idp.example.com/metadata", "https://idp.example.net/metadata"
ROLES = "aws_cognito_identity_pool_roles_attachment.app"
IDENTITIES = "eu-central-1:0a1b2c3d-0000-1111-2222-333344445555"
INSTANCE = "arn:aws:sso:::instance/ssoins-1111222233334444"
SET_ARN = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-5555666677778888"
ON_SET = {"instanceArn": INSTANCE, "permissionSetArn": SET_ARN}
BOUNDARY = "aws_ssoadmin_permissions_boundary_attachment.limit"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"

pool = placed("aws_cognito_user_pool.people", id=POOL_ID, arn=arn("cognito-idp", f"userpool/{POOL_ID}"), name="people")
admins = placed(
    GROUP, id=f"{POOL_ID}/admins", user_pool_id=POOL_ID, name="admins", role_arn=OURS, description="", precedence=1
)
member = placed(
    "aws_cognito_user_in_group.jane",
    id="terraform-20250101",
    user_pool_id=POOL_ID,
    group_name="admins",
    username="jane",
)
provider = placed(
    PROVIDER,
    id=f"{POOL_ID}:Corp",
    user_pool_id=POOL_ID,
    provider_name="Corp",
    provider_type="SAML",
    provider_details={"MetadataURL": METADATA, "SSORedirectBindingURI": "https://idp.example.com/sso"},
    attribute_mapping={"email": "mail"},
    idp_identifiers=[],
)
roles = placed(ROLES, id=IDENTITIES, identity_pool_id=IDENTITIES, roles={"authenticated": OURS}, role_mapping=[])
permissions = placed("aws_ssoadmin_permission_set.dev", id=f"{SET_ARN},{INSTANCE}", arn=SET_ARN, instance_arn=INSTANCE)
boundary = placed(
    BOUNDARY,
    id=f"{SET_ARN},{INSTANCE}",
    instance_arn=INSTANCE,
    permission_set_arn=SET_ARN,
    permissions_boundary=[{"managed_policy_arn": READER, "customer_managed_policy_reference": []}],
)
referred = placed(
    "aws_ssoadmin_customer_managed_policy_attachment.deploy",
    id=f"deploy,/,{SET_ARN},{INSTANCE}",
    instance_arn=INSTANCE,
    permission_set_arn=SET_ARN,
    customer_managed_policy_reference=[{"name": "deploy", "path": "/"}],
)


def regrouped(role: str) -> Step:
    """Somebody gives the group a role."""
    return called(5, "cognito-idp:UpdateGroup", {**POOL, "groupName": "admins", "roleArn": role})


def read_from(url: str) -> Step:
    """Somebody says where the provider's metadata are."""
    details: dict[str, Any] = {"providerDetails": {"MetadataURL": url}, "attributeMapping": {"email": "mail"}}
    return called(5, "cognito-idp:UpdateIdentityProvider", {**POOL, "providerName": "Corp", **details})


def in_roles(role: str) -> Step:
    """Somebody says what those may do that signed in."""
    request = {"identityPoolId": IDENTITIES, "roles": {"authenticated": role}}
    return called(5, "cognito-identity:SetIdentityPoolRoles", request)


def bounded(policy: str) -> Step:
    """Somebody bounds the permission set."""
    request = {**ON_SET, "permissionsBoundary": {"managedPolicyArn": policy}}
    return called(5, "sso:PutPermissionsBoundaryToPermissionSet", request)


SCENARIOS: Scenarios = {
    "a group's members are given another role": (
        [wrote(0, pool, admins), regrouped(OTHERS)],
        [modified(GROUP, "role_arn", OURS, OTHERS)],
    ),
    "a group's members are given the role that they have": ([wrote(0, pool, admins), regrouped(OURS)], []),
    "a group is deleted": (
        [wrote(0, pool, admins), called(5, "cognito-idp:DeleteGroup", {**POOL, "groupName": "admins"})],
        [deleted(GROUP, f"{POOL_ID}/admins")],
    ),
    "a group is made in a managed pool": (
        [wrote(0, pool), called(5, "cognito-idp:CreateGroup", {**POOL, "groupName": "owners", "roleArn": OTHERS})],
        [unmanaged("aws_cognito_user_group", f"{POOL_ID}/owners")],
    ),
    "Terraform makes a group": (
        [
            wrote(0, pool),
            applied(5, "cognito-idp:CreateGroup", {**POOL, "groupName": "admins", "roleArn": OURS}),
            wrote(6, pool, admins),
        ],
        [],
    ),
    "whom an application puts into a group no state holds": (
        [
            wrote(0, pool, admins, member),
            called(5, "cognito-idp:AdminAddUserToGroup", {**POOL, "groupName": "admins", "username": "joe"}),
        ],
        [],
    ),
    "a managed member is taken out of its group": (
        [
            wrote(0, pool, admins, member),
            called(5, "cognito-idp:AdminRemoveUserFromGroup", {**POOL, "groupName": "admins", "username": "jane"}),
        ],
        [deleted("aws_cognito_user_in_group.jane", "terraform-20250101")],
    ),
    "a provider's metadata are read from elsewhere": (
        [wrote(0, pool, provider), read_from(ELSEWHERE)],
        [modified(PROVIDER, "provider_details.MetadataURL", METADATA, ELSEWHERE)],
    ),
    "a provider's metadata are read from where they were": ([wrote(0, pool, provider), read_from(METADATA)], []),
    "a client of a managed pool is made": (
        [
            wrote(0, pool),
            called(
                5,
                "cognito-idp:CreateUserPoolClient",
                {**POOL, "clientName": "theirs"},
                response={"userPoolClient": {**POOL, "clientId": "3n4b5urk1ft4fl3mg5e62d9ado"}},
            ),
        ],
        [unmanaged("aws_cognito_user_pool_client", "3n4b5urk1ft4fl3mg5e62d9ado")],
    ),
    "who signed in may do more": (
        [wrote(0, roles), in_roles(OTHERS)],
        [modified(ROLES, "roles", {"authenticated": OURS}, {"authenticated": OTHERS})],
    ),
    "who signed in may do what he could": ([wrote(0, roles), in_roles(OURS)], []),
    "a managed permission set allows everything": (
        [
            wrote(0, permissions),
            called(5, "sso:AttachManagedPolicyToPermissionSet", {**ON_SET, "managedPolicyArn": ADMIN}),
        ],
        [unmanaged("aws_ssoadmin_managed_policy_attachment", f"{INSTANCE}/{SET_ARN}/{ADMIN}")],
    ),
    "Terraform lets a permission set read everything": (
        [
            wrote(0, permissions),
            applied(5, "sso:AttachManagedPolicyToPermissionSet", {**ON_SET, "managedPolicyArn": READER}),
        ],
        [],
    ),
    "a permission set loses the accounts' own policy": (
        [
            wrote(0, permissions, referred),
            called(
                5,
                "sso:DetachCustomerManagedPolicyReferenceFromPermissionSet",
                {**ON_SET, "customerManagedPolicyReference": {"name": "deploy"}},
            ),
        ],
        [deleted("aws_ssoadmin_customer_managed_policy_attachment.deploy", f"deploy,/,{SET_ARN},{INSTANCE}")],
    ),
    "a permission set's bounds are widened": (
        [wrote(0, permissions, boundary), bounded(ADMIN)],
        [modified(BOUNDARY, "permissions_boundary[0].managed_policy_arn", READER, ADMIN)],
    ),
    "a permission set's bounds are put as they are": ([wrote(0, permissions, boundary), bounded(READER)], []),
    "a permission set's bounds are lifted": (
        [wrote(0, permissions, boundary), called(5, "sso:DeletePermissionsBoundaryFromPermissionSet", ON_SET)],
        [deleted(BOUNDARY, f"{SET_ARN},{INSTANCE}")],
    ),
}
