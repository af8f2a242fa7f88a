"""Credentials of IAM users: access keys, SSH keys, MFA devices, passwords."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import Step, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, unmanaged
from tests.drift_detector.scenarios.identity.iam import KEY, user

DEVICE = "aws_iam_virtual_mfa_device.bob"
DEVICE_ARN = arn("iam", "mfa/bob")
SSH_KEY = "aws_iam_user_ssh_key.bob"


def device(**changes: Any) -> dict[str, Any]:
    """A device of the user's."""
    attributes = {
        "id": DEVICE_ARN,
        "arn": DEVICE_ARN,
        "virtual_mfa_device_name": "bob",
        "user_name": "bob",
        "path": "/",
    }
    return placed(DEVICE, **(attributes | changes))


def on_device(name: str, serial: str = DEVICE_ARN, minutes: int = 5, who: str = "bob") -> Step:
    """Somebody gives a device to a user, or takes it."""
    return called(minutes, f"iam:{name}", {"userName": who, "serialNumber": serial})


def ssh_key() -> dict[str, Any]:
    """A key with which the user may push code."""
    return placed(SSH_KEY, id="APKAEXAMPLE1", ssh_public_key_id="APKAEXAMPLE1", username="bob", status="Active")


SCENARIOS: Scenarios = {
    "an SSH key uploaded for a managed user is unmanaged": (
        [
            wrote(0, user()),
            called(
                5,
                "iam:UploadSSHPublicKey",
                {"userName": "bob", "sSHPublicKeyBody": "ssh-rsa AAAA"},
                response={"sSHPublicKey": {"userName": "bob", "sSHPublicKeyId": "APKAEXAMPLE9", "status": "Active"}},
            ),
        ],
        [unmanaged("aws_iam_user_ssh_key", "bob/APKAEXAMPLE9")],
    ),
    "an SSH key of an unmanaged user is ignored": (
        [
            wrote(0, user()),
            called(
                5,
                "iam:UploadSSHPublicKey",
                {"userName": "eve", "sSHPublicKeyBody": "ssh-rsa AAAA"},
                response={"sSHPublicKey": {"userName": "eve", "sSHPublicKeyId": "APKAEXAMPLE9", "status": "Active"}},
            ),
        ],
        [],
    ),
    "a managed SSH key switched off is a drift": (
        [
            wrote(0, user(), ssh_key()),
            called(
                5,
                "iam:UpdateSSHPublicKey",
                {"userName": "bob", "sSHPublicKeyId": "APKAEXAMPLE1", "status": "Inactive"},
            ),
        ],
        [modified(SSH_KEY, "status", "Active", "Inactive")],
    ),
    "a managed SSH key deleted is a drift": (
        [
            wrote(0, user(), ssh_key()),
            called(5, "iam:DeleteSSHPublicKey", {"userName": "bob", "sSHPublicKeyId": "APKAEXAMPLE1"}),
        ],
        [deleted(SSH_KEY, "APKAEXAMPLE1")],
    ),
    "a signing certificate uploaded and deleted again is reverted": (
        [
            wrote(0, user()),
            called(
                5,
                "iam:UploadSigningCertificate",
                {"certificateBody": "-----BEGIN CERTIFICATE-----"},
                response={"certificate": {"userName": "bob", "certificateId": "TA7EXAMPLE", "status": "Active"}},
            ),
            called(6, "iam:DeleteSigningCertificate", {"certificateId": "TA7EXAMPLE"}),
        ],
        [unmanaged("aws_iam_signing_certificate", "TA7EXAMPLE", end="reverted")],
    ),
    "a password for CodeCommit of a managed user is unmanaged": (
        [
            wrote(0, user()),
            called(
                5,
                "iam:CreateServiceSpecificCredential",
                {"userName": "bob", "serviceName": "codecommit.amazonaws.com"},
                response={
                    "serviceSpecificCredential": {
                        "userName": "bob",
                        "serviceName": "codecommit.amazonaws.com",
                        "serviceSpecificCredentialId": "ACCAEXAMPLE1",
                        "status": "Active",
                    }
                },
            ),
        ],
        [unmanaged("aws_iam_service_specific_credential", "ACCAEXAMPLE1")],
    ),
    "an MFA device of a managed user is unmanaged once it is enabled": (
        [
            wrote(0, user()),
            called(
                5,
                "iam:CreateVirtualMFADevice",
                {"virtualMFADeviceName": "eve"},
                response={"virtualMFADevice": {"serialNumber": arn("iam", "mfa/eve")}},
            ),
            on_device("EnableMFADevice", arn("iam", "mfa/eve"), 6),
        ],
        [unmanaged("aws_iam_virtual_mfa_device", arn("iam", "mfa/eve"))],
    ),
    "an MFA device of the root user is ignored": (
        [
            wrote(0, user()),
            on_device("EnableMFADevice", arn("iam", "mfa/root-account-mfa-device"), who="AWS ROOT USER"),
        ],
        [],
    ),
    "an MFA device enabled and deactivated is reverted": (
        [
            wrote(0, user()),
            on_device("EnableMFADevice", arn("iam", "mfa/eve")),
            on_device("DeactivateMFADevice", arn("iam", "mfa/eve"), 6),
        ],
        [unmanaged("aws_iam_virtual_mfa_device", arn("iam", "mfa/eve"), end="reverted")],
    ),
    "a managed MFA device enabled for its own user is no drift": (
        [wrote(0, user(), device()), on_device("EnableMFADevice")],
        [],
    ),
    "a managed MFA device deactivated for its user is a drift": (
        [wrote(0, user(), device()), on_device("DeactivateMFADevice")],
        [modified(DEVICE, "user_name", "bob", None)],
    ),
    "an access key of an unmanaged user is ignored": (
        [
            wrote(0, user()),
            called(
                5,
                "iam:CreateAccessKey",
                {"userName": "eve"},
                response={"accessKey": {"accessKeyId": "AKIAEXAMPLE9", "status": "Active", "userName": "eve"}},
            ),
        ],
        [],
    ),
    "an access key that a managed user creates for himself is unmanaged": (
        [
            wrote(0, user()),
            called(
                5,
                "iam:CreateAccessKey",
                None,
                response={"accessKey": {"accessKeyId": "AKIAEXAMPLE9", "status": "Active", "userName": "bob"}},
            ),
        ],
        [unmanaged("aws_iam_access_key", "AKIAEXAMPLE9")],
    ),
    "a deleted managed access key is a drift, the deletion of an unmanaged one is not": (
        [
            wrote(0, user(), placed("aws_iam_access_key.bob", **KEY)),
            called(5, "iam:DeleteAccessKey", {"userName": "bob", "accessKeyId": "AKIAEXAMPLE2"}),
            called(6, "iam:DeleteAccessKey", {"userName": "bob", "accessKeyId": "AKIAEXAMPLE1"}),
        ],
        [deleted("aws_iam_access_key.bob", "AKIAEXAMPLE1")],
    ),
    "a login profile without a required password reset is a drift": (
        [
            wrote(
                0,
                user(),
                placed("aws_iam_user_login_profile.bob", id="bob", user="bob", password_reset_required=True),
            ),
            called(5, "iam:UpdateLoginProfile", {"userName": "bob", "passwordResetRequired": False}),
        ],
        [modified("aws_iam_user_login_profile.bob", "password_reset_required", True, False)],
    ),
    "a password for the console of a managed user is unmanaged": (
        [
            wrote(0, user()),
            called(
                5,
                "iam:CreateLoginProfile",
                {"userName": "bob", "passwordResetRequired": False},
                response={"loginProfile": {"userName": "bob"}},
            ),
        ],
        [unmanaged("aws_iam_user_login_profile", "bob")],
    ),
    "a certificate is uploaded": (
        [wrote(0, web()), called(5, "iam:UploadServerCertificate", {"serverCertificateName": "web", "path": "/"})],
        [unmanaged("aws_iam_server_certificate", "web")],
    ),
}
