"""The lifecycle of a drift: how it opens, changes and ends, as a pure function of facts.

Theory of operation. Two kinds of facts are known about one attribute of one resource, or about its existence. States
*record* values, one after another, by serial. Calls *claim* values, one after another, by the cloud's clock. Both are
laid on one time line (`drift_detector.facts.time_line`), which is read from its beginning each time that a fact comes
in. So the order in which facts arrive cannot matter, and a repeated fact changes nothing.

While the line is read, cloud and state are in one of four relations:

    InSync     the cloud has what the state records, as far as calls say
    Waiting    a sanctioned call set another value, and no state has confirmed it yet; an open drift stays open
    Drifted    a foreign call set another value: a drift is open
    Gone       the state no longer has the resource

`TRANSITIONS` has, for each relation and each input, the relation that follows and the step that an open drift takes. An
input is a fact and whether both sides agree after it.

An address may see several incarnations (`drift_detector.facts.incarnations`). A claim counts in its own, and in no
other.

Three things happen to a drift beside the line. A sanctioned call that no state confirms within the window opens a drift
of its own (`Outcome.at`). Somebody dismisses a drift, or an operation fails after it began (`next_drift`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Final

from drift_detector.compare.verdict import Verdict
from drift_detector.correlate.history import entry, with_forgotten_steps, written
from drift_detector.facts.call import Call, Operation, Verb
from drift_detector.facts.no_value import MISSING, UNKNOWN, Unknown
from drift_detector.facts.time_line import Claimed, Deleted, Fact, Recorded, Removed, Value, time_line
from tfdrift.events import Drift, DriftKind, DriftStatus, HistoryEntry, Resolution
from tfdrift.records import ResourceRecord

Compare = Callable[[Value | Unknown, Value], Verdict]
Apply = Callable[[Operation, Value | Unknown], Value | Unknown]
KindOf = Callable[[Value, Value | Unknown], DriftKind]


@dataclass(frozen=True, slots=True)
class InSync:
    """The cloud has what the state records."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sanctioned call set another value, and waits for a state to confirm it."""

    cloud: Value | Unknown
    call: Call


@dataclass(frozen=True, slots=True)
class Drifted:
    """A foreign call set another value."""

    cloud: Value | Unknown


@dataclass(frozen=True, slots=True)
class Gone:
    """The state no longer has the resource."""


Relation = InSync | Waiting | Drifted | Gone


class Input(Enum):
    """A fact, and whether cloud and state agree after it."""

    FOREIGN_CLAIM_AGREES = auto()
    FOREIGN_CLAIM_DIFFERS = auto()
    SANCTIONED_CLAIM_AGREES = auto()
    SANCTIONED_CLAIM_DIFFERS = auto()
    SERIAL_AGREES = auto()
    SERIAL_DIFFERS = auto()
    DELETION = auto()
    REPLACEMENT = auto()
    REMOVAL = auto()


class Step(Enum):
    """What happens to the drift. Only `OPEN` happens where none is open: it opens one, or changes the open one."""

    NONE = auto()
    OPEN = auto()
    KEEP_OPEN = auto()
    REVERT = auto()
    APPLY = auto()
    ABSORB = auto()
    DESTROY = auto()


RESOLUTIONS: Final[Mapping[Step, Resolution]] = {
    Step.REVERT: Resolution.REVERTED,
    Step.APPLY: Resolution.APPLIED,
    Step.ABSORB: Resolution.ABSORBED,
    Step.DESTROY: Resolution.DESTROYED,
}

# How a call after which cloud and state agree ends a drift that was open before it.
AGREED: Final[Mapping[Input, Resolution]] = {
    Input.FOREIGN_CLAIM_AGREES: Resolution.REVERTED,
    Input.SANCTIONED_CLAIM_AGREES: Resolution.APPLIED,
    Input.DELETION: Resolution.DESTROYED,
}

