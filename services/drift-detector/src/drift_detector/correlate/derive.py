"""Derives the drifts of one managed resource, or of one unmanaged resource, from the facts about it.

Everything here is a function of the facts, the rules and the time: the same facts give the same drifts, whenever and
wherever they are derived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from drift_detector.catalog.lookup import Catalog
from drift_detector.compare.apply_operation import apply, per_tag
from drift_detector.compare.hidden_values import Hasher
from drift_detector.compare.values import same
from drift_detector.compare.verdict import Verdict
from drift_detector.correlate.history import plain
from drift_detector.correlate.lifecycle import Outcome, correlate
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

# When a state first had a resource, and when it no longer had it.
Holding = tuple[datetime, datetime]

# The attribute that creations and deletions claim; it is in no state.
_EXISTENCE: Final = "@existence"


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """What drifts are evaluated with, beside the facts.

    Attributes:
        unconfirmed_after: how long a call that claims to be Terraform's may wait for a state to confirm it.
        hasher: computes the keyed hash that is recorded in place of a sensitive value; without it, such a value is
            unknown.
    """

    catalog: Catalog
    rules: Rules
    unconfirmed_after: timedelta
    hasher: Hasher | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """What the facts amount to.

    Attributes:
        drifts: by id.
        ignored: the drifts that a rule ignores, by id.
        due: when a waiting call becomes a drift without a new fact; None where none waits.
    """

    drifts: Mapping[str, Drift]
    ignored: Mapping[str, Ignored] = field(default_factory=dict)
    due: datetime | None = None


def unmanaged_id(call: Call, target: Target) -> str:
    """Returns the id of an unmanaged resource's drift."""
    identity = "\0".join(f"{name}={value}" for name, value in sorted(target.identity.items()))
    return digest(f"unmanaged\0{call.provider}\0{call.account_id}\0{call.region}\0{target.type}\0{identity}")


def derive_managed(
    record: ResourceRecord,
    claims: Iterable[tuple[Call, ResolvedTarget]],
    confirmed: datetime | None,
    now: datetime,
    context: EvaluationContext,
) -> Derived:
    """Derives the drifts of a managed resource.

    Args:
        record: what its state says, with its recent history.
        claims: the calls about this resource, each with the target that names it.
        confirmed: when the workspace's state was last written with the resource in it.
    """
    incarnations = incarnations_of(record)
    drifts: dict[str, Drift] = {}
    ignored: dict[str, Ignored] = {}
    dues: list[datetime] = []
    for attribute, claimed in _by_attribute(incarnations, claims, record.address).items():
        if attribute is None and not any(fact.operations[0].value is None for fact in claimed):
            continue  # it was only created, and it exists
        outcome = _read(record, attribute, incarnations, claimed, context)
        lifecycle, due = outcome.at(now, confirmed, context.unconfirmed_after)
        if due is not None:
            dues.append(due)
        if lifecycle is not None:
            drift = managed_drift(record, incarnations[lifecycle.incarnation], attribute, lifecycle, context.rules)
            if isinstance(drift, Ignored):
                ignored[drift.id] = drift
            else:
                drifts[drift.id] = drift
    return Derived(drifts, ignored, min(dues, default=None))


def _by_attribute(
    incarnations: tuple[Incarnation, ...], claims: Iterable[tuple[Call, ResolvedTarget]], address: str
) -> dict[str | None, list[Claimed]]:
    """Returns what calls claim of each attribute, and under None what they claim of the existence."""
    found: dict[str | None, list[Claimed]] = defaultdict(list)
    for call, resolved in claims:
        incarnation, target = incarnations[resolved.incarnation], resolved.target
        if incarnation.began is not None and call.occurred < incarnation.began:
            continue
        if target.act is not Act.UPDATE:
            identity = incarnation.resource_id or address if target.act is Act.CREATE else None
            existence = Operation(attribute=_EXISTENCE, value=identity)
            found[None].append(Claimed(call, (existence,), resolved.incarnation))
        for operation in target.operations:
            for single in per_tag(operation, recorded_at(incarnation.attributes, "tags")):
                attribute = located(incarnation.attributes, single.attribute)
                if _has_attribute(incarnation, attribute, single):
                    found[attribute].append(Claimed(call, (single,), resolved.incarnation))
    return found


def _has_attribute(incarnation: Incarnation, path: str, operation: Operation) -> bool:
    """Whether the version of the provider that wrote the state has the attribute."""
    if operation.only_recorded:
        return recorded_at(incarnation.attributes, path) not in (MISSING, None)
    return spells(incarnation.attributes, path)


def derive_unmanaged(
    calls: Iterable[tuple[Call, Target]], holdings: Iterable[Holding], now: datetime, context: EvaluationContext
) -> Derived:
    """Derives the drift of a resource that was created while no state had it.

    Args:
        calls: the calls that created or deleted it, with their targets.
        holdings: when states had it; calls of those times count for the managed resource.
    """
    named = sorted(calls, key=lambda pair: pair[0].order)
    creation = next(((call, target) for call, target in named if target.act is Act.CREATE), None)
    if creation is None:
        return Derived({})
    identity = display_identity(creation[1])
    managed = _joined(holdings)
    facts: list[Fact] = [Recorded(SINCE_EVER, 0, MISSING)]
    for number, (since, until) in enumerate(managed):
        facts.append(Recorded(since, 2 * number + 1, identity))
        if until < FOR_EVER:
            facts.append(Recorded(until, 2 * number + 2, MISSING))
    for call, target in named:
        if target.act is not Act.UPDATE and not any(since <= call.occurred < until for since, until in managed):
            value = identity if target.act is Act.CREATE else None
            facts.append(Claimed(call, (Operation(attribute=_EXISTENCE, value=value),)))
    outcome = correlate(facts, _compare_existence, _apply_existence, _kind_of_existence)
    lifecycle, due = outcome.at(now, None, context.unconfirmed_after)
    if lifecycle is None:
        return Derived({}, due=due)
    drift = unmanaged_drift(unmanaged_id(*creation), creation[1], lifecycle, context.rules)
    return Derived({}, {drift.id: drift}, due) if isinstance(drift, Ignored) else Derived({drift.id: drift}, due=due)


def _joined(holdings: Iterable[Holding]) -> list[Holding]:
    """Returns the same times without overlaps, in their order."""
    joined: list[Holding] = []
    for since, until in sorted(holdings):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return joined


def _recorded(record: ResourceRecord, incarnations: tuple[Incarnation, ...], attribute: str | None) -> Iterator[Fact]:
    """Yields what states recorded of an attribute, or of the existence, and the removals, oldest first."""
    for number, incarnation in enumerate(incarnations):
        existence = incarnation.resource_id or record.address
        latest: Value | None = None
        for version in incarnation.versions:
            value = existence if attribute is None else recorded_at(version.attributes, attribute)
            if version is incarnation.versions[0] or (value is not latest and value != latest):
                yield Recorded(version.at, version.serial, value, number)
            latest = value
        if incarnation.ended is not None:
            yield Removed(incarnation.ended.recorded_at, incarnation.ended.serial)


def _read(
    record: ResourceRecord,
    attribute: str | None,
    incarnations: tuple[Incarnation, ...],
    claimed: list[Claimed],
    context: EvaluationContext,
) -> Outcome:
    """Reads the time line of one attribute."""
    facts = [*_recorded(record, incarnations, attribute), *claimed]
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
