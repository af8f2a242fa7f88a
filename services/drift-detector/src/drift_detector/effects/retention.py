"""Deletes calls after the retention time, or when there are too many, but none that an open drift needs."""

from __future__ import annotations

from datetime import datetime

from drift_detector import metrics
from drift_detector.correlate.store import FactStore
from drift_detector.correlate.stored_drifts import StoredDrifts
from tfdrift.bus import Bucket
from tfdrift.events import DriftStatus
from tfdrift.records import digest

# At about 2 KB a call in memory, 400 MB.
MAX_CALLS = 200_000


async def delete_expired_calls(
    store: FactStore, stored: StoredDrifts, claims: Bucket, cutoff: datetime, *, max_calls: int = MAX_CALLS
) -> None:
    """Delete the calls before `cutoff`, and the oldest beyond `max_calls`, except those of open drifts.

    Raises:
        BusError: NATS went away; the next round deletes the rest.
    """
    needed = {
        step.event_id for record in stored if record.drift.status is DriftStatus.OPEN for step in record.drift.history
    }
    # The other entries of an operation may be needed to understand one of them.
    needed |= {part.event_id for call in store.calls if call.event_id in needed for part in store.calls.parts(call)}
    oldest_first = sorted(store.calls, key=lambda call: call.order)
    surplus = len(oldest_first) - max_calls
    for number, call in enumerate(oldest_first):
        old = call.occurred < cutoff
        if not old and number >= surplus:
            return
        if call.event_id not in needed:
            await claims.delete(digest(call.event_id))
            store.calls.remove(call.event_id)
            metrics.FORGOTTEN.labels("retention" if old else "too_many").inc()
