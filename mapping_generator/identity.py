"""How an operation's request or response names the resource that it is about.

A type's *key* is what its delete operation requires: nothing less names one resource, and nothing more is needed. Each
member of the key is tied to an attribute of the type, and every other operation must give the same members. A key that
cannot be tied as a whole is not used at all: a part of it would mean the resource's siblings too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mapping_generator.exceptions import KEYS, MEMBER_FORMS, MEMBER_NAMES, OPAQUE_SERVICES, TIES
from mapping_generator.names import fold, singular
from mapping_generator.service_model import Member, Service
from mapping_generator.types import Match, ResourceType, matched_deed
from mapping_generator.verbs import DELETES, DETACHES, UPDATES, UPSERTS, deed_of

ANY: Final = "@identity"
# The one resource of its type in an account and region, which no call names.
ONLY: Final = "@only"
_GENERIC: Final = {form: form for form in ("id", "arn", "name", "identifier")} | {
    "resourcearn": "arn",
    "resourceid": "id",
    "resourceidentifier": "identifier",
}
_FORM: Final = re.compile(r"(identifier|arn|name|url|id)$")
_NAME: Final = re.compile(r"(identifier|arn|name|id|identity)$")
_WORD_LENGTH: Final = 4
_NAMED: Final = ("string", "integer", "long")


@dataclass(frozen=True, slots=True)
class Tie:
    """A member that gives an identity attribute.

    Attributes:
        path: where it is in the call, as the mapping spells it.
        own: whether it names this very resource, rather than one that it belongs to.
        sure: whether the attribute is known to hold this very form of the name; if it does not, the resource is not
            found, which is harmless for all but creations: what nobody holds is told as unmanaged.
        form: the mapping's transform that brings both sides to one form, such as ``arn_tail``.
        many: whether it is a list, so that the call is about several resources.
    """

    attribute: str
    path: str
    own: bool
    sure: bool
    many: bool = False
    form: str | None = None
    optional: bool = False


Identity = tuple[Tie, ...]


def own_form(kind: ResourceType, folded: str, *, tails: bool = True) -> str | None:
    """The form (id, name, arn, identifier, url, or "" for any) in which a member names the type's own resource.

    With ``tails`` it may do so by the last words of the type's noun alone: a role policy has a PolicyName.
    """
    if folded in kind.nouns or singular(folded) in kind.nouns:
        # A policy is what is put, not what it is put to.
        return None if folded.endswith(("policy", "document")) else ""
    found = _FORM.search(folded)
    if found is None:
        return None
    # A noun of the type is singular, an alias's and its options' too, as far as that can be told from its letters.
    base = singular(folded[: found.start()])
    tail = len(base) >= _WORD_LENGTH and any(noun.endswith(base) for noun in kind.nouns)
    # A provisioned product's product_id is that of the product.
    foreign = base in kind.others and kind.attribute_named(folded) is not None
    return found[1] if base in kind.nouns or (tails and tail and not foreign) else None


def tie(kind: ResourceType, service: Service, member: Member, root: str = "req") -> Tie | None:
    """What a member names, by the attributes of the type; None where it names nothing that is known."""
    many = member.kind == "list"
    shape, element = service.element(member.shape) if many else (member.shape, member.kind)
    if element not in _NAMED:
        return None
    folded = _singular_name(member)
    path = path_of(service, root, member, "[]" if many else "")
    form = own_form(kind, folded)
    exact = TIES.get(kind.name, {}).get(folded) or _attribute_named(kind, service, folded)
    if exact == ANY or (exact is not None and kind.attributes[exact].kind in ("string", "number")):
        if exact in (ANY, "id", "arn", "name"):
            return Tie(ANY, path, own=True, sure=True, many=many)
        arns = "arn_tail" if service.takes_arns(shape) and not folded.endswith("arn") else None
        given = MEMBER_FORMS.get(f"{service.name}:{folded}", arns)
        return Tie(exact, path, form is not None or not _is_reference(kind, exact), sure=True, many=many, form=given)
    if form is not None or folded in _GENERIC:
        return _own_tie(kind, folded, form if form is not None else _GENERIC[folded], path, many)
    reference = _reference_named(kind, folded)
    if reference is not None and kind.attributes[reference].kind == "string":
        return Tie(reference, path, own=False, sure=False, many=many, form="arn_tail")
    return None


def _attribute_named(kind: ResourceType, service: Service, folded: str) -> str | None:
    """The attribute that is called as the member, without its service's name, or short: plan_id, app_name."""
    names = (folded, folded.removeprefix(fold(service.name)), folded.replace("application", "app"))
    return next((found for name in names if name and (found := kind.attribute_named(name)) is not None), None)


