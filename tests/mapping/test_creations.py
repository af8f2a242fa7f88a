"""Every thing that a call of AWS can make is known again when another call deletes it, by the APIs' own models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from mapping_generator.match.ties import own_form
from mapping_generator.sources.names import fold, singular
from mapping_generator.sources.provider_schema import load_snapshot
from mapping_generator.sources.service_model import Member, Service, load_service, service_names
from mapping_generator.types.nouns import ResourceType, types_by_service
from mapping_generator.types.resource_names import NOUNS

from drift_detector.catalog.load import load_catalog
from drift_detector.claim.aws.cloudtrail import call_of
from drift_detector.facts.call import Act, Call, Target
from drift_detector.resolve.creations import undoes
from tests.drift_detector.cloudtrail import alert_of

CATALOG = load_catalog()
FORM = re.compile(r"(identifier|arn|name|id)$")
GENERIC = ("id", "arn", "name", "identifier")
# What a name is further called by, where a call gives two of them.
QUALIFIED = re.compile(r"^(target|new|replica|addallowed|removeallowed|member|delegatedadmin)(?=\w)")
DEPTH = 3
# What the models do not tell: a resolver's ARN ends with its field; a data lake is deleted by its region; one call has
# lists of the users who come to a group and of those who go; a domain that may send mail is deleted as an identity.
NOT_SYMMETRIC = {
    "aws_appsync_resolver",
    "aws_elasticache_user_group_association",
    "aws_securitylake_data_lake",
    "aws_ses_domain_identity",
}
# An address has one association, so that it names it; an organization has one administrator of Detective in a region.
BY_PARENT = {"aws_eip_association", "aws_detective_organization_admin_account"}


@dataclass(frozen=True)
class World:
    """How a thing is spoken of: what its ARN ends with, what a call gives that may give any name, and its own name."""

    arn_ends_with: str
    any_name: str
    own: str = "own"

    def named(self, base: str, form: str) -> str:
        """A thing's name, in one of its forms."""
        match form if form not in ("", "identifier") else self.any_name:
            case "arn":
                return f"arn:aws:service:eu-central-1:123456789012:thing/{base}-{self.arn_ends_with}"
            case found:
                return f"{base}-{found}"


WORLDS = [World(ending, name) for ending in ("id", "name") for name in ("id", "name", "arn")]


@dataclass(frozen=True)
class Speaker:
    """Makes the requests and answers of calls about one thing: the same thing has the same names everywhere."""

    world: World
    kind: ResourceType
    service: Service

    def structure(self, members: Iterable[Member], owner: str | None = None, depth: int = DEPTH) -> dict[str, Any]:
        """Every member of a structure, in lower camel case; the thing's own where it has no owner."""
        given = {one.name[0].lower() + one.name[1:]: self._value(one, owner, depth) for one in members}
        return {name: value for name, value in given.items() if value is not None}

    def _value(self, member: Member, owner: str | None, depth: int) -> Any:
        folded = QUALIFIED.sub("", fold(member.name))
        if member.kind == "structure" and depth:
            # An answer's outermost structure is the thing that was made.
            inner = folded if depth < DEPTH and not folded.startswith(self.kind.nouns) else None
            return self.structure(self.service.members(member.shape).values(), inner, depth - 1)
        if member.kind == "list":
            shape, element = self.service.element(member.shape)
            return [self._value(Member(singular(member.name), "", shape, element, False), owner, depth)]
        if member.kind != "string":
            return {"integer": 1, "long": 1, "boolean": True}.get(member.kind)
        if folded in GENERIC:
            return self.world.named(owner or self.world.own, folded)
        found = FORM.search(folded)
        base, form = (folded[: found.start()], found[1]) if found else (folded, "")
        own = own_form(self.kind, folded) is not None or (found and any(n.endswith(base) for n in self.kind.nouns))
        return self.world.named(self.world.own if own else base, form)


@cache
def services() -> dict[str, Service]:
    """The model of every service: seconds of work, which no collection of tests should wait for."""
    return {name: load_service(name) for name in service_names()}


