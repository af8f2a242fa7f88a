"""The stored records of one workspace, decoded one by one when they are asked for.

The records of 100,000 resources take a quarter of a gigabyte as bytes and four times that as objects, and most of them
are read only to see that they did not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from tfdrift.records import ResourceRecord


class _Moment(msgspec.Struct):
    """A `RecordedChange` or a `Removal`."""

    recorded_at: datetime


class _Outline(msgspec.Struct):
    """The members of a record that show whether it must be decoded."""

    address: str
    changes: tuple[_Moment, ...] = ()
    removed: _Moment | None = None


_OUTLINE = msgspec.json.Decoder(_Outline)


class StoredRecords(Mapping[str, ResourceRecord]):
    """A workspace's records by address, with tombstones."""

    def __init__(self, values: Iterable[bytes]) -> None:
        self._values: dict[str, bytes] = {}
        self._newest: dict[str, datetime] = {}
        for value in values:
            outline = _OUTLINE.decode(value)
            self._values[outline.address] = value
            moments = [change.recorded_at for change in outline.changes[-1:]]
            if outline.removed is not None:
                moments.append(outline.removed.recorded_at)
            if moments:
                self._newest[outline.address] = max(moments)

    def __getitem__(self, address: str) -> ResourceRecord:
        return ResourceRecord.model_validate_json(self._values[address])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def since(self, moment: datetime) -> dict[str, ResourceRecord]:
        """Returns the records with a change later than a moment: those that a process that died did not announce."""
        return {address: self[address] for address, newest in self._newest.items() if newest > moment}
