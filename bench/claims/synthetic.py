"""Makes calls of every path that the rules read, so that events are compared of which no record is at hand.

Prints the calls of whichever checkout is first on the path, a line each. `python -m bench.claims` runs this file in
both checkouts: a path that only one of them reads is tried in both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from drift_detector.catalog.event_rules import EventRule, Source
from drift_detector.catalog.load import load_catalog
from drift_detector.facts.mapping_terms import Tier

# A value of every kind that a log may have in one place.
_VALUES: tuple[Any, ...] = (
    7,
    True,
    "",
    "false",
    ["a", "b"],
    {"Key": "k", "Value": "v"},
    [{"Key": "k", "Value": "v"}],
    {"k": "v"},
    "HIDDEN_DUE_TO_SECURITY_REASONS",
    '{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}',
    "arn:aws:lambda:eu-west-1:210987654321:function:shop:live",
    "https://sqs.eu-west-1.amazonaws.com/210987654321/jobs",
    "10.1.2.3/16",
    "One,Two",
)

# A place in a call: its root and its members; "[]" for the elements of a list.
Place = tuple[str, ...]
Hints = dict[Place, set[Any]]


def main() -> None:
    """Print the calls of every event."""
    for key, rule in sorted(load_catalog().events.items()):
        for number, (roots, outcome) in enumerate(_documents(rule)):
            call = _CLOUDS[_cloud(rule.service)](rule, roots, outcome)
            print(json.dumps({"name": f"made {key} {number}", **call}))


def _cloud(service: str) -> str:
    if service.endswith(".googleapis.com"):
        return "gcp"
    return {"microsoft": "azure", "kubernetes": "kubernetes"}.get(service.partition(".")[0], "aws")


def _documents(rule: EventRule) -> Iterator[tuple[dict[str, Any], int]]:
    """Yields the roots of calls: with everything, without each place, with one place alone, and with odd values."""
    hints: Hints = {}
    for sources, bound in _sources(rule):
        for source in sources:
            _collect(source, bound, hints)
    places = sorted(place for place in hints if not _is_prefix(place, hints))
    whole: dict[str, Any] = {}
    for place in places:
        whole = _with(whole, place, f"one-{place[-1].strip('[]')}")
    for outcome in range(4):
        yield whole, outcome
    named = {place for place in places if len(place) == 2}
    for place in places:
        yield _without(whole, place), 0
        yield _filled({*named, place}, "one"), 1
        for value in sorted(hints[place], key=str):
            yield _with(whole, place, value), 0
    for value in _VALUES if rule.tier not in (Tier.STRONG, Tier.WEAK) else ():
        yield _filled(set(places), value), 0


def _filled(places: set[Place], value: Any) -> dict[str, Any]:
    roots: dict[str, Any] = {}
    for place in sorted(places):
        roots = _with(roots, place, value)
    return roots


def _is_prefix(place: Place, hints: Hints) -> bool:
    return any(other[: len(place)] == place and other != place for other in hints)


def _sources(rule: EventRule) -> Iterator[tuple[list[Any], dict[str, Place]]]:
    """Yields the sources and conditions of a rule, with the places of the loops' variables."""
    bound = _bound(rule.each, {})
    yield [source for _, source in rule.each], {}
    for group, each in zip(rule.groups, rule.group_each, strict=True):
        inner = _bound(each, bound)
        yield [source for _, source in each], bound
        for target in group:
            given = [*target.identity.values(), *target.set.values(), *target.add.values(), *target.remove.values()]
            if target.kv is not None:
                given.append(target.kv)
            if target.tags is not None:
                given += [one for one in (target.tags.merge, target.tags.replace, target.tags.drop) if one is not None]
            given += [one for pair in target.maps.values() for one in pair if one is not None]
            yield [*given, target.when], inner


def _bound(each: Any, outer: dict[str, Place]) -> dict[str, Place]:
    bound = dict(outer)
    for variable, source in each:
        paths = source.paths or ([source.each] if source.each is not None else [])
        if paths:
            bound[variable] = (*_place(paths[0], bound),)
    return bound


def _place(path: Any, bound: dict[str, Place]) -> Place:
    place: list[str] = list(bound.get(path.root, (path.root,)))
    if path.each:
        place.append("[]")
    for step in path.steps:
        place.append(step.spellings[0])
        if step.each:
            place.append("[]")
    return tuple(place)


def _collect(given: Any, bound: dict[str, Place], hints: Hints) -> None:
    if isinstance(given, tuple):
        for paths, values in given:
            for path in paths:
                hints.setdefault(_place(path, bound), set()).update(one for one in values if one is not None)
        return
    if not isinstance(given, Source):
        _collect_pairs(given, bound, hints)
        return
    if given.when:
        _collect(given.when, bound, hints)
    if given.each is not None:
        place = _place(given.each, bound)
        hints.setdefault(place, set())
        _collect(given.element, {**bound, "it": place}, hints)
    for inner in (given.block or {}).values():
        _collect(inner, bound, hints)
    for path in given.paths:
        found = hints.setdefault(_place(path, bound), set())
        found.update(given.values or ())


