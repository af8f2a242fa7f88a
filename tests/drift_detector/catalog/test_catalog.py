"""The mapping's loader: what it refuses and how it says so, and how a curated mapping wins over a generated one."""

from __future__ import annotations

from typing import Any

import pytest

from drift_detector.catalog.compile import build_catalog
from drift_detector.catalog.merge import merge
from drift_detector.catalog.yaml_text import parse_yaml
from drift_detector.claim.apply_rule import groups_of
from drift_detector.errors import CatalogError
from drift_detector.facts.document import Document

TARGET = {"type": "aws_instance", "id": {"id": "req.instanceId"}, "set": {"instance_type": "req.instanceType"}}


def _document(target: dict[str, Any] | None = None, **event: Any) -> dict[str, Any]:
    body = {"tier": "verified", "targets": [target or TARGET], **event}
    return {"version": 1, "provider_schema": "x", "events": {"ec2:Op": body}}


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ({**TARGET, "kind": "upsrt"}, r"events\.ec2:Op\.targets\.0\.kind: Input should be 'create'"),
        ({**TARGET, "sets": {}}, r"events\.ec2:Op\.targets\.0\.sets: Extra inputs"),
        ({"type": "aws_instance"}, r"events\.ec2:Op\.targets\.0\.id: Field required"),
        ({**TARGET, "id": {"id": "request.x"}}, r"events\.ec2:Op: a path starts at 'request'"),
        ({**TARGET, "set": {"a": "req..x"}}, r"events\.ec2:Op: 'req..x' is not a path"),
        ({**TARGET, "set": {"a..b": "req.x"}}, r"events\.ec2:Op: 'a..b' is not an attribute path"),
        ({**TARGET, "set": {"a": {"from": "req.x", "const": 1}}}, "exactly one of 'from', 'const' and 'block'"),
        ({**TARGET, "set": {"a": {"from": "req.x", "as": "bool"}}}, r"targets\.0\.set\.a\.as: Input should be"),
        ({**TARGET, "tags": {"merge": "req.t", "clear": True}}, "tags has exactly one of"),
        ({**TARGET, "when": {"request.x": True}}, r"events\.ec2:Op: a path starts at 'request'"),
    ],
)
def test_a_slip_is_named_with_its_event_and_key(target: dict[str, Any], complaint: str) -> None:
    """Whoever curates 216 events needs the place of the slip."""
    with pytest.raises(CatalogError, match=complaint):
        build_catalog(_document(target), "curated.yaml")


def test_an_event_key_names_service_and_operation() -> None:
    """A key of another form would never be looked up."""
    document = _document()
    document["events"] = {"RunInstances": document["events"]["ec2:Op"]}
    with pytest.raises(CatalogError, match=r"events\.RunInstances: the key is not service:Operation"):
        build_catalog(document, "curated.yaml")


def test_a_repeated_key_is_refused() -> None:
    """YAML would let the later event win in silence."""
    with pytest.raises(CatalogError, match=r"curated\.yaml: line 3: 'ec2:A' is repeated"):
        parse_yaml("events:\n  ec2:A: {}\n  ec2:A: {}\n", "curated.yaml")


def test_what_is_no_yaml_is_refused() -> None:
    """The parser's own words tell line and column."""
    with pytest.raises(CatalogError, match=r"curated\.yaml: .*line 1"):
        parse_yaml("events: [", "curated.yaml")


def test_an_event_name_may_begin_in_lower_case() -> None:
    """Route 53 logs what is done to domains so."""
    catalog = build_catalog(_document(), "curated.yaml")
    assert catalog.event("ec2", "op") is catalog.event("ec2", "Op") is not None
    assert catalog.event("ec2", "other") is None


def test_an_operation_of_any_service_yields_to_the_services_own() -> None:
    """Tags are mapped once for all services and again for those that do it differently."""
    document = _document()
    document["events"]["*:Op"] = document["events"]["ec2:Op"]
    catalog = build_catalog(document, "x")
    assert catalog.event("ec2", "Op") is catalog.events["ec2:Op"]
    assert catalog.event("rds", "Op") is catalog.events["*:Op"]
    assert catalog.event("rds", "Other") is None


