"""Summarises what the generated mapping covers, what changed, and how far it agrees with the curated one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]


def dumped(document: Mapping[str, Any]) -> str:
    """Returns the document as JSON, with a line for each type and event, so that a diff shows what changed."""
    head = {key: value for key, value in document.items() if key not in ("types", "events")}
    sections = (f"{json.dumps(name)}:{{\n{_lines(document[name])}\n}}" for name in ("types", "events"))
    return json.dumps(head, separators=(",", ":"))[:-1] + ",\n" + ",\n".join(sections) + "}\n"


def _lines(section: Mapping[str, Any]) -> str:
    return ",\n".join(
        f"{json.dumps(name)}:{json.dumps(section[name], separators=(',', ':'))}" for name in sorted(section)
    )


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Iterator[str]:
    """Yields what differs between two documents: source versions, and added, removed or changed events and types."""
    if before is None:
        yield "no mapping before"
        return
    for name, version in after["sources"].items():
        was = before["sources"].get(name)
        yield f"{name} {version}" if was == version else f"{name} {was} -> {version}"
    for section in ("events", "types"):
        old, new = before[section], after[section]
        added, removed = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
        changed = sorted(name for name in new.keys() & old.keys() if new[name] != old[name])
        yield f"{section}: {len(added)} added, {len(removed)} removed, {len(changed)} changed"
        for sign, names in (("+", added), ("-", removed), ("~", changed)):
            shown = " ".join(names[:12])
            if names:
                yield f"  {sign} {shown}{' …' if len(names) > 12 else ''}"


def coverage(document: Mapping[str, Any]) -> Iterator[str]:
    """Yields the events by tier, what they do, and what they claim."""
    events = document["events"]
    tiers = Counter(event["tier"] for event in events.values())
    yield f"{len(events)} events: " + ", ".join(f"{count} {tier}" for tier, count in sorted(tiers.items()))
    strong = [target for event in events.values() if event["tier"] == "auto-strong" for target in event["targets"]]
    acts = Counter(target.get("kind", "update") for target in strong)
    yield "auto-strong targets: " + ", ".join(f"{count} {act}" for act, count in sorted(acts.items()))
    pairs = sum(len(target.get("set", ())) for target in strong)
    claiming = sum("set" in target or "tags" in target for target in strong)
    yield f"{claiming} targets claim attributes or tags, {pairs} attributes in all"
    types = {target["type"] for event in events.values() for target in event["targets"]}
    yield f"{len(types)} resource types"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the generated mapping agrees with the curated one, for events and targets that both have.

    Attributes:
        differing: the events for which it does not, with the difference.
    """

    events: int
    same_type: int
    targets: int
    same_identity: int
    same_act: int
    attributes: int
    same_attribute: int
    differing: tuple[str, ...]


def agreement(generated: Mapping[str, Event], curated: Mapping[str, Event], tier: str | None = None) -> Agreement:
    """Compares the generated with the curated mapping. A type agrees if it is one of the event's curated types."""
    shared = [name for name in sorted(curated) if name in generated and tier in (None, generated[name]["tier"])]
    differing: list[str] = []
    counts: Counter[str] = Counter()
    for name in shared:
        people = _targets(curated[name])
        found = [
            (target, [other for other in people if other["type"] in (target["type"], "*")])
            for target in _targets(generated[name])
        ]
        found = [(target, others) for target, others in found if others]
        counts["same_type"] += bool(found)
        if not found:
            differing.append(f"{name}: {', '.join(target['type'] for target in generated[name]['targets'])}")
        for target, others in found:
            counts["targets"] += 1
            same = [other for other in others if _same_identity(generated[name], target, curated[name], other)]
            counts["same_identity"] += bool(same)
            if not same:
                differing.append(f"{name}: {target['type']} by {target['id']}, not {others[0]['id']}")
            other = (same or others)[0]
            # Claiming less than the curated mapping is no error.
            counts["same_act"] += _effect(target) in ("update", _effect(other))
            for attribute, source in target.get("set", {}).items():
                if attribute in (other.get("set") or {}):
                    agrees = bool(_members(source) & _members(other["set"][attribute]))
                    counts["attributes"] += 1
                    counts["same_attribute"] += agrees
                    if not agrees:
                        differing.append(f"{name}: {target['type']}.{attribute} from {source}")
    return Agreement(
        events=len(shared),
        same_type=counts["same_type"],
        targets=counts["targets"],
        same_identity=counts["same_identity"],
        same_act=counts["same_act"],
        attributes=counts["attributes"],
        same_attribute=counts["same_attribute"],
        differing=tuple(differing),
    )


def _targets(event: Event) -> list[Mapping[str, Any]]:
    groups = [group["targets"] if isinstance(group, Mapping) else group for group in event.get("groups", ())]
    return [*event.get("targets", ()), *(target for group in groups for target in group)]


def _effect(target: Mapping[str, Any]) -> str:
    kind = str(target.get("kind", "update"))
    return {"upsert": "create", "attach": "create", "detach": "delete"}.get(kind, kind)


def _same_identity(event: Event, target: Mapping[str, Any], other_event: Event, other: Mapping[str, Any]) -> bool:
    """Whether both read the resource's name from the same members; optional ones do not count."""
    ours = [_looped(event, source) for name, source in target["id"].items() if not name.endswith("?")]
    theirs = [_looped(other_event, source) for name, source in other["id"].items() if not name.endswith("?")]
    return len(ours) == len(theirs) and all(any(one & two for two in theirs) for one in ours)


def _looped(event: Event, source: Any) -> frozenset[str]:
    members = _members(source)
    looped = [_members(each) for variable, each in (event.get("each") or {}).items() if variable in members]
    return looped[0] if looped else members


def _members(source: Any) -> frozenset[str]:
    if isinstance(source, Mapping) and "const" in source:
        return frozenset({f"={source['const']}"})
    text = source if isinstance(source, str) else source.get("from", "")
    names = (path.strip().removesuffix("[]").rsplit(".", 1)[-1].lower() for path in text.split("|") if path)
    return frozenset(name.rstrip("s") for name in names)


def percent(part: int, whole: int) -> str:
    """Returns a share as text: ``74 of 83 (89 %)``."""
    return f"{part} of {whole} ({part * 100 // whole if whole else 0} %)"


def described(found: Agreement, name: str) -> str:
    """Returns an agreement in one line."""
    figures = (
        f"type {percent(found.same_type, found.events)}",
        f"identity {percent(found.same_identity, found.targets)}",
        f"act {percent(found.same_act, found.targets)}",
        f"attribute {percent(found.same_attribute, found.attributes)}",
    )
    return f"{name}: " + ", ".join(figures)
