"""The flat maps of Terraform before 0.12."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_tfstate.errors import TooDeep
from ingest_tfstate.record.diff import diff
from ingest_tfstate.resource.flat_map import like, nested

GROUP = {
    "id": "sg-1",
    "ingress.#": "2",
    "ingress.2214680975.cidr_blocks.#": "2",
    "ingress.2214680975.cidr_blocks.0": "10.0.0.0/8",
    "ingress.2214680975.cidr_blocks.1": "192.168.0.0/16",
    "ingress.2214680975.from_port": "80",
    "ingress.2214680975.self": "false",
    "ingress.482069346.cidr_blocks.#": "0",
    "ingress.482069346.from_port": "22",
    "ingress.482069346.self": "true",
    "tags.%": "2",
    "tags.Name": "web",
    "tags.kubernetes.io/cluster/a.b": "owned",
}


def test_sets_lists_and_maps_are_nested_as_a_later_state_has_them() -> None:
    """Elements of sets in the order of their hashes, of lists in that of their indices; names of a map keep dots."""
    assert nested(GROUP) == {
        "id": "sg-1",
        "ingress": [
            {"cidr_blocks": [], "from_port": "22", "self": "true"},
            {"cidr_blocks": ["10.0.0.0/8", "192.168.0.0/16"], "from_port": "80", "self": "false"},
        ],
        "tags": {"Name": "web", "kubernetes.io/cluster/a.b": "owned"},
    }


@pytest.mark.parametrize(
    ("flat", "expected"),
    [
        ({}, {}),
        ({"a": ""}, {"a": ""}),
        ({"a.#": "0", "b.%": "0"}, {"a": [], "b": {}}),
        ({"a.#": "11", **{f"a.{n}": str(n) for n in range(11)}}, {"a": [str(n) for n in range(11)]}),
        ({"a.#": "1", "a.0.b.%": "1", "a.0.b.c.d": "x"}, {"a": [{"b": {"c.d": "x"}}]}),
        ({"a.#": "1", "a.0.#": "1", "a.0.0": "x"}, {"a": [["x"]]}),
        ({"a.#": "1", "a.0.%": "1", "a.0.k.l": "x"}, {"a": [{"k.l": "x"}]}),
        ({"tags.#": "1", "tags.Name": "web"}, {"tags": {"Name": "web"}}),
        ({"a.b": "x"}, {"a": {"b": "x"}}),
        ({"a.#": "1", "a.0": "", "a.0.b": "x"}, {"a": [{"b": "x"}]}),
        ({"a.#": "2", "a.1.b": "x"}, {"a": [{}, {"b": "x"}]}),
        ({"a.#": "900000000"}, {"a": []}),
        ({"a.#": "x", "a.7": "y"}, {"a": ["y"]}),
    ],
)
def test_shapes(flat: dict[str, str], expected: dict[str, Any]) -> None:
    """The keys that are there count, beside a few blocks that hold nothing; before 0.7 maps were counted like lists."""
    assert nested(flat) == expected


def test_a_name_without_end_is_a_condition() -> None:
    """Steps that no schema has are refused instead of exhausting the stack."""
    with pytest.raises(TooDeep):
        nested({"a." * 5000 + "b": "x"})


TYPED = {
    "id": "sg-1",
    "description": None,
    "ingress": [
        {"cidr_blocks": ["10.0.0.0/8", "192.168.0.0/16"], "from_port": 80, "ipv6_cidr_blocks": [], "self": False},
        {"cidr_blocks": [], "from_port": 22, "ipv6_cidr_blocks": None, "self": True},
    ],
    "revoke_rules_on_delete": False,
    "tags": {"Name": "web", "kubernetes.io/cluster/a.b": "owned"},
    "timeouts": {},
}


def test_the_same_values_with_their_types_are_no_change() -> None:
    """Numbers, booleans, the order of sets and the spellings of unset."""
    assert like(nested(GROUP), TYPED) == TYPED


def test_only_what_changed_is_a_change() -> None:
    """Among elements in another order, the one that differs is compared with the one that took its place."""
    changed = {**TYPED, "ingress": [{**TYPED["ingress"][0], "from_port": 443}, TYPED["ingress"][1]]}  # type: ignore[index]
    changes = diff(like(nested(GROUP), changed), changed)
    assert [(c.attribute, c.old_value, c.new_value) for c in changes] == [("ingress[0].from_port", "80", 443)]


@pytest.mark.parametrize(
    ("flat", "typed"),
    [
        ("8", 9),
        ("8", "9"),
        ("true", False),
        ("1.5", 1.25),
        ("x", None),
        (["a"], ["b"]),
        (["a"], ["a", "b"]),
        ("a", ["a"]),
    ],
)
def test_what_differs_stays_different(flat: Any, typed: Any) -> None:
    """Nothing is taken for the same that is not."""
    assert diff({"a": like(flat, typed)}, {"a": typed})


@pytest.mark.parametrize(
    ("flat", "typed"),
    [("8", 8), ("8", 8.0), ("1.5", 1.5), ("true", True), ("100000000000000000000000", 1e23), ("0.00001", 1e-05)],
)
def test_a_text_is_the_number_that_it_spells(flat: str, typed: Any) -> None:
    """As Terraform printed numbers: without an exponent."""
    assert like(flat, typed) == typed


def flattened(value: Any, name: str = "") -> dict[str, str]:
    """What Terraform 0.11 would have written of attributes: everything a list or a map, nothing that is null.

    An object that stands in a list is a block, and one that stands under a name a map.
    """
    if isinstance(value, dict):
        found = [flattened(inner, f"{name}.{key}" if name else key) for key, inner in value.items()]
        if name and not name.rpartition(".")[2].isdecimal():
            found.append({f"{name}.%": str(len(value))})
    elif isinstance(value, list):
        found = [{f"{name}.#": str(len(value))}, *(flattened(inner, f"{name}.{n}") for n, inner in enumerate(value))]
    elif isinstance(value, bool):
        found = [{name: "true" if value else "false"}]
    else:
        found = [] if value is None else [{name: str(value)}]
    return {key: text for part in found for key, text in part.items()}


SCALARS = st.none() | st.booleans() | st.integers(2, 99) | st.sampled_from(["x", "y"])
BLOCKS = st.lists(st.dictionaries(st.sampled_from(["p", "q"]), SCALARS, min_size=1, max_size=2), max_size=3)
ATTRIBUTES = st.dictionaries(st.sampled_from(["a", "b", "c"]), SCALARS | BLOCKS | st.lists(st.sampled_from("xy")))


@given(ATTRIBUTES)
def test_flattening_loses_nothing_that_is_reported(attributes: dict[str, Any]) -> None:
    """Whatever the attributes, their flat map is no change to them."""
    assert diff(like(nested(flattened(attributes)), attributes), attributes) == ()
