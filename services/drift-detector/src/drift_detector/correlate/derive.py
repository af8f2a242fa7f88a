"""The drifts that the facts amount to: of one managed resource, or of one thing that no state holds.

Everything here is a function of the facts, the rules and the time; the same facts give the same drifts, whenever and
wherever they are derived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drift_detector.catalog.lookup import Catalog
from drift_detector.compare.apply_operation import apply, per_tag
from drift_detector.compare.hidden_values import Hasher
from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.correlate.lifecycle import (
    Lifecycle,
    Outcome,
    correlate,
    is_confirmed,
    plain,
    unconfirmed,
)
from drift_detector.correlate.payload import Ignored, display_identity, managed_drift, unmanaged_drift
from drift_detector.facts.attribute_paths import located, spells
from drift_detector.facts.attribute_paths import recorded as recorded_at
from drift_detector.facts.call import Act, Call, Operation, Target
from drift_detector.facts.incarnations import Incarnation, incarnations_of
from drift_detector.facts.no_value import MISSING, Unknown
from drift_detector.facts.time_line import FOR_EVER, SINCE_EVER, Claimed, Fact, Recorded, Removed, Value
from drift_detector.resolve.targets import ResolvedTarget
from drift_detector.rules.format import Rules
from tfdrift.events import Drift, DriftKind
from tfdrift.records import ResourceRecord, digest

# Since when a state held a thing, and until when.
Holding = tuple[datetime, datetime]

# Calls about a thing that no state has held since this call are told of what exists, not of what is in it.
_EXISTENCE = Operation(attribute="@existence")


@dataclass(frozen=True, slots=True)
class EvaluationContext:
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
    ignored: Mapping[str, Ignored] = field(default_factory=dict)
    due: datetime | None = None


def unmanaged_id(call: Call, target: Target) -> str:
    """The id of the drift about a thing that no state holds."""
    identity = "\0".join(f"{name}={value}" for name, value in sorted(target.identity.items()))
    return digest(f"unmanaged\0{call.provider}\0{call.account_id}\0{call.region}\0{target.type}\0{identity}")


def derive_managed(
    record: ResourceRecord,
    meant: Iterable[tuple[Call, ResolvedTarget]],
    written: datetime | None,
    now: datetime,
    context: EvaluationContext,
) -> Derived:
    """The drifts of a managed resource.

    Args:
        record: what its state says, with its recent history.
        meant: the targets that mean this resource, with their calls.
        written: when the workspace's state was last written with the resource in it.
    """
    lives = incarnations_of(record)
    drifts: dict[str, Drift] = {}
    ignored: dict[str, Ignored] = {}
    dues: list[datetime] = []
    for attribute, claimed in _claims(lives, meant, record.address).items():
        if attribute is None and not any(fact.operations[0].value is None for fact in claimed):
            continue  # it was only ever created, and it is there
        outcome = _read(record, attribute, lives, claimed, context)
        story, due = _settle(outcome, written, now, context)
        if due is not None:
            dues.append(due)
        if story is not None:
            drift = managed_drift(record, lives[story.incarnation], attribute, story, context.rules)
            if isinstance(drift, Ignored):
                ignored[drift.id] = drift
            else:
                drifts[drift.id] = drift
    return Derived(drifts, ignored, min(dues, default=None))


def _claims(
    lives: tuple[Incarnation, ...], meant: Iterable[tuple[Call, ResolvedTarget]], address: str
) -> dict[str | None, list[Claimed]]:
    """What calls claim of each attribute, and of the existence, which stands under None."""
    claims: dict[str | None, list[Claimed]] = defaultdict(list)
    for call, found in meant:
        life, target = lives[found.incarnation], found.target
        if life.began is not None and call.occurred < life.began:
            continue
        if target.act is not Act.UPDATE:
            existing = life.resource_id or address if target.act is Act.CREATE else None
            existence = Operation(attribute=_EXISTENCE.attribute, value=existing)
            claims[None].append(Claimed(call, (existence,), found.incarnation))
        for operation in target.operations:
            for single in per_tag(operation, recorded_at(life.attributes, "tags")):
                attribute = located(life.attributes, single.attribute)
                if _has_attribute(life, attribute, single):
                    claims[attribute].append(Claimed(call, (single,), found.incarnation))
    return claims


def _has_attribute(life: Incarnation, path: str, operation: Operation) -> bool:
    """Whether the provider's version that wrote the state knows the attribute."""
    if operation.only_recorded:
        return recorded_at(life.attributes, path) not in (MISSING, None)
    return spells(life.attributes, path)


