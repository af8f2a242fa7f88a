"""The incarnations of an address: the cloud resources that had it, one after another.

An address gets another incarnation when Terraform replaces its resource, or creates one again after the old one left
the state. Calls name a cloud resource and not an address, so a call about a former incarnation must not count against
the present one, however late it arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tfdrift.events import Json
from tfdrift.records import RecordedChange, Removal, ResourceRecord


@dataclass(frozen=True, slots=True)
class Version:
    """The attributes that a serial recorded."""

    at: datetime
    serial: int
    attributes: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Incarnation:
    """One cloud resource that had an address.

    Attributes:
        began: when a state first had it; None if the first state that was seen did.
        versions: what the states recorded of it, oldest first; at least one.
        ended: the serial that no longer had it.
    """

    began: datetime | None
    versions: tuple[Version, ...]
    ended: Removal | None

    @property
    def attributes(self) -> dict[str, Json]:
        """The attributes that were recorded last."""
        return self.versions[-1].attributes

    @property
    def resource_id(self) -> str | None:
        """The provider's id of the resource."""
        found = self.attributes.get("id")
        return found if isinstance(found, str) else None


def incarnations_of(record: ResourceRecord) -> tuple[Incarnation, ...]:
    """Returns the incarnations in a record's history, oldest first; at least one."""
    found: list[Incarnation] = []
    versions: list[Version] = []
    attributes, ended = record.attributes, record.removed
    for change in reversed(record.changes):
        versions.insert(0, Version(change.recorded_at, change.serial, attributes))
        end = _end_before(change, attributes)
        if begins_incarnation(change, attributes):
            found.insert(0, Incarnation(change.recorded_at, tuple(versions), ended))
            if end is None:
                return tuple(found)
            versions, ended = [], end
        attributes = {**attributes, **change.before}
    versions.insert(0, Version(record.recorded_at, 0, attributes))
    return (Incarnation(None, tuple(versions), ended), *found)


def begins_incarnation(change: RecordedChange, attributes: dict[str, Json]) -> bool:
    """Whether the address has another cloud resource since the change that led to `attributes`."""
    return (change.created and not change.moved) or _replaced(change, attributes)


def _replaced(change: RecordedChange, attributes: dict[str, Json]) -> bool:
    # A newer version of a provider may give the same resource another id; the ARN stays.
    renamed = "arn" in attributes and "arn" not in change.before
    return change.before.get("id") is not None and not renamed


def _end_before(change: RecordedChange, attributes: dict[str, Json]) -> Removal | None:
    """Returns the end of the incarnation before the one that a change began; None if there was none."""
    if change.removed is not None:
        return change.removed
    return Removal(serial=change.serial, recorded_at=change.recorded_at) if _replaced(change, attributes) else None