@cache
def kinds() -> dict[str, ResourceType]:
    """The provider's types that belong to a service, by name."""
    found = types_by_service(load_snapshot(), services()).values()
    return {kind.name: kind for of_service in found for kind in of_service}


@cache
def operations() -> dict[str, Service]:
    """The first service that has an operation, by the event's name."""
    found: dict[str, Service] = {}
    for service in services().values():
        for prefix in service.prefixes:
            for operation in service.operations():
                found.setdefault(f"{prefix}:{operation}", service)
    return found


def modelled(event: str) -> tuple[Service, str] | None:
    """The model of an event's operation."""
    service = operations().get(event)
    return (service, event.partition(":")[2]) if service is not None else None


def targets(world: World, event: str, kind: ResourceType, act: Act) -> Iterator[tuple[Target, Call]]:
    """What calls of an event make or delete of a type: with every member, without an id, and with what is required."""
    model = modelled(event)
    if model is None:
        return
    service, operation = model
    speaker = Speaker(world, kind, service)
    members = service.request(operation).values()
    without_id = [one for one in members if one.required or not fold(one.name).endswith("id")]
    for given in (list(members), without_id, [one for one in members if one.required]):
        record = {
            "eventSource": event.partition(":")[0] + ".amazonaws.com",
            "eventName": operation,
            "requestParameters": speaker.structure(given),
            "responseElements": speaker.structure(service.response(operation).values()),
            "awsRegion": "eu-central-1",
            "recipientAccountId": "123456789012",
        }
        call = call_of(*alert_of(record), CATALOG)
        for target in (target for group in call.groups for target in group) if call else ():
            if target.type == kind.name and target.act is act:
                yield target, call


def events(act: Act) -> dict[str, list[str]]:
    """The events of AWS of an act, by type."""
    found: dict[str, list[str]] = {}
    for event, rule in CATALOG.events.items():
        named = (target for group in rule.groups for target in group if target.act is act)
        for kind in {target.type for target in named if target.type.startswith("aws_")}:
            found.setdefault(kind, []).append(event)
    return found


CREATIONS, DELETIONS = events(Act.CREATE), events(Act.DELETE)
BOTH = sorted(kind for kind in CREATIONS.keys() & DELETIONS.keys() - NOT_SYMMETRIC if CATALOG.is_expected(kind))


def pairs(world: World, name: str, act: Act) -> dict[str, list[tuple[Target, Call]]]:
    """What the calls of a world make or delete of a type, by event."""
    kind = kinds().get(name) or ResourceType(name, NOUNS.get(name, (fold(name),)), load_snapshot().types[name])
    named = CREATIONS if act is Act.CREATE else DELETIONS
    return {event: found for event in named[name] if (found := list(targets(world, event, kind, act)))}


@pytest.mark.parametrize("name", BOTH)
def test_a_deletion_undoes_its_creation(name: str) -> None:
    """However its service speaks of a thing, there is a way to delete it by which it is known."""
    unmet: dict[str, Any] = dict.fromkeys(CREATIONS[name])
    for world in WORLDS:
        deletions = [pair for found in pairs(world, name, Act.DELETE).values() for pair in found]
        for event, made in pairs(world, name, Act.CREATE).items():
            if not deletions or any(undoes(gone, at, one, then) for one, then in made for gone, at in deletions):
                unmet.pop(event, None)
            elif event in unmet:
                unmet[event] = [target.identity for target, _ in made + deletions]
        if not any(unmet.values()):
            break
    assert not any(unmet.values()), unmet


@pytest.mark.parametrize("name", sorted(set(BOTH) - BY_PARENT))
def test_a_deletion_undoes_no_creation_of_another_thing(name: str) -> None:
    """Nor of another in the same place: what only its parent names is the same thing."""
    deletions = [pair for found in pairs(WORLDS[0], name, Act.DELETE).values() for pair in found]
    made = [target.identity for found in pairs(WORLDS[0], name, Act.CREATE).values() for target, _ in found]
    for found in pairs(replace(WORLDS[0], own="other"), name, Act.CREATE).values():
        for other, then in found:
            wrong = [gone for gone, at in deletions if undoes(gone, at, other, then)]
            assert other.identity in made or not wrong, (other, wrong)
