"""Finds the provider, account and region of a resource instance, as far as its attributes show them.

The detector finds a resource by these and its id, so an incorrect answer is worse than none. None means unknown, and
for a region also global.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ingest_tfstate.resource.instances import Instance, OwnPlace
from tfdrift.arns import parse_arn
from tfdrift.regionless import is_global_type
from tfdrift.subjects import Provider

_PROVIDERS: Final = {
    "aws": Provider.AWS,
    "awscc": Provider.AWS,
    "google": Provider.GCP,
    "google-beta": Provider.GCP,
    "azurerm": Provider.AZURE,
    "azuread": Provider.AZURE,
    "azapi": Provider.AZURE,
    "kubernetes": Provider.KUBERNETES,
    "kubectl": Provider.KUBERNETES,
    "helm": Provider.KUBERNETES,
}
_QUOTED: Final = re.compile(r'provider\["(?:[^"]*/)?([^"/]+)"\]')
_LEGACY: Final = re.compile(r"(?:^|\.)provider\.([^.\[]+)")

# Types whose argument `arn` names another resource, which may be in another account or region.
_ARN_OF_ANOTHER: Final = frozenset(
    {"aws_cloudwatch_event_target", "aws_lakeformation_resource", "aws_notifications_channel_association"}
)
_AWS_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+?-\d+")
_ACCOUNT: Final = re.compile(r"\d{12}")
_SQS_URL: Final = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(\d{12})/")
_GCP_PATH: Final = re.compile(r"(?:^|/)projects/([^/]+)(?:/(?:regions|zones|locations)/([^/]+))?")
_GCP_ZONE: Final = re.compile(r"[a-z]+-[a-z]+\d+-[a-z]")
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([0-9a-fA-F-]{36})")


@dataclass(frozen=True, slots=True)
class Place:
    """The provider of a resource, its AWS account, GCP project or Azure subscription, and its region."""

    provider: Provider
    account_id: str | None
    region: str | None


def provider_of(provider_config: str, kind: str) -> Provider:
    """Returns the provider of ``provider["registry.terraform.io/hashicorp/aws"].eu`` or of ``provider.aws.eu``."""
    found = _QUOTED.search(provider_config) or _LEGACY.search(provider_config)
    return _PROVIDERS.get(found.group(1) if found else kind.partition("_")[0], Provider.OTHER)


def places(instances: Iterable[Instance]) -> dict[str, Place]:
    """Returns the place of every instance, by address.

    An instance that does not show its account or region gets that of its provider configuration, if all instances of
    the same configuration (and alias) in the workspace that show one agree.
    """
    found = {instance.address: own_place(instance) for instance in instances}
    inferred = inferences(found.values())
    return {address: place_of(own, inferred) for address, own in found.items()}


Inferences = dict[str, tuple[str | None, str | None]]
"""The account and region that all instances of a provider configuration agree on."""


def inferences(own_places: Iterable[OwnPlace]) -> Inferences:
    """Returns what the instances of each provider configuration agree on, None where they do not."""
    accounts: defaultdict[str, set[str]] = defaultdict(set)
    regions: defaultdict[str, set[str]] = defaultdict(set)
    for own in own_places:
        if own.account_id:
            accounts[own.provider_config].add(own.account_id)
        if own.region:
            regions[own.provider_config].add(own.region)
    return {config: (_only(accounts[config]), _only(regions[config])) for config in accounts.keys() | regions.keys()}


def place_of(own: OwnPlace, inferred: Inferences) -> Place:
    """Returns an instance's place, completed from its provider configuration."""
    account, region = inferred.get(own.provider_config, (None, None))
    return Place(own.provider, own.account_id or account, own.region or (None if own.is_global else region))


def _only(values: set[str]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None


def own_place(instance: Instance) -> OwnPlace:
    """Returns what an instance shows by itself of its place."""
    provider, attributes = provider_of(instance.provider_config, instance.type), instance.attributes
    if provider is Provider.AWS:
        account, region = _aws(instance.type, attributes)
    elif provider is Provider.GCP:
        account, region = _gcp(attributes)
    elif provider is Provider.AZURE:
        account, region = _azure(attributes)
    else:
        account, region = None, None
    return OwnPlace(provider, instance.provider_config, account, region, _is_global(instance.type, attributes))


def _aws(kind: str, attributes: dict[str, Any]) -> tuple[str | None, str | None]:
    account = region = None
    for name in () if kind in _ARN_OF_ANOTHER else ("arn", "id"):
        arn = parse_arn(_text(attributes, name) or "")
        if arn is not None and (arn.account_id or not arn.account):
            region, account = region or arn.region or None, account or arn.account_id
    if found := _SQS_URL.match(_text(attributes, "id") or ""):
        region, account = region or found.group(1), account or found.group(2)
    owner = _text(attributes, "owner_id")
    if kind == "aws_s3_account_public_access_block":
        owner = _text(attributes, "account_id")
    if account is None and owner and _ACCOUNT.fullmatch(owner):
        account = owner
    if _is_global(kind, attributes):
        return account, None
    # `region` is S3's bucket region, and from version 6 of the provider on the region of every resource.
    zone = _AWS_REGION.match(_text(attributes, "availability_zone") or "")
    return account, _text(attributes, "region") or region or (zone.group() if zone else None)


def _is_global(kind: str, attributes: dict[str, Any]) -> bool:
    """Whether the instance does not have the region of the provider's configuration."""
    if kind.startswith("google_"):
        named = _text(attributes, "self_link") or _text(attributes, "id") or ""
        return "/global/" in named or "location" in attributes or "_global_" in kind
    return is_global_type(kind)


def _gcp(attributes: dict[str, Any]) -> tuple[str | None, str | None]:
    project, region = _text(attributes, "project"), _text(attributes, "region")
    place = _text(attributes, "zone") or _text(attributes, "location")
    for name in ("self_link", "id"):
        if found := _GCP_PATH.search(_text(attributes, name) or ""):
            project, place = project or found.group(1), place or found.group(2)
    region = region or place
    if region is not None:
        region = region.rsplit("/", 1)[-1].lower()  # either may be given as a URL
        if _GCP_ZONE.fullmatch(region):
            region = region.rsplit("-", 1)[0]
    return project, None if region == "global" else region


def _azure(attributes: dict[str, Any]) -> tuple[str | None, str | None]:
    found = _SUBSCRIPTION.match(_text(attributes, "id") or "")
    location = _text(attributes, "location")
    return (found.group(1).lower() if found else None), None if location == "global" else location


def _text(attributes: dict[str, Any], name: str) -> str | None:
    found = attributes.get(name)
    return found if isinstance(found, str) and found else None
