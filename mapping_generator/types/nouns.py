"""Finds the service of a resource type, and the nouns by which the service's API names it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from mapping_generator.sources.names import fold, singular, words
from mapping_generator.sources.provider_schema import Attribute, Schema
from mapping_generator.sources.service_names import SERVICE_OF, SKIPPED_TYPES
from mapping_generator.sources.verbs import Deed
from mapping_generator.types.resource_names import NOUN_PREFIXES, NOUNS
from mapping_generator.types.special_types import UNGENERATED_TYPES

# May follow a noun in the name of an operation on the resource's configuration: UpdateFunctionConfiguration.
_PLAIN_ASPECTS: Final = frozenset(
    {"attribute", "attributes", "code", "config", "configuration", "details", "info", "information"}
    | {"metadata", "option", "options", "properties", "setting", "settings"}
)
# May follow a noun if the operation is on another aspect of the resource, with other names.
_ASPECTS: Final = _PLAIN_ASPECTS | frozenset(
    {"access", "capacity", "content", "count", "credentials", "default", "definition", "description", "encryption"}
    | {"limits", "logging", "mode", "monitoring", "name", "parameters", "password", "permissions", "policy"}
    | {"protection", "retention", "schedule", "scheme", "size", "state", "status", "value", "version", "visibility"}
    | {"configurations", "versions", "deletion", "rotation"}
)


# The noun of what is added to, or removed from, another resource.
_OF_WHAT: Final = re.compile(r"(\w+?[a-z])(?:To|From|For|With)([A-Z]\w+)")


class Match(IntEnum):
    """Says how surely an operation's noun means a type."""

    NONE = 0
    ASPECT = 1
    PLAIN_ASPECT = 2
    EXACT = 3


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A Terraform type.

    Attributes:
        nouns: the API's names of it, folded and singular, the longest first.
        others: the nouns of the same service's other types.
    """

    name: str
    nouns: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    others: frozenset[str] = frozenset()

    def matched(self, noun: str) -> Match:
        """How surely an operation's noun, in camel case, means this type."""
        return max(self._matched(spoken) for spoken in _spoken(noun))

    def _matched(self, noun: str) -> Match:
        if singular(fold(noun)) in self.nouns or fold(noun) in self.nouns:
            return Match.EXACT
        rest, aspects = words(noun), []
        while len(rest) > 1 and rest[-1] in _ASPECTS:
            aspects.append(rest.pop())
            if singular("".join(rest)) in self.nouns:
                return Match.PLAIN_ASPECT if _PLAIN_ASPECTS.issuperset(aspects) else Match.ASPECT
        return Match.NONE

    def attribute_named(self, folded: str) -> str | None:
        """Returns the attribute with this folded name."""
        return next((name for name in self.attributes if fold(name) == folded), None)


# How a verb changes its noun if the provider has a type for the action itself, and the verb that undoes it.
_LINKS: Final = {
    verb: endings
    for verbs, endings in (
        ("Attach Detach Associate Disassociate", ("Attachment", "Association")),
        ("Authorize Deauthorize Revoke", ("Authorization",)),
        ("Subscribe Unsubscribe", ("Subscription",)),
    )
    for verb in verbs.split()
}


def _spoken(noun: str) -> tuple[str, ...]:
    """Yields a noun and its other forms: ``InlinePolicyToPermissionSet`` is a permission set's inline policy."""
    found = _OF_WHAT.fullmatch(noun)
    return (noun, found[2] + found[1]) if found else (noun,)


def _linked(deed: Deed) -> Iterator[str]:
    """Yields the names of an action's result: a product portfolio association for ``AssociateProductWithPortfolio``."""
    found = _OF_WHAT.fullmatch(deed.noun)
    if found and deed.verb in ("Add", "Remove"):
        # AddRoleToDBCluster, RemoveRoleFromDBCluster.
        yield f"{found[2]}{found[1]}Association"
    for name in (deed.noun, found[1], found[1] + found[2]) if found else (deed.noun,):
        yield from (name + ending for ending in _LINKS.get(deed.verb, ()))


def matched_deed(kind: ResourceType, deed: Deed) -> Match:
    """Returns how surely an operation means a type; an attachment or association is a type of its own, or none."""
    if any(kind.matched(name) is Match.EXACT for name in _linked(deed)):
        return Match.EXACT
    if deed.verb in ("Attach", "Detach", "Associate", "Disassociate"):
        return Match.NONE
    # Authorizing something does not create it, and revoking that does not delete it.
    return min(kind.matched(deed.noun), Match.ASPECT) if deed.verb in _LINKS else kind.matched(deed.noun)


def types_by_service(schema: Schema, services: Iterable[str]) -> dict[str, list[ResourceType]]:
    """Returns every type that can be generated, by botocore's name of its service."""
    known = {fold(service): service for service in services}
    found: dict[str, list[ResourceType]] = defaultdict(list)
    for name, attributes in schema.types.items():
        if name.startswith(SKIPPED_TYPES) or name in UNGENERATED_TYPES:
            continue
        placed = _service_of(name, known)
        if placed is not None:
            service, prefix = placed
            found[service].append(ResourceType(name, _nouns(name, prefix, service), attributes))
    return {service: _told_apart(kinds) for service, kinds in found.items()}


def _told_apart(kinds: list[ResourceType]) -> list[ResourceType]:
    return [
        replace(kind, others=frozenset(noun for other in kinds for noun in other.nouns) - set(kind.nouns))
        for kind in kinds
    ]


def _service_of(name: str, known: Mapping[str, str]) -> tuple[str, str] | None:
    parts = name.removeprefix("aws_").split("_")
    for length in range(len(parts), 0, -1):
        prefix = "_".join(parts[:length])
        service = SERVICE_OF.get(prefix) or known.get(fold(prefix))
        if service is not None and service in known.values():
            return service, prefix
    return None


def _nouns(name: str, prefix: str, service: str) -> tuple[str, ...]:
    whole = name.removeprefix("aws_")
    rest = whole.removeprefix(prefix).lstrip("_")
    nouns = {fold(whole), *NOUNS.get(name, ())}
    if rest:
        # aws_cloudwatch_log_group: the API calls it a log group, or a group.
        before = prefix.split("_")
        nouns.update("".join(before[start:]) + fold(rest) for start in range(1, len(before)))
    if rest and not (service == "ec2" and prefix not in ("ec2", "ebs", "vpc")):
        nouns.add(fold(rest))
        nouns.update(first + fold(rest) for first in NOUN_PREFIXES.get(service, ()))
    if rest.endswith("_config"):
        nouns.add(fold(rest) + "uration")
    if rest.endswith("_configuration"):
        nouns.add(fold(rest).removesuffix("uration"))
        # PutBucketCors; in other names the bare noun is the resource that is configured.
        nouns.update({fold(rest.removesuffix("_configuration"))} if service == "s3" else ())
    return tuple(sorted({singular(noun) for noun in nouns if len(noun) > 1}, key=lambda noun: (-len(noun), noun)))
