"""Who is named for each of CloudTrail's identity types, and how they came."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_falco.clouds.aws.fields import parse_fields
from ingest_falco.clouds.aws.identity import identify
from ingest_falco.clouds.aws.via import reached_via
from tfdrift.events import Json, Via


class Who(NamedTuple):
    """One vector: the fields of the alert, and the person."""

    kind: str | None
    user: str | None = None
    original: str | None = None
    arn: str | None = None
    principal: str | None = None
    name: str | None = None
    session: str | None = None

    def fields(self) -> dict[str, Json]:
        return {
            "ct.user.identitytype": self.kind,
            "ct.user": self.user,
            "ct.originaluser": self.original,
            "ct.user.arn": self.arn,
            "ct.user.principalid": self.principal,
            "ct.user.accountid": "123456789012",
        }


ROLE_ARN = "arn:aws:sts::123456789012:assumed-role/ops/ann@example.com"
SSO_ROLE = "AWSReservedSSO_Admin_0123456789abcdef"
SSO_ARN = f"arn:aws:sts::123456789012:assumed-role/{SSO_ROLE}/bea@example.com"

VECTORS = {
    "IAM user": Who("IAMUser", "john.doe", "john.doe", "arn:aws:iam::1:user/john.doe", "AIDA1", "john.doe"),
    "IAM user by ARN alone": Who("IAMUser", arn="arn:aws:iam::1:user/team/a/john.doe", name="john.doe"),
    "IAM user of GovCloud": Who("IAMUser", arn="arn:aws-us-gov:iam::1:user/john", name="john"),
    "IAM user with the ARN of a role's session": Who(
        "IAMUser", "ops", None, ROLE_ARN, None, "ann@example.com", "ann@example.com"
    ),
    "IAM user whose name AWS hides": Who("IAMUser", "HIDDEN_DUE_TO_SECURITY_REASONS", name=None),
    "root": Who("Root", arn="arn:aws:iam::1:root", principal="1", name="root"),
    "root of an account with an alias": Who("Root", "acme", arn="arn:aws:iam::1:root", name="acme"),
    "role": Who("AssumedRole", "ops", "ann", ROLE_ARN, "AROA1:ann", "ann", "ann"),
    "role, session from the ARN": Who("AssumedRole", "ops", None, ROLE_ARN, None, "ann@example.com", "ann@example.com"),
    "role, session from the principal": Who("AssumedRole", "ops", None, None, "AROA1:ann", "ann", "ann"),
    "role without a trace of its session": Who("AssumedRole", "ops", None, None, "AROA1", None, None),
    "role, named by an ARN of IAM": Who("AssumedRole", "ops", None, "arn:aws:iam::1:role/ops", None, None, None),
    "role, named by an ARN of a user": Who("AssumedRole", "ops", None, "arn:aws:iam::1:user/ann", None, "ann", None),
    "role of an instance": Who(
        "AssumedRole", "web", "i-0dbc91f4", None, "AROA1:i-0dbc91f4", "i-0dbc91f4", "i-0dbc91f4"
    ),
    "role, falco without a role's name": Who("AssumedRole", "AssumedRole", None, None, "AROA1", None, None),
    "Identity Center's role": Who("AssumedRole", SSO_ROLE, None, SSO_ARN, None, "bea@example.com", "bea@example.com"),
    "federated user": Who(
        "FederatedUser", "FederatedUser", None, "arn:aws:sts::1:federated-user/cy", "1:cy", "cy", "cy"
    ),
    "federated user by principal": Who("FederatedUser", "FederatedUser", None, None, "1:cy", "cy", "cy"),
    "service": Who("AWSService", "cloudtrail.amazonaws.com", name="cloudtrail.amazonaws.com"),
    "another account's role": Who("AWSAccount", "AWSAccount", None, None, "AROA1:dan", "dan", "dan"),
    "another account's user": Who("AWSAccount", "AWSAccount", None, None, "AIDA1", None, None),
    "web identity": Who("WebIdentityUser", None, "eve", None, "accounts.google.com:app:eve-id", "eve", None),
    "web identity by principal": Who("WebIdentityUser", None, None, None, "accounts.google.com:app:eve", "eve", None),
    "SAML": Who("SAMLUser", None, "fay", None, "idp-hash:fay", "fay", None),
    "Identity Center user": Who("IdentityCenterUser", None, "gus", None, None, "gus", None),
    "Identity Center user by ARN": Who(
        "IdentityCenterUser", None, None, "arn:aws:iam::123456789012:user/gus", None, "gus", None
    ),
    "type missing, role": Who(None, "ops", None, ROLE_ARN, None, "ann@example.com", "ann@example.com"),
    "type missing, user": Who(None, "john", None, None, None, "john", None),
    "type missing, role by principal": Who(None, "ops", None, None, "AROA1:ann", "ann", "ann"),
    "type missing, role without a session": Who(None, "ops", None, None, "AROA1", None, None),
    "type of the future": Who("Agent", "hal", None, None, None, "hal", None),
    "type that the plugin does not know": Who("Agent", "<unknown user type>", None, None, None, None, None),
}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_each_type_of_identity_names_its_person(vector: Who) -> None:
    """The name is the person's, never a role, a type or a placeholder."""
    identity = identify(parse_fields(vector.fields()))
    assert identity is not None
    assert (identity.user_name, identity.session_name) == (vector.name, vector.session)
    assert (identity.type, identity.arn, identity.principal_id) == (vector.kind, vector.arn, vector.principal)
    assert identity.account_id == "123456789012"


