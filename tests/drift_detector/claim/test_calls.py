"""What each event of the catalog claims: calls in CloudTrail's real shape, and the claims expected of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from mapping_generator.sources.provider_schema import Attribute, load_snapshot

from drift_detector.catalog.compile import build_catalog
from drift_detector.catalog.event_rules import Source, TargetRule
from drift_detector.catalog.load import load_catalog
from drift_detector.catalog.lookup import ANY_TYPE, Catalog
from drift_detector.catalog.sources import curated_document
from drift_detector.claim.aws.cloudtrail import call_of
from drift_detector.facts.attribute_paths import parse_attribute
from drift_detector.facts.call import Act, Call, Operation, Target, Verb
from drift_detector.facts.mapping_terms import Comparator
from tests.drift_detector.cloudtrail import alert_of

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['case']}")
    for file in sorted((FIXTURES / "calls").glob("*.json"))
    for case in json.loads(file.read_text())
]
Types = Mapping[str, Mapping[str, Attribute]]
# What is generated is held to its sources by tests/mapping.
CATALOG = build_catalog(curated_document(resources.files("drift_detector") / "mapping"), "curated")


_SIGNS = {Verb.SET: "=", Verb.ADD: "+=", Verb.REMOVE: "-=", Verb.EDIT: "~=", Verb.RESTORE: "<-", Verb.KEEP: "keeps"}


def described(call: Call | None) -> list[list[str]]:
    """A call's claims, a line for each target: ``update aws_instance id=i-1: instance_type = "t3.large"``."""
    return [[_line(target) for target in group] for group in call.groups] if call is not None else []


def _line(target: Target) -> str:
    identity = " ".join(f"{attribute}={value}" for attribute, value in target.identity.items())
    operations = "; ".join(_operation(operation) for operation in target.operations)
    return f"{target.act} {target.type} {identity}" + (f": {operations}" if operations else "")


def _operation(operation: Operation) -> str:
    sign = _SIGNS[operation.verb]
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
    assert sorted(_unknown_names(CATALOG, load_snapshot().types)) == []


def _unknown_names(catalog: Catalog, schema: Types) -> set[str]:
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
        for attribute, comparison in facts.attributes.items():
            named |= {(name, f"{attribute}.{member}") for member in (*comparison.key, *comparison.members)}
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


def _has(members: Mapping[str, Attribute] | None, path: str) -> bool:
    if members is None:
        return False
    for part in parse_attribute(path):
        if isinstance(part, str):
            if part not in members:
                # Every resource has an id, which the schema's source does not list for some.
                return path == "id"
            if members[part].kind == "map":
                return True
            members = members[part].members
    return True


@pytest.mark.parametrize(
    ("default", "own"),
    [
        ("aws_default_vpc", "aws_vpc"),
        ("aws_default_subnet", "aws_subnet"),
        ("aws_default_route_table", "aws_route_table"),
        ("aws_default_network_acl", "aws_network_acl"),
        ("aws_default_security_group", "aws_security_group"),
        ("aws_alb", "aws_lb"),
        ("aws_alb_listener", "aws_lb_listener"),
        ("aws_alb_listener_rule", "aws_lb_listener_rule"),
        ("aws_alb_listener_certificate", "aws_lb_listener_certificate"),
        ("aws_alb_target_group", "aws_lb_target_group"),
        ("aws_alb_target_group_attachment", "aws_lb_target_group_attachment"),
    ],
)
def test_what_has_two_types_is_claimed_of_both(default: str, own: str) -> None:
    """Terraform knows a VPC's own parts, and load balancers by their older name, under a second type."""
    # A VPC's own parts go with it; nobody makes or deletes them alone.
    alone = {"ec2:DeleteRouteTable", "ec2:DeleteNetworkAcl", "ec2:DeleteSecurityGroup"}
    missing = []
    for name, rule in load_catalog().events.items():
        for group in rule.groups:
            types = {target.type for target in group if target.type == default}
            claims = [target for target in group if target.type == own and _claims_anything(target, default)]
            if claims and not types and name not in alone:
                missing.append(name)
    assert missing == []


def _claims_anything(target: TargetRule, default: str) -> bool:
    if target.act is Act.CREATE:
        return not default.startswith("aws_default_")
    return target.act is Act.DELETE or bool(target.set or target.add or target.remove or target.kv or target.tags)
