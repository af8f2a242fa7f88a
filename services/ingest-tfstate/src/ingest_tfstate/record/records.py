"""Turns a state into the records of the bucket ``tfdrift_state``.

The records are written before the events are published, and the events are derived from the records alone. So each
change has the moment of the state that caused it (`RecordedChange.recorded_at`, `Removal.recorded_at`), and
`ingest_tfstate.record.announce` derives the events of all changes that are newer than the workspace's head. After a
process has died, the next one finds the same records and publishes the same events under the same ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ingest_tfstate.errors import Incomplete, LineageChanged, StaleSerial, StateError
from ingest_tfstate.record.diff import same
from ingest_tfstate.resource.flat_map import like
from ingest_tfstate.resource.instances import Instance, State
from ingest_tfstate.resource.place import Place, places
from tfdrift.envelope import canonical_json
from tfdrift.records import MAX_CHANGES, RecordedChange, Removal, ResourceRecord, WorkspaceHead, hidden_hash
from tfdrift.redaction import NO_RULES, RULES_VERSION, Redactor, Rules

# A record is one message, and NATS allows 1 MiB for a message with its headers.
MAX_RECORD_BYTES: Final = 900 * 1024

# A head with this condition accepts the next state whatever its lineage and serial, since an operator asked for it.
LINEAGE_ACCEPTED: Final = "lineage_accepted"

Failures = dict[str, str]
"""Why an instance cannot be recorded, by address."""

_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class StateSnapshot:
    """One version of a workspace's state, as it was read.

    Attributes:
        digest: its `fingerprint`.
        modified: when the state was written, by the clock of the file system or store.
        received: when the pipeline first saw the change.
    """

    workspace: str
    source: str
    state: State
    digest: str
    modified: datetime
    received: datetime

    @property
    def moment(self) -> datetime:
        """When the state was written, as far as that is not in the future."""
        return min(self.modified, self.received)


def fingerprint(data: bytes, rules: Rules = NO_RULES) -> str:
    """Returns a hash of a state's bytes and of what is hidden of a state, in hex."""
    digest = hashlib.sha256(data)
    digest.update(f"redaction {RULES_VERSION}{rules.digest}".encode())
    return digest.hexdigest()


def check_order(state: State, head: WorkspaceHead | None) -> None:
    """Checks that `state` may follow `head`. The same serial may: local backends write one serial several times.

    A state without a lineage gets one when a later Terraform writes it, and is still the same state.

    Raises:
        StaleSerial: the state is older than the head.
        LineageChanged: it is a different state.
    """
    if head is None or head.condition == LINEAGE_ACCEPTED:
        return
    if head.lineage and state.lineage != head.lineage:
        raise LineageChanged(
            f"the lineage is {state.lineage}, and the recorded one is {head.lineage}: this is a different state; "
            f"if it shall replace the recorded one, run: ingest-tfstate --accept-lineage {head.workspace}"
        )
    if state.serial < head.serial:
        raise StaleSerial(
            f"the serial is {state.serial}, lower than the recorded {head.serial}; "
            f"if the older state is meant, run: ingest-tfstate --accept-lineage {head.workspace}"
        )


def recorded_at(moment: datetime, head: WorkspaceHead | None, records: Iterable[ResourceRecord]) -> datetime:
    """Returns the moment under which the state's changes are recorded: when it was written, but later than the head.

    Local backends write one serial several times during an apply, clocks are set back, and copies keep old times.
    Changes later than the head's moment are still to be announced, so the moments must be in order.

    Args:
        moment: `StateSnapshot.moment` of the process that began to record the state.
        records: those of the workspace; those without a change later than the head may be left out.
    """
    if head is None:
        return moment
    unannounced = [at for record in records for at, _ in versions(record) if at > head.recorded_at]
    return max([moment, head.recorded_at + _TICK, *unannounced])


@dataclass(frozen=True, slots=True)
class Stored:
    """What a workspace's next state is compared with.

    Attributes:
        records: by address, with tombstones; those of `State.unchanged` may be left out.
        places: of all instances that are compared; by default they are found from those.
    """

    head: WorkspaceHead
    records: Mapping[str, ResourceRecord]
    places: Mapping[str, Place] | None = None


def versions(record: ResourceRecord) -> list[tuple[datetime, int]]:
    """Returns the moment and serial of each change in a record, oldest first."""
    found = [(change.recorded_at, change.serial) for change in record.changes]
    if record.removed is not None:
        found.append((record.removed.recorded_at, record.removed.serial))
    return found