TRANSITIONS: Final[Mapping[type[Relation], Mapping[Input, tuple[type[Relation], Step]]]] = {
    InSync: {
        Input.FOREIGN_CLAIM_AGREES: (InSync, Step.NONE),
        Input.FOREIGN_CLAIM_DIFFERS: (Drifted, Step.OPEN),
        Input.SANCTIONED_CLAIM_AGREES: (InSync, Step.NONE),
        Input.SANCTIONED_CLAIM_DIFFERS: (Waiting, Step.NONE),
        Input.SERIAL_AGREES: (InSync, Step.NONE),
        Input.DELETION: (InSync, Step.NONE),
        Input.REPLACEMENT: (Gone, Step.NONE),
        Input.REMOVAL: (Gone, Step.NONE),
    },
    Waiting: {
        Input.FOREIGN_CLAIM_AGREES: (InSync, Step.REVERT),
        Input.FOREIGN_CLAIM_DIFFERS: (Drifted, Step.OPEN),
        Input.SANCTIONED_CLAIM_AGREES: (InSync, Step.APPLY),
        Input.SANCTIONED_CLAIM_DIFFERS: (Waiting, Step.NONE),
        Input.SERIAL_AGREES: (InSync, Step.APPLY),
        Input.SERIAL_DIFFERS: (Waiting, Step.KEEP_OPEN),
        Input.DELETION: (InSync, Step.DESTROY),
        Input.REPLACEMENT: (Gone, Step.APPLY),
        Input.REMOVAL: (Gone, Step.DESTROY),
    },
    Drifted: {
        Input.FOREIGN_CLAIM_AGREES: (InSync, Step.REVERT),
        Input.FOREIGN_CLAIM_DIFFERS: (Drifted, Step.OPEN),
        Input.SANCTIONED_CLAIM_AGREES: (InSync, Step.APPLY),
        Input.SANCTIONED_CLAIM_DIFFERS: (Waiting, Step.NONE),
        Input.SERIAL_AGREES: (InSync, Step.ABSORB),
        Input.SERIAL_DIFFERS: (Drifted, Step.KEEP_OPEN),
        Input.DELETION: (InSync, Step.DESTROY),
        Input.REPLACEMENT: (Gone, Step.APPLY),
        Input.REMOVAL: (Gone, Step.DESTROY),
    },
    # A claim about what is gone changes nothing; a serial that has a resource begins another incarnation.
    Gone: {
        Input.SERIAL_AGREES: (InSync, Step.NONE),
        Input.REPLACEMENT: (Gone, Step.NONE),
        Input.REMOVAL: (Gone, Step.NONE),
    },
}


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A drift so far.

    Attributes:
        culprit: the call that last brought cloud and state apart.
        incarnation: the one of the address in which it did.
        history: one entry a step, oldest first: the first, and the latest up to `MAX_HISTORY` in all.
        omitted: how many steps between those are left out.
    """

    kind: DriftKind
    status: DriftStatus
    resolution: Resolution | None
    old: Value
    new: Value | Unknown
    culprit: Call
    incarnation: int = 0
    history: tuple[HistoryEntry, ...] = ()
    omitted: int = 0

    @property
    def is_open(self) -> bool:
        """Whether cloud and state still disagree."""
        return self.status is DriftStatus.OPEN

    def with_history(self, history: tuple[HistoryEntry, ...], omitted: int) -> Lifecycle:
        """Returns the same with its steps. `dataclasses.replace` takes five times as long, for each drift derived."""
        about = (self.kind, self.status, self.resolution, self.old, self.new, self.culprit, self.incarnation)
        return Lifecycle(*about, history, omitted)


@dataclass(frozen=True, slots=True)
class Agreement:
    """A call since which cloud and state agree, and how that resolves a drift that was open before it."""

    call: Call
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a time line amounts to: the relation at its end, and the last drift, if there was any.

    Attributes:
        agreement: the call since which cloud and state agree; None where they do not, or no call brought it about.
        needed: the calls without which relation and open drift would be others.
    """

    drift: Lifecycle | None
    relation: Relation
    recorded: Value
    incarnation: int
    agreement: Agreement | None
    needed: frozenset[str]

    def at(
        self, now: datetime, confirmed: datetime | None, unconfirmed_after: timedelta
    ) -> tuple[Lifecycle | None, datetime | None]:
        """Returns the drift as it is now, and when another one opens without a new fact; None for never.

        A sanctioned call is confirmed by a serial that has the resource and was written after it. Past the window an
        unconfirmed one is a drift: an agent string is not a proof.

        Args:
            confirmed: when the last serial that has the resource was written.
        """
        if not isinstance(self.relation, Waiting):
            return self.drift, None
        call = self.relation.call
        is_confirmed = confirmed is not None and confirmed >= call.occurred
        if self.drift is not None and self.drift.is_open:
            # Nobody can see whether a hidden value is the state's; a serial says that Terraform's call had an effect.
            unseen = isinstance(self.relation.cloud, Unknown) and is_confirmed
            return (self._applied(self.drift, call, confirmed) if unseen and confirmed else self.drift), None
        if is_confirmed:
            return self.drift, None
        due = call.received + unconfirmed_after
        return (self._unconfirmed(self.relation, due), None) if now >= due else (self.drift, due)

    def _applied(self, drift: Lifecycle, call: Call, at: datetime) -> Lifecycle:
        status, resolution = DriftStatus.RESOLVED, Resolution.APPLIED
        step = entry(status, resolution, at, drift.old, drift.new, call=call)
        ended = replace(drift, status=status, resolution=resolution)
        return ended.with_history((*drift.history, step), drift.omitted)

    def _unconfirmed(self, waiting: Waiting, since: datetime) -> Lifecycle:
        old, new, call = self.recorded, waiting.cloud, waiting.call
        step = entry(DriftStatus.OPEN, None, since, old, new, call=call)
        return Lifecycle(
            DriftKind.UNCONFIRMED, DriftStatus.OPEN, None, old, new, call, self.incarnation, history=(step,)
        )


