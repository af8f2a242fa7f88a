"""Explains step by step how a call was understood, for an operator who asks why there is a drift, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from drift_detector.catalog.without_resource import load_without_resource
from drift_detector.claim.by_provider import call_of
from drift_detector.claim.sanction import Sanctions
from drift_detector.compare.apply_operation import apply, place_of_edit
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.store import FactStore
from drift_detector.facts.attribute_paths import SOMETHING, located, recorded, spells
from drift_detector.facts.call import Call, Operation, Part, Target, Verb
from drift_detector.facts.no_value import MISSING, Absent
from drift_detector.resolve.other_names import NamesInPlace
from drift_detector.resolve.targets import resolve_group
from tfdrift.envelope import Envelope, rfc3339
from tfdrift.events import Drift, FalcoEvent, Json
from tfdrift.records import ResourceRecord, resource_key
from tfdrift.subjects import Provider

_LONGEST_VALUE = 160
_PARTS = {
    Part.ASKED: "asked for: it claims something once another entry says that it was done",
    Part.BEGUN: "begun",
    Part.ENDED: "done",
    Part.FAILED: "not done",
}


def explain(
    event: FalcoEvent, envelope: Envelope, records: Iterable[ResourceRecord], store: FactStore, sanctions: Sanctions
) -> Iterator[str]:
    """Yields the lines that explain one alert against the records of a state.

    Args:
        store: an empty store; its context is used, and it is filled.
    """
    for record in records:
        store.put_state(resource_key(record.workspace, record.address), record.encode())
    yield from _event(event)
    call = call_of(event, envelope, store.context.catalog, sanctions)
    if call is None:
        yield _line("claims", f"nothing: {_why_ignored(event, envelope, store)}")
        return
    if call.sanction is not None:
        yield _line("sanctioned", f"by {call.sanction}: it opens nothing, and waits for a state to confirm it")
    store.calls.put(call)
    if call.part is not None:
        yield _line("operation", f"{call.operation}, of which this entry says that it was {_PARTS[call.part]}")
    for number, group in enumerate(call.groups, 1):
        yield from _group(number, group, call, store)
    yield from _outcome(call, store)


def _event(event: FalcoEvent) -> Iterator[str]:
    who = event.user_identity
    person = f"{who.user_name} ({who.type}, {who.via})" if who is not None else "somebody"
    yield _line("call", f"{event.service}:{event.event_name} by {person} at {rfc3339(event.timestamp)}")
    yield _line("", f"event {event.event_id}, account {event.account_id}, region {event.region}")


def _why_ignored(event: FalcoEvent, envelope: Envelope, store: FactStore) -> str:
    if event.event_id is None or envelope.call is None:
        return "it is not a cloud call, or its request did not come along"
    if event.error_code:
        return f"the call failed ({event.error_code})"
    if event.read_only:
        return "the call only read"
    if event.service and event.event_name:
        catalog = store.context.catalog
        reason = load_without_resource().reason(catalog, event.service, event.event_name)
        if reason is not None:
            return f"no Terraform resource holds what it does ({reason})"
        # The names of other clouds' events in the mapping depend on their requests.
        if event.provider is Provider.AWS and catalog.event(event.service, event.event_name) is None:
            return "the mapping does not know this event"
    other = "a dry run, a service's own echo, or a request that names nothing Terraform manages"
    return other if event.provider is Provider.AWS else f"{other}; or the mapping does not know this event"


def _group(number: int, group: tuple[Target, ...], call: Call, store: FactStore) -> Iterator[str]:
    resolved = resolve_group(group, call, store.states, store.context.catalog, store.calls.renames)
    yield _line(f"claim {number}", "alternatives, most specific first" if len(group) > 1 else "")
    for target in group:
        identity = " ".join(f"{name}={value}" for name, value in target.identity.items())
        found = [(one, one.resource.record()) for one in resolved if one.target == target]
        addresses = ", ".join(f"{record.address} ({record.workspace})" for _, record in found)
        yield _line("", f"{target.act} {target.type} {identity} -> {addresses or 'in no state here'}")
        for one, record in found:
            names = store.names_in_place(one.resource)
            for operation in place_of_edit(one.operations_on(record.attributes), record.attributes):
                yield _line("", f"  {_comparison(operation, record, names, store.context)}")


def _comparison(operation: Operation, record: ResourceRecord, names: NamesInPlace, context: EvaluationContext) -> str:
    if operation.attribute == SOMETHING:
        return "something changed that neither the log nor the mapping names"
    attribute = located(record.attributes, operation.attribute)
    comparison = context.catalog.comparison(record.type, attribute)
    there = recorded(record.attributes, attribute)
    if operation.only_recorded and there in (MISSING, None):
        return f"{attribute}: the provider records it only where the configuration has it"
    if not spells(record.attributes, attribute):
        return f"{attribute}: the version of the provider that wrote the state does not have it"
    if operation.verb is Verb.RESTORE:
        return f"{attribute}: is as the state records it, since the call switches it off"
    verdict = names.same(apply(operation, there, comparison), there, comparison, context.hasher)
    sign = {Verb.SET: "=", Verb.ADD: "+=", Verb.REMOVE: "-=", Verb.EDIT: "~="}[operation.verb]
    claimed = "(hidden)" if operation.unknown else _shown(operation.value)
    state = "(no such attribute)" if isinstance(there, Absent) else _shown(there)
    return f"{attribute} {sign} {claimed}; the state has {state}; compared as {comparison.how}: {verdict}"


def _outcome(call: Call, store: FactStore) -> Iterator[str]:
    drifts: list[Drift] = []
    for subject in store.subjects_of_call(call):
        derived = store.derive(subject, call.received)
        drifts.extend(derived.drifts.values())
        if derived.due is not None:
            yield _line("waits", f"for a state to confirm it, until {rfc3339(derived.due)}")
        for ignored in derived.ignored.values():
            yield _line("ignored", f"{ignored.what}, by the rule {ignored.rule}")
    for drift in drifts:
        where = f"{drift.address} {drift.attribute or '(its existence)'}" if drift.address else drift.resource_id
        yield _line("drift", f"{drift.kind}, {drift.status}: {where}")
        new = "(unknown)" if drift.value_unknown else _shown(drift.new_value)
        yield _line("", f"{_shown(drift.old_value)} -> {new}")
        rules = f"by the rules {', '.join(drift.matched_rules)}" if drift.matched_rules else "by default"
        yield _line("", f"severity {drift.severity}, {rules}")
    if not drifts:
        yield _line("outcome", "no drift")


def _shown(value: Json) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _line(label: str, text: str) -> str:
    return f"{label:<12}{text}".rstrip()
