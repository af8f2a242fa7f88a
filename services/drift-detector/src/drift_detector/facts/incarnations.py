"""The lives of an address: the cloud resources that stood under it, one after another.

An address begins another life when Terraform replaces what stands there, or puts something there again that had left
the state. Calls name a cloud resource and not an address, so one about a former life must not be held against the
present one, however late it comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tfdrift.events import Json
from tfdrift.records import RecordedChange, Removal, ResourceRecord


@dataclass(frozen=True, slots=True)
class Version:
    """What a serial recorded."""

    at: datetime
    serial: int
    attributes: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Incarnation:
    """One cloud resource under an address.

    Attributes:
        began: when a state first held it; None where the first state that was seen did.
        versions: what the states recorded of it, oldest first; one at least.
        ended: the serial that no longer held it.
    """

    began: datetime | None
    versions: tuple[Version, ...]
    ended: Removal | None

    @property
    def attributes(self) -> dict[str, Json]:
        """What was recorded last."""
        return self.versions[-1].attributes

    @property
    def resource_id(self) -> str | None:
        """The provider's id of the resource."""
        found = self.attributes.get("id")
        return found if isinstance(found, str) else None


def incarnations_of(record: ResourceRecord) -> tuple[Incarnation, ...]:
    """The lives that a record tells of, oldest first; one at least."""
    lives: list[Incarnation] = []
    versions: list[Version] = []
    attributes, ended = record.attributes, record.removed
    for change in reversed(record.changes):
        versions.insert(0, Version(change.recorded_at, change.serial, attributes))
        end = _end_before(change, attributes)
        if begins_incarnation(change, attributes):
            lives.insert(0, Incarnation(change.recorded_at, tuple(versions), ended))
            if end is None:
                return tuple(lives)
            versions, ended = [], end
        attributes = {**attributes, **change.before}
    versions.insert(0, Version(record.recorded_at, 0, attributes))
    return (Incarnation(None, tuple(versions), ended), *lives)


def begins_incarnation(change: RecordedChange, attributes: dict[str, Json]) -> bool:
    """Whether another cloud resource stands under the address since a change that led to `attributes`."""
    return (change.created and not change.moved) or _replaced(change, attributes)


def _replaced(change: RecordedChange, attributes: dict[str, Json]) -> bool:
    # A provider's newer version may give the same thing another id; its ARN stays.
    renamed = "arn" in attributes and "arn" not in change.before
    return change.before.get("id") is not None and not renamed


def _end_before(change: RecordedChange, attributes: dict[str, Json]) -> Removal | None:
    """The end of the life before the one that a change began; None where there was none."""
    if change.removed is not None:
        return change.removed
    return Removal(serial=change.serial, recorded_at=change.recorded_at) if _replaced(change, attributes) else None
