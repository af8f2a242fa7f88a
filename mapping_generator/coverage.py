"""Writes ``docs/coverage.md``: the events that the detector understands, their evidence, and what they set.

Usage: ``python -m mapping_generator.coverage docs/coverage.md``; a test fails while the page is stale.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from drift_detector.catalog.event_rules import EventRule, TargetRule
from drift_detector.catalog.load import load_catalog
from drift_detector.catalog.lookup import Catalog
from drift_detector.facts.mapping_terms import Tier

_MEANINGS = {
    Tier.VERIFIED: "curated, and seen in a real log as a successful call",
    Tier.DOCUMENTED: "curated from the API's documentation and models; no real log at hand has it",
    Tier.STRONG: "generated from the API's model and the provider's schema; claims attributes of the very same name",
    Tier.WEAK: "generated; names the type and the identity, and at most that something changed",
    Tier.ASSUMED: "curated by analogy with other events; no log and no document shows it",
}
_GENERATED = frozenset({Tier.STRONG, Tier.WEAK})


def page(catalog: Catalog) -> str:
    """Returns the whole page as Markdown."""
    return "\n".join([*_summary(catalog), *_curated(catalog), *_generated(catalog)]) + "\n"


def _summary(catalog: Catalog) -> Iterator[str]:
    counts = Counter(rule.tier for rule in catalog.events.values())
    yield "# What the detector understands"
    yield ""
    yield "Made by `make coverage` from the mapping that the detector loads; do not edit. An event that is in no table"
    yield "is passed on to clients as `falco` and is otherwise ignored."
    yield ""
    yield "| tier | events | meaning |"
    yield "|---|---:|---|"
    for tier in Tier:
        yield f"| {tier} | {counts[tier]} | {_MEANINGS.get(tier, '')} |"


def _curated(catalog: Catalog) -> Iterator[str]:
    by_service: dict[str, list[EventRule]] = defaultdict(list)
    for rule in catalog.events.values():
        if rule.tier not in _GENERATED:
            by_service[rule.service].append(rule)
    for service, rules in sorted(by_service.items()):
        yield ""
        yield f"## {'any service' if service == '*' else service}"
        yield ""
        yield "| event | tier | Terraform types | attributes |"
        yield "|---|---|---|---|"
        for rule in sorted(rules, key=lambda rule: rule.operation):
            targets = [target for group in rule.groups for target in group]
            types = ", ".join(dict.fromkeys("any" if target.type == "*" else target.type for target in targets))
            attributes = ", ".join(dict.fromkeys(name for target in targets for name in _attributes(target)))
            yield f"| {rule.operation} | {rule.tier} | {types} | {attributes or '(its existence)'} |"


def _attributes(target: TargetRule) -> Iterator[str]:
    yield from target.set
    yield from target.add
    yield from target.remove
    yield from target.edit
    if target.kv is not None:
        yield from (attribute for attribute, *_ in target.kv.entries.values())
    if target.tags is not None:
        yield "tags"


def _generated(catalog: Catalog) -> Iterator[str]:
    counts: dict[str, Counter[Tier]] = defaultdict(Counter)
    for rule in catalog.events.values():
        if rule.tier in _GENERATED:
            counts[rule.service][rule.tier] += 1
    if not counts:
        return
    yield ""
    yield "## Generated"
    yield ""
    yield f"| service | {Tier.STRONG} | {Tier.WEAK} |"
    yield "|---|---:|---:|"
    for service, tiers in sorted(counts.items()):
        yield f"| {service} | {tiers[Tier.STRONG]} | {tiers[Tier.WEAK]} |"


def main() -> None:
    """Write the page to the path that the first argument names."""
    Path(sys.argv[1]).write_text(page(load_catalog()), encoding="utf-8")


if __name__ == "__main__":
    main()