def derive_unmanaged(
    calls: Iterable[tuple[Call, Target]], holdings: Iterable[Holding], now: datetime, context: EvaluationContext
) -> Derived:
    """The drift of a thing that was created and that no state held then.

    Args:
        calls: the calls that created or deleted it, with their targets.
        holdings: when states held it; calls of those times are told of the managed resource.
    """
    named = sorted(calls, key=lambda pair: pair[0].order)
    creation = next(((call, target) for call, target in named if target.act is Act.CREATE), None)
    if creation is None:
        return Derived({})
    identity = display_identity(creation[1])
    held = _joined(holdings)
    facts: list[Fact] = [Recorded(SINCE_EVER, 0, MISSING)]
    for number, (since, until) in enumerate(held):
        facts.append(Recorded(since, 2 * number + 1, identity))
        if until < FOR_EVER:
            facts.append(Recorded(until, 2 * number + 2, MISSING))
    for call, target in named:
        if target.act is not Act.UPDATE and not any(since <= call.occurred < until for since, until in held):
            value = identity if target.act is Act.CREATE else None
            facts.append(Claimed(call, (Operation(attribute=_EXISTENCE.attribute, value=value),)))
    outcome = correlate(facts, _compare_existence, _apply_existence, _kind_of_existence)
    story, due = _settle(outcome, None, now, context)
    if story is None:
        return Derived({}, due=due)
    drift = unmanaged_drift(unmanaged_id(*creation), creation[1], story, context.rules)
    return Derived({}, {drift.id: drift}, due) if isinstance(drift, Ignored) else Derived({drift.id: drift}, due=due)


def _joined(holdings: Iterable[Holding]) -> list[Holding]:
    """Times that do not overlap, in their order."""
    joined: list[Holding] = []
    for since, until in sorted(holdings):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return joined


def _recorded(record: ResourceRecord, lives: tuple[Incarnation, ...], attribute: str | None) -> Iterator[Fact]:
    """What the states recorded of an attribute, or of the existence, and the ends of the lives, oldest first."""
    for number, life in enumerate(lives):
        latest: Value | None = None
        for version in life.versions:
            value = (
                life.resource_id or record.address if attribute is None else recorded_at(version.attributes, attribute)
            )
            if version is life.versions[0] or (value is not latest and value != latest):
                yield Recorded(version.at, version.serial, value, number)
            latest = value
        if life.ended is not None:
            yield Removed(life.ended.recorded_at, life.ended.serial)


def _read(
    record: ResourceRecord,
    attribute: str | None,
    lives: tuple[Incarnation, ...],
    claimed: list[Claimed],
    context: EvaluationContext,
) -> Outcome:
    """Read one attribute's time line."""
    facts = [*_recorded(record, lives, attribute), *claimed]
    if attribute is None:
        return correlate(facts, _compare_existence, _apply_existence, _kind_of_existence)
    comparison = context.catalog.comparison(record.type, attribute)

    return correlate(
        facts,
        lambda cloud, recorded: same(cloud, recorded, comparison, context.hasher),
        lambda operation, current: apply(operation, current, comparison),
    )


def _compare_existence(cloud: Value | Unknown, recorded: Value) -> Verdict:
    return Verdict.SAME if (plain(cloud) is None) == (plain(recorded) is None) else Verdict.DIFFERENT


def _apply_existence(operation: Operation, _current: Value | Unknown) -> Value:
    return MISSING if operation.value is None else operation.value


def _kind_of_existence(old: Value, _new: Value | Unknown) -> DriftKind:
    return DriftKind.UNMANAGED if plain(old) is None else DriftKind.DELETED


def _settle(
    outcome: Outcome, written: datetime | None, now: datetime, context: EvaluationContext
) -> tuple[Lifecycle | None, datetime | None]:
    """The story to tell now, and when there may be another without a new fact."""
    pending = outcome.pending
    if pending is None or is_confirmed(pending, written):
        return outcome.story, None
    due = pending.received + context.unconfirmed_after
    if outcome.story is not None and outcome.story.status == "open":
        return outcome.story, None
    return (unconfirmed(pending, outcome, due), None) if now >= due else (outcome.story, due)
