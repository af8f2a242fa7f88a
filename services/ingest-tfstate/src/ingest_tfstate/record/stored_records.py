"""The stored records of one workspace, decoded one by one when they are asked for.

The records of 100,000 resources take a quarter of a gigabyte as bytes and four times that as objects, and most of them
are read only to see that they did not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec
from pydantic import ValidationError

from tfdrift.records import ResourceRecord


class _Moment(msgspec.Struct):
    """A `RecordedChange` or a `Removal`."""

    recorded_at: datetime
    moved_to: str | None = None


class _Outline(msgspec.Struct):
    """The members of a record that show whether it must be decoded."""

    address: str
    changes: tuple[_Moment, ...] = ()
    removed: _Moment | None = None


_OUTLINE = msgspec.json.Decoder(_Outline)


class StoredRecords(Mapping[str, ResourceRecord]):
    """A workspace's records by address, with tombstones; a value that is no record counts as missing."""

    def __init__(self, values: Iterable[tuple[bytes, int]]) -> None:
        """Index records, given as values with their revisions."""
        self._values: dict[str, bytes] = {}
        self._revisions: dict[str, int] = {}
        self._newest: dict[str, datetime] = {}
        self._removed: dict[str, datetime] = {}
        for value, revision in values:
            try:
                outline = _OUTLINE.decode(value)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            self._values[outline.address] = value
            self._revisions[outline.address] = revision
            moments = [change.recorded_at for change in outline.changes[-1:]]
            if outline.removed is not None:
                moments.append(outline.removed.recorded_at)
                if outline.removed.moved_to is None:
                    self._removed[outline.address] = outline.removed.recorded_at
            if moments:
                self._newest[outline.address] = max(moments)

    def __getitem__(self, address: str) -> ResourceRecord:
        try:
            return ResourceRecord.model_validate_json(self._values[address])
        except ValidationError:
            raise KeyError(address) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def since(self, moment: datetime) -> dict[str, ResourceRecord]:
        """Returns the records with a change later than a moment: those that a process that died did not announce."""
        found = {address: self.get(address) for address, newest in self._newest.items() if newest > moment}
        return {address: record for address, record in found.items() if record is not None}

    def removed_before(self, moment: datetime) -> dict[str, int]:
        """Returns the revisions of the records of resources that were removed before a moment, by address.

        What moved to another address is left out: its record keeps whatever comes to its address from being it.
        """
        return {address: self._revisions[address] for address, at in self._removed.items() if at < moment}
