"""Derives the `state_change` events from the records of a workspace.

The events are a pure function of the records and the head. So the next process publishes exactly the events that a dead
one would have published, and JetStream drops those that it has already, by their ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from ingest_tfstate.record.diff import diff
from ingest_tfstate.record.records import StateSnapshot
from ingest_tfstate.resource.place import provider_of
from tfdrift.envelope import canonical_json, rfc3339
from tfdrift.events import AttributeChange, StateAction, StateChange
from tfdrift.records import RecordedChange, Removal, ResourceRecord, WorkspaceHead, digest
from tfdrift.subjects import Provider

# One event is one message of at most 1 MiB.
MAX_CHANGES_BYTES: Final = 768 * 1024
TOO_LARGE_DISPLAY: Final = "(too large)"

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def observed(snapshot: StateSnapshot, at: datetime) -> StateChange:
    """Returns the event of a workspace that is seen for the first time: its counts, and no resource."""
    state = snapshot.state
    providers = {provider_of(instance.provider_config, instance.type) for instance in state.instances.values()}
    return StateChange(
        resource=None,
        action=StateAction.OBSERVED,
        serial=state.serial,
        id=_id(snapshot.workspace, state.lineage, state.serial, None, "", StateAction.OBSERVED),
        lineage=state.lineage,
        workspace=snapshot.workspace,
        resource_type=None,
        resource_id=None,
        provider=providers.pop() if len(providers) == 1 else Provider.OTHER,
        terraform_version=state.terraform_version,
        timestamp=at,
        resource_count=state.resource_count,
    )


def announcements(
    records: Iterable[ResourceRecord], head: WorkspaceHead, terraform_version: str | None
) -> list[StateChange]:
    """Returns one event for each change that the records have and the head does not, oldest first.

    Args:
        records: those of one workspace, with tombstones.
        terraform_version: the version that wrote the newest state.
    """
    new = [record for record in records if _newest(record) > head.recorded_at]
    left = _removals(new, head.recorded_at)
    events: list[StateChange] = []
    moved_from: set[str] = set()
    for record in new:
        for position, change in enumerate(record.changes):
            if change.recorded_at <= head.recorded_at:
                continue
            origin = left.get((record.type, record.id, change.serial)) if change.created else None
            if origin is not None:
                moved_from.add(origin)
            action = _action(change, origin)
            if action is None:
                continue
            changes = () if action is StateAction.CREATED else _limited(_changes(record, position))
            events.append(_event(record, change, action, terraform_version, changes, origin))
    for record in new:
        removed = record.removed
        if removed is not None and removed.recorded_at > head.recorded_at and record.address not in moved_from:
            events.append(_event(record, removed, StateAction.DELETED, terraform_version))
    return sorted(events, key=lambda event: (event.timestamp, event.serial, event.resource or ""))


def _newest(record: ResourceRecord) -> datetime:
    moments = [change.recorded_at for change in record.changes[-1:]]
    if record.removed is not None:
        moments.append(record.removed.recorded_at)
    return max(moments, default=_NEVER)


def _removals(records: list[ResourceRecord], since: datetime) -> dict[tuple[str, str | None, int], str]:
    """Returns the former address of each removed resource by type, id and serial, if no other one has the same."""
    left: dict[tuple[str, str | None, int], str] = {}
    twice: set[tuple[str, str | None, int]] = set()
    for record in records:
        if record.removed is not None and record.removed.recorded_at > since and record.id is not None:
            identity = (record.type, record.id, record.removed.serial)
            if identity in left:
                twice.add(identity)
            left[identity] = record.address
    return {identity: address for identity, address in left.items() if identity not in twice}


def _action(change: RecordedChange, origin: str | None) -> StateAction | None:
    if origin is not None:
        return StateAction.MOVED
    if change.created:
        return StateAction.CREATED
    return StateAction.MODIFIED if change.before else None


def _changes(record: ResourceRecord, position: int) -> tuple[AttributeChange, ...]:
    """Returns what one entry of a record's history changed: its values before, against the next known ones."""
    before = record.changes[position].before
    after: dict[str, Any] = {}
    for name in before:
        later = (entry.before[name] for entry in record.changes[position + 1 :] if name in entry.before)
        after[name] = next(later, record.attributes.get(name))
    return diff(before, after)


def _limited(changes: tuple[AttributeChange, ...]) -> tuple[AttributeChange, ...]:
    sizes = [len(canonical_json([change.old_value, change.new_value])) for change in changes]
    if sum(sizes) <= MAX_CHANGES_BYTES:
        return changes
    return tuple(
        change.model_copy(update={"old_value": TOO_LARGE_DISPLAY, "new_value": TOO_LARGE_DISPLAY})
        if size > 1024
        else change
        for change, size in zip(changes, sizes, strict=True)
    )


def without_values(event: StateChange) -> StateChange:
    """Returns an event that says which attributes changed, for a server that refuses its values as too large."""
    shown = {"old_value": TOO_LARGE_DISPLAY, "new_value": TOO_LARGE_DISPLAY}
    return event.model_copy(update={"changes": tuple(change.model_copy(update=shown) for change in event.changes)})


def _event(
    record: ResourceRecord,
    cause: RecordedChange | Removal,
    action: StateAction,
    terraform_version: str | None,
    changes: tuple[AttributeChange, ...] = (),
    origin: str | None = None,
) -> StateChange:
    serial, at = cause.serial, cause.recorded_at
    return StateChange(
        resource=record.address,
        action=action,
        serial=serial,
        id=_id(record.workspace, record.lineage, serial, at, record.address, action),
        lineage=record.lineage,
        workspace=record.workspace,
        resource_type=record.type,
        resource_id=record.id,
        provider=record.provider,
        changes=changes,
        terraform_version=terraform_version,
        timestamp=at,
        previous_address=origin,
    )


def _id(workspace: str, lineage: str, serial: int, at: datetime | None, address: str, action: StateAction) -> str:
    """Returns the same id for the same change of the same state, whichever process publishes it.

    The moment is part of it, since a local backend writes one serial several times during an apply.
    """
    parts = [workspace, lineage, serial, rfc3339(at) if at else None, address, action]
    return digest(canonical_json(parts).decode())
