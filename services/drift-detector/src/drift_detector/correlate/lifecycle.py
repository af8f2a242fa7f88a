"""The life of one disagreement, as a pure function of facts.

Theory of operation: two kinds of facts are known about one attribute, or about the existence, of one resource. The
state *recorded* values, one after another, by serial. Calls *claimed* values, one after another, by the cloud's
clock. Both are laid on one time line (`drift_detector.facts.time_line`), and it is read from its beginning each time
that a fact comes in. So the order in which facts arrive cannot matter, and a repeated fact changes nothing.

Reading the line, `cloud` is what the cloud has as far as calls tell (none yet: what the state says), and
`recorded` what the state says:

    fact                              cloud = recorded then        cloud ≠ recorded then
    ────────────────────────────────  ───────────────────────────  ─────────────────────────────────────
    a foreign claim                   an open drift is `reverted`  a drift opens, or the open one moves on
    a sanctioned claim (Terraform's)  an open drift is `reverted`  it waits for a state to confirm it
    a serial                          an open drift is `applied`   an open drift stays open
                                      (a sanctioned claim set it)
                                      or `absorbed` (none did)
    the end of the resource's life    an open drift is `destroyed`

An address may see several lives (`drift_detector.facts.incarnations`): a claim counts in the life that it is about,
and in no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from drift_detector.compare.verdict import Verdict
from drift_detector.facts.call import Call, Operation
from drift_detector.facts.no_value import MISSING, UNKNOWN, Absent, Unknown
from drift_detector.facts.time_line import Claimed, Fact, Recorded, Removed, Value, time_line
from tfdrift.events import DriftKind, DriftStatus, HistoryEntry, Json, Resolution

# A drift is one message, and an attribute that flaps has no end of steps.
MAX_HISTORY = 64


@dataclass(frozen=True, slots=True)
class AsRecorded:
    """The cloud has what the state says; null would be a value of its own."""


AS_RECORDED = AsRecorded()

Compare = Callable[[Value | Unknown, Value], Verdict]
Apply = Callable[[Operation, Value | Unknown], Value | Unknown]
KindOf = Callable[[Value, Value | Unknown], DriftKind]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What became of a disagreement.

    Attributes:
        culprit: the call that last brought cloud and state apart.
        incarnation: the number of the incarnation in which it did.
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


@dataclass(slots=True)
class _Line:
    """The reading of a time line so far."""

    compare: Compare
    apply: Apply
    kind_of: KindOf
    recorded: Value = MISSING
    cloud: Value | Unknown | AsRecorded = AS_RECORDED
    setter: Call | None = None
    story: Lifecycle | None = None
    pending: Call | None = None
    incarnation: int = 0
    removed: bool = False
    steps: list[Callable[[], HistoryEntry]] = field(default_factory=list)

    def read(self, fact: Fact) -> None:
        match fact:
            case Recorded():
                self._record(fact)
            case Removed():
                self._remove(fact)
            case Claimed():
                self._claim(fact)

    @property
    def _open(self) -> bool:
        return self.story is not None and self.story.status is DriftStatus.OPEN

    def _claim(self, fact: Claimed) -> None:
        if self.removed or fact.incarnation != self.incarnation:
            return
        base: Value | Unknown = self.recorded if isinstance(self.cloud, AsRecorded | Unknown) else self.cloud
        for operation in fact.operations:
            base = self.apply(operation, base)
        verdict = self.compare(base, self.recorded)
        # What cannot be compared, such as an alias with an ARN, is told as changed, and not as changed to that.
        self.cloud = UNKNOWN if verdict is Verdict.UNKNOWN else base
        self.setter = fact.call
        if verdict is Verdict.SAME:
            if self._open:
                self._close(Resolution.REVERTED, fact.call.occurred, call=fact.call)
            self._agree()
        elif fact.call.sanction is not None:
            self.pending = fact.call
        else:
            self.pending = None
            self._tell(fact.call.occurred, call=fact.call, culprit=fact.call)

    def _record(self, fact: Recorded) -> None:
        self.recorded, self.incarnation, self.removed = fact.value, fact.incarnation, False
        if isinstance(self.cloud, AsRecorded):
            return
        verdict = self.compare(self.cloud, self.recorded)
        if verdict is Verdict.DIFFERENT:
            if self._open and self.story is not None:
                self._tell(fact.at, serial=fact.serial, culprit=self.story.culprit)
            return
        if self._open:
            sanctioned = self.setter is not None and self.setter.sanction is not None
            self._close(Resolution.APPLIED if sanctioned else Resolution.ABSORBED, fact.at, serial=fact.serial)
        self._agree()

    def _remove(self, fact: Removed) -> None:
        if self._open:
            self._close(Resolution.DESTROYED, fact.at, serial=fact.serial)
        self.recorded, self.removed = MISSING, True
        self._agree()

    def _agree(self) -> None:
        self.cloud, self.setter, self.pending = AS_RECORDED, None, None

    def _tell(self, at: datetime, *, culprit: Call, call: Call | None = None, serial: int | None = None) -> None:
        assert not isinstance(self.cloud, AsRecorded)  # noqa: S101 - only a claim brings cloud and state apart
        old, new = self.recorded, self.cloud
        kind = self.kind_of(old, new)
        self.steps.append(partial(entry, DriftStatus.OPEN, None, at, old, new, call=call, serial=serial))
        self.story = Lifecycle(kind, DriftStatus.OPEN, None, old, new, culprit, self.incarnation)

    def _close(
        self, resolution: Resolution, at: datetime, *, call: Call | None = None, serial: int | None = None
    ) -> None:
        assert self.story is not None  # noqa: S101 - callers ask `_open` first
        story, status = self.story, DriftStatus.RESOLVED
        self.steps.append(partial(entry, status, resolution, at, story.old, story.new, call=call, serial=serial))
        self.story = replace(story, status=status, resolution=resolution)


def entry(
    status: DriftStatus,
    resolution: Resolution | None,
    at: datetime,
    old: Value,
    new: Value | Unknown,
    *,
    call: Call | None = None,
    serial: int | None = None,
) -> HistoryEntry:
    """One step of a drift's history, by a call or by a serial."""
    return HistoryEntry(
        timestamp=at,
        status=status,
        resolution=resolution,
        old_value=plain(old),
        new_value=plain(new),
        user_identity=call.user_identity if call else None,
        event_id=call.event_id if call else None,
        event_name=call.event_name if call else None,
        serial=serial,
    )


