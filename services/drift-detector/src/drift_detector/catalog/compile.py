"""Checks a mapping document and compiles it into a `Catalog`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from drift_detector.catalog import yaml_format as written
from drift_detector.catalog.event_rules import Conditions, EventRule, KeyValues, Source, Tags, TargetRule
from drift_detector.catalog.lookup import Catalog
from drift_detector.catalog.resource_types import Comparison, Parent, ResourceType
from drift_detector.catalog.rule_tables import tables_of
from drift_detector.errors import CatalogError
from drift_detector.facts.attribute_paths import parse_attribute
from drift_detector.facts.call import Act
from drift_detector.facts.document import Path, parse_path
from drift_detector.facts.mapping_terms import Kind, Transform
from drift_detector.facts.no_value import MISSING
from tfdrift.events import Json

_ACTS: Final = {
    Kind.CREATE: Act.CREATE,
    Kind.UPSERT: Act.CREATE,
    Kind.ATTACH: Act.CREATE,
    Kind.UPDATE: Act.UPDATE,
    Kind.DELETE: Act.DELETE,
    Kind.DETACH: Act.DELETE,
}


# The roots of paths. In other clouds, ``res`` has the parts of the resource's name (such as
# `drift_detector.claim.gcp.audit_log.name_of`).
_ROOTS: Final = frozenset({"req", "resp", "arn", "res"})


# The further root of paths in a source with ``each``.
_ELEMENT: Final = "it"


def build_catalog(document: Mapping[str, Any], name: str) -> Catalog:
    """Returns the catalog of one mapping document.

    Raises:
        CatalogError: the document is not of the format.
    """
    try:
        mapping = written.WrittenCatalog.model_validate(document)
    except ValidationError as error:
        raise CatalogError("; ".join(_complaints(name, error))) from None
    types = {key: _compile_type(facts) for key, facts in mapping.types.items()}
    case_blind = frozenset(name for name, facts in types.items() if facts.case_blind)
    events = {}
    for key, event in mapping.events.items():
        service, colon, operation = key.partition(":")
        if not colon or not service or not operation:
            raise CatalogError(f"{name}: events.{key}: the key is not service:Operation")
        try:
            events[key] = _compile_event(service, operation, event, case_blind)
        except ValueError as error:
            raise CatalogError(f"{name}: events.{key}: {error}") from None
    return Catalog(events, types, tables_of(events.values()))


def _complaints(name: str, error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False):
        place = ".".join(str(part) for part in item["loc"])
        yield f"{name}: {place}: {item['msg'].removeprefix('Value error, ')}"


def _compile_type(facts: written.WrittenType) -> ResourceType:
    parents = tuple(Parent(parent.type, parent.via) for parent in facts.parent)
    attributes = {key: _compile_comparison(value) for key, value in facts.attributes.items()}
    return ResourceType(facts.expected, facts.case_blind, facts.identity, parents, attributes, facts.consists_of)


def _compile_comparison(given: written.WrittenComparison) -> Comparison:
    members = {key: _compile_comparison(value) for key, value in given.members.items()}
    return Comparison(given.compare, given.unset, given.key, members, given.ordered, given.optional, given.sole)


def _compile_event(service: str, operation: str, event: written.WrittenEvent, case_blind: frozenset[str]) -> EventRule:
    roots = _ROOTS | event.each.keys()
    groups = event.groups or (written.WrittenGroup(targets=event.targets),)
    compiled = tuple(
        tuple(_compile_target(target, roots | group.each.keys(), case_blind) for target in group.targets)
        for group in groups
    )
    group_each = tuple(_compile_each(group.each, roots | group.each.keys()) for group in groups)
    each = _compile_each(event.each, roots)
    return EventRule(event.tier, service, operation, each, compiled, group_each, tuple(event.silent))


def _compile_each(each: Mapping[str, written.WrittenSource], roots: frozenset[str]) -> tuple[tuple[str, Source], ...]:
    return tuple((variable, _compile_source(source, roots)) for variable, source in each.items())


def _compile_target(target: written.WrittenTarget, roots: frozenset[str], case_blind: frozenset[str]) -> TargetRule:
    def sources(given: Mapping[str, written.WrittenSource]) -> dict[str, Source]:
        for attribute in given:
            parse_attribute(attribute)
        return {attribute: _compile_source(source, roots) for attribute, source in given.items()}

    return TargetRule(
        type=target.type,
        act=_ACTS[target.kind],
        identity={key.removesuffix("?"): _compile_source(source, roots) for key, source in target.id.items()},
        optional=tuple(key[:-1] for key in target.id if key.endswith("?") and key[:-1] not in target.id),
        when=_compile_conditions(target.when, roots),
        set=sources(target.set),
        add=sources(target.add),
        remove=sources(target.remove),
        edit=sources(target.edit),
        restore=sources(target.restore),
        keep=sources(target.keep),
        version=_compile_source(target.version, roots) if target.version is not None else None,
        kv=_compile_key_values(target.kv, roots) if target.kv else None,
        tags=_compile_tags(target.tags, roots) if target.tags else None,
        maps={attribute: _compile_map(change, roots) for attribute, change in target.maps.items()},
        case_blind=target.type in case_blind,
    )


def _compile_path(text: str, roots: frozenset[str]) -> Path:
    path = parse_path(text.strip())
    if path.root not in roots:
        raise ValueError(f"a path starts at {path.root!r}, which is none of {', '.join(sorted(roots))}")
    return path


def _compile_paths(text: str, roots: frozenset[str]) -> tuple[Path, ...]:
    return tuple(_compile_path(part, roots) for part in text.split("|"))


def _compile_conditions(when: Mapping[str, Json], roots: frozenset[str]) -> Conditions:
    return tuple((_compile_paths(paths, roots), _compile_values(value)) for paths, value in when.items())


def _compile_values(given: Json) -> tuple[str | None, ...]:
    values = given if isinstance(given, list) else [given]
    return tuple(dict.fromkeys(None if value is None else str(value).lower() for value in values))


def _compile_source(source: written.WrittenSource, roots: frozenset[str]) -> Source:
    default = source.default if "default" in source.model_fields_set else MISSING
    if source.each is not None:
        element = source.model_copy(update={"each": None})
        element.model_fields_set.discard("default")
        compiled = _compile_source(element, roots | {_ELEMENT})
        return Source(each=_compile_path(source.each, roots), element=compiled, one=source.one, default=default)
    paths = _compile_paths(source.from_, roots) if source.from_ is not None else ()
    block = {key: _compile_source(inner, roots) for key, inner in source.block.items()} if source.block else None
    when = _compile_conditions(source.when, roots)
    return Source(paths, source.as_, source.const, block, source.values, default, when)


def _compile_key_values(kv: written.WrittenKeyValues, roots: frozenset[str]) -> KeyValues:
    for entry in kv.map.values():
        parse_attribute(entry.attribute)
    entries = {key.lower(): (entry.attribute, entry.as_, entry.values) for key, entry in kv.map.items()}
    key = kv.key.lower() if kv.key is not None else None
    return KeyValues(_path_source(kv.from_, roots), key, kv.value.lower(), entries)


def _compile_map(change: written.WrittenMap, roots: frozenset[str]) -> tuple[Source | None, Source | None]:
    merge_, drop = (None if text is None else _path_source(text, roots) for text in (change.merge, change.drop))
    return merge_, drop


def _compile_tags(tags: written.WrittenTags, roots: frozenset[str]) -> Tags:
    given = [text for text in (tags.merge, tags.replace, tags.drop) if text is not None]
    if len(given) + tags.clear != 1:
        raise ValueError("tags has exactly one of 'merge', 'replace', 'drop' and 'clear'")
    merge_, replace, drop = (
        None if text is None else _path_source(text, roots) for text in (tags.merge, tags.replace, tags.drop)
    )
    return Tags(merge_, replace, drop, tags.clear)


def _path_source(text: str, roots: frozenset[str]) -> Source:
    return _compile_source(written.WrittenSource.model_validate({"from": text, "as": Transform.RAW}), roots)
