"""The cloud call behind an alert of Falco's cloudtrail plugin.

The plugin (falcosecurity/plugins, ``plugins/cloudtrail``) gives flat fields: ``ct.request`` and ``ct.response``
are JSON *strings* of CloudTrail's ``requestParameters`` and ``responseElements``, ``ct.resources`` is the
resources' JSON objects joined by commas without brackets, booleans are the words "true" and "false". Falco sends
only the fields that a rule's output or ``append_output`` names, so any of them may be null or missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest_falco.strict_json import InvalidJson, parse
from tfdrift.envelope import parse_rfc3339
from tfdrift.events import CloudCall, CloudResource, Json

_ENDPOINT_SUFFIX: Final = ".amazonaws.com"

# What Falco prints for a field without a value, where a formatter made it a string.
_NOT_AVAILABLE: Final = "<NA>"

_TRUTH: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Call:
    """One CloudTrail event as far as the alert tells it.

    Attributes:
        occurred: the event's own time.
        service: the endpoint's first part, such as ``ec2``.
        account_id: the account whose trail has the event, so where the resource lives; else the caller's.
        detail: request and response for the detector; None where the alert names no endpoint.
        undecodable: which of ``request``, ``response`` and ``resources`` were sent but could not be read.
    """

    event_id: str | None
    event_name: str | None
    occurred: datetime | None
    service: str | None
    account_id: str | None
    region: str | None
    source_ip: str | None
    user_agent: str | None
    error_code: str | None
    read_only: bool | None
    resources: tuple[CloudResource, ...]
    detail: CloudCall | None
    undecodable: tuple[str, ...]


def text_field(fields: Mapping[str, Json], name: str) -> str | None:
    """A field as text; None where it is missing, null, empty, ``<NA>``, or no scalar."""
    value = fields.get(name)
    if isinstance(value, str):
        return None if value in ("", _NOT_AVAILABLE) else value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def flag_field(fields: Mapping[str, Json], name: str) -> bool | None:
    """A field as a truth value: the plugin sends the word, other senders the boolean."""
    value = fields.get(name)
    if isinstance(value, bool):
        return value
    return _TRUTH.get(value.lower()) if isinstance(value, str) else None


def read_call(fields: Mapping[str, Json]) -> Call:
    """The cloud call that the output fields of one alert tell of."""
    undecodable: list[str] = []
    request = _decoded(fields, "request", undecodable)
    response = _decoded(fields, "response", undecodable)
    resources = _resources(fields, undecodable)
    service = text_field(fields, "ct.shortsrc")
    endpoint = text_field(fields, "ct.src") or (service and f"{service}{_ENDPOINT_SUFFIX}")
    event_type = text_field(fields, "ct.eventtype")
    detail = None
    if endpoint is not None:
        detail = CloudCall(event_source=endpoint, event_type=event_type, request=request, response=response)
        service = service or endpoint.removesuffix(_ENDPOINT_SUFFIX)
    return Call(
        event_id=text_field(fields, "ct.id"),
        event_name=text_field(fields, "ct.name"),
        occurred=_moment(fields, "ct.time"),
        service=service,
        account_id=text_field(fields, "ct.recipientaccountid") or text_field(fields, "ct.user.accountid"),
        region=text_field(fields, "ct.region"),
        source_ip=text_field(fields, "ct.srcip"),
        user_agent=text_field(fields, "ct.useragent"),
        error_code=text_field(fields, "ct.error"),
        read_only=flag_field(fields, "ct.readonly"),
        resources=resources,
        detail=detail,
        undecodable=tuple(undecodable),
    )


def _moment(fields: Mapping[str, Json], name: str) -> datetime | None:
    text = text_field(fields, name)
    try:
        return parse_rfc3339(text) if text else None
    except (ValueError, OverflowError):
        return None


def _decoded(fields: Mapping[str, Json], part: str, undecodable: list[str]) -> Json:
    """The value of a field that holds JSON as a string; a sender that decoded it already is believed."""
    value = fields.get(f"ct.{part}")
    if not isinstance(value, str):
        return value
    if value in ("", _NOT_AVAILABLE):
        return None
    try:
        return parse(value)
    except InvalidJson:
        undecodable.append(part)
        return None


def _resources(fields: Mapping[str, Json], undecodable: list[str]) -> tuple[CloudResource, ...]:
    value = fields.get("ct.resources")
    if isinstance(value, str):
        if value in ("", _NOT_AVAILABLE):
            return ()
        try:
            value = parse(value if value.startswith("[") else f"[{value}]")
        except InvalidJson:
            undecodable.append("resources")
            return ()
    if not isinstance(value, list):
        return ()
    return tuple(_resource(item) for item in value if isinstance(item, dict))


def _resource(item: Mapping[str, Json]) -> CloudResource:
    """CloudTrail writes ``ARN`` in its documentation's order, some services ``arn`` or only an ``ARNPrefix``."""
    arn = text_field(item, "ARN") or text_field(item, "arn") or text_field(item, "ARNPrefix")
    return CloudResource(arn=arn, type=text_field(item, "type"), account_id=text_field(item, "accountId"))
