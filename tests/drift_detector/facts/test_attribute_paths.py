"""Attribute paths: written, read, and looked up in a record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift_detector.facts.attribute_paths import format_attribute, located, parse_attribute, read, recorded, spells
from drift_detector.facts.no_value import MISSING

ATTRIBUTES: dict[str, Any] = {
    "instance_type": "t3.micro",
    "key_name": None,
    "root_block_device": [{"volume_size": 8}],
    "ebs_block_device": [],
    "tags": {"Env": "dev", "a.b/c": "x"},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("instance_type", "t3.micro"),
        ("key_name", None),
        ("root_block_device[0].volume_size", 8),
        ("tags.Env", "dev"),
        ('tags["a.b/c"]', "x"),
        ("ami", MISSING),
        ("ebs_block_device[0].volume_size", MISSING),
        ("key_name.x", MISSING),
        ("root_block_device[*].volume_size", [8]),
        ("root_block_device[*].iops", []),
        ("ebs_block_device[*].volume_size", []),
        ("key_name[*].x", MISSING),
        ("tags.Owner", MISSING),
    ],
)
def test_a_path_is_read_and_missing_is_not_null(path: str, value: Any) -> None:
    """Null is a value of a state; a place that is not there is none."""
    found = read(ATTRIBUTES, path)
    assert found is value if value is MISSING else found == value


@pytest.mark.parametrize(
    ("path", "is_spelled"),
    [
        ("key_name", True),
        ("ami", False),
        ("root_block_device[0].volume_size", True),
        ("root_block_device[0].throughput", False),
        ("root_block_device[1].throughput", True),
        ("ebs_block_device[0].volume_size", True),
        ("key_name.x", True),
        ("tags.Owner", True),
    ],
)
def test_what_an_older_provider_does_not_know_is_not_spelled(path: str, is_spelled: bool) -> None:
    """A block that is there has all its members; a map need not have a key, and no block tells of no member."""
    assert spells(ATTRIBUTES, path) is is_spelled


def test_every_element_is_written_as_it_is_read() -> None:
    """An identity may be that of any element of a list."""
    path = "ebs_block_device[*].volume_id"
    assert format_attribute(*parse_attribute(path)) == path


def test_a_tag_that_the_provider_adds_is_recorded() -> None:
    """Default tags are in tags_all alone, and the cloud has them."""
    attributes = {"tags": {"Env": "dev"}, "tags_all": {"Env": "dev", "Owner": "ops"}}
    assert recorded(attributes, "tags.Owner") == "ops"
    assert recorded({"tags": {"Env": "dev"}}, "tags.Env") == "dev"


def test_a_label_that_the_provider_adds_is_recorded() -> None:
    """Google's provider adds its own too, under another name than AWS'; before version 5 it knew no such."""
    attributes = {"labels": {"env": "dev"}, "effective_labels": {"env": "dev", "team": "ops"}}
    assert recorded(attributes, "labels") == {"env": "dev", "team": "ops"}
    assert recorded({"labels": {"env": "dev"}}, "labels") == {"env": "dev"}


POD: dict[str, Any] = {"spec": [{"container": [{"name": "a"}, {"name": "b", "env": [{"name": "X", "value": "1"}]}]}]}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("spec[0].container.b.env.X.value", "spec[0].container[1].env[0].value"),
        ("spec[0].container[1].env.X.value", "spec[0].container[1].env[0].value"),
        ("spec[0].container.b.env.Y.value", "spec[0].container[1].env.Y.value"),
        ("spec[0].container.c.image", "spec[0].container.c.image"),
        ("spec[9].container.a.image", "spec[9].container.a.image"),
        ("metadata[0].labels.a", "metadata[0].labels.a"),
    ],
)
def test_an_element_is_found_by_its_name(path: str, place: str) -> None:
    """A call may name what a state has in an order; what is not there keeps its name, and leads nowhere."""
    assert located(POD, path) == place
    if path == place:
        assert read(POD, path) is MISSING


@given(st.text())
def test_any_tag_key_has_a_path_that_leads_back(key: str) -> None:
    """A tag's key may hold anything: dots, quotes, brackets, nothing."""
    path = format_attribute("tags", key)
    assert parse_attribute(path) == ("tags", key)
    assert read({"tags": {key: "v"}}, path) == "v"


@pytest.mark.parametrize("path", ["", "[0].a", "a..b", "a[", 'a["b', "a b", "a[0]b"])
def test_a_malformed_path_is_refused(path: str) -> None:
    """A slip in the mapping is found when it is loaded."""
    with pytest.raises(ValueError, match="is not an attribute path"):
        parse_attribute(path)
