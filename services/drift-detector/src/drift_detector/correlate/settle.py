"""How a derived drift and the one that is stored become the next version of it."""

from __future__ import annotations

from collections.abc import Callable

from drift_detector.correlate.derive import Derived
from drift_detector.correlate.lifecycle import MAX_HISTORY, entry
from drift_detector.facts.call import Call
from drift_detector.resolve.call_index import CallIndex
from tfdrift.events import Drift, DriftKind, DriftStatus, HistoryEntry, Resolution
from tfdrift.records import ResourceRecord


def settled(
    identifier: str,
    stored: Drift | None,
    derived: Derived,
    record: ResourceRecord | None,
    calls: CallIndex,
) -> Drift | None:
    """The drift as it should now be stored; None when there is none, and `stored` itself when nothing changed.

    Args:
        derived: what the facts amount to now.
        record: the managed resource that it is about, where there is one.
        calls: those still known: what only the stored history tells of is kept.
    """
    now = derived.drifts.get(identifier)
    if now is not None:
        if stored is None:
            return now
        dismissed = stored.resolution is Resolution.DISMISSED
        if dismissed and now.status is DriftStatus.OPEN and now.event_id == stored.event_id:
            return stored  # somebody has judged just this; only another call brings it up again
        return _with_older_history(stored, now, calls.__contains__)
    if stored is None or stored.status is DriftStatus.RESOLVED:
        return stored
    failure = calls.failure_of(stored.event_id) if stored.event_id is not None else None
    if failure is not None:
        return _failed(stored, failure)
    return _closed(stored, record, ignored=identifier in derived.ignored)


def _with_older_history(stored: Drift, derived: Drift, remembers: Callable[[str], bool]) -> Drift:
    """The derived drift behind the steps of calls that were forgotten since, and what states made of those."""
    older: list[HistoryEntry] = []
    states: list[HistoryEntry] = []
    for step in stored.history:
        if step.timestamp >= derived.history[0].timestamp:
            break
        if step.event_id is None:
            states.append(step)
        elif not remembers(step.event_id):
            older += [*states, step]
            states = []
    if not older:
        return derived
    history = (*older, *states, *derived.history)
    surplus = max(0, len(history) - MAX_HISTORY)
    kept = (history[0], *history[1 + surplus :]) if surplus else history
    omitted = stored.history_omitted + derived.history_omitted + surplus
    return derived.model_copy(update={"history": kept, "history_omitted": omitted})


def _failed(stored: Drift, failure: Call) -> Drift:
    """An open drift whose operation failed after it had begun: the cloud has what it had before."""
    status, resolution = DriftStatus.RESOLVED, Resolution.REVERTED
    step = entry(status, resolution, failure.occurred, stored.old_value, stored.new_value, call=failure)
    history = (*stored.history, step)
    return stored.model_copy(update={"status": status, "resolution": resolution, "history": history})


def _closed(stored: Drift, record: ResourceRecord | None, *, ignored: bool) -> Drift:
    """An open drift that the facts no longer amount to: the state now agrees, or is about another thing."""
    # Another id under the same address is another thing: the one that drifted was replaced.
    reborn = record is not None and any(
        (change.created or "id" in change.before) and change.recorded_at > stored.timestamp for change in record.changes
    )
    if ignored:  # by a rule that is newer than the drift
        resolution = Resolution.DISMISSED
    elif record is not None and (record.removed is not None or reborn):
        resolution = Resolution.DESTROYED
    elif stored.kind is DriftKind.UNCONFIRMED:
        resolution = Resolution.APPLIED
    else:
        resolution = Resolution.ABSORBED
    step = HistoryEntry(
        timestamp=record.recorded_at if record is not None else stored.detected_at,
        status=DriftStatus.RESOLVED,
        resolution=resolution,
        old_value=stored.old_value,
        new_value=stored.new_value,
        serial=record.serial if record is not None else None,
    )
    return stored.model_copy(
        update={"status": DriftStatus.RESOLVED, "resolution": resolution, "history": (*stored.history, step)}
    )