def test_curated_wins_per_attribute_and_ignores_what_it_says() -> None:
    """A generated mapping fills in only what the curated target of the same type leaves open."""
    generated = _document(
        {**TARGET, "set": {"instance_type": "req.wrong", "ebs_optimized": "req.e", "monitoring": "req.m"}}
    )
    generated["events"]["ec2:Other"] = generated["events"]["ec2:Op"]
    curated = _document({**TARGET, "ignore": ["monitoring"]})
    catalog = build_catalog(merge(generated, curated), "merged")
    ((target,),) = catalog.events["ec2:Op"].groups
    assert {name: source.paths[0].steps[0].spellings[0] for name, source in target.set.items()} == {
        "instance_type": "instancetype",
        "ebs_optimized": "e",
    }
    assert "ec2:Other" in catalog.events


def test_types_are_merged_per_attribute() -> None:
    """What a generator knows of a type stays where people say nothing."""
    under = {"types": {"t": {"attributes": {"a": "set", "b": "set"}}}}
    over = {"types": {"t": {"attributes": {"b": "json"}}}}
    assert merge(under, over)["types"] == {"t": {"attributes": {"a": "set", "b": "json"}}}


def test_a_recorded_identity_is_brought_into_the_form_that_calls_give() -> None:
    """A permission's function may be recorded by its ARN; any source of a rule's list names the rule."""
    document = {**_document(), "types": {"aws_lambda_permission": {"identity": {"function_name": "lambda_name"}}}}
    catalog = build_catalog(document, "x")
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:resize:live"
    assert catalog.identity_value("aws_lambda_permission", "function_name", arn) == "resize"
    assert catalog.identity_values("aws_security_group_rule", "cidr_blocks", ["10.0.0.0/8", "::/0"]) == (
        "10.0.0.0/8",
        "::/0",
    )
    assert catalog.identity_values("aws_instance", "id", None) == ()


def test_a_group_has_loops_of_its_own() -> None:
    """A call that adds some and removes others claims each for itself, also where one of the lists is not there."""
    document = _document()
    document["events"]["ec2:Op"] = {
        "tier": "documented",
        "groups": [
            {"each": {"one": "req.added[]"}, "targets": [{"type": "t", "kind": "attach", "id": {"id": "one"}}]},
            {"each": {"one": "req.removed[]"}, "targets": [{"type": "t", "kind": "detach", "id": {"id": "one"}}]},
            [{"type": "t", "id": {"id": "req.self"}, "when": {"req.mode": ["on", None]}, "set": {"a": "req.value"}}],
        ],
    }
    rule = build_catalog(document, "x").events["ec2:Op"]

    def claimed(request: dict[str, Any]) -> list[tuple[str, str]]:
        groups = groups_of(rule, Document({"req": request}))
        return [(target.act.value, target.identity["id"]) for group in groups for target in group]

    assert claimed({"added": ["a", "b"]}) == [("create", "a"), ("create", "b")]
    assert claimed({"removed": ["c"], "self": "s", "value": 1}) == [("delete", "c"), ("update", "s")]
    assert claimed({"self": "s", "value": 1, "mode": "ON"}) == [("update", "s")]
    assert claimed({"self": "s", "value": 1, "mode": "off"}) == []


def test_a_condition_may_name_several_places_and_an_empty_element() -> None:
    """S3 switches something on by an element with nothing in it; that no part of a call is there is one condition."""
    document = _document()
    document["events"]["ec2:Op"] = {
        "tier": "documented",
        "targets": [
            {**TARGET, "kind": "create", "id": {"id": "req.id"}, "set": {}, "when": {"req.a|req.b": ["*", ""]}},
            {**TARGET, "kind": "delete", "id": {"id": "req.id"}, "set": {}, "when": {"req.a|req.b": None}},
        ],
    }
    rule = build_catalog(document, "x").events["ec2:Op"]

    def acts(request: dict[str, Any]) -> list[str]:
        groups = groups_of(rule, Document({"req": {"id": "i", **request}}))
        return [target.act.value for group in groups for target in group]

    assert acts({}) == ["delete"]
    assert acts({"b": 1}) == ["create"]
    assert acts({"a": "", "b": 1}) == ["create"]
    assert acts({"a": ""}) == ["create", "delete"]
