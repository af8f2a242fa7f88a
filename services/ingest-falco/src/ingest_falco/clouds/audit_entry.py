"""The audit log entry behind an alert, read through the fields that Falco's json plugin gives.

The plugin (falcosecurity/plugins, ``plugins/json``) extracts from the events of every other plugin:
``json.value[/a/b]`` is the value at a JSON pointer (RFC 6901) as text, ``json.obj`` the whole entry; ``jevt.`` is the
older name of both. A rule that appends ``json.obj`` sends everything, one that appends single pointers sends those.

Each cloud's package reads an entry once, into a typed record of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ingest_falco.clouds.part import Gap, read_part
from ingest_falco.clouds.plugin_fields import NOT_AVAILABLE, text_field
from tfdrift.envelope import parse_rfc3339
from tfdrift.events import TRUNCATED, Json

_PREFIXES: Final = ("json", "jevt")
# A field such as json.value[/insertId]; falcosidekick's `bracketreplacer` makes json.value_/insertId of it.
_VALUE: Final = re.compile(r"(?:json|jevt)\.value[^/]*(/.*?)\]?")
# How a plugin in Go prints an absent member, what Falco prints for a field without a value, and what stands for a value
# that lost its end.
_NOTHING: Final = frozenset({"", "null", "<nil>", NOT_AVAILABLE, TRUNCATED})


class AuditEntry:
    """One audit log entry, as far as an alert has it.

    Attributes:
        gaps: what is missing of the parts that were read, in the order in which they were read.
    """

    def __init__(self, fields: Mapping[str, Json]) -> None:
        self._fields = fields
        self.gaps: list[Gap] = []
        self._values = {match.group(1): value for name, value in fields.items() if (match := _VALUE.fullmatch(name))}
        self._whole = self._object()

    def at(self, pointer: str) -> Json:
        """The value at a JSON pointer such as ``/resource/labels/zone``; None where the alert lacks it."""
        value = self._values.get(pointer)
        if value is not None and not (isinstance(value, str) and value in _NOTHING):
            return value
        return _walk(self._whole, pointer)

    def text(self, field: str | None, *pointers: str) -> str | None:
        """A plugin's own field as text, else the first pointer that leads to a scalar."""
        found = text_field(self._fields, field) if field is not None else None
        if found is not None and found not in _NOTHING:
            # Some of gcpaudit's fields are the JSON of a text, in its quotes.
            return found[1:-1] if len(found) > 1 and found[0] == found[-1] == '"' else found
        return next((text for pointer in pointers if (text := _text(self.at(pointer))) is not None), None)

    def moment(self, *pointers: str) -> datetime | None:
        """The first pointer that leads to an RFC 3339 time."""
        for pointer in pointers:
            text = self.text(None, pointer)
            try:
                if text is not None:
                    return parse_rfc3339(text)
            except (ValueError, OverflowError):
                continue
        return None

    def flag(self, pointer: str) -> bool:
        """Whether the value at a pointer is true."""
        return self.at(pointer) in (True, "true", "True")

    def json(self, part: str, field: str | None, *pointers: str) -> Json:
        """A structure: a plugin's field that holds JSON as text, else the first pointer that leads to one.

        Args:
            part: what it is called among the undecodable.
        """
        candidates = [(field, self._fields.get(field))] if field is not None else []
        candidates += [(f"json.value[{pointer}]", self.at(pointer)) for pointer in pointers]
        for name, value in candidates:
            if value is None or (isinstance(value, str) and value in _NOTHING):
                continue
            found = read_part(value, part, name)
            if found.gap is not None and found.gap.part not in [gap.part for gap in self.gaps]:
                self.gaps.append(found.gap)
            if found.value is not None:
                return found.value
        return None

    def _object(self) -> Json:
        for prefix in _PREFIXES:
            value = self._fields.get(f"{prefix}.obj")
            if isinstance(value, dict):
                return value
            if isinstance(value, str) and value not in _NOTHING:
                found = read_part(value, "entry", f"{prefix}.obj")
                if found.gap is not None:
                    self.gaps.append(found.gap)
                if found.value is not None:
                    return found.value
        return None


def _walk(value: Json, pointer: str) -> Json:
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _text(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value if isinstance(value, str) and value not in _NOTHING else None
