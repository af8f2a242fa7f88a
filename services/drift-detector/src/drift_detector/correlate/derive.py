"""Derives the drifts of one managed resource, or of one unmanaged resource, from the facts about it.

Everything here is a function of the facts, the rules and the time: the same facts give the same drifts, whenever and
wherever they are derived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from drift_detector.catalog.lookup import Catalog
from drift_detector.compare.apply_operation import apply, per_tag, place_of_edit, tags_claimed
from drift_detector.compare.hidden_values import Hasher
from drift_detector.compare.verdict import Verdict
from drift_detector.correlate.failure import Failure, evaluated, reason_of
from drift_detector.correlate.history import plain
from drift_detector.correlate.lifecycle import Agreement, Outcome, Waiting, correlate
from drift_detector.correlate.parts import EXISTENCE, existence_of
from drift_detector.correlate.payload import Ignored, display_identity, drift_id, managed_drift, unmanaged_drift
from drift_detector.facts.attribute_paths import SOMETHING, located, spells
from drift_detector.facts.attribute_paths import recorded as recorded_at
from drift_detector.facts.call import Act, Call, Operation, Target
from drift_detector.facts.incarnations import Incarnation, incarnations_of
from drift_detector.facts.no_value import MISSING, Unknown
from drift_detector.facts.time_line import FOR_EVER, SINCE_EVER, Claimed, Deleted, Fact, Recorded, Removed, Value
from drift_detector.resolve.other_names import NamesInPlace
from drift_detector.resolve.targets import ResolvedTarget
from drift_detector.rules.format import Rules
from tfdrift.events import Drift, DriftKind
from tfdrift.records import ResourceRecord, digest

# When a state first had a resource, and when it no longer had it.
Holding = tuple[datetime, datetime]


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
        failures: what could not be evaluated.
        agreements: the calls after which cloud and state agree, with how, by the id that a drift would have.
        needed: the calls without which the drifts would be others; nothing is lost when others are forgotten.
        is_incomplete: no state describes the place any more where the subject was created.
        awaits_serial: a sanctioned call waits for a state that was written after it.
    """

    drifts: Mapping[str, Drift]
    ignored: Mapping[str, Ignored] = field(default_factory=dict)
    due: datetime | None = None
    failures: tuple[Failure, ...] = ()
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    is_incomplete: bool = False
    awaits_serial: bool = False


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
    names: NamesInPlace,
) -> Derived:
    """Derives the drifts of a managed resource.

    Args:
        record: what its state says, with its recent history.
        claims: the calls about this resource, each with the target that names it.
        confirmed: when the workspace's state was last written with the resource in it.
        names: what the values may call other resources.
    """
    incarnations = incarnations_of(record)
    drifts: dict[str, Drift] = {}
    ignored: dict[str, Ignored] = {}
    dues: list[datetime] = []
    agreements: dict[str, Agreement] = {}
    awaits_serial = False
    by_attribute, deletions, failures = _by_attribute(incarnations, claims, record.address)
    needed = set(_take_parts(record, incarnations, context.catalog, by_attribute, deletions))

    def evaluate(
        attribute: str | None, claimed: Sequence[Claimed]
    ) -> tuple[Drift | Ignored | None, datetime | None, Outcome]:
        facts: Sequence[Claimed | Deleted] = claimed if attribute is None else [*claimed, *deletions]
        outcome = _read(record, attribute, incarnations, facts, context, names)
        lifecycle, due = outcome.at(now, confirmed, context.unconfirmed_after)
        if lifecycle is None:
            return None, due, outcome
        incarnation = incarnations[lifecycle.incarnation]
        return managed_drift(record, incarnation, attribute, lifecycle, context.rules), due, outcome

    for attribute, claimed in by_attribute.items():
        if attribute is None and not any(fact.operations[0].value is None for fact in claimed):
            continue  # it was only created, and it exists
        what, key = f"{attribute or 'the existence'} of {record.address}", drift_id(record, attribute)
        result, failure = evaluated(partial(evaluate, attribute), claimed, what, key)
        if failure is not None:
            failures.append(failure)
            needed |= failure.event_ids
        if result is None:
            continue
        drift, due, outcome = result
        awaits_serial = awaits_serial or isinstance(outcome.relation, Waiting)
        needed |= outcome.needed
        if outcome.agreement is not None:
            agreements[key] = outcome.agreement
        if due is not None:
            dues.append(due)
        if isinstance(drift, Ignored):
            ignored[drift.id] = drift
        elif drift is not None:
            drifts[drift.id] = drift
    return Derived(
        drifts,
        ignored,
        min(dues, default=None),
        tuple(failures),
        agreements,
        frozenset(needed),
        awaits_serial=awaits_serial,
    )


