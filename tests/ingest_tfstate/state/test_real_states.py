"""What real states of three clouds come to: read again, changed in one place, and as an older format."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ingest_tfstate.resource.test_flat_map import flattened
from tests.ingest_tfstate.states import Bucket

Document = dict[str, Any]


@pytest.fixture
def states(corpus: Path) -> list[Document]:
    """The corpus' states of version 4."""
    found = [json.loads(file.read_bytes()) for file in sorted((corpus / "tfstate").rglob("*.tfstate"))]
    assert found
    return [document for document in found if document["version"] == 4]


def next_serial(document: Document) -> Document:
    """A copy that follows."""
    return {**json.loads(json.dumps(document)), "serial": document["serial"] + 1}


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON with its members in another order."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    return [shuffled(inner, chance) for inner in value] if isinstance(value, list) else value


def test_a_state_that_is_written_anew_is_no_change(states: list[Document]) -> None:
    """Other white space and another order of members and of resources are no change."""
    chance = random.Random(7)
    for document in states:
        bucket = Bucket()
        bucket.take(json.dumps(document).encode())
        again = shuffled(next_serial(document), chance)
        chance.shuffle(again["resources"])
        assert bucket.take(json.dumps(again, indent=3, ensure_ascii=False).encode(), 1) == []
        assert bucket.written == []


def texts(document: Document) -> Iterator[tuple[dict[str, Any], str]]:
    """Every attribute of a managed instance that is a text, with its holder."""
    for resource in document["resources"]:
        for instance in resource["instances"] if resource["mode"] == "managed" else ():
            for name, value in (instance.get("attributes") or {}).items():
                if isinstance(value, str) and name != "id":
                    yield instance["attributes"], name


def test_one_changed_attribute_is_one_change(states: list[Document]) -> None:
    """Exactly the changed attribute is reported, for every attribute of every instance."""
    for document in states:
        bucket = Bucket()
        bucket.take(json.dumps(document).encode())
        changed = next_serial(document)
        for minutes, (attributes, name) in enumerate(texts(changed), 1):
            attributes[name] += "-changed"
            changed["serial"] += 1
            (event,) = bucket.take(json.dumps(changed).encode(), minutes)
            assert [change.attribute for change in event.changes] == [name]


def as_version_3(document: Document) -> Document:
    """The state as Terraform 0.11 would have written it."""
    modules: dict[str, dict[str, Any]] = {}
    for resource in document["resources"]:
        found = modules.setdefault(resource.get("module", ""), {})
        for instance in resource["instances"]:
            if isinstance(instance.get("index_key"), str):
                continue
            name = f"{resource['type']}.{resource['name']}"
            name = f"data.{name}" if resource["mode"] == "data" else name
            index = instance.get("index_key")
            attributes = flattened(instance.get("attributes") or {})
            primary = {"id": attributes.get("id", ""), "attributes": attributes}
            found[name if index is None else f"{name}.{index}"] = {"type": resource["type"], "primary": primary}
    return {
        "version": 3,
        "serial": document["serial"],
        "lineage": document["lineage"],
        "modules": [
            {"path": ["root", *(step for step in module.split(".") if step not in ("", "module"))], "resources": found}
            for module, found in modules.items()
            if "[" not in module
        ],
    }


def test_real_attributes_survive_the_older_format(states: list[Document]) -> None:
    """A state of version 3 that Terraform 0.12 rewrites changes nothing, whatever its providers hold."""
    for document in states:
        bucket = Bucket()
        bucket.take(json.dumps(as_version_3(document)).encode())
        held = set(bucket.records)
        events = bucket.take(json.dumps(next_serial(document)).encode(), 1)
        assert [event for event in events if event.resource in held] == []
