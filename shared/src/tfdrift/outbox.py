"""The outbox of drifts: every version that is stored in ``tfdrift_drifts`` reaches the ledger, once and in order.

Theory of operation. A drift's record counts its versions, and says which of them the ledger has (``published``). A
writer reads the record, publishes its version where that is outstanding, marks it published, and writes the next
version by compare-and-set; then it publishes and marks that one. A writer that is interrupted in between leaves an
outstanding version, which the next writer publishes first.

The revision of the compare-and-set travels with the record that was read (`StoredRecord`). A revision from another
place, such as a mirror that a watch moves on, would name a record that nobody read, and overwrite it.

Two writers may publish the same version at once. It has one message id, by which JetStream deduplicates.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from tfdrift.bus import Bus, Conflict
from tfdrift.events import Drift
from tfdrift.records import DRIFTS_BUCKET, DriftRecord


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A drift's record as it was read or written, and the revision that it stands at.

    Attributes:
        encoded: the drift's own JSON, where its writer has it still.
    """

    record: DriftRecord
    revision: int
    encoded: bytes | None = field(default=None, compare=False, repr=False)

    @property
    def outstanding(self) -> bool:
        """Whether the ledger may not have its version yet."""
        return self.record.published < self.record.version


def next_version(
    stored: StoredRecord | None, drift: Drift, received: datetime, occurred: datetime | None
) -> DriftRecord:
    """The record that follows `stored`, not published yet; the first one where there is none.

    Args:
        received: when the pipeline first saw the cause of this version.
        occurred: when that cause happened in the cloud, where that is known.

    Raises:
        ValueError: the stored version is outstanding, so the ledger would lack it.
    """
    if stored is not None and stored.outstanding:
        raise ValueError(f"version {stored.record.version} of the drift {drift.id} is not published yet")
    version = stored.record.version if stored is not None else 0
    return DriftRecord(drift=drift, version=version + 1, published=version, received=received, occurred=occurred)


def as_published(record: DriftRecord) -> DriftRecord:
    """The record, marked as published."""
    return record.model_copy(update={"published": record.version})


class Outbox:
    """Reads, writes and publishes drifts.

    `on_published` receives each record that this process was the first to publish.
    """

    def __init__(self, bus: Bus, on_published: Callable[[DriftRecord], None] = lambda _: None) -> None:
        self._bus = bus
        self._bucket = bus.bucket(DRIFTS_BUCKET)
        self._on_published = on_published
        self._under_way: dict[str, tuple[bytes, DriftRecord]] = {}

    def decode(self, key: str, value: bytes) -> DriftRecord:
        """The record of a drift in a value of the bucket; one that is just being written here is not parsed.

        A watch often delivers a write before its acknowledgement.

        Raises:
            ValueError: the value is no record of a drift.
        """
        written, record = self._under_way.get(key, (b"", None))
        return record if record is not None and written == value else DriftRecord.model_validate_json(value)

    async def read(self, key: str) -> StoredRecord | None:
        """The record of a drift as it is stored now; None where there is none.

        Raises:
            ValueError: the value is no record of a drift.
            BusError: NATS went away.
        """
        entry = await self._bucket.get(key)
        if entry is None or entry.value is None:
            return None
        return StoredRecord(DriftRecord.model_validate_json(entry.value), entry.revision)

    async def publish(self, key: str, stored: StoredRecord) -> StoredRecord:
        """Publish a version that is outstanding, and mark it; returns the record as it is then stored.

        Raises:
            Conflict: somebody else has written the drift since it was read; the version is published all the same.
            BusError: NATS went away.
        """
        if not stored.outstanding:
            return stored
        drift = stored.record.drift
        encoded = stored.encoded or drift.encode()
        ack = await self._bus.publish(str(drift.subject()), encoded, stored.record.envelope(encoded).headers())
        if not ack.duplicate:
            self._on_published(stored.record)
        return await self._put(key, as_published(stored.record), encoded, stored.revision)

    async def write(self, key: str, stored: StoredRecord | None, following: DriftRecord) -> StoredRecord:
        """Store the version that follows `stored`, and publish it; returns the record as written.

        Raises:
            Conflict: somebody else has written the drift since `stored` was read; read it and decide anew.
            BusError: NATS went away; if the version was stored, it is outstanding.
        """
        written = await self._put(key, following, following.drift.encode(), stored.revision if stored else None)
        with suppress(Conflict):  # somebody else marked it, or went on from there
            return await self.publish(key, written)
        return written

    async def _put(self, key: str, record: DriftRecord, drift: bytes, revision: int | None) -> StoredRecord:
        """Write a record in place of that of a revision; None where there is to be none."""
        value = record.encode(drift)
        self._under_way[key] = (value, record)
        try:
            if revision is None:
                revision = await self._bucket.create(key, value)
            else:
                revision = await self._bucket.update(key, value, revision)
        finally:
            self._under_way.pop(key, None)
        return StoredRecord(record, revision, drift)