def _reference_named(kind: ResourceType, folded: str) -> str | None:
    """The attribute that holds what a member names, in another form: what is identified by its id, name or ARN."""
    base = _FORM.sub("", folded)
    forms = ("", "id", "arn", "name") if folded.endswith("identifier") else ("",)
    named = (kind.attribute_named(base + form) for form in forms if base)
    return next((found for found in named if found is not None), None)


def _own_tie(kind: ResourceType, folded: str, form: str, path: str, many: bool) -> Tie | None:
    attributes = kind.attributes
    if form == "identifier" and "identifier" in attributes:
        return Tie("identifier", path, own=True, sure=True, many=many)
    own_id = kind.attribute_named(folded.removesuffix("entifier")) if form == "identifier" else None
    if own_id is not None and "id" not in attributes:
        # A GuardrailIdentifier is the guardrail_id, or the ARN that ends in it.
        return Tie(own_id, path, own=True, sure=True, many=many, form="arn_tail")
    if form in attributes and form != "identifier":
        return Tie(ANY, path, own=True, sure=True, many=many)
    return Tie(ANY, path, own=True, sure=False, many=many) if {"id", "name", "arn"} & attributes.keys() else None


def _is_reference(kind: ResourceType, attribute: str) -> bool:
    # A name of another noun, such as the rest_api_id of an API's stage.
    return attribute not in _GENERIC and bool(_FORM.search(attribute)) and own_form(kind, fold(attribute)) is None


def path_of(service: Service, root: str, member: Member, suffix: str = "") -> str:
    """The path of a member, with the other spelling that CloudTrail may use for it."""
    spellings = [member.name]
    further = MEMBER_NAMES.get(f"{service.name}:{member.name.lower()}")
    for spelling in (further, member.spelling):
        if spelling and re.fullmatch(r"[\w-]+", spelling) and spelling.lower() not in (s.lower() for s in spellings):
            spellings.append(spelling)
    if further:
        spellings.reverse()
    return "|".join(f"{member.place or root}.{spelling}{suffix}" for spelling in spellings)


@dataclass(frozen=True, slots=True)
class Key:
    """The folded names of the members that name a resource of a type.

    Attributes:
        rivals: further names of the type's own resource, any of which may stand in place of the only member.
        scope: what a name that is not unique by itself is unique in, where a call says so.
        steering: every member of the operation that deletes: none of them is something that an update sets.
    """

    members: tuple[str, ...]
    scope: tuple[str, ...] = ()
    steering: frozenset[str] = frozenset()
    rivals: tuple[str, ...] = ()


def key_of(kind: ResourceType, service: Service) -> Key | None:
    """The key of a type, by the operation that deletes or detaches it, or else sets it; None where there is none."""
    if kind.name in KEYS:
        return Key(KEYS[kind.name])
    return _key_of_deletion(kind, service) or _key_of_setting(kind, service)


def _key_of_deletion(kind: ResourceType, service: Service) -> Key | None:
    for operation in service.operations():
        deed = deed_of(operation)
        if deed.verb not in DELETES | DETACHES or deed.batch or matched_deed(kind, deed) is not Match.EXACT:
            continue
        members = service.request(operation)
        # When a thing was made only guards against deleting one that has come in its place; a flag says how.
        naming = [one for one in members.values() if one.required and one.kind not in ("timestamp", "boolean")]
        naming = [one for one in naming if not _is_callers(kind, service, one)]
        required = [fold(one.name) for one in naming]
        own = [fold(member.name) for member in members.values() if own_form(kind, _singular_name(member)) is not None]
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
    """Whether a member is the account that the call is made in: a type without such an attribute never tells it.

    S3 Control is given it in the host's name or a header, so that its log need not have it.
    """
    told = kind.attribute_named("accountid") is not None and service.name not in OPAQUE_SERVICES
    return fold(member.name) == "accountid" and not told