def first_records(
    snapshot: StateSnapshot,
    at: datetime,
    redactor: Redactor,
    failures: Failures | None = None,
    where: Mapping[str, Place] | None = None,
) -> Iterator[ResourceRecord]:
    """Yields the records of a workspace that is seen for the first time, one by one, without a history.

    Args:
        failures: receives the instances that cannot be recorded.
        where: the places of all instances; by default they are found from those.
    """
    failures = {} if failures is None else failures
    where = places(snapshot.state.instances.values()) if where is None else where
    for address, instance in snapshot.state.instances.items():
        with _alone(address, failures):
            yield _record(snapshot, instance, where[address], at, redactor)


def next_records(
    snapshot: StateSnapshot,
    at: datetime,
    redactor: Redactor,
    stored: Stored,
    failures: Failures | None = None,
) -> list[ResourceRecord]:
    """Returns the records that differ from those in the bucket: changed and new ones first, then tombstones.

    Args:
        at: the moment that `recorded_at` returned.
        failures: receives the instances that cannot be recorded; their records stay as they are.
    """
    state, head, records = snapshot.state, stored.head, stored.records
    failures = {} if failures is None else failures
    where = places(state.instances.values()) if stored.places is None else stored.places
    left = [record for address in records if address not in state and (record := records.get(address)) is not None]
    gone = [record for record in left if record.removed is None or record.removed.recorded_at > head.recorded_at]
    movable = _by_identity(gone)
    fresh: list[ResourceRecord] = []
    moved_to: dict[str | None, str] = {}
    for address, instance in state.instances.items():
        with _alone(address, failures):
            record = _record(snapshot, instance, where[address], at, redactor)
            record, before = _followed(record, instance, records.get(address), movable, redactor)
            last = record.changes[-1] if record.changes else None
            if last is not None and last.moved and last.recorded_at > head.recorded_at:
                moved_to[last.previous_address] = address
            if before is None or not _unchanged(record, before):
                fresh.append(fit(record))
    for record in gone:
        if record.removed is None:
            removal = Removal(serial=state.serial, recorded_at=at, moved_to=moved_to.get(record.address))
            fresh.append(record.model_copy(update={"removed": removal}))
    return fresh


@contextmanager
def _alone(address: str, failures: Failures) -> Iterator[None]:
    """Lets an error of one instance concern it alone; its message names no value, which may be secret."""
    try:
        yield
    except StateError as error:
        failures[address] = str(error)
    except Exception as error:  # noqa: BLE001 - the supervisor of instances: one of them never stops the rest
        failures[address] = f"an unexpected {type(error).__name__}; please report it"


def _followed(
    record: ResourceRecord,
    instance: Instance,
    before: ResourceRecord | None,
    movable: Mapping[tuple[str, str], ResourceRecord],
    redactor: Redactor,
) -> tuple[ResourceRecord, ResourceRecord | None]:
    """Returns the record with its history, and the stored record of its address that it follows, if it is the same."""
    moved = before is None and record.id is not None
    if moved:
        before = movable.get((record.type, record.id or ""))
    if before is None:
        created = RecordedChange(serial=record.serial, recorded_at=record.recorded_at, before={}, created=True)
        return record.model_copy(update={"changes": (created,)}), None
    if _same_attributes(before, record):
        return _with_past(record, before, record.attributes), None if moved else before
    # What has become secret is compared, and stored in the history, as a hash.
    before = before.model_copy(update={"changes": _hidden_past(before, instance, redactor)})
    hidden = redactor.redact(instance.type, before.attributes, instance.sensitive_paths)
    if before.flat and not record.flat:
        hidden = like(hidden, record.attributes)
    return _with_past(record, before, hidden), None


def _record(
    snapshot: StateSnapshot, instance: Instance, place: Place, at: datetime, redactor: Redactor
) -> ResourceRecord:
    attributes = redactor.redact(instance.type, instance.attributes, instance.sensitive_paths)
    # `model_construct` skips the validation, a third of the time, which values that are created here do not need.
    return ResourceRecord.model_construct(
        workspace=snapshot.workspace,
        address=instance.address,
        type=instance.type,
        name=instance.name,
        provider=place.provider,
        id=instance.id if hidden_hash(attributes.get("id")) is None else None,
        account_id=place.account_id,
        region=place.region,
        lineage=snapshot.state.lineage,
        serial=snapshot.state.serial,
        recorded_at=at,
        attributes=attributes,
        flat=instance.flat,
        changes=(),
        removed=None,
    )


