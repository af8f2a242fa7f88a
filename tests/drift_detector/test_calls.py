"""What each event of the catalog claims: calls in CloudTrail's real shape, and the claims expected of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from mapping_generator.provider_schema import Attribute, load_snapshot

from drift_detector.catalog import ANY_TYPE, Catalog, Source
from drift_detector.catalog_format import Comparator
from drift_detector.catalog_load import build_catalog, curated_document
from drift_detector.claims import call_of
from drift_detector.facts import Call, Operation, Target, Verb
from drift_detector.paths import parse_attribute
from tests.drift_detector.cloudtrail import alert_of

FIXTURES = Path(__file__).parent / "fixtures"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['case']}")
    for file in sorted((FIXTURES / "calls").glob("*.json"))
    for case in json.loads(file.read_text())
]
# What is generated is held to its sources by tests/mapping.
CATALOG = build_catalog(curated_document(resources.files("drift_detector") / "mapping"), "curated")


def described(call: Call | None) -> list[list[str]]:
    """A call's claims, a line for each target: ``update aws_instance id=i-1: instance_type = "t3.large"``."""
    return [[_line(target) for target in group] for group in call.groups] if call is not None else []


def _line(target: Target) -> str:
    identity = " ".join(f"{attribute}={value}" for attribute, value in target.identity.items())
    operations = "; ".join(_operation(operation) for operation in target.operations)
    return f"{target.act} {target.type} {identity}" + (f": {operations}" if operations else "")


def _operation(operation: Operation) -> str:
    sign = {Verb.SET: "=", Verb.ADD: "+=", Verb.REMOVE: "-="}[operation.verb]
    value = "?" if operation.unknown else json.dumps(operation.value, ensure_ascii=False)
    return f"{operation.attribute} {sign} {value}"


@pytest.mark.parametrize("case", CASES)
def test_a_call_claims_what_it_did(case: dict[str, Any]) -> None:
    """A call in the cloud's own words becomes the targets and operations that it means."""
    assert described(call_of(*alert_of(case["record"]), CATALOG)) == case["claims"]


def test_every_event_of_the_curated_mapping_has_a_fixture() -> None:
    """Nothing is called verified that no real-shaped call verifies."""
    records = [case.values[0]["record"] for case in CASES]  # type: ignore[index,call-overload]
    met = [CATALOG.event(one["eventSource"].removesuffix(".amazonaws.com"), one["eventName"]) for one in records]
    assert [name for name, rule in CATALOG.events.items() if not any(rule is one for one in met)] == []


def test_every_type_and_attribute_is_of_the_providers_schema() -> None:
    """A slip in a type's or attribute's name would otherwise be a claim that never meets a record."""
    schema = {name: _nested(attributes) for name, attributes in load_snapshot().types.items()}
    # A route is claimed alike of every table; what a default one cannot record differs from whatever it holds.
    lent = {f"aws_default_route_table.route.{gateway}_gateway_id" for gateway in ("carrier", "local")}
    assert sorted(_unknown_names(CATALOG, schema) - lent) == []


def _nested(attributes: Mapping[str, Attribute]) -> dict[str, Any]:
    return {name: _nested(attribute.members) or attribute.kind for name, attribute in attributes.items()}


def _unknown_names(catalog: Catalog, schema: dict[str, Any]) -> set[str]:
    named: set[tuple[str, str]] = set()
    for rule in catalog.events.values():
        for target in (target for group in rule.groups for target in group):
            entries = [entry[0] for entry in target.kv.entries.values()] if target.kv else []
            parts = (target.identity, target.set, target.add, target.remove, target.maps, entries)
            named |= {(target.type, attribute) for part in parts for attribute in part}
            sources = (*target.set.items(), *target.add.items(), *target.remove.items())
            named |= {
                (target.type, path)
                for attribute, source in sources
                if catalog.comparison(target.type, attribute).how is not Comparator.JSON_POLICY
                for path in _members(attribute, source)
            }
    for name, facts in catalog.types.items():
        named |= {(name, attribute) for attribute in (*facts.attributes, *facts.identity)}
        for parent in facts.parents:
            named |= {(name, attribute) for attribute in parent.via.values()}
            named |= {(parent.type, attribute) for attribute in parent.via}
    checked = {(kind, attribute) for kind, attribute in named if kind != ANY_TYPE and not attribute.startswith("@")}
    return {f"{kind}.{attribute}" for kind, attribute in checked if not _has(schema.get(kind), attribute)}


def _members(path: str, source: Source) -> Iterator[str]:
    """The paths of a block's members, as deep as they go."""
    inner = source if source.element is None else source.element
    for name, member in (inner.block or {}).items():
        yield f"{path}.{name}"
        yield from _members(f"{path}.{name}", member)


def _has(attributes: Any, path: str) -> bool:
    for part in parse_attribute(path):
        if isinstance(part, str):
            if not isinstance(attributes, dict) or part not in attributes:
                # Every resource has an id, which the schema's source does not list.
                return part == "id" and attributes is not None
            attributes = attributes[part]
    return True