def modified(_old: Value, _new: Value | Unknown) -> DriftKind:
    """Returns the kind of every disagreement about an attribute."""
    return DriftKind.MODIFIED


def correlate(facts: Iterable[Fact], compare: Compare, apply: Apply, kind_of: KindOf = modified) -> Outcome:
    """Reads facts in the order of time; returns what they amount to.

    Args:
        facts: in any order, without repetition.
        compare: whether a claimed and a recorded value are the same thing.
        apply: the value that an operation makes of another.
        kind_of: the kind of a disagreement between a recorded and a claimed value.
    """
    reading = _Reading(compare, apply, kind_of)
    for fact in time_line(facts):
        reading.read(fact)
    drift = reading.drift
    if drift is not None:
        drift = drift.with_history(*written(reading.steps))
    needed = {call.event_id for call in reading.building}
    if drift is not None and drift.is_open:
        needed.add(drift.culprit.event_id)
    return Outcome(drift, reading.relation, reading.recorded, reading.incarnation, reading.agreement, frozenset(needed))


@dataclass(slots=True)
class _Reading:
    """A time line, read so far.

    Attributes:
        building: the calls that the cloud's present value is built from, since cloud and state agreed last.
        versions: what is known of a document's versions by their names, with the calls that gave them.
    """

    compare: Compare
    apply: Apply
    kind_of: KindOf
    relation: Relation = field(default_factory=InSync)
    recorded: Value = MISSING
    incarnation: int = 0
    drift: Lifecycle | None = None
    agreement: Agreement | None = None
    building: list[Call] = field(default_factory=list)
    steps: list[Callable[[], HistoryEntry]] = field(default_factory=list)
    versions: dict[str, tuple[Value | Unknown, Call | None]] = field(default_factory=dict)

    def read(self, fact: Fact) -> None:
        match fact:
            case Claimed():
                self._claim(fact)
            case Recorded():
                self._record(fact)
            case Removed():
                self.recorded = MISSING
                self._move(Input.REPLACEMENT if fact.replaced else Input.REMOVAL, fact.at, serial=fact.serial)
            case Deleted():
                if not isinstance(self.relation, Gone) and fact.incarnation == self.incarnation:
                    self._move(Input.DELETION, fact.call.occurred, call=fact.call)

    def _claim(self, fact: Claimed) -> None:
        if isinstance(self.relation, Gone) or fact.incarnation != self.incarnation:
            return
        cloud: Value | Unknown = self.recorded
        if isinstance(self.relation, Waiting | Drifted) and not isinstance(self.relation.cloud, Unknown):
            cloud = self.relation.cloud
        for operation in fact.operations:
            cloud = self._after(operation, cloud, fact.call)
        last = fact.operations[-1]
        if last.verb is Verb.KEEP:
            return
        if last.verb in (Verb.SET, Verb.RESTORE) or last.unknown:
            self.building.clear()
        if last.verb is Verb.RESTORE and (source := self.versions.get(last.version or "", (None, None))[1]) is not None:
            self.building.append(source)
        self.building.append(fact.call)
        verdict = self.compare(cloud, self.recorded)
        # What cannot be compared, such as an alias with an ARN, is reported as changed, and not as changed to that.
        new = UNKNOWN if verdict is Verdict.UNKNOWN else cloud
        agrees = verdict is Verdict.SAME
        if fact.call.sanction is not None:
            given = Input.SANCTIONED_CLAIM_AGREES if agrees else Input.SANCTIONED_CLAIM_DIFFERS
        else:
            given = Input.FOREIGN_CLAIM_AGREES if agrees else Input.FOREIGN_CLAIM_DIFFERS
        self._move(given, fact.call.occurred, cloud=new, call=fact.call)

    def _after(self, operation: Operation, cloud: Value | Unknown, call: Call) -> Value | Unknown:
        """Returns the cloud's value after an operation, and notes the version of a document that it gives."""
        version = operation.version
        if operation.verb is Verb.RESTORE:
            return self.recorded if version is None else self.versions.get(version, (UNKNOWN, None))[0]
        value = self.apply(operation, cloud)
        if version is not None:
            if (first := _before_second(version)) is not None:
                self.versions.setdefault(first, (self.recorded, None))
            self.versions[version] = (operation.value if operation.verb is Verb.KEEP else value, call)
        return value

    def _record(self, fact: Recorded) -> None:
        self.recorded, self.incarnation = fact.value, fact.incarnation
        given = Input.SERIAL_AGREES
        if isinstance(self.relation, Waiting | Drifted):
            # What cannot be compared counts as agreement here: the serial was written after the call.
            verdict = self.compare(self.relation.cloud, self.recorded)
            given = Input.SERIAL_DIFFERS if verdict is Verdict.DIFFERENT else given
        self._move(given, fact.at, serial=fact.serial)

    def _move(
        self,
        given: Input,
        at: datetime,
        *,
        cloud: Value | Unknown = UNKNOWN,
        call: Call | None = None,
        serial: int | None = None,
    ) -> None:
        kind, step = TRANSITIONS[type(self.relation)][given]
        if kind is InSync:
            if call is not None:
                self.agreement = Agreement(call, AGREED[given])
            elif isinstance(self.relation, Waiting):
                self.agreement = Agreement(self.relation.call, Resolution.APPLIED)
        else:
            self.agreement = None
        if kind in (InSync, Gone):
            self.building.clear()
        if kind is Waiting and call is not None:
            self.relation = Waiting(cloud, call)
        elif kind is Drifted and call is not None:
            self.relation = Drifted(cloud)
        elif kind is InSync:
            self.relation = InSync()
        elif kind is Gone:
            self.relation = Gone()
        self._take(step, at, call, serial)

    def _take(self, step: Step, at: datetime, call: Call | None, serial: int | None) -> None:
        drift = self.drift if self.drift is not None and self.drift.is_open else None
        if step is Step.OPEN and call is not None:
            self._open(at, call, call, serial)
        elif drift is None or step is Step.NONE:
            return
        elif step is Step.KEEP_OPEN:
            self._open(at, drift.culprit, call, serial)
        else:
            self._resolve(drift, RESOLUTIONS[step], at, call, serial)

    def _open(self, at: datetime, culprit: Call, call: Call | None, serial: int | None) -> None:
        assert isinstance(self.relation, Waiting | Drifted)  # noqa: S101 - `TRANSITIONS` opens nothing in the others
        old, new, status = self.recorded, self.relation.cloud, DriftStatus.OPEN
        self.steps.append(partial(entry, status, None, at, old, new, call=call, serial=serial))
        self.drift = Lifecycle(self.kind_of(old, new), status, None, old, new, culprit, self.incarnation)

    def _resolve(
        self, drift: Lifecycle, resolution: Resolution, at: datetime, call: Call | None, serial: int | None
    ) -> None:
        status = DriftStatus.RESOLVED
        self.steps.append(partial(entry, status, resolution, at, drift.old, drift.new, call=call, serial=serial))
        self.drift = Lifecycle(drift.kind, status, resolution, drift.old, drift.new, drift.culprit, drift.incarnation)


