"""Cognito user pools and identity pools, and permission sets of IAM Identity Center."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import Called, Step, applied, called, wrote
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

USER_POOL = "aws_cognito_user_pool.people"
ADMINISTRATORS = "aws_ssoadmin_permission_set_inline_policy.admins"
POOL_ID = "eu-central-1_AbCdEf"
POOL = {"userPoolId": POOL_ID}
GROUP = "aws_cognito_user_group.admins"
OURS = arn("iam", "role/admins")
OTHERS = arn("iam", "role/owners")
PROVIDER = "aws_cognito_identity_provider.corp"
METADATA = "https://idp.example.com/metadata"
OTHER_METADATA = "https://idp.example.net/metadata"
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


def pool_arn(name: str) -> str:
    """A pool of users."""
    return arn("cognito-idp", f"userpool/{name}")


def made_pool(minutes: int, name: str) -> Called:
    """A pool of users, always of one name."""
    answer = {"userPool": {"id": name, "arn": pool_arn(name), "name": "people"}}
    return called(minutes, "cognito-idp:CreateUserPool", {"poolName": "people"}, response=answer)


def administrators() -> dict[str, Any]:
    """A permission set's own policy as a state holds it."""
    return placed(
        ADMINISTRATORS,
        id="ps-1,ins-1",
        instance_arn="arn:aws:sso:::instance/ins-1",
        permission_set_arn="arn:aws:sso:::permissionSet/ins-1/ps-1",
        inline_policy=text(policy(allow())),
    )


def on_administrators(name: str, **request: Any) -> Step:
    """Somebody does something to the permission set."""
    names = {
        "instanceArn": "arn:aws:sso:::instance/ins-1",
        "permissionSetArn": "arn:aws:sso:::permissionSet/ins-1/ps-1",
    }
    return called(5, f"sso:{name}", names | request)


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
    "a user pool created again under its name is another pool": (
        [
            wrote(0, web()),
            made_pool(5, "eu-central-1_AAAAAAAAA"),
            called(6, "cognito-idp:DeleteUserPool", {"userPoolId": "eu-central-1_AAAAAAAAA"}),
            made_pool(7, "eu-central-1_BBBBBBBBB"),
        ],
        [
            unmanaged("aws_cognito_user_pool", pool_arn("eu-central-1_AAAAAAAAA"), end="reverted"),
            unmanaged("aws_cognito_user_pool", pool_arn("eu-central-1_BBBBBBBBB")),
        ],
    ),
    "a user pool without a second factor is a drift": (
        [
            wrote(
                0,
                placed(
                    USER_POOL,
                    id="eu-central-1_AbCdEf",
                    arn=arn("cognito-idp", "userpool/eu-central-1_AbCdEf"),
                    mfa_configuration="ON",
                    software_token_mfa_configuration=[{"enabled": True}],
                ),
            ),
            called(
                5, "cognito-idp:SetUserPoolMfaConfig", {"userPoolId": "eu-central-1_AbCdEf", "mfaConfiguration": "OFF"}
            ),
        ],
        [modified(USER_POOL, "mfa_configuration", "ON", "OFF")],
    ),
    "a permission set's own policy removed is a drift": (
        [wrote(0, administrators()), on_administrators("DeleteInlinePolicyFromPermissionSet")],
        [deleted(ADMINISTRATORS, "ps-1,ins-1")],
    ),
    "a permission set's own policy put unchanged is no drift": (
        [
            wrote(0, administrators()),
            on_administrators("PutInlinePolicyToPermissionSet", inlinePolicy=spaced(policy(allow()))),
        ],
        [],
    ),
    "a permission set that may do anything is a drift": (
        [
            wrote(0, administrators()),
            on_administrators("PutInlinePolicyToPermissionSet", inlinePolicy=text(policy(allow("*")))),
        ],
        [modified(ADMINISTRATORS, "inline_policy", text(policy(allow())), text(policy(allow("*"))))],
    ),
    "a group's members are given another role": (
        [wrote(0, pool, admins), regrouped(OTHERS)],
        [modified(GROUP, "role_arn", OURS, OTHERS)],
    ),
    "a group's members are given the role that they have": ([wrote(0, pool, admins), regrouped(OURS)], []),
    "a group is deleted": (
        [wrote(0, pool, admins), called(5, "cognito-idp:DeleteGroup", {**POOL, "groupName": "admins"})],
        [deleted(GROUP, f"{POOL_ID}/admins")],
    ),
    "a group is created in a managed pool": (
        [wrote(0, pool), called(5, "cognito-idp:CreateGroup", {**POOL, "groupName": "owners", "roleArn": OTHERS})],
        [unmanaged("aws_cognito_user_group", f"{POOL_ID}/owners")],
    ),
    "Terraform creates a group": (
        [
            wrote(0, pool),
            applied(5, "cognito-idp:CreateGroup", {**POOL, "groupName": "admins", "roleArn": OURS}),
            wrote(6, pool, admins),
        ],
        [],
    ),
    "a user that an application adds to a group is ignored": (
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
    "an identity provider's metadata URL is changed": (
        [wrote(0, pool, provider), read_from(OTHER_METADATA)],
        [modified(PROVIDER, "provider_details.MetadataURL", METADATA, OTHER_METADATA)],
    ),
    "an identity provider's metadata URL set to its value is no drift": (
        [wrote(0, pool, provider), read_from(METADATA)],
        [],
    ),
    "a client of a managed pool is created": (
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
    "an identity pool gets another authenticated role": (
        [wrote(0, roles), in_roles(OTHERS)],
        [modified(ROLES, "roles", {"authenticated": OURS}, {"authenticated": OTHERS})],
    ),
    "an identity pool gets the authenticated role that it has": ([wrote(0, roles), in_roles(OURS)], []),
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
    "a permission set loses a customer managed policy": (
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