def plain(value: Value | Unknown) -> Json:
    """A value as JSON: what is missing or unknown is null."""
    return None if isinstance(value, (Absent, Unknown)) else value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a time line comes to: a story, or a sanctioned call that still waits for its confirmation."""

    story: Lifecycle | None
    pending: Call | None
    recorded: Value
    cloud: Value | Unknown | AsRecorded
    incarnation: int


def modified(_old: Value, _new: Value | Unknown) -> DriftKind:
    """The kind of every disagreement about an attribute."""
    return DriftKind.MODIFIED


def correlate(facts: Iterable[Fact], compare: Compare, apply: Apply, kind_of: KindOf = modified) -> Outcome:
    """Read the facts in the order of time and tell what became of the disagreement.

    Args:
        facts: in any order, without repetition.
        compare: whether a claimed and a recorded value are the same thing.
        apply: the value that an operation makes of another.
        kind_of: the kind of a disagreement between a recorded and a claimed value.
    """
    line = _Line(compare, apply, kind_of)
    for fact in time_line(facts):
        line.read(fact)
    story = None if line.story is None else replace(line.story, **_history(line.steps))
    return Outcome(story, line.pending, line.recorded, line.cloud, line.incarnation)


def _history(steps: list[Callable[[], HistoryEntry]]) -> dict[str, Any]:
    kept = steps if len(steps) <= MAX_HISTORY else [steps[0], *steps[1 - MAX_HISTORY :]]
    return {"history": tuple(step() for step in kept), "omitted": len(steps) - len(kept)}


def is_confirmed(pending: Call, written: datetime | None) -> bool:
    """Whether a serial that holds the resource was written after the call."""
    return written is not None and written >= pending.occurred


def unconfirmed(pending: Call, outcome: Outcome, at: datetime) -> Lifecycle:
    """The story of a call that claimed to be Terraform's, when no state has confirmed it in time."""
    new = outcome.recorded if isinstance(outcome.cloud, AsRecorded) else outcome.cloud
    step = entry(DriftStatus.OPEN, None, at, outcome.recorded, new, call=pending)
    return Lifecycle(
        DriftKind.UNCONFIRMED, DriftStatus.OPEN, None, outcome.recorded, new, pending, outcome.incarnation, (step,)
    )
