"""Ties a member of a request or response to the attribute that has the same name.

A state may hold a name in one form alone, and under words of the provider's own; a call gives whichever its service
speaks of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mapping_generator.sources.names import fold, singular
from mapping_generator.sources.service_model import Member, Service
from mapping_generator.types.nouns import ResourceType
from mapping_generator.types.resource_names import MEMBER_FORMS, MEMBER_NAMES, TIES

ANY: Final = "@identity"
# The only resource of its type in an account and region, which no call names.
ONLY: Final = "@only"
GENERIC: Final = {form: form for form in ("id", "arn", "name", "identifier")} | {
    "resourcearn": "arn",
    "resourceid": "id",
    "resourceidentifier": "identifier",
}
_FORM: Final = re.compile(r"(identifier|arn|name|url|id)$")
_WORD_LENGTH: Final = 4
_NAMED: Final = ("string", "integer", "long")


@dataclass(frozen=True, slots=True)
class Tie:
    """A member that gives an identity attribute.

    Attributes:
        path: its path in the call, as in the mapping.
        own: whether it names this resource, and not one that it belongs to.
        sure: whether the attribute is known to hold this very form of the name; if it does not, the resource is not
            found, which is harmless except for a creation: it would be reported as unmanaged.
        form: the mapping's transform that brings both sides to one form, such as ``arn_tail``.
        many: whether it is a list, so that the call has several resources.
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
    """Returns the form (id, name, arn, identifier, url, or "" for any) in which a member names the type's resource.

    With ``tails`` it may do so by the last words of the type's noun alone: a role policy has a PolicyName.
    """
    if folded in kind.nouns or singular(folded) in kind.nouns:
        # A policy is the value that is set, not the resource that gets it.
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
    """Returns what a member names, by the attributes of the type; None if that is unknown."""
    many = member.kind == "list"
    shape, element = service.element(member.shape) if many else (member.shape, member.kind)
    if element not in _NAMED:
        return None
    folded = singular_name(member)
    path = path_of(service, root, member, "[]" if many else "")
    form = own_form(kind, folded)
    exact = TIES.get(kind.name, {}).get(folded) or _attribute_named(kind, service, folded)
    if exact == ANY or (exact is not None and kind.attributes[exact].kind in ("string", "number")):
        if exact in (ANY, "id", "arn", "name"):
            return Tie(ANY, path, own=True, sure=True, many=many)
        arns = "arn_tail" if service.takes_arns(shape) and not folded.endswith("arn") else None
        given = MEMBER_FORMS.get(f"{service.name}:{folded}", arns)
        return Tie(exact, path, form is not None or not is_reference(kind, exact), sure=True, many=many, form=given)
    if form is not None or folded in GENERIC:
        return _own_tie(kind, folded, form if form is not None else GENERIC[folded], path, many)
    reference = _reference_named(kind, folded)
    if reference is not None and kind.attributes[reference].kind == "string":
        return Tie(reference, path, own=False, sure=False, many=many, form="arn_tail")
    return None


def _attribute_named(kind: ResourceType, service: Service, folded: str) -> str | None:
    """Returns the attribute with the member's name, without the service's name, or shortened: plan_id, app_name."""
    names = (folded, folded.removeprefix(fold(service.name)), folded.replace("application", "app"))
    return next((found for name in names if name and (found := kind.attribute_named(name)) is not None), None)


def _reference_named(kind: ResourceType, folded: str) -> str | None:
    """Returns the attribute that has what a member names in another form: id, name or ARN."""
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


def is_reference(kind: ResourceType, attribute: str) -> bool:
    """Whether an attribute names a resource of another noun, as the rest_api_id of an API's stage does."""
    return attribute not in GENERIC and bool(_FORM.search(attribute)) and own_form(kind, fold(attribute)) is None


def path_of(service: Service, root: str, member: Member, suffix: str = "") -> str:
    """Returns the path of a member, with the other spelling that CloudTrail may use."""
    spellings = [member.name]
    further = MEMBER_NAMES.get(f"{service.name}:{member.name.lower()}")
    for spelling in (further, member.spelling):
        if spelling and re.fullmatch(r"[\w-]+", spelling) and spelling.lower() not in (s.lower() for s in spellings):
            spellings.append(spelling)
    if further:
        spellings.reverse()
    return "|".join(f"{member.place or root}.{spelling}{suffix}" for spelling in spellings)


def singular_name(member: Member) -> str:
    """Returns a member's folded name; for a list, the name of one element."""
    return singular(fold(member.name)) if member.kind == "list" else fold(member.name)


def is_arn(found: Tie) -> bool:
    """Whether a member's name says that it is an ARN."""
    return singular(found.path.split("|")[0].removesuffix("[]").lower()).endswith("arn")


def is_unique(found: Tie) -> bool:
    """Whether a member is an id or ARN, which is unique, and not a name."""
    return singular(found.path.split("|")[0].removesuffix("[]").lower()).endswith(("arn", "id"))