def _by_attribute(
    incarnations: tuple[Incarnation, ...], claims: Iterable[tuple[Call, ResolvedTarget]], address: str
) -> tuple[dict[str | None, list[Claimed]], list[Deleted], list[Failure]]:
    """Returns what calls claim of each attribute, under None of the existence, the deletions, and what failed."""
    found: dict[str | None, list[Claimed]] = defaultdict(list)
    deletions: list[Deleted] = []
    failures: list[Failure] = []
    claims = list(claims)
    tags = {key for _, resolved in claims for one in resolved.target.operations for key in tags_claimed(one)}
    for call, resolved in claims:
        incarnation = incarnations[resolved.incarnation]
        if incarnation.began is not None and call.occurred < incarnation.began:
            continue
        if resolved.act is not Act.UPDATE:
            identity = incarnation.resource_id or address if resolved.act is Act.CREATE else None
            existence = Operation(attribute=EXISTENCE, value=identity)
            found[None].append(Claimed(call, (existence,), resolved.incarnation))
            if identity is None and call.sanction is None:
                deletions.append(Deleted(call, resolved.incarnation))
        try:
            for attribute, operation in _located(incarnation, resolved.operations_on(incarnation.attributes), tags):
                found[attribute].append(Claimed(call, (operation,), resolved.incarnation))
        except Exception as error:  # noqa: BLE001 - an unforeseen shape of a call or a state
            failures.append(Failure("derive", address, frozenset((call.event_id,)), reason_of(error)))
    return found, deletions, failures


def _take_parts(
    record: ResourceRecord,
    incarnations: tuple[Incarnation, ...],
    catalog: Catalog,
    by_attribute: dict[str | None, list[Claimed]],
    deletions: list[Deleted],
) -> frozenset[str]:
    """Turns calls that leave nothing of a resource's parts into deletions, and their opposites into creations.

    Returns the calls without which that would be otherwise.
    """
    comparisons = {name: catalog.comparison(record.type, name) for name in catalog.consists_of(record.type)}
    claims = {name: by_attribute[name] for name in comparisons if name in by_attribute}
    if not claims:
        return frozenset()
    identity = [incarnation.resource_id or record.address for incarnation in incarnations]
    try:
        parts = existence_of(incarnations, identity, claims, comparisons)
    except Exception:  # noqa: BLE001 - an unforeseen shape, which the attribute that has it reports
        return frozenset()
    for name in claims:
        by_attribute[name] = parts.claims[name]
    by_attribute[None] += parts.existence
    deletions += [Deleted(fact.call, fact.incarnation) for fact in parts.existence if _deletes(fact)]
    return parts.needed


def _deletes(claim: Claimed) -> bool:
    """Whether somebody deleted the resource, other than Terraform."""
    return claim.operations[0].value is None and claim.call.sanction is None


def _located(
    incarnation: Incarnation, operations: Iterable[Operation], claimed_tags: set[str]
) -> list[tuple[str, Operation]]:
    """Returns the operations on attributes that the state has, each with the attribute's path there."""
    tags = recorded_at(incarnation.attributes, "tags")
    located_operations = [
        (located(incarnation.attributes, single.attribute), single)
        for operation in place_of_edit(operations, incarnation.attributes)
        for single in per_tag(operation, tags, claimed_tags)
    ]
    return [(path, single) for path, single in located_operations if _has_attribute(incarnation, path, single)]


def _has_attribute(incarnation: Incarnation, path: str, operation: Operation) -> bool:
    """Whether the version of the provider that wrote the state has the attribute."""
    if path == SOMETHING:
        return True
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
    key = unmanaged_id(*creation)
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
            facts.append(Claimed(call, (Operation(attribute=EXISTENCE, value=value),)))
    outcome = correlate(facts, _compare_existence, _apply_existence, _kind_of_existence)
    lifecycle, due = outcome.at(now, None, context.unconfirmed_after)
    needed = outcome.needed and frozenset(call.event_id for call, _ in named)
    agreements = {key: outcome.agreement} if outcome.agreement is not None else {}
    if lifecycle is None:
        return Derived({}, due=due, agreements=agreements, needed=needed)
    drift = unmanaged_drift(key, creation[1], lifecycle, context.rules)
    if isinstance(drift, Ignored):
        return Derived({}, {key: drift}, due, needed=needed)
    return Derived({key: drift}, due=due, needed=needed)


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
            # Each version changes something.
            is_new = attribute == SOMETHING or (value is not latest and value != latest)
            if version is incarnation.versions[0] or is_new:
                yield Recorded(version.at, version.serial, value, number)
            latest = value
        if incarnation.ended is not None:
            at, following = incarnation.ended.recorded_at, incarnations[number + 1 : number + 2]
            yield Removed(at, incarnation.ended.serial, any(one.began == at for one in following))


def _read(
    record: ResourceRecord,
    attribute: str | None,
    incarnations: tuple[Incarnation, ...],
    claimed: Sequence[Claimed | Deleted],
    context: EvaluationContext,
    names: NamesInPlace,
) -> Outcome:
    """Reads the time line of one attribute."""
    facts = [*_recorded(record, incarnations, attribute), *claimed]
    if attribute is None:
        return correlate(facts, _compare_existence, _apply_existence, _kind_of_existence)
    comparison = context.catalog.comparison(record.type, attribute)

    return correlate(
        facts,
        lambda cloud, recorded: names.same(cloud, recorded, comparison, context.hasher),
        lambda operation, current: apply(operation, current, comparison),
    )


def _compare_existence(cloud: Value | Unknown, recorded: Value) -> Verdict:
    return Verdict.SAME if (plain(cloud) is None) == (plain(recorded) is None) else Verdict.DIFFERENT


def _apply_existence(operation: Operation, _current: Value | Unknown) -> Value:
    return MISSING if operation.value is None else operation.value


def _kind_of_existence(old: Value, _new: Value | Unknown) -> DriftKind:
    return DriftKind.UNMANAGED if plain(old) is None else DriftKind.DELETED
