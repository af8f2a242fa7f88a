"""Decides which creation a deletion undoes, for a resource that is in no state.

A creation has every name that its response gives the resource, and everything that the request asked for. A deletion
has the one name that its caller used, and often the container of the resource: a web ACL is created with an ARN and
deleted by its id and scope. So a deletion undoes a creation if it has one of its names and contradicts nothing else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from drift_detector.catalog.event_rules import ANY_IDENTITY, THE_ONLY
from drift_detector.catalog.lookup import Catalog
from drift_detector.facts.call import Act, Call, Target, Verb
from drift_detector.facts.names import arn_tail
from tfdrift.events import Json


class CreationTokens:
    """Makes tokens, of which a creation and a deletion of one resource share at least one.

    If all calls that create or delete a type name it by the same attributes, the token is made of all of these: half of
    an estate's calls may share one of them, such as the zone.
    """

    def __init__(self, catalog: Catalog) -> None:
        names = catalog.tables.identities_of_existence
        self._named_variously: Final = {
            name for name, sets in names.items() if len(sets) > 1 or any(ANY_IDENTITY in one for one in sets)
        }
        self._only: Final = {name for name, sets in names.items() if any(THE_ONLY in one for one in sets)}

    def tokens(self, target: Target) -> frozenset[str]:
        """Returns the tokens of a creation or a deletion."""
        tokens = {creation_token(target)}
        if target.type in self._named_variously:
            own = target.identity.get(ANY_IDENTITY) if target.act is Act.DELETE else None
            names = _names(target) if own is None else (own, arn_tail(own))
            tokens.update(f"{target.type}\0@thing\0{name}" for name in names)
        if target.type in self._only:
            tokens.add(f"{target.type}\0{THE_ONLY}")
        return frozenset(tokens)


@lru_cache(maxsize=4)
def creation_tokens(catalog: Catalog) -> CreationTokens:
    """Returns the one `CreationTokens` of a catalog."""
    return CreationTokens(catalog)


def creation_token(target: Target) -> str:
    """Returns the token that all creations with one identity share."""
    return "\0".join((target.type, "@made", *(f"{name}={value}" for name, value in sorted(target.identity.items()))))


def undoes(deletion: Target, its_call: Call, creation: Target, call: Call) -> bool:
    """Whether a deletion, by its call, deletes what a creation, by another call, created."""
    if deletion.act is not Act.DELETE or creation.act is not Act.CREATE or deletion.type != creation.type:
        return False
    if (its_call.provider, its_call.account_id, its_call.region) != (call.provider, call.account_id, call.region):
        return False
    if THE_ONLY in deletion.identity:
        return True
    known: dict[str, Json] = {
        operation.attribute: operation.value for operation in creation.operations if operation.verb is Verb.SET
    }
    known |= creation.identity
    given = {attribute: value for attribute, value in deletion.identity.items() if attribute != ANY_IDENTITY}
    if any(attribute in known and not _is_form_of(value, known[attribute]) for attribute, value in given.items()):
        return False
    further = [value for attribute, value in given.items() if attribute not in known]
    if (name := deletion.identity.get(ANY_IDENTITY)) is not None:
        further = [name]
    elif not further or creation.identity.keys() <= given.keys():
        return True
    return any(not _names(creation).isdisjoint((value, arn_tail(value))) for value in further)


def _names(target: Target) -> frozenset[str]:
    given = {*target.identity.values(), *target.names}
    return frozenset(given | {arn_tail(name) for name in given})


def _is_form_of(value: str, known: Json) -> bool:
    """Whether two texts name the same thing; one of them may be its ARN."""
    return isinstance(known, str | int) and arn_tail(value) == arn_tail(str(known))
