"""Merges two mapping documents: the curated one over the generated one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Returns two mapping documents as one; ``over`` wins by event and, within an event, by attribute of a target.

    A curated target gets the ``set`` attributes of the generated one that it neither has nor lists in ``ignore``.
    """
    merged = {**under, **over}
    merged["types"] = _merge_types(under.get("types") or {}, over.get("types") or {})
    merged["events"] = dict(under.get("events") or {})
    for name, event in (over.get("events") or {}).items():
        generated = merged["events"].get(name)
        merged["events"][name] = _merge_event(generated, event) if isinstance(generated, dict) else event
    return merged


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
        given = (target.get(name) or () for name in ("set", "add", "remove", "edit", "maps", "ignore"))
        taken = {attribute for names in given for attribute in names}
        extra = {k: v for k, v in generated.get(target.get("type", ""), {}).items() if k not in taken}
        return {**target, "set": {**extra, **curated}} if extra else dict(target)

    if "targets" in over and "each" not in over:
        return {**over, "targets": [filled(target) for target in over["targets"]]}
    return dict(over)