def _key_of_setting(kind: ResourceType, service: Service) -> Key | None:
    """The key of what is never made or deleted, but only set: what a call must give and Terraform must be told."""
    for operation in service.operations():
        deed = deed_of(operation)
        if deed.verb not in UPDATES | UPSERTS or deed.batch or matched_deed(kind, deed) is not Match.EXACT:
            continue
        needed = [member for member in service.request(operation).values() if member.required]
        named = [member for member in needed if _NAME.search(fold(member.name))]
        which = [member for member in needed if _is_told(kind, member) and _is_choice(service, member)]
        if named and all(_is_told(kind, member) for member in named):
            return Key(tuple(fold(member.name) for member in (*named, *which)))
    return None


def _is_told(kind: ResourceType, member: Member) -> bool:
    name = kind.attribute_named(fold(member.name))
    return name is not None and kind.attributes[name].required


def _is_choice(service: Service, member: Member) -> bool:
    """Whether a member tells which of a thing's few settings is meant, such as the type of a notification."""
    return fold(member.name).endswith("type") and member.kind == "string" and service.is_enumerated(member.shape)


def _is_scope(kind: ResourceType, folded: str) -> bool:
    name = kind.attribute_named(folded)
    if name is None or kind.attributes[name].kind != "string" or name.startswith(("final_", "version_")):
        return False
    return name == "qualifier" or _is_reference(kind, name)


def whole_key_in(
    kind: ResourceType, key: Key | None, service: Service, members: Mapping[str, Member], root: str = "req"
) -> Identity | None:
    """The identity that a request or response gives by the members of the key; None unless it gives them all."""
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
    """Names of one thing, of which a call may give any, as one."""
    if not rivals or rivals[0].many:
        return rivals[:1]
    same = [one for one in rivals if one.attribute == rivals[0].attribute and not one.many]
    paths = dict.fromkeys(path for one in same for path in one.path.split("|"))
    return (replace(same[0], path="|".join(paths)),)


def own_name_in(
    kind: ResourceType, key: Key | None, service: Service, members: Mapping[str, Member], root: str = "req"
) -> Identity | None:
    """The identity that a request or response gives by the one member that names the type's own resource.

    Of a type whose key has several members, only an ARN will do: an id or name may be unique in the others alone.
    """
    specific, generic = [], []
    inner = {member.place for member in members.values() if member.place}
    for member in members.values():
        found, name = tie(kind, service, member, root), _singular_name(member)
        if found is None or not found.own or (key is not None and len(key.members) > 1 and not _is_arn(found)):
            continue
        if own_form(kind, name, tails=False) is not None:
            specific.append(found)
        elif name in _GENERIC and (member.required or member.place or root != "req"):
            generic.append(found)
    candidates = specific or generic
    # EC2's requests and older responses have no ARNs.
    candidates.sort(key=lambda found: (_is_arn(found) == service.is_ec2, not is_unique(found), found.path))
    if root == "req" and not any(".".join(found.path.split(".")[:2]) in inner for found in candidates[:1]):
        return tuple(candidates[:1]) or None
    # Of what was made, or is put as a whole, whichever name was logged.
    return _any_of(tuple(candidates)) or None


def _singular_name(member: Member) -> str:
    return singular(fold(member.name)) if member.kind == "list" else fold(member.name)


def _is_arn(found: Tie) -> bool:
    return singular(found.path.split("|")[0].removesuffix("[]").lower()).endswith("arn")


def is_unique(found: Tie) -> bool:
    """Whether a member is an id or ARN, which nothing else has, rather than a name."""
    return singular(found.path.split("|")[0].removesuffix("[]").lower()).endswith(("arn", "id"))


def _is_part(kind: ResourceType, whole: Identity) -> bool:
    """Whether a type is a part of another, of which that has but one, such as a bucket's policy."""
    sure = len(whole) > 1 or all(found.sure for found in whole)
    return sure and all(found.attribute == ANY or kind.attributes[found.attribute].required for found in whole)


def _is_given(kind: ResourceType, whole: Identity) -> bool:
    """Whether the whole key is one attribute that only the cloud gives: what belongs to another is told which."""
    (found, *others) = whole
    return not others and found.sure and found.attribute != ANY and not kind.attributes[found.attribute].configurable


def _one_own(whole: Identity) -> Identity:
    """Without the name of what an id or ARN names already: a web ACL is deleted by both."""
    own = [found for found in whole if found.attribute == ANY]
    if len(own) < 2:
        return whole
    kept = next((found for found in own if is_unique(found)), own[0])
    return tuple(found for found in whole if found.attribute != ANY or found is kept)


def _distinct(ties: Identity) -> Identity | None:
    attributes = [found.attribute for found in ties]
    return ties if len(set(attributes)) == len(attributes) else None
