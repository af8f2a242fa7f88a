"""Finds who caused a state change: the calls that explain what a new serial records of a resource."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from drift_detector.catalog.lookup import Catalog
from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.attribute_paths import parse_attribute
from drift_detector.facts.call import Act, Call, Operation, Target, Verb
from drift_detector.resolve.targets import ResolvedTarget
from tfdrift.events import SENSITIVE_DISPLAY, Actor, AttributeChange, Attribution, StateAction, StateChange

# A refresh may take a value over long after the call; and a state's clock is not the cloud's.
_LONGEST_WAIT = timedelta(days=7)
_CLOCK_SLACK = timedelta(minutes=1)

_ACTS = {StateAction.CREATED: Act.CREATE, StateAction.DELETED: Act.DELETE}


def attribution_of(
    change: StateChange, claims: Iterable[tuple[Call, ResolvedTarget]], catalog: Catalog
) -> Attribution | None:
    """Returns the actors of a state change, in the order of their calls; None where no call explains it.

    Args:
        claims: the calls about the changed resource, each with the target that names it.
    """
    if change.resource is None or change.resource_type is None:
        return None
    calls = {call.event_id: call for call, resolved in claims if _explains(call, resolved.target, change, catalog)}
    if not calls:
        return None
    ordered = sorted(calls.values(), key=lambda call: call.order)
    return Attribution(
        state_change_id=change.id,
        resource=change.resource,
        serial=change.serial,
        workspace=change.workspace,
        resource_type=change.resource_type,
        provider=change.provider,
        actors=tuple(
            Actor(
                user_identity=call.user_identity,
                event_id=call.event_id,
                event_name=call.event_name,
                timestamp=call.occurred,
                sanctioned=call.sanction is not None,
            )
            for call in ordered
        ),
        timestamp=change.timestamp,
    )


def _explains(call: Call, target: Target, change: StateChange, catalog: Catalog) -> bool:
    if not change.timestamp - _LONGEST_WAIT <= call.occurred <= change.timestamp + _CLOCK_SLACK:
        return False
    act = _ACTS.get(change.action)
    if act is not None:
        return target.act is act
    return any(
        _caused(operation, attribute, str(change.resource_type), catalog)
        for operation in target.operations
        for attribute in change.changes
    )


def _caused(operation: Operation, change: AttributeChange, resource_type: str, catalog: Catalog) -> bool:
    """Whether an operation set what a state now records; of elements and hidden values the attribute decides."""
    ours, theirs = parse_attribute(operation.attribute), parse_attribute(change.attribute)
    shared = min(len(ours), len(theirs))
    if ours[:shared] != theirs[:shared]:
        return False
    if ours != theirs or operation.verb is not Verb.SET or operation.unknown or change.new_value == SENSITIVE_DISPLAY:
        return True
    comparison = catalog.comparison(resource_type, operation.attribute)
    return same(operation.value, change.new_value, comparison) is not Verdict.DIFFERENT
