"""Finds the types that an operation changes, what it does to them, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from mapping_generator.match.attributes import Setting, settings
from mapping_generator.match.identity import (
    Key,
    key_of,
    own_name_in,
    whole_key_in,
)
from mapping_generator.match.singletons import SINGLETONS
from mapping_generator.match.tagging import resource_in, tagged_noun, tags_in
from mapping_generator.match.ties import ANY, ONLY, Identity, Tie, is_unique, own_form
from mapping_generator.sources.names import fold
from mapping_generator.sources.service_model import Member, Service
from mapping_generator.sources.service_names import OPAQUE_SERVICES
from mapping_generator.sources.verbs import CREATES, DELETES, DETACHES, TOUCHES, UPDATES, UPSERTS, Deed, deed_of
from mapping_generator.types.nouns import Match, ResourceType, matched_deed
from mapping_generator.types.special_types import EPHEMERAL_TYPES, RENAMED_TYPES

STRONG: Final = "auto-strong"
WEAK: Final = "auto-weak"


@dataclass(frozen=True, slots=True)
class Target:
    """One type that an operation may change.

    Attributes:
        service: botocore's name of the operation's service.
        parent: the type that this one belongs to, and the identity attribute that names it.
    """

    service: str
    type: str
    act: str
    tier: str
    identity: Identity
    settings: tuple[Setting, ...] = ()
    tags: Mapping[str, str] | None = None
    parent: tuple[str, str] | None = None


class TargetFinder:
    """Finds the targets of one service's operations."""

    def __init__(self, service: Service, kinds: list[ResourceType]) -> None:
        self._service = service
        self._kinds = kinds
        self._keys = {kind.name: key_of(kind, service) for kind in kinds}

    def targets(self, operation: str) -> Iterator[Target]:
        """Yields the types that an operation changes: those that its noun means, or those that its request names."""
        deed, request = deed_of(operation), self._service.request(operation)
        singletons = [kind for kind in self._kinds if operation in SINGLETONS.get(kind.name, ())]
        if singletons:
            yield from (self._singleton(operation, kind) for kind in singletons)
            return
        noun = tagged_noun(deed)
        if noun is not None:
            yield from self._tagged(deed, noun, request)
            return
        if deed.verb not in TOUCHES:
            return
        matches = [(kind, match) for kind in self._kinds if (match := matched_deed(kind, deed))]
        best = max((match for _, match in matches), default=Match.NONE)
        matched = [self._target(operation, deed, match, kind) for kind, match in matches if match is best]
        found = [target for target in matched if target is not None]
        yield from found or self._touched(deed, request)

    def _singleton(self, operation: str, kind: ResourceType) -> Target:
        act = SINGLETONS[kind.name][operation]
        found = settings(self._service, self._service.request(operation), kind.attributes, frozenset())
        set_ = tuple(found) if act == "update" and self._service.name not in OPAQUE_SERVICES else ()
        return Target(self._service.name, kind.name, act, STRONG, (Tie(ONLY, "", own=True, sure=True),), set_)

    def _tagged(self, deed: Deed, noun: str, request: Mapping[str, Member]) -> Iterator[Target]:
        tags = tags_in(self._service, deed, request)
        if tags is None:
            return
        if not noun:
            path = resource_in(self._service, request)
            if path is not None:
                anything = Tie(ANY, path, own=True, sure=True)
                yield Target(self._service.name, "*", "update", STRONG, (anything,), tags=tags)
                return
        for kind in self._kinds:
            if (not noun or kind.matched(noun) is Match.EXACT) and "tags" in kind.attributes:
                identity = self._identity(kind, request)
                if identity is not None and not any(found.many for found in identity):
                    yield Target(self._service.name, kind.name, "update", STRONG, identity, tags=tags)

    def _target(self, operation: str, deed: Deed, match: Match, kind: ResourceType) -> Target | None:
        key, act = self._keys[kind.name], _act(deed, match)
        request, identity = self._service.request(operation), None
        for request in (self._service.request(operation), self._service.inner(operation)):
            identity = whole_key_in(kind, key, self._service, request)
            if act == "create":
                identity = self._identity_of_made(kind, key, operation, identity)
            identity = identity or own_name_in(kind, key, self._service, request)
            if identity is not None:
                break
        if identity is None:
            return None
        many = any(found.many for found in identity)
        if act == "create" and (many or not _is_recognised(kind, key, identity)):
            act = None
        if key is None and not any(is_unique(found) for found in identity):
            act = None
        if act is None or deed.batch or (many and act == "update"):
            return Target(self._service.name, kind.name, "update", WEAK, identity)
        sets = act == "update" and self._service.name not in OPAQUE_SERVICES
        set_ = self._settings(kind, key, identity, request) if sets else ()
        parent = self._parent(kind, identity) if act == "create" else None
        return Target(self._service.name, kind.name, act, STRONG, identity, set_, parent=parent)

    def _identity(self, kind: ResourceType, members: Mapping[str, Member]) -> Identity | None:
        key = self._keys[kind.name]
        return whole_key_in(kind, key, self._service, members) or own_name_in(kind, key, self._service, members)

    def _settings(
        self, kind: ResourceType, key: Key | None, identity: Identity, request: Mapping[str, Member]
    ) -> tuple[Setting, ...]:
        taken = {fold(spelling.rsplit(".", 1)[-1]) for found in identity for spelling in found.path.split("|")}
        # A structure such as SchemaId only names.
        taken |= {name for name, member in request.items() if member.place and member.place.endswith("Id")}
        found = settings(self._service, request, kind.attributes, frozenset(taken) | (key.steering if key else set()))
        identifying = {one.attribute for one in identity} | _NEVER_READ.get(kind.name, frozenset())
        return tuple(one for one in found if one.attribute not in identifying)

    def _parent(self, kind: ResourceType, identity: Identity) -> tuple[str, str] | None:
        """Returns the type of the same service that a foreign part of an identity names; the nearest is preferred."""
        for found in reversed(identity):
            member = fold(found.path.split("|")[0].rsplit(".", 1)[-1])
            if found.attribute == ANY or found.optional or own_form(kind, member) is not None:
                continue
            if not kind.attributes[found.attribute].configurable:
                continue
            for other in self._kinds:
                if other is not kind and any(member in (noun, noun + form) for noun in other.nouns for form in _FORMS):
                    return other.name, found.attribute
        return None

    def _identity_of_made(
        self, kind: ResourceType, key: Key | None, operation: str, requested: Identity | None
    ) -> Identity | None:
        """Returns the identity of a created resource: as it was requested, or as the response has it.

        A name may be given twice, and is left out where the service may choose it; an id is neither.
        """
        named = requested is not None and _is_sure(requested)
        if named and self._is_required(requested, operation) and not self._service.is_ec2:
            return requested
        made = self._identity_in_response(kind, key, operation)
        if made is None or requested is None or not named or self._service.is_ec2:
            return made or requested
        return _either(requested, made)

    def _is_required(self, identity: Identity | None, operation: str) -> bool:
        members = {fold(one.name): one for one in self._service.inner(operation).values()}
        named = (found.path.split("|")[0].removesuffix("[]").rsplit(".", 1)[-1] for found in identity or ())
        return all(members[fold(name)].required for name in named if fold(name) in members)

    def _identity_in_response(self, kind: ResourceType, key: Key | None, operation: str) -> Identity | None:
        """Returns the identity that a response gives, at its top or in a structure; the request may have the rest."""
        response, request = self._service.response(operation), self._service.request(operation)
        asked = {name: replace(member, place="req") for name, member in request.items()}
        outer = list(self._structures("resp", response))
        inner = [
            (path, members)
            for path, members in (place for one in outer for place in self._structures(*one))
            if fold(path.rsplit(".", 1)[-1]).startswith(kind.nouns) and not path.endswith("[]")
        ]
        places = [("resp", response), *outer, *inner]
        wholes = [whole_key_in(kind, key, self._service, members, root) for root, members in places]
        names = [own_name_in(kind, key, self._service, members, root) for root, members in places]
        joined = [whole_key_in(kind, key, self._service, {**members, **asked}, root) for root, members in places]
        found = [one for one in (*wholes, *names, *joined) if one]
        return next((one for one in found if _is_sure(one)), next(iter(found), None))

    def _structures(self, path: str, members: Mapping[str, Member]) -> Iterator[tuple[str, Mapping[str, Member]]]:
        """Yields the structures in one, and in its lists, with their paths; pending actions are no resource."""
        for member in members.values():
            place = f"{path}.{member.spelling if self._service.is_ec2 else member.name}"
            if member.kind == "structure":
                yield place, self._service.members(member.shape)
            elif member.kind == "list" and fold(member.name) != "operations":
                shape, kind = self._service.element(member.shape)
                if kind == "structure":
                    yield f"{place}[]", self._service.members(shape)

    def _touched(self, deed: Deed, request: Mapping[str, Member]) -> Iterator[Target]:
        """Returns the most specific types that an operation of another noun names by a required member."""
        if deed.verb == "Upload":
            # A part of an object and a layer of an image are data.
            return
        needed = {name: member for name, member in request.items() if member.required}
        found: list[tuple[ResourceType, Identity]] = []
        for kind in self._kinds:
            identity = self._identity(kind, needed)
            if identity is not None and any(one.own and _starts_with_noun(one, kind) for one in identity):
                found.append((kind, identity))
        named = [pair for pair in found if any(fold(deed.noun).startswith(noun) for noun in pair[0].nouns)]
        length = max((len(identity) for _, identity in named or found), default=0)
        for kind, identity in named or found:
            if len(identity) == length:
                yield Target(self._service.name, kind.name, "update", WEAK, identity)


