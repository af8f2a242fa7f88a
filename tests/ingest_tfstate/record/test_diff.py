"""What changed, as attribute paths, and as events of the records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_tfstate.record.diff import diff, same
from tests.ingest_tfstate.states import LINEAGE, Bucket, resource, state
from tfdrift.events import StateAction


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": 1}, {}, [("a", 1, None)]),
        ({}, {"a": None}, []),
        ({"tags": {"Env": "p"}}, {"tags": {"Env": "q"}}, [("tags.Env", "p", "q")]),
        ({"tags": {"a.b/c": "p"}}, {"tags": {}}, [('tags["a.b/c"]', "p", None)]),
        ({"tags": None}, {"tags": {"Env": "q"}}, [("tags", None, {"Env": "q"})]),
        (
            {"root_block_device": [{"volume_size": 8, "type": "gp3"}]},
            {"root_block_device": [{"volume_size": 9, "type": "gp3"}]},
            [("root_block_device[0].volume_size", 8, 9)],
        ),
        ({"ids": ["a", "b"]}, {"ids": ["a", "c"]}, [("ids", ["a", "b"], ["a", "c"])]),
        ({"rule": [{"p": 1}]}, {"rule": [{"p": 1}, {"p": 2}]}, [("rule", [{"p": 1}], [{"p": 1}, {"p": 2}])]),
        ({"rule": [{"cidrs": ["x"]}]}, {"rule": [{"cidrs": ["y"]}]}, [("rule[0].cidrs", ["x"], ["y"])]),
        (
            {"rule": [{"k": {"tfdrift:sensitive": "1"}}]},
            {"rule": []},
            [("rule", [{"k": "(sensitive)"}], [])],
        ),
        ({"b": {"tfdrift:oversized": "1"}}, {"b": "small"}, [("b", "(oversized)", "small")]),
        ({"b": {"tfdrift:sensitive": "1"}}, {"b": "plain"}, [("b", "(sensitive)", "(sensitive)")]),
        ({"b": {"tfdrift:sensitive": "1"}}, {"b": None}, [("b", "(sensitive)", None)]),
    ],
)
def test_paths(before: dict[str, Any], after: dict[str, Any], changes: list[tuple[str, Any, Any]]) -> None:
    """Maps by key, equally long lists of objects by index, all other lists as one value."""
    assert [(c.attribute, c.old_value, c.new_value) for c in diff(before, after)] == changes


NAMES = st.sampled_from(["", "a", "b", "a.b", "ab"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
MAPS = st.dictionaries(NAMES, VALUES, max_size=4)


def without_nulls(value: Any) -> Any:
    """An absent member and a null are the same to Terraform."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


@given(MAPS)
def test_a_map_does_not_differ_from_itself(value: dict[str, Any]) -> None:
    """No change, no event."""
    assert diff(value, value) == ()


@given(MAPS, MAPS)
def test_every_difference_is_reported_and_the_way_back_is_its_mirror(a: dict[str, Any], b: dict[str, Any]) -> None:
    """Each path is reported once, and only for a difference."""
    forth, back = diff(a, b), diff(b, a)
    assert bool(forth) == (not same(without_nulls(a), without_nulls(b)))
    assert all(not same(change.old_value, change.new_value) for change in forth)
    assert len({change.attribute for change in forth}) == len(forth)
    assert [(c.attribute, c.new_value, c.old_value) for c in back] == [
        (c.attribute, c.old_value, c.new_value) for c in forth
    ]


def test_the_first_sight_has_no_past() -> None:
    """What was there before we looked did not just happen."""
    bucket = Bucket()
    assert bucket.take(state(resource("aws_vpc.a", id="vpc-1"))) == []
    assert bucket.records["aws_vpc.a"].changes == ()


def test_a_new_serial_reports_what_it_created_modified_and_deleted() -> None:
    """One event a resource, with the workspace's lineage and serial, and the moment the state was written."""
    bucket = Bucket()
    bucket.take(state(resource("aws_vpc.kept", id="1", cidr="a"), resource("aws_vpc.gone", id="2")))
    events = bucket.take(
        state(resource("aws_vpc.kept", id="1", cidr="b"), resource("aws_vpc.new", id="3"), serial=43), 5
    )
    assert {(e.resource, e.action, e.resource_id) for e in events} == {
        ("aws_vpc.kept", StateAction.MODIFIED, "1"),
        ("aws_vpc.new", StateAction.CREATED, "3"),
        ("aws_vpc.gone", StateAction.DELETED, "2"),
    }
    assert {(e.serial, e.lineage, e.workspace, e.resource_type) for e in events} == {(43, LINEAGE, "prod", "aws_vpc")}
    assert len({e.id for e in events}) == 3
    kept, gone = bucket.records["aws_vpc.kept"], bucket.records["aws_vpc.gone"]
    assert (kept.attributes["cidr"], kept.changes[0].before, kept.changes[0].serial) == ("b", {"cidr": "a"}, 43)
    assert gone.removed is not None
    assert (gone.removed.serial, gone.attributes["id"]) == (43, "2")