def test_nobody_is_made_up() -> None:
    """An alert that names nobody gives no identity."""
    assert identify(parse_fields({})) is None
    assert identify(parse_fields({"ct.user": None, "ct.user.arn": "<NA>", "ct.user.accountid": "1"})) is None


def test_a_service_without_a_name_is_known_by_its_address() -> None:
    """CloudTrail writes the service's principal where the address would be."""
    identity = identify(parse_fields({"ct.user.identitytype": "AWSService", "ct.srcip": "rds.amazonaws.com"}))
    assert identity is not None
    assert identity.user_name == "rds.amazonaws.com"


_names = st.text(st.sampled_from("abcXYZ019_+=,.@-"), min_size=2, max_size=20)


@given(role=_names, session=_names, named=st.sets(st.sampled_from(["original", "arn", "principal"])))
def test_a_role_is_never_the_person(role: str, session: str, named: set[str]) -> None:
    """However little the alert has of a session, the role does not take its place."""
    fields = Who(
        "AssumedRole",
        role,
        session if "original" in named else None,
        f"arn:aws:sts::1:assumed-role/{role}/{session}" if "arn" in named else None,
        f"AROA1:{session}" if "principal" in named else "AROA1",
    ).fields()
    identity = identify(parse_fields(fields))
    assert identity is not None
    assert identity.user_name == (session if named else None)


AGENTS = [
    ("APN/1.0 HashiCorp/1.0 Terraform/1.8.5 (+https://www.terraform.io) terraform-provider-aws/5.49.0", Via.TERRAFORM),
    ("[APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io)]", Via.TERRAFORM),
    ("terraform-provider-aws/5.0 (+https://registry.terraform.io/providers/hashicorp/aws)", Via.TERRAFORM),
    ("OpenTofu/1.7.0 aws-sdk-go-v2/1.30", Via.TERRAFORM),
    ("APN/1.0 Pulumi/1.0 PulumiAws/6.0 terraform-provider-aws", Via.SDK),
    ("APN/1.0 HashiCorp/1.0 Packer/1.11.2 (+https://www.packer.io) packer-plugin-amazon/1.3.2", Via.SDK),
    ("console.amazonaws.com", Via.CONSOLE),
    ("console.ec2.amazonaws.com", Via.CONSOLE),
    ("console.aws.amazon.com", Via.CONSOLE),
    ("signin.amazonaws.com", Via.CONSOLE),
    ("[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488 Linux/5.10]", Via.CONSOLE),
    ("RDS Console, aws-internal/3 aws-sdk-java/1.11.975", Via.CONSOLE),
    ("EC2 Spot Console", Via.CONSOLE),
    ("EC2ConsoleBackend, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10", Via.CONSOLE),
    ("EC2ConsoleBackend", Via.CONSOLE),
    ("Coral/Netty4", Via.CONSOLE),
    ("Coral/Jakarta", Via.CONSOLE),
    ("consoleless/1.0", Via.UNKNOWN),
    ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0", Via.CONSOLE),
    ("cloudformation.amazonaws.com", Via.SERVICE),
    ("autoscaling.amazonaws.com", Via.SERVICE),
    ("AWS Internal", Via.SERVICE),
    ("aws-internal/3 aws-sdk-java/1.12", Via.SERVICE),
    ("aws-cli/2.15.0 Python/3.11.6 Linux/6.1 exe/x86_64", Via.CLI),
    ("[aws-cli/1.18 Botocore/1.20]", Via.CLI),
    ("Amazon CLI/AutoScaling 1.0.61.3 API 2011-01-01", Via.CLI),
    ("Boto3/1.26.165 Python/3.10.6 Linux/5.19 Botocore/1.29.165", Via.SDK),
    ("aws-sdk-go-v2/1.32.3 os/linux lang/go#1.23.1", Via.SDK),
    ("APN/1.0 Somebody/1.0", Via.SDK),
    ("stratus-red-team_54d79918", Via.UNKNOWN),
    ("", Via.UNKNOWN),
    (None, Via.UNKNOWN),
]


