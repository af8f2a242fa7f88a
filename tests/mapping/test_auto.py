"""The generated mapping itself: that it says what its sources say, in the catalog's format, and nothing more."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pytest

pytest.importorskip("botocore", reason="the generator reads botocore's models")

from mapping_generator import summary
from mapping_generator.generate import event_keys, generate
from mapping_generator.match.singletons import SINGLETONS
from mapping_generator.sources import service_model
from mapping_generator.sources.names import fold
from mapping_generator.sources.provider_schema import attribute_names, load_snapshot
from mapping_generator.sources.service_model import Service, load_service, service_names
from mapping_generator.types.resource_names import MEMBER_NAMES

from drift_detector.catalog.compile import build_catalog
from drift_detector.catalog.sources import curated_document

FOLDER = resources.files("drift_detector") / "mapping"
TEXT = (FOLDER / "auto.json").read_text(encoding="utf-8")
AUTO: dict[str, Any] = json.loads(TEXT)
pytestmark = pytest.mark.skipif(
    AUTO["sources"]["botocore"] != service_model.VERSION,
    reason=f"the mapping is of botocore {AUTO['sources']['botocore']}: make mapping moves it",
)


def all_targets(tier: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every target of the mapping with its event, of one tier or of all."""
    for key, event in AUTO["events"].items():
        if tier in (None, event["tier"]):
            for target in event["targets"]:
                yield key, target


def paths_of(source: Any) -> list[str]:
    """The alternative paths of a source."""
    return (source if isinstance(source, str) else source["from"]).split("|")


def test_the_same_sources_give_the_same_bytes() -> None:
    """What is committed is what the generator makes, so a change of it is a change of its sources or rules."""
    assert summary.dumped(generate(load_snapshot())) == TEXT


def test_it_is_of_the_catalogs_format() -> None:
    """The service loads it without a complaint."""
    catalog = build_catalog(AUTO, "auto.json")
    assert len(catalog.events) == len(AUTO["events"])


def test_it_covers_the_greater_part_of_aws() -> None:
    """Type and identity of three thousand operations that change something, in less than 2 MB."""
    assert len(AUTO["events"]) >= 3000
    assert len(TEXT) < 2_000_000


def test_every_type_and_attribute_is_of_the_providers_schema() -> None:
    """A name that no state has would never be met."""
    known = {name: {*attribute_names(attributes), "id"} for name, attributes in load_snapshot().types.items()}
    unknown = set()
    for _, target in all_targets():
        if target["type"] != "*":
            named = {attribute.removesuffix("?") for attribute in target["id"]} - {"@identity", "@only"}
            named |= {attribute.replace("[0]", "") for attribute in target.get("set", ())}
            unknown |= {f"{target['type']}.{attribute}" for attribute in named - known[target["type"]]}
    for name, facts in AUTO["types"].items():
        named = {*facts.get("attributes", ()), *facts.get("identity", ())}
        unknown |= {f"{name}.{attribute}" for attribute in named - known[name]}
        if "parent" in facts:
            assert facts["parent"]["type"] in known
    assert sorted(unknown) == []


def test_every_member_is_of_the_services_model() -> None:
    """A path that no request has would never give a value."""
    operations: dict[str, list[tuple[Service, str]]] = defaultdict(list)
    for name in service_names():
        service = load_service(name)
        for operation in service.operations():
            for key in event_keys(service, operation):
                operations[key].append((service, operation))
    unknown = []
    for key, target in all_targets():
        named = [*target["id"].values(), *target.get("set", {}).values(), *target.get("tags", {}).values()]
        named += AUTO["events"][key].get("each", {}).values()
        unknown += [
            f"{key}: {source}"
            for source in named
            if source not in ("one", {"const": True})
            and not any(_leads(path, *known) for path in paths_of(source) for known in operations[key])
        ]
    assert unknown == []