def test_an_unchanged_resource_is_not_written_again() -> None:
    """A serial that changes one of many resources writes one record."""
    bucket = Bucket()
    bucket.take(state(*(resource(f"aws_vpc.n{n}", id=str(n), v=0) for n in range(20))))
    bucket.take(state(*(resource(f"aws_vpc.n{n}", id=str(n), v=int(n == 7)) for n in range(20)), serial=2), 1)
    assert [record.address for record in bucket.written] == ["aws_vpc.n7"]


def test_a_moved_resource_keeps_its_history() -> None:
    """The same type and id at another address is one event, and no creation or deletion."""
    bucket = Bucket()
    bucket.take(state(resource("aws_vpc.old", id="vpc-1", cidr="a")))
    bucket.take(state(resource("aws_vpc.old", id="vpc-1", cidr="b"), serial=2), 1)
    (event,) = bucket.take(state(resource("aws_vpc.new", id="vpc-1", cidr="c"), serial=3), 2)
    assert (event.action, event.resource, event.previous_address) == (StateAction.MOVED, "aws_vpc.new", "aws_vpc.old")
    assert [(c.attribute, c.old_value, c.new_value) for c in event.changes] == [("cidr", "b", "c")]
    assert [c.before for c in bucket.records["aws_vpc.new"].changes] == [{"cidr": "a"}, {"cidr": "b"}]
    assert bucket.records["aws_vpc.old"].removed is not None


def test_a_removed_resource_that_returns_is_created_again() -> None:
    """The tombstone gives way, and its history stays."""
    bucket = Bucket()
    one = resource("aws_vpc.a", id="vpc-1", cidr="a")
    bucket.take(state(one))
    bucket.take(state(serial=2), 1)
    (event,) = bucket.take(state(resource("aws_vpc.a", id="vpc-2", cidr="a"), serial=3), 2)
    record = bucket.records["aws_vpc.a"]
    assert (event.action, record.removed, record.changes[-1].created) == (StateAction.CREATED, None, True)


def test_one_serial_written_twice_is_two_changes() -> None:
    """A local backend writes the same serial after every step of an apply, perhaps within one tick of the clock."""
    bucket = Bucket()
    bucket.take(state(resource("aws_vpc.a", id="1", v=0)))
    (first,) = bucket.take(state(resource("aws_vpc.a", id="1", v=1), serial=2), 1)
    (second,) = bucket.take(state(resource("aws_vpc.a", id="1", v=2), serial=2), 1)
    assert first.id != second.id
    assert (second.changes[0].old_value, second.changes[0].new_value) == (1, 2)


RESOURCES = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(1, 3), st.integers(0, 3)), max_size=4)


def made(found: dict[str, tuple[int, int]], serial: int) -> bytes:
    """A state of VPCs by name, each with an id and a value."""
    return state(*(resource(f"aws_vpc.{n}", id=str(i), v=v) for n, (i, v) in found.items()), serial=serial)


@given(RESOURCES, RESOURCES, RESOURCES, st.data())
def test_a_process_that_dies_between_its_steps_loses_and_repeats_nothing(
    first: dict[str, tuple[int, int]],
    second: dict[str, tuple[int, int]],
    third: dict[str, tuple[int, int]],
    data: st.DataObject,
) -> None:
    """Killed after any number of records of a serial, the next process publishes the same events under the same ids."""
    whole, broken = Bucket(), Bucket()
    whole.take(made(first, 1))
    broken.take(made(first, 1))
    expected = whole.take(made(second, 2), 1)

    before = dict(broken.records)
    broken.record(made(second, 2), 1)
    survived = data.draw(st.integers(0, len(broken.written)))
    broken.records = before | {record.address: record for record in broken.written[:survived]}
    assert broken.take(made(second, 2), 1) == expected
    assert broken.records == whole.records
    assert broken.take(made(third, 3), 2) == whole.take(made(third, 3), 2)
