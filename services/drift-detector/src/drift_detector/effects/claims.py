"""The bucket ``tfdrift_claims``: every call that claims something, once for each event id."""

from __future__ import annotations

from dataclasses import dataclass

from drift_detector import metrics
from drift_detector.correlate.store import FactStore
from drift_detector.facts.call import Call
from tfdrift.bus import Bus, Conflict, Entry
from tfdrift.bus.topology import bucket_subject
from tfdrift.records import CLAIMS_BUCKET, digest


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """A call as the bucket has it."""

    subject: str
    value: bytes
    revision: int


class Claims:
    """Writes calls to the bucket, and keeps the store of facts equal to it.

    The keys of the calls that are in the store are remembered with their revisions, so that what this process wrote
    itself is not parsed again when the watch delivers it.
    """

    def __init__(self, bus: Bus, store: FactStore) -> None:
        self._bucket = bus.bucket(CLAIMS_BUCKET)
        self._store = store
        self._known: dict[str, tuple[int, str]] = {}
        self._under_way: dict[str, tuple[bytes, Call]] = {}

    async def put(self, call: Call) -> Call:
        """Store a call; returns it, or the one that is stored already and says at least as much.

        A call that says more than the stored one of the same event takes its place: an alert may be shortened on its
        way, and come again whole. One that says less never does.

        Raises:
            BusError: NATS went away.
        """
        key = digest(call.event_id)
        try:
            revision = await self._write(key, call, 0)
            metrics.CALLS.labels("claims").inc()
            self._take(key, call, revision)
            return call
        except Conflict:
            metrics.CALLS.labels("repeated").inc()
        while True:
            entry = await self._bucket.get(key)
            stored = Call.model_validate_json(entry.value) if entry is not None and entry.value else None
            if entry is None or stored is None:
                return await self.put(call)
            if call.content <= stored.content:
                self._take(key, stored, entry.revision)
                return stored
            # It arrived when the first alert of the event did; so its place among others stays.
            fuller = call.model_copy(update={"received": min(call.received, stored.received)})
            try:
                revision = await self._write(key, fuller, entry.revision)
            except Conflict:
                continue
            metrics.CALLS.labels("completed").inc()
            self._take(key, fuller, revision)
            return fuller

    def watched(self, entry: Entry[bytes]) -> Call | None:
        """See a change of the bucket; returns the call of another writer that is new to the store, or None.

        Raises:
            ValueError: the value is no call.
        """
        revision, event_id = self._known.get(entry.key, (0, ""))
        if entry.value is None:
            if revision and entry.revision > revision:
                del self._known[entry.key]
                self._store.remove_call(event_id)
            return None
        if entry.revision <= revision:
            return None
        # The watch often delivers what this process writes before its acknowledgement. Whoever writes it also evaluates
        # it, and does so again where the acknowledgement gets lost.
        written, own = self._under_way.get(entry.key, (b"", None))
        if own is not None and written == entry.value:
            self._take(entry.key, own, entry.revision)
            return None
        call = Call.model_validate_json(entry.value)
        return call if self._take(entry.key, call, entry.revision) else None

    async def read(self, event_id: str) -> StoredClaim | None:
        """Returns a call as it is stored now; None where it is not.

        Raises:
            BusError: NATS went away.
        """
        key = digest(event_id)
        entry = await self._bucket.get(key)
        if entry is None or entry.value is None:
            return None
        return StoredClaim(bucket_subject(CLAIMS_BUCKET, key), entry.value, entry.revision)

    async def delete(self, event_id: str) -> None:
        """Delete a call from the bucket, then from the store.

        Raises:
            BusError: NATS went away; the store still has it.
        """
        key = digest(event_id)
        await self._bucket.delete(key)
        self._known.pop(key, None)
        self._store.remove_call(event_id)

    def lost(self) -> dict[str, bytes]:
        """Forget the revisions, because the bucket was created anew; returns the calls by key, to be written back."""
        self._known.clear()
        return {digest(call.event_id): call.model_dump_json().encode() for call in self._store.calls}

    async def _write(self, key: str, call: Call, revision: int) -> int:
        """Write a call in place of what a revision was, 0 for nothing; returns the new revision."""
        value = call.model_dump_json().encode()
        self._under_way[key] = (value, call)
        try:
            if revision:
                return await self._bucket.update(key, value, revision)
            return await self._bucket.create(key, value)
        finally:
            self._under_way.pop(key, None)

    def _take(self, key: str, call: Call, revision: int) -> bool:
        """Put a stored call into the store of facts; whether it is new there, or says something else than before."""
        before, _ = self._known.get(key, (0, ""))
        if revision <= before:
            return False
        self._known[key] = (revision, call.event_id)
        if before:
            self._store.remove_call(call.event_id)
        return self._store.put_call(call)