def _leads(path: str, service: Service, operation: str) -> bool:
    """Whether a path of the mapping leads to a member of an operation's request or response."""
    root, *steps = path.replace("[]", "").split(".")
    if root == "one":
        return True
    members: Mapping[str, Any] = service.request(operation) if root == "req" else service.response(operation)
    for step in steps:
        found = next((one for one in members.values() if step in (one.name, one.spelling)), None)
        if found is None:
            return step in MEMBER_NAMES.values()
        shape = service.element(found.shape)[0] if found.kind == "list" else found.shape
        members = service.members(shape) if found.kind in ("structure", "list") else {}
    return True


def test_every_setting_of_an_account_is_an_operation_and_a_type() -> None:
    """A slip in the table would be a mapping that is missing, which nobody would see."""
    mapped = {(key.partition(":")[2], target["type"]) for key, target in all_targets() if "@only" in target["id"]}
    assert mapped == {(operation, kind) for kind, acts in SINGLETONS.items() for operation in acts}


def test_what_is_weak_claims_nothing() -> None:
    """A guess may say which resource was meant, not what happened to it."""
    loud = [key for key, target in all_targets("auto-weak") if {"kind", "set", "tags"} & target.keys()]
    assert loud == []


def test_only_what_can_be_configured_is_claimed() -> None:
    """A computed attribute is the cloud's to change."""

    def configurable(kind: str, path: str) -> bool:
        attributes, found = load_snapshot().types[kind], None
        for name in path.replace("[0]", "").split("."):
            found = attributes[name]
            attributes = found.members
        return found is not None and found.configurable

    claimed = {(target["type"], path) for _, target in all_targets() for path in target.get("set", ())}
    assert [pair for pair in sorted(claimed) if not configurable(*pair)] == []


@pytest.mark.parametrize(
    "steering",
    ["apply_immediately", "skip_final_snapshot", "force_delete", "force_destroy", "client_token", "dry_run", "region"],
)
def test_what_steers_a_call_is_no_claim(steering: str) -> None:
    """It would be reported as a change of the resource."""
    assert [key for key, target in all_targets() if steering in target.get("set", ())] == []


def test_identities_are_compared_in_one_form() -> None:
    """A transform of the recorded name has to be that of every event which gives it, generated or curated."""
    curated = curated_document(FOLDER)["events"]
    written = [*all_targets(), *((key, target) for key in curated for target in curated[key].get("targets", ()))]
    different = set()
    for key, target in written:
        forms = AUTO["types"].get(target["type"], {}).get("identity", {})
        for attribute, source in target["id"].items():
            form = source.get("as") if isinstance(source, dict) else None
            # A name as it is has every form; a curated source may rely on it.
            if form != forms.get(attribute.removesuffix("?")) and (key not in curated or form is not None):
                different.add((key, target["type"], attribute, form))
    assert {one for one in different if one[1] in AUTO["types"] and AUTO["types"][one[1]].get("identity")} == set()


def test_it_agrees_with_what_people_verified() -> None:
    """The honest measure of its precision: the events that the curated mapping has, too."""
    found = summary.agreement(AUTO["events"], curated_document(FOLDER)["events"], "auto-strong")
    assert found.events >= 50
    assert found.same_type / found.events >= 0.97, found.differing
    assert found.same_identity / found.targets >= 0.92, found.differing
    assert found.same_attribute / found.attributes >= 0.97, found.differing


def test_a_change_of_the_sources_is_told() -> None:
    """Who moves a version reads what came of it."""
    after = {
        "sources": {"botocore": "2"},
        "types": {},
        "events": {"s3:A": {"tier": "auto-weak"}, "s3:B": {"tier": "auto-strong"}},
    }
    before = {"sources": {"botocore": "1"}, "types": {}, "events": {"s3:A": {"tier": "auto-strong"}, "s3:C": {}}}
    assert list(summary.changes(before, after)) == [
        "botocore 1 -> 2",
        "events: 1 added, 1 removed, 1 changed",
        "  + s3:B",
        "  - s3:C",
        "  ~ s3:A",
        "types: 0 added, 0 removed, 0 changed",
    ]


def test_names_are_folded_alike_on_both_sides() -> None:
    """The API's capitals and the provider's underscores are the only differences."""
    assert fold("DBInstanceIdentifier") == fold("db_instance_identifier")
