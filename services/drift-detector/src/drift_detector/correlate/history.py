"""The steps of a drift, oldest first: how each is written, which ones are left out, and how forgotten ones are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from drift_detector.facts.call import Call
from drift_detector.facts.no_value import Absent, Unknown
from drift_detector.facts.time_line import Value
from tfdrift.events import Drift, DriftStatus, HistoryEntry, Json, Resolution

# A drift is one message, and an attribute that flaps has no end of steps.
MAX_HISTORY: Final = 64


def plain(value: Value | Unknown) -> Json:
    """Returns a value as JSON; what is missing or unknown is null."""
    return None if isinstance(value, (Absent, Unknown)) else value


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
    """Returns one step of a drift's history, taken by a call or by a serial."""
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


def written(steps: Sequence[Callable[[], HistoryEntry]]) -> tuple[tuple[HistoryEntry, ...], int]:
    """Returns the first step and the latest ones, `MAX_HISTORY` in all, and how many between them are left out.

    Only the steps that are returned are written, since a line may have thousands.
    """
    chosen = steps if len(steps) <= MAX_HISTORY else [steps[0], *steps[1 - MAX_HISTORY :]]
    return tuple(step() for step in chosen), len(steps) - len(chosen)


def open_seconds(history: Sequence[HistoryEntry]) -> float:
    """Returns how long a drift was open before the last step of its history ended it; 0 for an empty history."""
    opened = history[-1].timestamp if history else None
    for step in reversed(history[:-1]):
        if step.status is DriftStatus.RESOLVED:
            break
        opened = step.timestamp
    return (history[-1].timestamp - opened).total_seconds() if opened else 0.0


def with_forgotten_steps(stored: Drift, derived: Drift, is_known: Callable[[str], bool]) -> Drift:
    """Returns the derived drift behind the stored steps of forgotten calls, and of what states recorded between those.

    Args:
        is_known: whether the call of an event id is still stored.
    """
    older: list[HistoryEntry] = []
    serials: list[HistoryEntry] = []
    for step in stored.history:
        if step.timestamp >= derived.history[0].timestamp:
            break
        if step.event_id is None:
            serials.append(step)
        elif not is_known(step.event_id):
            older += [*serials, step]
            serials = []
    if not older:
        return derived
    history = (*older, *serials, *derived.history)
    surplus = max(0, len(history) - MAX_HISTORY)
    kept = (history[0], *history[1 + surplus :]) if surplus else history
    # What either side leaves out may be the same steps, so the omissions cannot be added up.
    latest = stored.history[-1].timestamp
    before = len(stored.history) + stored.history_omitted
    added = sum(step.timestamp > latest for step in derived.history)
    total = max(before + added, len(derived.history) + derived.history_omitted, len(history))
    return derived.model_copy(update={"history": kept, "history_omitted": total - len(kept)})