def _before_second(version: str) -> str | None:
    """Returns the name of the first version, such as ``v1``, for that of the second; None for any other."""
    return f"{version[:-1]}1" if version in ("2", "v2") else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a stored drift beside what the facts derive.

    Attributes:
        is_known: whether the call of an event id is still stored.
        record: the managed resource that the drift is about, where there is one.
        ignored: a rule ignores what the facts derive.
        failure: the entry of the log that says that the culprit's operation failed later on.
        agreement: the call since which cloud and state agree, as far as the known calls say.
        is_recorded: a state that was written after the drift has its new value.
        is_incomplete: facts are missing that the drift was derived from.
        is_withdrawn: the culprit claims nothing any more, as another entry of its operation says.
    """

    is_known: Callable[[str], bool]
    record: ResourceRecord | None = None
    ignored: bool = False
    failure: Call | None = None
    agreement: Agreement | None = None
    is_recorded: bool = False
    is_incomplete: bool = False
    is_withdrawn: bool = False


def next_drift(stored: Drift | None, derived: Drift | None, evidence: Evidence) -> Drift | None:
    """Returns the drift as it should be stored: `stored` itself when nothing changed, None when there is none.

    Args:
        derived: what the facts amount to now.
    """
    if stored is None:
        return derived
    if derived is not None:
        dismissed = stored.resolution is Resolution.DISMISSED
        if dismissed and derived.status is DriftStatus.OPEN and derived.event_id == stored.event_id:
            return stored  # only another call opens again what somebody dismissed
        return with_forgotten_steps(stored, derived, evidence.is_known)
    if stored.status is DriftStatus.RESOLVED:
        return stored
    return _ended(stored, evidence)


def _ended(stored: Drift, evidence: Evidence) -> Drift:
    """Returns an open drift that the facts do not derive: resolved where a positive step ended it, else as stored."""
    if (failure := evidence.failure) is not None:  # the cloud has what it had before
        return _resolved(stored, Resolution.REVERTED, failure.occurred, call=failure)
    record, resolution, agreement = evidence.record, _ending(stored, evidence), evidence.agreement
    if (
        agreement is not None
        and agreement.resolution is Resolution.DESTROYED
        and agreement.call.event_id == stored.event_id
    ):
        # The culprit took the last part of the resource, as an earlier call says that arrived later.
        return _resolved(stored, Resolution.DESTROYED, agreement.call.occurred, call=agreement.call)
    if resolution is not None:
        at, serial = (record.recorded_at, record.serial) if record is not None else (stored.detected_at, None)
        return _resolved(stored, resolution, at, serial=serial)
    if agreement is not None and agreement.call.occurred > stored.timestamp:
        return _resolved(stored, agreement.resolution, agreement.call.occurred, call=agreement.call)
    return stored


def _ending(stored: Drift, evidence: Evidence) -> Resolution | None:
    """Returns why an open drift ended that the facts no longer amount to; None where facts are missing.

    A drift ends by a positive step alone: that a call, or every state of an account, is not known any more is none.
    """
    if evidence.ignored:  # by a rule that is newer than the drift
        return Resolution.DISMISSED
    record = evidence.record
    if record is not None and record.removed is not None:
        return Resolution.DESTROYED
    if record is not None and (replaced := _replaced(record, stored.timestamp)) is not None:
        return replaced
    is_known = stored.event_id is None or evidence.is_known(stored.event_id)
    if evidence.is_withdrawn:
        return Resolution.ABSORBED
    if evidence.is_incomplete or not (is_known or evidence.is_recorded):
        return None
    return Resolution.APPLIED if stored.kind is DriftKind.UNCONFIRMED else Resolution.ABSORBED


def _replaced(record: ResourceRecord, since: datetime) -> Resolution | None:
    """Returns how another cloud resource under the address ends a drift of that time; None if there is none.

    A serial put it in place of the former one, or it came after the former one had left the state.
    """
    for change in record.changes:
        if change.recorded_at > since and "id" in change.before:
            return Resolution.APPLIED
        if change.recorded_at > since and change.created and not change.moved:
            return Resolution.DESTROYED
    return None


def _resolved(
    stored: Drift, resolution: Resolution, at: datetime, *, call: Call | None = None, serial: int | None = None
) -> Drift:
    status = DriftStatus.RESOLVED
    step = entry(status, resolution, at, stored.old_value, stored.new_value, call=call, serial=serial)
    return stored.model_copy(update={"status": status, "resolution": resolution, "history": (*stored.history, step)})
