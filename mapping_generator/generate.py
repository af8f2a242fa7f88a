"""Generates the mapping of every operation that changes something, from both sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mapping_generator.match.tagging import CURATED
from mapping_generator.match.targets import STRONG, WEAK, Target, TargetFinder
from mapping_generator.match.ties import ANY, ONLY
from mapping_generator.sources import service_model
from mapping_generator.sources.names import fold
from mapping_generator.sources.provider_schema import PACKAGE, Schema
from mapping_generator.sources.service_model import Service
from mapping_generator.sources.service_names import EVENT_NAMES, EVENT_SOURCES
from mapping_generator.types.nouns import ResourceType, types_by_service

_ELEMENT = "one"


def generate(schema: Schema) -> dict[str, Any]:
    """Returns the mapping document, in the catalog's format."""
    events: dict[str, list[Target]] = {}
    kinds_by_service = types_by_service(schema, service_model.service_names())
    for name, kinds in sorted(kinds_by_service.items()):
        service = service_model.load_service(name)
        finder = TargetFinder(service, kinds)
        for operation in service.writes:
            if operation in CURATED:
                continue
            targets = list(finder.targets(operation))
            for key in event_keys(service, operation) if targets else ():
                events.setdefault(key, []).extend(targets)
    types = _types(events)
    for name, kinds in kinds_by_service.items():
        _add_case_blind_references(types, service_model.load_service(name), kinds)
    types = {name: types[name] for name in sorted(types)}
    return {
        "version": 1,
        "provider_schema": f"hashicorp/aws {schema.provider} ({PACKAGE} {schema.package})",
        "made_by": "make mapping",
        "sources": {"botocore": service_model.VERSION, PACKAGE: schema.package},
        "types": types,
        "events": {key: _event(key, events[key], types) for key in sorted(events)},
    }


def event_keys(service: Service, operation: str) -> list[str]:
    """Returns the events that CloudTrail logs for an operation: ``rds:ModifyDBInstance``."""
    name = EVENT_NAMES.get(f"{service.name}:{operation}", operation)
    return [f"{source}:{name}" for source in EVENT_SOURCES.get(service.name, service.prefixes[:1])]


def _event(key: str, targets: list[Target], types: Mapping[str, Any]) -> dict[str, Any]:
    """Returns one event's mapping: only the sure alternatives if there are any; the service's own types come first.

    DocumentDB and Neptune are called as RDS; the detector takes the first alternative that some state holds.
    """
    source = key.partition(":")[0]
    strong = [target for target in targets if target.tier == STRONG]
    chosen = sorted(strong or targets, key=lambda target: target.service != source)
    event: dict[str, Any] = {"tier": STRONG if strong else WEAK}
    looped = next((found.path for target in chosen for found in target.identity if found.many), None)
    if looped is not None:
        event["each"] = {_ELEMENT: looped}
        chosen = [target for target in chosen if [one.path for one in target.identity if one.many] == [looped]]
    event["targets"] = [_written(target, types.get(target.type, {}).get("identity", {})) for target in chosen]
    return event


def _written(target: Target, forms: Mapping[str, str]) -> dict[str, Any]:
    written: dict[str, Any] = {"type": target.type}
    if target.act != "update":
        written["kind"] = target.act
    written["id"] = {}
    for found in target.identity:
        # If one operation gives an ARN, the form must be the same for all operations.
        path, form = (_ELEMENT if found.many else found.path), forms.get(found.attribute)
        if found.attribute == ONLY:
            written["id"][ONLY] = {"const": True}
            continue
        key = found.attribute + ("?" if found.optional else "")
        written["id"][key] = {"from": path, "as": form} if form else path
    if target.settings:
        set_ = {
            one.attribute: {"from": one.path, "as": one.transform} if one.transform else one.path
            for one in target.settings
            if not one.by_entry
        }
        maps = {one.attribute: {"merge": one.path} for one in target.settings if one.by_entry}
        written |= {name: given for name, given in (("set", set_), ("maps", maps)) if given}
    if target.tags is not None:
        written["tags"] = dict(target.tags)
    return written


def _types(events: Mapping[str, list[Target]]) -> dict[str, Any]:
    types: dict[str, dict[str, Any]] = {}
    for target in _all(events):
        facts = types.setdefault(target.type, {})
        for one in target.settings:
            if one.compare is not None:
                facts.setdefault("attributes", {})[one.attribute.replace("[0]", "")] = one.compare
        if _is_case_blind(target):
            facts["case_blind"] = True
        for found in target.identity:
            if found.form and found.attribute != ANY:
                facts.setdefault("identity", {})[found.attribute] = found.form
        if target.parent is not None:
            kind, attribute = target.parent
            facts["parent"] = {"type": kind, "via": {ANY: attribute}}
    return {name: types[name] for name in sorted(types) if types[name]}


def _add_case_blind_references(types: dict[str, Any], service: Service, kinds: list[ResourceType]) -> None:
    """Adds the attributes that name another thing of a service that takes its names in any case.

    The attribute may have fewer words than the member: ``parameter_group_name`` for ``DBParameterGroupName``.
    """
    if not service.case_blind:
        return
    for kind in kinds:
        for name, attribute in sorted(kind.attributes.items()):
            words = name.removeprefix(f"{service.name}_")
            named = any(one.endswith(fold(words)) or fold(words).endswith(one) for one in service.case_blind)
            if attribute.kind == "string" and attribute.configurable and "_" in words and named:
                types.setdefault(kind.name, {}).setdefault("attributes", {}).setdefault(name, "text_folded")


def _is_case_blind(target: Target) -> bool:
    """Whether the API takes a name of the target in any case."""
    known = service_model.load_service(target.service).case_blind
    paths = (path for found in target.identity for path in found.path.split("|"))
    return any(path.removesuffix("[]").rsplit(".", 1)[-1].lower() in known for path in paths)


def _all(events: Mapping[str, list[Target]]) -> Iterator[Target]:
    for key in sorted(events):
        yield from events[key]
