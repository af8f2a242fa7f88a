"""Which creation a deletion undoes, of a thing that no state holds.

A creation tells everything that its answer calls the thing, and what was asked for. A deletion gives the one name that
its caller had at hand, and often what the thing is in: a web ACL is made with its ARN and deleted by its id and scope.
So a deletion undoes a creation of which it gives a name, and whose words it does not contradict.
"""

from __future__ import annotations

from drift_detector.catalog import ANY_IDENTITY
from drift_detector.claims_identity import arn_tail
from drift_detector.facts import Act, Call, Target, Verb
from tfdrift.events import Json


def thing_tokens(target: Target) -> frozenset[str]:
    """The tokens that a creation and a deletion of one thing share at least one of."""
    return frozenset(f"{target.type}\0@thing\0{name}" for name in _names(target))


def undoes(deletion: Target, its_call: Call, creation: Target, call: Call) -> bool:
    """Whether a deletion, by its call, is of what a creation made, by another."""
    if deletion.act is not Act.DELETE or creation.act is not Act.CREATE or deletion.type != creation.type:
        return False
    if (its_call.provider, its_call.account_id, its_call.region) != (call.provider, call.account_id, call.region):
        return False
    told: dict[str, Json] = {
        operation.attribute: operation.value for operation in creation.operations if operation.verb is Verb.SET
    }
    told |= creation.identity
    given = {attribute: value for attribute, value in deletion.identity.items() if attribute != ANY_IDENTITY}
    if any(attribute in told and not _is_form_of(value, told[attribute]) for attribute, value in given.items()):
        return False
    untold = [value for attribute, value in given.items() if attribute not in told]
    if (name := deletion.identity.get(ANY_IDENTITY)) is not None:
        untold = [name]
    elif not untold or creation.identity.keys() <= given.keys():
        return True
    return any(not _names(creation).isdisjoint((value, arn_tail(value))) for value in untold)


def _names(target: Target) -> frozenset[str]:
    given = {*target.identity.values(), *target.names}
    return frozenset(given | {arn_tail(name) for name in given})


def _is_form_of(value: str, told: Json) -> bool:
    """Whether a text names what another does, be one of them its ARN."""
    return isinstance(told, str | int) and arn_tail(value) == arn_tail(str(told))