@pytest.mark.parametrize(("agent", "via"), AGENTS)
def test_the_agent_tells_how_somebody_came(agent: str | None, via: Via) -> None:
    """One agent of each kind, in the spellings that CloudTrail has."""
    assert reached_via(parse_fields({"ct.useragent": agent})) is via


@pytest.mark.parametrize(
    ("fields", "via"),
    [
        ({"ct.useragent": "AWS Internal", "ct.sessioncredentialfromconsole": "true"}, Via.CONSOLE),
        ({"ct.useragent": "aws-sdk-java/1.12", "ct.sessioncredentialfromconsole": True}, Via.CONSOLE),
        ({"ct.useragent": "aws-cli/2.15 exec-env/CloudShell", "ct.sessioncredentialfromconsole": "true"}, Via.CLI),
        ({"ct.useragent": "Terraform/1.8", "ct.sessioncredentialfromconsole": "true"}, Via.TERRAFORM),
        ({"ct.useragent": "cloudformation.amazonaws.com", "ct.sessioncredentialfromconsole": "true"}, Via.SERVICE),
        ({"ct.useragent": "aws-sdk-java/1.12", "ct.srcip": "rds.amazonaws.com"}, Via.SERVICE),
        ({"ct.user.identitytype": "AWSService"}, Via.SERVICE),
        (
            {
                "ct.useragent": "AWS Internal",
                "ct.sessioncredentialfromconsole": "false",
                "json.value[/sessionCredentialFromConsole]": "true",
            },
            Via.CONSOLE,
        ),
        ({"ct.useragent": "AWS Internal", "json.value_/sessionCredentialFromConsole": "true"}, Via.CONSOLE),
    ],
)
def test_other_traces_weigh_in_their_order(fields: dict[str, Json], via: Via) -> None:
    """Session, address and type count where the agent does not already decide."""
    assert reached_via(parse_fields(fields)) is via


@pytest.mark.parametrize(
    ("agent", "address", "via"),
    [
        ("autoscaling.amazonaws.com", "autoscaling.amazonaws.com", Via.SERVICE),
        ("autoscaling.amazonaws.com", "AWS Internal", Via.SERVICE),
        ("autoscaling.amazonaws.com", "198.51.100.7", Via.UNKNOWN),
        ("apimanager.amazonaws.com", "2001:db8::7", Via.UNKNOWN),
        ("AWS Internal", "AWS Internal", Via.SERVICE),
        ("AWS Internal", "198.51.100.7", Via.CONSOLE),
        ("aws-internal/3 aws-sdk-java/1.12.127 Linux/5.4", "198.51.100.7", Via.CONSOLE),
        ("console.amazonaws.com", "AWS Internal", Via.CONSOLE),
        ("aws-cli/1.14.10", "AWS Internal", Via.CLI),
    ],
)
def test_the_address_that_aws_saw_goes_before_a_service_that_the_agent_names(
    agent: str, address: str, via: Via
) -> None:
    """An agent is the caller's own word: with a service's name in it, nobody becomes one at an address of their own."""
    assert reached_via(parse_fields({"ct.useragent": agent, "ct.srcip": address})) is via
