"""A Falco alert, from the bytes of the webhook's body.

Two senders post here, with the same members: Falco's own ``http_output`` (falcosecurity/falco,
``userspace/falco/formats.cpp``) and falcosidekick's webhook output (falcosecurity/falcosidekick,
``types/types.go``), which adds ``uuid`` and may add members of its own. A member that an older Falco, or one configured
so (``json_include_output_property`` and its like), does not send is optional here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest_falco.clouds.partial_json import repaired
from ingest_falco.clouds.sources import guess_source
from ingest_falco.errors import MalformedAlert
from ingest_falco.strict_json import InvalidJson, parse
from tfdrift.envelope import parse_rfc3339
from tfdrift.events import Json
from tfdrift.severity import Severity, severity_of_priority

_TYPE_NAMES: Final = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}

# A byte that is no UTF-8, as `surrogateescape` decodes it.
_INVALID_BYTE: Final = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of Falco.

    Attributes:
        source: Falco's event source, such as ``syscall`` or ``aws_cloudtrail``.
        uuid: falcosidekick's, new at each receipt; None from Falco itself.
        fields: the ``output_fields``; empty where Falco sent none.
        document: the whole JSON object as it came.
    """

    rule: str
    priority: str
    severity: Severity
    time: datetime
    output: str
    source: str
    hostname: str | None
    tags: tuple[str, ...]
    uuid: str | None
    fields: Mapping[str, Json]
    document: Mapping[str, Json]


def parse_alert(body: bytes) -> Alert:
    """The alert in a request's body.

    Raises:
        MalformedAlert: it is no Falco alert; the message says why.
    """
    if not body.strip():
        raise MalformedAlert("the body is empty; a Falco alert in JSON was expected")
    try:
        document = _document(body)
    except InvalidJson as error:
        hint = "" if body.lstrip()[:1] in b"{[" else "; set json_output: true in Falco's configuration"
        raise MalformedAlert(f"the body is not JSON: {error}{hint}") from error
    if not isinstance(document, dict):
        raise MalformedAlert(f"the body is {_type_name(document)}, not one alert as a JSON object")
    priority = _required(document, "priority")
    severity = severity_of_priority(priority)
    if severity is None:
        raise MalformedAlert(f"'priority' {priority[:40]!r} is not one of Falco's priorities")
    fields = _fields(document)
    return Alert(
        rule=_required(document, "rule"),
        priority=priority,
        severity=severity,
        time=_time(document),
        output=_optional(document, "output") or "",
        source=_optional(document, "source") or guess_source(fields),
        hostname=_optional(document, "hostname"),
        tags=_tags(document),
        uuid=_optional(document, "uuid"),
        fields=fields,
        document=document,
    )


def _document(body: bytes) -> Json:
    """The JSON of a body; what is no text in it is replaced as Go's decoder does, so that the rest still counts.

    Raises:
        InvalidJson: it is no JSON even so.
    """
    try:
        return parse(body)
    except InvalidJson as error:
        mended = repaired(_INVALID_BYTE.sub("\ufffd", body.decode("utf-8", "surrogateescape")))
        if mended.encode() == body:
            raise
        try:
            return parse(mended)
        except InvalidJson:
            raise error from None


def _type_name(value: Json) -> str:
    return _TYPE_NAMES.get(type(value), "a number")


def _optional(document: Mapping[str, Json], name: str) -> str | None:
    value = document.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise MalformedAlert(f"'{name}' is {_type_name(value)}, not a string")
    return value


def _required(document: Mapping[str, Json], name: str) -> str:
    value = _optional(document, name)
    if value is None:
        raise MalformedAlert(f"'{name}' is missing")
    return value


def _time(document: Mapping[str, Json]) -> datetime:
    text = _required(document, "time")
    try:
        return parse_rfc3339(text)
    except (ValueError, OverflowError) as error:
        raise MalformedAlert(f"'time' {text[:40]!r} is not an RFC 3339 time") from error


def _tags(document: Mapping[str, Json]) -> tuple[str, ...]:
    tags = document.get("tags")
    if tags is None:
        return ()
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise MalformedAlert("'tags' is not a list of strings")
    return tuple(tags)


def _fields(document: Mapping[str, Json]) -> Mapping[str, Json]:
    fields = document.get("output_fields")
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise MalformedAlert(f"'output_fields' is {_type_name(fields)}, not an object")
    return fields
