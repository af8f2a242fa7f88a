"""Finds how an operation's request or response names its resource.

A type's *key* is what its delete operation requires: nothing less names one resource, and nothing more is needed. Each
member of the key is tied to an attribute of the type, and every other operation must give the same members. A key that
cannot be tied as a whole is not used at all: a part of it would mean the resource's siblings too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mapping_generator.match.ties import (
    ANY,
    GENERIC,
    Identity,
    is_arn,
    is_reference,
    is_unique,
    own_form,
    singular_name,
    tie,
)
from mapping_generator.sources.names import fold
from mapping_generator.sources.service_model import Member, Service
from mapping_generator.sources.service_names import OPAQUE_SERVICES
from mapping_generator.sources.verbs import DELETES, DETACHES, UPDATES, UPSERTS, deed_of
from mapping_generator.types.nouns import Match, ResourceType, matched_deed
from mapping_generator.types.resource_names import KEYS

_NAME: Final = re.compile(r"(identifier|arn|name|id|identity)$")


@dataclass(frozen=True, slots=True)
class Key:
    """The folded names of the members that name a resource of a type.

    Attributes:
        rivals: further names of the type's own resource, each a substitute for the only member.
        scope: the members within which a name is unique, if calls give them.
        steering: every member of the deleting operation: no update sets any of them.
    """

    members: tuple[str, ...]
    scope: tuple[str, ...] = ()
    steering: frozenset[str] = frozenset()
    rivals: tuple[str, ...] = ()


def key_of(kind: ResourceType, service: Service) -> Key | None:
    """Returns the key of a type, by the operation that deletes, detaches or else sets it; None if there is none."""
    if kind.name in KEYS:
        return Key(KEYS[kind.name])
    return _key_of_deletion(kind, service) or _key_of_setting(kind, service)


def _key_of_deletion(kind: ResourceType, service: Service) -> Key | None:
    for operation in service.operations():
        deed = deed_of(operation)
        if deed.verb not in DELETES | DETACHES or deed.batch or matched_deed(kind, deed) is not Match.EXACT:
            continue
        members = service.request(operation)
        # A creation time only guards against deleting a successor; a flag only says how to delete.
        naming = [one for one in members.values() if one.required and one.kind not in ("timestamp", "boolean")]
        naming = [one for one in naming if not _is_callers(kind, service, one)]
        required = [fold(one.name) for one in naming]
        own = [fold(member.name) for member in members.values() if own_form(kind, singular_name(member)) is not None]
        if not required and not own:
            own = sorted(members) if members.keys() == {"name", "arn"} else []
        if required or own:
            first, *rivals = sorted(own, key=lambda name: not name.endswith("id")) or [""]
            found, rivals = (required, []) if required else ([first], rivals)
            names = [fold(member.name) for member in members.values()]
            scope = [name for name in names if name not in (*found, *rivals) and _is_scope(kind, name)]
            return Key(tuple(found), tuple(scope), frozenset(names), tuple(rivals))
    return None


def _is_callers(kind: ResourceType, service: Service, member: Member) -> bool:
    """Whether a member is the account of the call: the type then has no such attribute.

    S3 Control is given it in the host's name or a header, so that its log need not have it.
    """
    has_account = kind.attribute_named("accountid") is not None and service.name not in OPAQUE_SERVICES
    return fold(member.name) == "accountid" and not has_account


def _key_of_setting(kind: ResourceType, service: Service) -> Key | None:
    """Returns the key of a type that is only ever set: the members that both the call and Terraform require."""
    for operation in service.operations():
        deed = deed_of(operation)
        if deed.verb not in UPDATES | UPSERTS or deed.batch or matched_deed(kind, deed) is not Match.EXACT:
            continue
        needed = [member for member in service.request(operation).values() if member.required]
        named = [member for member in needed if _NAME.search(fold(member.name))]
        which = [member for member in needed if _is_required(kind, member) and _is_choice(service, member)]
        if named and all(_is_required(kind, member) for member in named):
            return Key(tuple(fold(member.name) for member in (*named, *which)))
    return None


def _is_required(kind: ResourceType, member: Member) -> bool:
    name = kind.attribute_named(fold(member.name))
    return name is not None and kind.attributes[name].required


def _is_choice(service: Service, member: Member) -> bool:
    """Whether a member selects one of a few settings, such as the type of a notification."""
    return fold(member.name).endswith("type") and member.kind == "string" and service.is_enumerated(member.shape)


def _is_scope(kind: ResourceType, folded: str) -> bool:
    name = kind.attribute_named(folded)
    if name is None or kind.attributes[name].kind != "string" or name.startswith(("final_", "version_")):
        return False
    return name == "qualifier" or is_reference(kind, name)


def whole_key_in(
    kind: ResourceType, key: Key | None, service: Service, members: Mapping[str, Member], root: str = "req"
) -> Identity | None:
    """Returns the identity that a request or response gives by the members of the key; None unless it gives all."""
    by_name = {fold(member.name): member for member in members.values()}

    def tied(names: tuple[str, ...]) -> Identity:
        found = (tie(kind, service, by_name[name], root) for name in names if name in by_name)
        return tuple(one for one in found if one is not None)

    whole = tied(key.members) if key is not None else ()
    if key is not None and key.rivals:
        whole = _any_of((*whole, *tied(key.rivals)))
    if key is None or len(whole) < len(key.members):
        return None
    if not any(found.own for found in whole) and not _is_part(kind, whole) and not _is_given(kind, whole):
        return None
    unique = any(found.own and is_unique(found) for found in whole)
    scope = () if unique else (replace(found, optional=True) for found in tied(key.scope))
    return _distinct((*_one_own(whole), *scope))


def _any_of(rivals: Identity) -> Identity:
    """Joins the names of one resource, of which a call may give any, into one."""
    if not rivals or rivals[0].many:
        return rivals[:1]
    same = [one for one in rivals if one.attribute == rivals[0].attribute and not one.many]
    paths = dict.fromkeys(path for one in same for path in one.path.split("|"))
    return (replace(same[0], path="|".join(paths)),)


def own_name_in(
    kind: ResourceType, key: Key | None, service: Service, members: Mapping[str, Member], root: str = "req"
) -> Identity | None:
    """Returns the identity that a request or response gives by the one member that names the type's own resource.

    Of a type whose key has several members, only an ARN will do: an id or name may be unique in the others alone.
    """
    specific, generic = [], []
    inner = {member.place for member in members.values() if member.place}
    for member in members.values():
        found, name = tie(kind, service, member, root), singular_name(member)
        if found is None or not found.own or (key is not None and len(key.members) > 1 and not is_arn(found)):
            continue
        if own_form(kind, name, tails=False) is not None:
            specific.append(found)
        elif name in GENERIC and (member.required or member.place or root != "req"):
            generic.append(found)
    candidates = specific or generic
    # EC2's requests and older responses have no ARNs.
    candidates.sort(key=lambda found: (is_arn(found) == service.is_ec2, not is_unique(found), found.path))
    if root == "req" and not any(".".join(found.path.split(".")[:2]) in inner for found in candidates[:1]):
        return tuple(candidates[:1]) or None
    # For a creation or a replacement, whichever name was logged.
    return _any_of(tuple(candidates)) or None


def _is_part(kind: ResourceType, whole: Identity) -> bool:
    """Whether a type is a part that another has at most once, such as a bucket's policy."""
    sure = len(whole) > 1 or all(found.sure for found in whole)
    return sure and all(found.attribute == ANY or kind.attributes[found.attribute].required for found in whole)


def _is_given(kind: ResourceType, whole: Identity) -> bool:
    """Whether the whole key is one attribute that only the cloud gives; a part of another resource names that."""
    (found, *others) = whole
    return not others and found.sure and found.attribute != ANY and not kind.attributes[found.attribute].configurable


def _one_own(whole: Identity) -> Identity:
    """Leaves out a name beside an id or ARN: a web ACL is deleted by both."""
    own = [found for found in whole if found.attribute == ANY]
    if len(own) < 2:
        return whole
    kept = next((found for found in own if is_unique(found)), own[0])
    return tuple(found for found in whole if found.attribute != ANY or found is kept)


def _distinct(ties: Identity) -> Identity | None:
    attributes = [found.attribute for found in ties]
    return ties if len(set(attributes)) == len(attributes) else None