def _by_identity(records: list[ResourceRecord]) -> dict[tuple[str, str], ResourceRecord]:
    """Returns records by type and id, without those that have both in common with another one."""
    found: dict[tuple[str, str], list[ResourceRecord]] = {}
    for record in records:
        if record.id is not None:
            found.setdefault((record.type, record.id), []).append(record)
    return {identity: group[0] for identity, group in found.items() if len(group) == 1}


def _hidden_past(before: ResourceRecord, instance: Instance, redactor: Redactor) -> tuple[RecordedChange, ...]:
    """Returns the history of a record, with the values hidden that have become secret."""
    return tuple(
        change.model_copy(update={"before": redactor.redact(instance.type, change.before, instance.sensitive_paths)})
        for change in before.changes
    )


def _with_past(record: ResourceRecord, before: ResourceRecord, hidden: dict[str, Any]) -> ResourceRecord:
    """Returns `record` with the history of `before`, and one more entry if there is a change.

    Args:
        hidden: the attributes of `before`, redacted as those of `record` are.
    """
    moved = before.address != record.address
    created = moved or before.removed is not None
    changed = (
        {}
        if hidden is record.attributes
        else {
            name: hidden.get(name)
            for name in sorted(hidden.keys() | record.attributes.keys())
            if not same(hidden.get(name), record.attributes.get(name))
        }
    )
    changes = before.changes
    if created or changed:
        entry = RecordedChange(
            serial=record.serial,
            recorded_at=record.recorded_at,
            before=changed,
            created=created,
            moved=moved,
            removed=None if moved else before.removed,
            previous_address=before.address if moved else None,
        )
        changes = (*changes, entry)[-MAX_CHANGES:]
    return record.model_copy(update={"changes": changes, "origin": _origin(record, before)})


def _origin(record: ResourceRecord, before: ResourceRecord) -> str | None:
    """Returns `ResourceRecord.origin` of a record that follows another one."""
    if before.address != record.address:
        return before.origin or before.address
    if before.removed is not None and before.removed.moved_to is not None:
        return f"{record.address} since {record.serial}"
    return before.origin


def _unchanged(record: ResourceRecord, before: ResourceRecord | None) -> bool:
    """Whether the stored record differs in its serial at most, so that it is not written again."""
    return (
        before is not None
        and before.removed is None
        and (before.lineage, before.type, before.id, before.provider, before.account_id, before.region)
        == (record.lineage, record.type, record.id, record.provider, record.account_id, record.region)
        and before.flat == record.flat
        and before.changes == record.changes
    )


def _same_attributes(before: ResourceRecord, after: ResourceRecord) -> bool:
    """Whether the attributes are equal. Most are the same bytes, and comparing bytes is ten times as fast."""
    return canonical_json(before.attributes) == canonical_json(after.attributes) or same(
        before.attributes, after.attributes
    )


def fit(record: ResourceRecord) -> ResourceRecord:
    """Returns the record within `MAX_RECORD_BYTES`, without the oldest history that does not fit."""
    changes = list(record.changes)
    size = len(canonical_json(record.attributes)) + sum(len(canonical_json(change.before)) for change in changes)
    while size > MAX_RECORD_BYTES and changes:
        size -= len(canonical_json(changes.pop(0).before))
    return record.model_copy(update={"changes": tuple(changes)}) if len(changes) < len(record.changes) else record


def next_head(snapshot: StateSnapshot, at: datetime, fence: int = 0, failures: Failures | None = None) -> WorkspaceHead:
    """Returns the head of a state that is recorded and announced.

    Args:
        fence: the revision of the fence under which the records were written.
        failures: the instances that could not be recorded.
    """
    state = snapshot.state
    return WorkspaceHead(
        workspace=snapshot.workspace,
        source=snapshot.source,
        lineage=state.lineage,
        serial=state.serial,
        digest=snapshot.digest,
        terraform_version=state.terraform_version,
        recorded_at=at,
        resource_count=state.resource_count,
        data_source_count=state.data_source_count,
        types=state.types(),
        fence=fence,
        condition=Incomplete.condition if failures else None,
    )
