"""Two mapping documents as one: what is generated, under what is curated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from drift_detector.catalog import ANY_IDENTITY

# What "@identity" stands for: the attribute that it is, a generator cannot tell.
_IDENTITIES: Final = frozenset({"id", "arn", "name"})
_LIVES: Final = frozenset({"create", "delete", "upsert", "attach", "detach"})


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two mapping documents as one: ``over`` wins, per event and, within an event, per attribute of a type's target.

    A curated target takes over a generated one's ``set`` attributes that it neither has nor lists in ``ignore``. Where
    curated calls name what they make or delete by one of id, ARN and name, generated ones that leave open which it is
    are taken to do so too: else what one makes and the other deletes would be two things. The global services are those
    of both.
    """
    merged = {**under, **over}
    both = (under.get("global_services") or (), over.get("global_services") or ())
    merged["global_services"] = tuple(dict.fromkeys(name for names in both for name in names))
    merged["types"] = _merge_types(under.get("types") or {}, over.get("types") or {})
    merged["events"] = dict(under.get("events") or {})
    for name, event in (over.get("events") or {}).items():
        generated = merged["events"].get(name)
        merged["events"][name] = _merge_event(generated, event) if isinstance(generated, dict) else event
    names = _names(over.get("events") or {})
    for name in merged["events"].keys() - (over.get("events") or {}).keys():
        merged["events"][name] = _named_alike(merged["events"][name], names)
    return merged


def _names(events: Mapping[str, Any]) -> dict[str, str]:
    """By type, the one of id, ARN and name by which the calls that make or delete such a thing name it."""
    found: dict[str, set[str]] = {}
    for target in (target for event in events.values() for target in _targets(event)):
        if target.get("kind") in _LIVES and len(target["id"]) == 1:
            found.setdefault(target["type"], set()).update(target["id"])
    return {name: next(iter(keys)) for name, keys in found.items() if len(keys) == 1 and keys <= _IDENTITIES}


def _targets(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from event.get("targets") or ()
    for group in event.get("groups") or ():
        yield from group if isinstance(group, list) else group["targets"]


def _named_alike(event: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """A generated event whose targets are named as the curated calls name them."""

    def renamed(target: Mapping[str, Any]) -> Mapping[str, Any]:
        name, given = names.get(target["type"]), target["id"]
        lives = target.get("kind") in _LIVES and given.keys() == {ANY_IDENTITY}
        return {**target, "id": {name: given[ANY_IDENTITY]}} if lives and name else target

    return {**event, "targets": [renamed(target) for target in event.get("targets") or ()]}


def _merge_types(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for name, facts in over.items():
        below = merged.get(name) or {}
        merged[name] = {**below, **facts}
        for member in ("identity", "attributes"):
            if member in below or member in facts:
                merged[name][member] = {**(below.get(member) or {}), **(facts.get(member) or {})}
    return merged


def _merge_event(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    generated = {target["type"]: target.get("set") or {} for target in under.get("targets") or ()}

    def filled(target: Mapping[str, Any]) -> dict[str, Any]:
        curated = target.get("set") or {}
        given = (target.get(name) or () for name in ("set", "add", "remove", "maps", "ignore"))
        taken = {attribute for names in given for attribute in names}
        extra = {k: v for k, v in generated.get(target.get("type", ""), {}).items() if k not in taken}
        return {**target, "set": {**extra, **curated}} if extra else dict(target)

    if "targets" in over and "each" not in over:
        return {**over, "targets": [filled(target) for target in over["targets"]]}
    return dict(over)
