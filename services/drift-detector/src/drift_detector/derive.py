"""The drifts that the facts amount to: of one managed resource, or of one thing that no state holds.

Everything here is a function of the facts, the rules and the time; the same facts give the same drifts, whenever and
wherever they are derived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from drift_detector.catalog import Catalog
from drift_detector.compare import Hasher, apply, per_tag, same
from drift_detector.compare_values import Verdict
from drift_detector.correlate import (
    FOR_EVER,
    SINCE_EVER,
    UNKNOWN,
    Claimed,
    Fact,
    Outcome,
    Recorded,
    Removed,
    Story,
    Unknown,
    Value,
    correlate,
    is_confirmed,
    may_wait,
    plain,
    unconfirmed,
)
from drift_detector.drift_payload import display_identity, drift_id, managed_drift, unmanaged_drift
from drift_detector.facts import Act, Call, Operation, Target, Verb
from drift_detector.normalise import MISSING, Absent
from drift_detector.paths import parse_attribute
from drift_detector.paths import recorded as recorded_at
from drift_detector.rules import Rules
from tfdrift.events import Drift, DriftKind, Json
from tfdrift.records import ResourceRecord, digest, hidden_hash

# Calls about a thing that no state has held since this call are told of what exists, not of what is in it.
_EXISTENCE = Operation(attribute="@existence")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What every derivation is given.

    Attributes:
        unconfirmed_after: how long a call that claims to be Terraform's may wait for a state to confirm it.
        hasher: gives the keyed hash that stands in records for a sensitive value; without it such a value is unknown.
    """

    catalog: Catalog
    rules: Rules
    unconfirmed_after: timedelta
    hasher: Hasher | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """The drifts by id, those that a rule ignores, and when waiting calls turn into drifts, if any wait."""

    drifts: Mapping[str, Drift]
    ignored: frozenset[str] = frozenset()
    due: datetime | None = None


def unmanaged_id(call: Call, target: Target) -> str:
    """The id of the drift about a thing that no state holds."""
    identity = "\0".join(f"{name}={value}" for name, value in sorted(target.identity.items()))
    return digest(f"unmanaged\0{call.provider}\0{call.account_id}\0{call.region}\0{target.type}\0{identity}")


def derive_managed(
    record: ResourceRecord,
    meant: Iterable[tuple[Call, Target]],
    written: datetime | None,
    now: datetime,
    judgement: Judgement,
) -> Derived:
    """The drifts of a managed resource.

    Args:
        record: what its state says, with its recent history.
        meant: the targets that mean this resource, with their calls.
        written: when the workspace's state was last written with the resource in it.
    """
    life = _Life(record)
    claims: dict[str | None, list[Claimed]] = defaultdict(list)
    for call, target in meant:
        if life.began is not None and call.occurred < life.began:
            continue
        if target.act is not Act.UPDATE:
            existence = Operation(
                attribute=_EXISTENCE.attribute, value=_identity(record) if target.act is Act.CREATE else None
            )
            claims[None].append(Claimed(call, (existence,)))
        for operation in target.operations:
            for single in per_tag(operation, recorded_at(record.attributes, "tags")):
                if _has_attribute(record, single.attribute):
                    claims[single.attribute].append(Claimed(call, (single,)))
    drifts: dict[str, Drift] = {}
    ignored: set[str] = set()
    dues: list[datetime] = []
    for attribute, claimed in claims.items():
        if attribute is None and not any(fact.operations[0].value is None for fact in claimed):
            continue  # it was only ever created, and it is there
        outcome, hidden = _read(record, attribute, life, claimed, judgement)
        story, due = _settle(outcome, written, now, judgement)
        if due is not None:
            dues.append(due)
        if story is not None:
            drift = managed_drift(record, attribute, story, hidden, judgement.rules)
            if drift is None:
                ignored.add(drift_id(record, attribute))
            else:
                drifts[drift.id] = drift
    return Derived(drifts, frozenset(ignored), min(dues, default=None))


def _has_attribute(record: ResourceRecord, path: str) -> bool:
    """Whether the provider's version that wrote the record knows the attribute; a state spells every one it knows."""
    root = parse_attribute(path)[0]
    return root in record.attributes


def derive_unmanaged(
    calls: Iterable[tuple[Call, Target]], holder: ResourceRecord | None, now: datetime, judgement: Judgement
) -> Derived:
    """The drift of a thing that was created and that no state held then.

    Args:
        calls: the calls that created or deleted it, with their targets.
        holder: the record of it, once some state holds it.
    """
    named = sorted(calls, key=lambda pair: pair[0].order)
    creation = next(((call, target) for call, target in named if target.act is Act.CREATE), None)
    if creation is None:
        return Derived({})
    identity = display_identity(creation[1])
    facts, held = _holding(holder, identity)
    for call, target in named:
        if target.act is not Act.UPDATE and not held.since <= call.occurred < held.until:
            value = identity if target.act is Act.CREATE else None
            facts.append(Claimed(call, (Operation(attribute=_EXISTENCE.attribute, value=value),)))
    outcome = correlate(facts, _compare_existence, _apply_existence, _kind_of_existence)
    story, due = _settle(outcome, None, now, judgement)
    if story is None:
        return Derived({}, due=due)
    identifier = unmanaged_id(*creation)
    drift = unmanaged_drift(identifier, creation[1], story, judgement.rules)
    return Derived({}, frozenset({identifier}), due) if drift is None else Derived({drift.id: drift}, due=due)


