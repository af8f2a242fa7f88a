"""Turns the parameters of a call into operations on Terraform attributes, by the mapping's rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from drift_detector.catalog.event_rules import KeyValues, Source, Tags, TargetRule
from drift_detector.claim.transforms import Value, is_hidden, tags_of, transformed
from drift_detector.claim.values import translated, value_of
from drift_detector.facts.attribute_paths import format_attribute, parse_attribute
from drift_detector.facts.call import Operation, Verb
from drift_detector.facts.document import Document, elements, scalar
from drift_detector.facts.mapping_terms import Transform
from drift_detector.facts.no_value import MISSING, UNKNOWN, Absent, Unknown
from tfdrift.events import Json
from tfdrift.records import hidden_hash


def operations_of(rule: TargetRule, document: Document) -> Iterator[Operation]:
    """Yields the operations on attributes that a call asks for, by a target's rule.

    Where the request was truncated before the only attribute that the call can set, that attribute is unknown.
    """
    found = False
    version = value_of(rule.version, document) if rule.version is not None else None
    for operation in _readable(rule, document):
        found = True
        yield operation if not isinstance(version, str) else operation.model_copy(update={"version": version})
    if not found and document.incomplete and (attribute := rule.only_attribute) is not None:
        yield Operation(attribute=attribute, value=None, unknown=True)


def _readable(rule: TargetRule, document: Document) -> Iterator[Operation]:
    for verb, attribute, source in rule.sources(frozenset(document.members("req"))):
        yield from _operation(attribute, verb, value_of(source, document))
    if rule.kv is not None:
        yield from _key_values(rule.kv, document)
    if rule.tags is not None:
        yield from _tag_operations(rule.tags, document)
    for attribute, (merge, drop) in rule.maps.items():
        yield from _map_operations(attribute, merge, drop, document)


def _map_operations(
    attribute: str, merge: Source | None, drop: Source | None, document: Document
) -> Iterator[Operation]:
    merged = value_of(merge, document) if merge is not None else MISSING
    if hidden_hash(merged) is not None:
        yield from _operation(attribute, Verb.SET, merged)
    elif isinstance(merged, dict):
        for key, value in merged.items():
            given = UNKNOWN if is_hidden(value) else _entry_value(value)
            yield from _operation(format_attribute(*parse_attribute(attribute), key), Verb.SET, given)
    dropped = value_of(drop, document) if drop is not None else MISSING
    if isinstance(dropped, list):
        for key in dropped:
            yield Operation(attribute=format_attribute(*parse_attribute(attribute), str(key)), value=None)


def _entry_value(value: Json) -> Json:
    """Returns a value of a map; several of one key are one text in a state."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(map(str, value))
    return value


def _operation(attribute: str, verb: Verb, value: Value) -> Iterator[Operation]:
    if value is MISSING:
        return
    if isinstance(value, Unknown):
        yield Operation(attribute=attribute, verb=verb, value=None, unknown=True)
    elif verb in (Verb.SET, Verb.KEEP):
        yield Operation(attribute=attribute, verb=verb, value=value, unknown=False)
    elif listed := value if isinstance(value, list) else [value]:
        yield Operation(attribute=attribute, verb=verb, value=listed, unknown=False)


def _key_values(kv: KeyValues, document: Document) -> Iterator[Operation]:
    found = value_of(kv.path, document)
    if isinstance(found, Absent | Unknown):
        return
    if kv.key is None:
        pairs = list(found.items()) if isinstance(found, dict) else []
    else:
        listed = elements(found) or ()
        pairs = [(document.member(one, kv.key), document.member(one, kv.value)) for one in listed]
    for key, value in pairs:
        entry = _entry(kv, str(scalar(key)))
        if entry is None or isinstance(value, Absent):
            continue
        attribute, transform, values = entry
        given = transformed(transform, value, document, plural=isinstance(value, list))
        yield from _operation(attribute, Verb.SET, translated(values, given))


def _entry(kv: KeyValues, key: str) -> tuple[str, Transform, Mapping[str, Json] | None] | None:
    """Returns what a key sets; the entry ``path/*`` stands for every key below that path."""
    if (entry := kv.entries.get(key.lower())) is not None:
        return entry
    path, slash, name = key.rpartition("/")
    entry = kv.entries.get(f"{path.lower()}/*") if slash else None
    return (format_attribute(entry[0], name), *entry[1:]) if entry is not None else None


def _tag_operations(tags: Tags, document: Document) -> Iterator[Operation]:
    if tags.clear:
        yield Operation(attribute="tags", value={})
    for source in (tags.merge, tags.replace):
        found = value_of(source, document) if source is not None else MISSING
        if isinstance(found, Absent):
            continue
        given = tags_of(found, document) if not isinstance(found, Unknown) else UNKNOWN
        if source is tags.replace or isinstance(given, Unknown):
            yield from _operation("tags", Verb.SET, given)
        elif isinstance(given, dict):
            for key, value in given.items():
                yield Operation(attribute=format_attribute("tags", key), value=value)
    if tags.drop is not None:
        yield from _dropped(value_of(tags.drop, document), document)


def _dropped(found: Value, document: Document) -> Iterator[Operation]:
    if isinstance(found, Absent):
        return
    if isinstance(found, Unknown):
        yield from _operation("tags", Verb.SET, UNKNOWN)
        return
    for one in elements(found) or ():
        inner, value = document.member(one, "key"), document.member(one, "value")
        key = scalar(one if inner is MISSING else inner)
        if not isinstance(key, str) or key.startswith("aws:"):
            continue
        if is_hidden(key):
            yield from _operation("tags", Verb.SET, UNKNOWN)
            continue
        attribute = format_attribute("tags", key)
        if value is MISSING:
            yield Operation(attribute=attribute, value=None)
        else:
            # A tag that is given with a value is deleted only if it has that value.
            yield Operation(attribute=attribute, verb=Verb.REMOVE, value=[scalar(value)])
