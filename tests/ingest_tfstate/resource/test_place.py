"""Where a resource lives."""

from __future__ import annotations

from typing import Any

import pytest

from ingest_tfstate.resource.place import Place, places, provider_of
from ingest_tfstate.state.v4 import parse_state
from tests.ingest_tfstate.states import AWS, resource, state
from tfdrift.subjects import Provider

GOOGLE = 'provider["registry.terraform.io/hashicorp/google-beta"]'
AZURE = 'provider["registry.opentofu.org/hashicorp/azurerm"]'
SUBSCRIPTION = "7bfb2c5c-7308-46ed-8ae4-fffa356eb406"


def placed(*resources: dict[str, Any]) -> dict[str, Place]:
    """The places of a state's instances."""
    return places(parse_state(state(*resources)).instances.values())


@pytest.mark.parametrize(
    ("config", "provider"),
    [
        (AWS, Provider.AWS),
        (f"{AWS}.eu", Provider.AWS),
        (f"module.net.{AWS}.eu", Provider.AWS),
        ("provider.aws", Provider.AWS),
        ("module.a.provider.aws.eu", Provider.AWS),
        (GOOGLE, Provider.GCP),
        (AZURE, Provider.AZURE),
        ('provider["registry.terraform.io/hashicorp/kubernetes"]', Provider.KUBERNETES),
        ('provider["registry.terraform.io/integrations/github"]', Provider.OTHER),
        ("", Provider.AWS),
    ],
)
def test_the_provider_is_read_from_its_address(config: str, provider: Provider) -> None:
    """Terraform's and OpenTofu's registries, aliases, modules, and the spelling of 0.12; else the type's prefix."""
    assert provider_of(config, "aws_vpc") is provider


@pytest.mark.parametrize(
    ("address", "attributes", "account", "region"),
    [
        ("aws_vpc.a", {"arn": "arn:aws:ec2:eu-west-1:123456789012:vpc/v"}, "123456789012", "eu-west-1"),
        ("aws_vpc.a", {"arn": "arn:aws-cn:ec2:cn-north-1:123456789012:vpc/v"}, "123456789012", "cn-north-1"),
        ("aws_subnet.a", {"owner_id": "123456789012", "availability_zone": "us-gov-west-1b"}, "123456789012",
         "us-gov-west-1"),
        ("aws_subnet.a", {"availability_zone": "us-west-2-lax-1a"}, None, "us-west-2"),
        ("aws_iam_role.a", {"arn": "arn:aws:iam::123456789012:role/r"}, "123456789012", None),
        ("aws_s3_bucket.a", {"arn": "arn:aws:s3:::b", "region": "eu-west-3"}, None, "eu-west-3"),
        ("aws_lb.a", {"id": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:x"}, "123456789012", "eu-west-1"),
        ("aws_sqs_queue_policy.a", {"id": "https://sqs.eu-west-3.amazonaws.com/047081014315/q"}, "047081014315",
         "eu-west-3"),
        ("aws_guardduty_member.a", {"account_id": "999999999999"}, None, None),
        ("aws_iam_role.a", {"arn": "arn:aws:iam::aws:policy/x"}, None, None),
        ("aws_cloudwatch_event_target.a", {"arn": "arn:aws:events:us-east-1:999999999999:event-bus/all"}, None, None),
        ("aws_thing.a", {"arn": 7, "region": ["x"]}, None, None),
    ],
)  # fmt: skip
def test_an_aws_resource_is_placed_by_its_own_attributes(
    address: str, attributes: dict[str, Any], account: str | None, region: str | None
) -> None:
    """From the ARN, the owner, the region or the zone; another account's id is not its own."""
    assert placed(resource(address, **attributes))[address] == Place(Provider.AWS, account, region)


def test_an_instance_without_a_place_gets_the_only_one_of_its_provider_configuration() -> None:
    """A rule without an ARN lives where its configuration's other resources do; a global one has no region."""
    found = placed(
        resource("aws_vpc.a", arn="arn:aws:ec2:eu-west-1:123456789012:vpc/v"),
        resource("aws_security_group_rule.a", id="sgrule-1"),
        resource("aws_iam_role_policy.a", id="r:p"),
        resource("aws_route53_record.a", id="Z_x_A"),
        resource("aws_security_group_rule.other", provider=f"{AWS}.us", id="sgrule-2"),
    )
    assert found["aws_security_group_rule.a"] == Place(Provider.AWS, "123456789012", "eu-west-1")
    assert found["aws_iam_role_policy.a"] == Place(Provider.AWS, "123456789012", None)
    assert found["aws_route53_record.a"] == Place(Provider.AWS, "123456789012", None)
    assert found["aws_security_group_rule.other"] == Place(Provider.AWS, None, None)


def test_two_accounts_under_one_configuration_leave_the_rest_unknown() -> None:
    """A guess between two would be wrong half of the time."""
    found = placed(
        resource("aws_vpc.a", arn="arn:aws:ec2:eu-west-1:123456789012:vpc/v"),
        resource("aws_vpc.b", arn="arn:aws:ec2:eu-west-2:210987654321:vpc/v"),
        resource("aws_security_group_rule.a", id="sgrule-1"),
    )
    assert found["aws_security_group_rule.a"] == Place(Provider.AWS, None, None)


@pytest.mark.parametrize(
    ("provider", "attributes", "place"),
    [
        (GOOGLE, {"project": "p", "zone": "us-central1-a"}, Place(Provider.GCP, "p", "us-central1")),
        (GOOGLE, {"project": "p", "location": "EU"}, Place(Provider.GCP, "p", "eu")),
        (GOOGLE, {"project": "p", "region": "https://x/regions/us-east1"}, Place(Provider.GCP, "p", "us-east1")),
        (GOOGLE, {"self_link": "https://x/v1/projects/p/regions/r-east1/a/b"}, Place(Provider.GCP, "p", "r-east1")),
        (GOOGLE, {"self_link": "https://x/v1/projects/p/global/firewalls/f"}, Place(Provider.GCP, "p", None)),
        (AZURE, {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g", "location": "westus"},
         Place(Provider.AZURE, SUBSCRIPTION, "westus")),
    ],
)  # fmt: skip
def test_other_clouds(provider: str, attributes: dict[str, Any], place: Place) -> None:
    """Google's project and Azure's subscription stand for the account."""
    kind = "google_compute_thing.a" if provider == GOOGLE else "azurerm_thing.a"
    assert placed(resource(kind, provider=provider, **attributes))[kind] == place