def _collect_pairs(given: Any, bound: dict[str, Place], hints: Hints) -> None:
    """A payload of keys and values: each key as a member, or as an element that names it."""
    place = _place(given.path.paths[0], bound)
    for key, entry in given.entries.items():
        if given.key is None:
            hints.setdefault((*place, key), set()).update(entry[2] or ())
        else:
            hints.setdefault((*place, given.value), set()).update(entry[2] or ())
            hints.setdefault((*place, given.key), set()).add(key)


def _with(node: Any, place: Place, value: Any) -> Any:
    """Returns a structure with a value at a place; a list there gets two elements."""
    if not place:
        return value
    name, rest = place[0], place[1:]
    if name == "[]":
        given = [f"{value}{number}" if isinstance(value, str) and not rest else value for number in range(2)]
        there = node if isinstance(node, list) else [{}, {}]
        return [_with(one, rest, new) for one, new in zip(there, given, strict=True)]
    holder = node if isinstance(node, dict) else {}
    return {**holder, name: _with(holder.get(name), rest, value)}


def _without(node: Any, place: Place) -> Any:
    if isinstance(node, list) and place[0] == "[]" and len(place) > 1:
        return [_without(one, place[1:]) for one in node]
    if not isinstance(node, dict) or place[0] not in node:
        return node
    if len(place) == 1 or place[1:] == ("[]",):
        return {name: one for name, one in node.items() if name != place[0]}
    return {**node, place[0]: _without(node[place[0]], place[1:])}


def _event(provider: str, name: str, service: str | None, resource: str | None, **given: Any) -> dict[str, Any]:
    return {
        "severity": "medium",
        "rule": "made",
        "output": "",
        "container_id": None,
        "priority": "Notice",
        "source": "made",
        "hostname": None,
        "tags": [],
        "timestamp": "2026-01-01T00:00:00Z",
        "uuid": "00000000-0000-0000-0000-000000000000",
        "provider": provider,
        "service": service,
        "event_id": "one",
        "event_name": name,
        "resources": [{"arn": resource}] if resource else [],
        **given,
    }


def _aws(rule: EventRule, roots: dict[str, Any], outcome: int) -> dict[str, Any]:
    service = "ec2" if rule.service == "*" else rule.service
    arn = f"arn:aws:{service}:eu-west-1:210987654321:kind/one" if outcome % 2 else roots.get("arn")
    event = _event("aws", rule.operation, service, arn if isinstance(arn, str) else None, account_id="123456789012")
    event["region"] = "eu-central-1"
    call = {"event_source": f"{service}.amazonaws.com", "event_type": "AwsApiCall", "incomplete": outcome == 2}
    return {"event": event, "call": {**call, "request": roots.get("req"), "response": roots.get("resp")}}


def _gcp(rule: EventRule, roots: dict[str, Any], outcome: int) -> dict[str, Any]:
    names = [name for name in roots.get("res", {}) if name not in ("id", "name", "project", "projects")]
    resource = "/".join(("projects/shop", *(f"{name}/one-{name}" for name in names), "things/web"))
    operation, slash, action = rule.operation.partition("/")
    request, response = roots.get("req"), roots.get("resp")
    if slash and isinstance(request, dict):
        request, response = {}, {"bindingDeltas": [{**request, "action": action}]}
    event = _event("gcp", operation, None, resource, account_id="shop", region="europe-west1")
    kind = (None, "OperationStarted", None, "OperationFinished")[outcome]
    call = {"event_source": rule.service, "event_type": kind, "operation": "op" if kind else None}
    return {"event": event, "call": {**call, "request": request, "response": response}}


_AZURE_ENTRIES = (
    ("write", "Succeeded"),
    ("write", "SucceededCreated"),
    ("write", "AcceptedCreated"),
    ("delete", "Succeeded"),
)


def _azure(rule: EventRule, roots: dict[str, Any], outcome: int) -> dict[str, Any]:
    kinds = rule.operation.split("/")
    path = "/".join(f"{kind}/one-{kind}" for kind in kinds)
    resource = f"/subscriptions/s/resourcegroups/shop/providers/{rule.service}/{path}"
    verb, phase = _AZURE_ENTRIES[outcome]
    event = _event("azure", f"{rule.service}/{rule.operation}/{verb}", None, resource, account_id="s")
    call = {"event_source": rule.service, "event_type": phase, "operation": "op" if outcome == 2 else None}
    return {"event": event, "call": {**call, "request": roots.get("req")}}


def _kubernetes(rule: EventRule, roots: dict[str, Any], outcome: int) -> dict[str, Any]:
    group = rule.service.partition(".")[2]
    verb = ("create", "update", "patch", "delete")[outcome]
    resource = f"/apis/{group}/v1/namespaces/shop/{rule.operation}/web"
    event = _event("kubernetes", f"{verb} {rule.operation}", None, resource)
    call = {"event_source": group, "event_type": "ResponseComplete", "request": roots.get("req")}
    return {"event": event, "call": call}


_CLOUDS = {"aws": _aws, "gcp": _gcp, "azure": _azure, "kubernetes": _kubernetes}


if __name__ == "__main__":
    main()