@dataclass(frozen=True, slots=True)
class _Held:
    """Since when a state holds a thing, and until when; calls in between are told of the managed resource."""

    since: datetime
    until: datetime


def _holding(holder: ResourceRecord | None, identity: str) -> tuple[list[Fact], _Held]:
    if holder is None:
        return [Recorded(SINCE_EVER, 0, MISSING)], _Held(FOR_EVER, FOR_EVER)
    began = _Life(holder).began
    facts: list[Fact] = [Recorded(SINCE_EVER, 0, MISSING if began else identity)]
    if began is not None:
        facts.append(Recorded(began, 1, identity))
    if holder.removed is not None:
        facts.append(Recorded(holder.removed.recorded_at, 2, MISSING))
    until = holder.removed.recorded_at if holder.removed is not None else FOR_EVER
    return facts, _Held(began or SINCE_EVER, until)


class _Life:
    """What a record's history says of one attribute at each of its serials, since it was last created."""

    def __init__(self, record: ResourceRecord) -> None:
        changes = list(record.changes)
        births = [index for index, change in enumerate(changes) if change.created and not change.moved]
        self.began = changes[births[-1]].recorded_at if births else None
        self._record = record
        self._changes = changes[births[-1] + 1 :] if births else changes
        self._birth = changes[births[-1]] if births else None

    def facts(self, attribute: str | None) -> list[Fact]:
        """The recorded values of an attribute, or of the existence, oldest first, and the removal."""
        record = self._record
        versions: list[tuple[datetime, int, dict[str, Json]]] = []
        attributes = record.attributes
        for change in reversed(self._changes):
            versions.append((change.recorded_at, change.serial, attributes))
            attributes = {**attributes, **change.before}
        first = self._birth
        versions.append((first.recorded_at, first.serial, attributes) if first else (record.recorded_at, 0, attributes))
        facts: list[Fact] = []
        for at, serial, values in reversed(versions):
            value = _identity(record) if attribute is None else recorded_at(values, attribute)
            if not facts or _differs(facts[-1], value):
                facts.append(Recorded(at, serial, value))
        if record.removed is not None:
            facts.append(Removed(record.removed.recorded_at, record.removed.serial))
        return facts


def _differs(fact: Fact, value: Value) -> bool:
    return isinstance(fact, Recorded) and (fact.value is not value and fact.value != value)


def _read(
    record: ResourceRecord, attribute: str | None, life: _Life, claimed: list[Claimed], judgement: Judgement
) -> tuple[Outcome, bool]:
    """Read one attribute's time line; also whether the record hides its value."""
    facts = [*life.facts(attribute), *claimed]
    if attribute is None:
        return correlate(facts, _compare_existence, _apply_existence, _kind_of_existence), False
    comparison = judgement.catalog.comparison(record.type, attribute)

    def compare(cloud: Value | Unknown, recorded: Value) -> Verdict:
        if isinstance(cloud, Unknown):
            return Verdict.UNKNOWN
        return same(None if isinstance(cloud, Absent) else cloud, recorded, comparison, judgement.hasher)

    def applied(operation: Operation, current: Value) -> Value | Unknown:
        if operation.verb is not Verb.SET and hidden_hash(current) is not None:
            return UNKNOWN
        return apply(operation, current, comparison)

    hidden = hidden_hash(recorded_at(record.attributes, attribute)) is not None
    return correlate(facts, compare, applied), hidden


def _compare_existence(cloud: Value | Unknown, recorded: Value) -> Verdict:
    return Verdict.SAME if (plain(cloud) is None) == (plain(recorded) is None) else Verdict.DIFFERENT


def _apply_existence(operation: Operation, _current: Value) -> Value:
    return MISSING if operation.value is None else operation.value


def _kind_of_existence(old: Value, _new: Value | Unknown) -> DriftKind:
    return DriftKind.UNMANAGED if plain(old) is None else DriftKind.DELETED


def _settle(
    outcome: Outcome, written: datetime | None, now: datetime, judgement: Judgement
) -> tuple[Story | None, datetime | None]:
    """The story to tell now, and when there may be another without a new fact."""
    pending = outcome.pending
    if pending is None or not may_wait(pending) or is_confirmed(pending, written):
        return outcome.story, None
    due = pending.received + judgement.unconfirmed_after
    if outcome.story is not None and outcome.story.status == "open":
        return outcome.story, None
    return (unconfirmed(pending, outcome, due), None) if now >= due else (outcome.story, due)


def _identity(record: ResourceRecord) -> str:
    return record.id or record.address
