"""Hides the secrets of a cloud call's request and response before the call is stored anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Final

from tfdrift.events import CloudCall, FalcoEvent, Json
from tfdrift.operation_names import operation_name
from tfdrift.redaction.depth import RedactionError
from tfdrift.redaction.texts import masked
from tfdrift.redaction.walk import Walk
from tfdrift.subjects import Provider

MASK: Final = "(sensitive)"

_Members = tuple[frozenset[str], frozenset[str]]
_NOTHING: Final[_Members] = (frozenset(), frozenset())


def redact_call(walk: Walk, event: FalcoEvent, call: CloudCall) -> CloudCall:
    """Returns the call as it may be stored.

    A call of AWS that failed, only read, or is of no operation that the mapping reads has neither request nor response.
    So has a call of any cloud that only read, or whose values are nested too deeply to be searched.
    """
    members = _members(event)
    if members is None or event.read_only or (event.error_code and event.provider is Provider.AWS):
        return call.model_copy(update={"request": None, "response": None})
    walk = Walk(walk.key, walk.rules, *members)
    try:
        request, response = _redacted(walk, call.request), _redacted(walk, call.response)
        # Most calls have no secret, and a copy takes longer than the comparison.
        if request == call.request and response == call.response:
            return call
        return call.model_copy(update={"request": request, "response": response})
    except RedactionError as error:
        return call.model_copy(update={"request": None, "response": None, "incomplete": True, "detail": str(error)})


def redact_event(walk: Walk, event: FalcoEvent) -> FalcoEvent:
    """Returns the event without the secrets in its output and in the fields of Falco, such as ``proc.cmdline``.

    A text keeps what is no secret: the secret alone is replaced by `MASK`.
    """
    fields, output = event.output_fields, masked(event.output, MASK)
    if fields is None and output == event.output:
        return event
    shown = None if fields is None else {name: _field(walk, name, fields[name]) for name in fields}
    return event.model_copy(update={"output": output, "output_fields": shown})


def _field(walk: Walk, name: str, value: Json) -> Json:
    if not isinstance(value, str):
        try:
            return _redacted(walk, value, name)
        except RedactionError:
            return MASK
    if walk.rules.matches(value) or walk.rules.names(name):
        return MASK
    return masked(value, MASK)


def _redacted(walk: Walk, value: Json, name: str = "") -> Json:
    redacted: Json = walk.value(name, value)
    return redacted


def _members(event: FalcoEvent) -> _Members | None:
    """The members to hide and to show of the operation; None for one of AWS that no mapping reads."""
    if event.provider is not Provider.AWS:
        return _NOTHING
    return _members_of(event.service or "", event.event_name or "")


@lru_cache(maxsize=4096)
def _members_of(service: str, event_name: str) -> _Members | None:
    operation = operation_name(event_name)
    services = _services()
    for one in (service, "*"):
        operations = services.get(one, {})
        for name in (operation, operation[:1].upper() + operation[1:]):
            if name in operations:
                members = operations[name]
                return frozenset(members.get("hide", ())), frozenset(members.get("show", ()))
    return None


@lru_cache(maxsize=1)
def _services() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    """By service and operation, the members to hide and to show (`mapping_generator.secrets.sensitive_members`)."""
    data = (resources.files("tfdrift.redaction") / "data" / "sensitive_members.json").read_text(encoding="ascii")
    services: Mapping[str, Mapping[str, Mapping[str, list[str]]]] = json.loads(data)["services"]
    return services
