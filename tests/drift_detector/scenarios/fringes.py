"""What few estates have: names that only a deletion tells, and settings that open an account or a share."""

from __future__ import annotations

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import ACCOUNT, applied, called, wrote
from tests.drift_detector.scenarios.terms import (
    OTHER_ACCOUNT,
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

VAULT = "aws_glacier_vault.archive"
ALIAS = "aws_iot_role_alias.cameras"
LAYER = "aws_lambda_layer_version.requests"
LAYER_ARN = arn("lambda", "layer:requests")
INTERFACE = "aws_dx_hosted_private_virtual_interface.partner"
INTERFACE_ID = "dxvif-ffhhk74f"
SHARE = "aws_ram_resource_share.network"
SHARE_ARN = arn("ram", "resource-share/01234567-abcd")
GUARD = "aws_emr_block_public_access_configuration.main"
WORKGROUP = "aws_athena_workgroup.analysts"
ALLOCATION = {"connectionId": "dxcon-ffabc123", "ownerAccount": OTHER_ACCOUNT}
POINT = "aws_s3_access_point.finance"
POINT_ARN = arn("s3", "accesspoint/finance")
GRANTED = "aws_s3control_access_point_policy.finance"
OURS = text(policy(allow(Principal={"AWS": arn("iam", "role/app")})))
ANYBODY = text(policy(allow(Principal="*")))

point = placed(POINT, id=f"{ACCOUNT}:finance", arn=POINT_ARN, name="finance", account_id=ACCOUNT, policy=OURS)
granted = placed(GRANTED, id=f"{ACCOUNT}:finance", access_point_arn=POINT_ARN, policy=OURS)
vault = placed(VAULT, id="archive", name="archive", arn=arn("glacier", "vaults/archive"))
alias = placed(ALIAS, id="cameras", alias="cameras", role_arn=arn("iam", "role/cameras"))
layer = placed(
    LAYER, id=f"{LAYER_ARN}:3", arn=f"{LAYER_ARN}:3", layer_arn=LAYER_ARN, layer_name="requests", version="3"
)
interface = placed(INTERFACE, id=INTERFACE_ID, arn=arn("directconnect", f"dxvif/{INTERFACE_ID}"), mtu=1500)
share = placed(SHARE, id=SHARE_ARN, arn=SHARE_ARN, name="network", allow_external_principals=False)
member = placed(
    "aws_ram_principal_association.partner",
    id=f"{SHARE_ARN},{OTHER_ACCOUNT}",
    resource_share_arn=SHARE_ARN,
    principal=OTHER_ACCOUNT,
)
guard = placed(
    GUARD,
    id="current",
    block_public_security_group_rules=True,
    permitted_public_security_group_rule_range=[{"min_range": 22, "max_range": 22}],
)
results = {
    "encryption_configuration": [{"encryption_option": "SSE_S3", "kms_key_arn": ""}],
    "output_location": "s3://r/",
}
workgroup = placed(
    WORKGROUP,
    id="analysts",
    name="analysts",
    configuration=[{"enforce_workgroup_configuration": True, "result_configuration": [results]}],
)

SCENARIOS: Scenarios = {
    "a vault is named without the account that its calls are made in": (
        [wrote(0, vault), called(5, "glacier:DeleteVault", {"accountId": "-", "vaultName": "archive"})],
        [deleted(VAULT, "archive")],
    ),
    "an alias of a role is given another": (
        [
            wrote(0, alias),
            called(5, "iot:UpdateRoleAlias", {"roleAlias": "cameras", "roleArn": arn("iam", "role/admin")}),
        ],
        [modified(ALIAS, "role_arn", arn("iam", "role/cameras"), arn("iam", "role/admin"))],
    ),
    "an access point is deleted by its name": (
        [wrote(0, point), called(5, "s3:DeleteAccessPoint", {"name": "finance"})],
        [deleted(POINT, f"{ACCOUNT}:finance")],
    ),
    "an access point's policy is a resource of its own": (
        [
            wrote(0, granted),
            called(
                5,
                "s3:PutAccessPointPolicy",
                {"name": "finance", "PutAccessPointPolicyRequest": {"Policy": ANYBODY}},
            ),
        ],
        [modified(GRANTED, "policy", OURS, ANYBODY)],
    ),
    "an access point's policy is set as it is": (
        [
            wrote(0, point),
            called(
                5,
                "s3:PutAccessPointPolicy",
                {
                    "name": "finance",
                    "PutAccessPointPolicyRequest": {
                        "Policy": spaced(policy(allow(Principal={"AWS": arn("iam", "role/app")})))
                    },
                },
            ),
        ],
        [],
    ),
    "a version of a layer is deleted, and not its siblings": (
        [
            wrote(0, layer),
            called(5, "lambda:DeleteLayerVersion20181031", {"layerName": LAYER_ARN, "versionNumber": 2}),
            called(6, "lambda:DeleteLayerVersion20181031", {"layerName": LAYER_ARN, "versionNumber": 3}),
        ],
        [deleted(LAYER, f"{LAYER_ARN}:3")],
    ),
    "what Terraform allocated to another account is held by the next state": (
        [
            wrote(0, web()),
            applied(
                5,
                "directconnect:AllocatePrivateVirtualInterface",
                ALLOCATION,
                response={"virtualInterfaceId": INTERFACE_ID},
            ),
            wrote(6, web(), interface),
        ],
        [],
    ),
    "an interface is deleted whatever kind it is": (
        [
            wrote(0, interface),
            called(5, "directconnect:DeleteVirtualInterface", {"virtualInterfaceId": INTERFACE_ID}),
        ],
        [deleted(INTERFACE, INTERFACE_ID)],
    ),
    "a share is opened to accounts outside the organisation": (
        [
            wrote(0, share),
            called(5, "ram:UpdateResourceShare", {"resourceShareArn": SHARE_ARN, "allowExternalPrincipals": True}),
        ],
        [modified(SHARE, "allow_external_principals", False, True)],
    ),
    "a share is given to an account that has it, and to one more": (
        [
            wrote(0, share, member),
            called(
                5,
                "ram:AssociateResourceShare",
                {"resourceShareArn": SHARE_ARN, "principals": [OTHER_ACCOUNT, "333344445555"]},
            ),
        ],
        [unmanaged("aws_ram_principal_association", f"{SHARE_ARN}/333344445555")],
    ),
    "the guard of an account is left as it is": (
        [
            wrote(0, guard),
            called(
                5,
                "elasticmapreduce:PutBlockPublicAccessConfiguration",
                {
                    "blockPublicAccessConfiguration": {
                        "blockPublicSecurityGroupRules": True,
                        "permittedPublicSecurityGroupRuleRanges": [{"minRange": 22, "maxRange": 22}],
                    }
                },
            ),
        ],
        [],
    ),
    "the results of queries are left unencrypted": (
        [
            wrote(0, workgroup),
            called(
                5,
                "athena:UpdateWorkGroup",
                {
                    "workGroup": "analysts",
                    "configurationUpdates": {"resultConfigurationUpdates": {"removeEncryptionConfiguration": True}},
                },
            ),
        ],
        [
            modified(
                WORKGROUP,
                "configuration[0].result_configuration[0].encryption_configuration[0].encryption_option",
                "SSE_S3",
                None,
            )
        ],
    ),
}