# What steers an import, and the provider never reads back.
_NEVER_READ: Final = {"aws_api_gateway_rest_api": frozenset({"parameters"})}
_FORMS: Final = ("", "id", "name", "arn", "identifier")


def _act(deed: Deed, match: Match) -> str | None:
    """Returns what an operation does to a type that its noun means; None if that is unknown.

    What is put or attached may be an attribute of something else to Terraform, as a gateway's VPC is. So neither is
    reported as a creation, which somebody would be asked to explain.
    """
    if match is Match.EXACT:
        for verbs, act in ((CREATES, "create"), (DELETES, "delete"), (DETACHES, "detach")):
            if deed.verb in verbs:
                return act
    return "update" if match >= Match.PLAIN_ASPECT and deed.verb in UPDATES | UPSERTS else None


def _either(requested: Identity, made: Identity) -> Identity:
    """Returns the requested name, else that of the response, if both are of the same attribute."""
    if [one.attribute for one in requested] != [one.attribute for one in made] or len(requested) > 1:
        return requested
    return (replace(requested[0], path=f"{requested[0].path}|{made[0].path}"),)


def _is_sure(identity: Identity) -> bool:
    return all(found.sure for found in identity)


def _is_recognised(kind: ResourceType, key: Key | None, identity: Identity) -> bool:
    """Whether a state with the created resource is surely recognised; otherwise it would be unmanaged for ever."""
    if not _is_sure(identity) or kind.name in EPHEMERAL_TYPES | RENAMED_TYPES:
        return False
    # An id may be unique only within a parent: the id in a state may then be composed of both.
    inner = any(found.attribute == ANY and found.path.split("|")[0].lower().endswith("id") for found in identity)
    return not inner or key is None or len(key.members) == 1


def _starts_with_noun(found: Tie, kind: ResourceType) -> bool:
    member = fold(found.path.split("|")[0].rsplit(".", 1)[-1])
    return any(member.startswith(noun) for noun in kind.nouns)
