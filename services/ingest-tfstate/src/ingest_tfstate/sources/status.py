"""The status of one state, and what an observation of it calls for.

A watcher keeps one status for each state of its source. It makes an observation, gives both to `step`, and executes the
effects that `step` returns. It adopts the new status only after the effects, so a failed effect is asked for again.

    status        means                                                           and is shown as
    Unseen        nothing is known of its content, so it is read                  what was reported before
    Recorded      the bucket has the content of that signature                    no condition
    Doubtful      the content may be half-written, so it is read once more        what was reported before
    Refused       a condition keeps the last good state                           that condition
    Unreachable   the source cannot be listed, so nothing is known of its states  the source's condition, in the head
    Duplicate     another state has the same workspace name                       a condition of this state alone
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingest_tfstate.errors import DuplicateWorkspace, Incomplete, Malformed, Missing, ReadError, StateError, Truncated

# Content that cannot be parsed may be half-written. It is refused when it is still the same after this time.
DOUBT_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Unseen:
    """Not read since the start, or since somebody else changed the head."""

    reported: StateError | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The content of this signature is recorded."""

    signature: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Content of this digest could not be parsed; `since` is when it was read first."""

    digest: str
    since: float
    reported: StateError | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A condition keeps the last good state, or a part of it.

    Attributes:
        signature: the condition lasts while the content has it; None if only a read can end it.
    """

    reported: StateError
    signature: str | None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The source cannot be listed; `signature` is that of the recorded content, as far as it is known."""

    signature: str | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another state has the workspace name."""

    reported: StateError


Status = Unseen | Recorded | Doubtful | Refused | Unreachable | Duplicate


@dataclass(frozen=True, slots=True)
class Listed:
    """The source lists the state; `signature` is None where only a read shows a change."""

    signature: str | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """The state at `where` has the workspace name of another one, `owner`."""

    where: str
    owner: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The source does not list the state at `where`, which owns its workspace name or not."""

    where: str
    is_owner: bool


@dataclass(frozen=True, slots=True)
class SourceLost:
    """The source cannot be listed."""

    error: ReadError
    is_owner: bool


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A read found the content of the known signature."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A read failed."""

    error: ReadError


@dataclass(frozen=True, slots=True)
class Rejected:
    """The content is no state, or must not follow the recorded one."""

    error: StateError
    digest: str
    signature: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The content is the recorded one, now or since before.

    Attributes:
        head_condition: what the head shows.
        incomplete: why not all of its resources are recorded.
    """

    signature: str
    head_condition: str | None
    incomplete: Incomplete | None = None


@dataclass(frozen=True, slots=True)
class HeadChanged:
    """Somebody else changed the workspace's head."""


Observation = Listed | Claimed | Absent | SourceLost | Unchanged | Unread | Rejected | Stored | HeadChanged


@dataclass(frozen=True, slots=True)
class Read:
    """Read the content, unless it still has the known signature."""

    known: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Show a condition in the head, or that there is none."""

    condition: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Log a condition and set its metric."""

    error: StateError


@dataclass(frozen=True, slots=True)
class Replace:
    """Reset the metric of a condition that another one replaces."""

    error: StateError


@dataclass(frozen=True, slots=True)
class Clear:
    """Log that a condition has ended, and reset its metric."""

    error: StateError


@dataclass(frozen=True, slots=True)
class Count:
    """Count what came of a read."""

    outcome: str


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Look at the source again after this time, rather than at the next poll."""

    seconds: float


Effect = Read | Mark | Report | Replace | Clear | Count | LookAgain
Step = tuple[Status, tuple[Effect, ...]]


def step(status: Status, observation: Observation, now: float) -> Step:  # noqa: PLR0911 - one case an observation
    """Returns the status after an observation, and the effects to execute in order before it is adopted.

    Args:
        now: a clock's seconds; only differences count.
    """
    match observation:
        case Listed(signature):
            return _listed(status, signature)
        case Absent(where, is_owner):
            return _refuse(status, Missing(f"{where} is gone"), None) if is_owner else _clear(status, Unseen())
        case SourceLost(error, is_owner):
            return _lose(status, error) if is_owner else (status, ())
        case Claimed(where, owner):
            error = DuplicateWorkspace(f"{where} has the workspace name of {owner}; rename one of the two")
            return Duplicate(error), report_changes(reported(status), error)
        case Unread(error):
            return _refuse(status, error, None)
        case Rejected(error, _, signature):
            return _doubt(status, observation, now) or _refuse(status, error, signature)
        case Stored(signature, _, incomplete) if incomplete is not None:
            return Refused(incomplete, signature), report_changes(reported(status), incomplete)
        case Stored(signature, head_condition):
            marks = (Mark(None),) if head_condition is not None else ()
            after, effects = _clear(status, Recorded(signature))
            return after, (*marks, *effects)
        case HeadChanged():
            return (status if _signature(status) is None else Unseen(reported(status))), ()
        case Unchanged():
            return status, ()


def reported(status: Status) -> StateError | None:
    """The condition that the log and the metrics show of a status."""
    match status:
        case Recorded() | Unreachable():
            return None
        case _:
            return status.reported


def is_missing(status: Status | None) -> bool:
    """Whether a state is known to be gone."""
    return isinstance(status, Refused) and isinstance(status.reported, Missing)


def report_changes(before: StateError | None, error: StateError | None) -> tuple[Report | Replace | Clear, ...]:
    """The effects that report a condition where there was another one, or none; a new reason is reported, too."""
    if error is None:
        return () if before is None else (Clear(before),)
    if before is not None and (before.condition, str(before)) == (error.condition, str(error)):
        return ()
    return (Report(error),) if before is None else (Replace(before), Report(error))


def _listed(status: Status, signature: str | None) -> Step:
    known = _signature(status)
    if known is None or known != signature:
        return status, (Read(known),)
    if isinstance(status, Unreachable):
        return Recorded(known), (Mark(None),)
    return status, ()


def _lose(status: Status, error: ReadError) -> Step:
    """A state that is refused already keeps its condition, which says more."""
    if isinstance(status, Unreachable) or reported(status) is not None:
        return status, ()
    return Unreachable(_signature(status)), (Mark(error.condition),)


def _doubt(status: Status, rejected: Rejected, now: float) -> Step | None:
    """The step of content that may be half-written; None once it has been the same for long enough."""
    if not isinstance(rejected.error, Truncated | Malformed):
        return None
    since = now
    if isinstance(status, Doubtful) and status.digest == rejected.digest:
        since = status.since
    left = since + DOUBT_SECONDS - now
    if left <= 0:
        return None
    return Doubtful(rejected.digest, since, reported(status)), (LookAgain(left),)


def _refuse(status: Status, error: StateError, signature: str | None) -> Step:
    before = reported(status)
    is_new = before is None or before.condition != error.condition
    marks: tuple[Effect, ...] = (Mark(error.condition),) if is_new else ()
    counts: tuple[Effect, ...] = (Count(error.condition),) if is_new else ()
    return Refused(error, signature), (*marks, *report_changes(before, error), *counts)


def _clear(status: Status, after: Status) -> Step:
    return after, report_changes(reported(status), None)


def _signature(status: Status) -> str | None:
    return status.signature if isinstance(status, Recorded | Refused | Unreachable) else None
