"""Reading the state format."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_tfstate import errors
from ingest_tfstate.record.records import StateSnapshot, first_records
from ingest_tfstate.resource.instances import KnownInstance, OwnPlace, quote
from ingest_tfstate.resource.place import places
from ingest_tfstate.state.v4 import parse_state
from tests.ingest_tfstate.states import REDACTOR, START, resource, state
from tfdrift.subjects import Provider

GOOD = resource("aws_eip.good", id="e")


def test_addresses_are_spelled_as_terraform_prints_them() -> None:
    """Modules, count and for_each keys stand in the address, quoted as HCL quotes."""
    counted = resource("aws_subnet.private", id="a")
    counted["instances"] = [{"index_key": 0, "attributes": {}}, {"index_key": 1, "attributes": {}}]
    keyed = resource("aws_iam_user.all", id="b") | {"module": 'module.team["core"].module.people'}
    keyed["instances"] = [{"index_key": key, "attributes": {}} for key in ("o'neil", 'a"b\\c', "${x}", "tab\t", "é")]
    found = parse_state(state(counted, keyed, resource("aws_vpc.main", id="vpc-1")))
    assert list(found.instances) == [
        "aws_subnet.private[0]",
        "aws_subnet.private[1]",
        'module.team["core"].module.people.aws_iam_user.all["o\'neil"]',
        'module.team["core"].module.people.aws_iam_user.all["a\\"b\\\\c"]',
        'module.team["core"].module.people.aws_iam_user.all["$${x}"]',
        'module.team["core"].module.people.aws_iam_user.all["tab\\t"]',
        'module.team["core"].module.people.aws_iam_user.all["é"]',
        "aws_vpc.main",
    ]
    assert found.instances["aws_vpc.main"].id == "vpc-1"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("", '""'), ("%{if}", '"%%{if}"'), ("$5", '"$5"'), ("\u2028", '"\\u2028"'), ("\U000e0001", '"\\U000e0001"')],
)
def test_quoting_follows_terraform(text: str, quoted: str) -> None:
    """Template marks are doubled and what cannot be printed is escaped, as addrs/instance_key.go does."""
    assert quote(text) == quoted


def test_data_sources_and_deposed_objects_are_counted_apart() -> None:
    """Neither is a managed instance, and a deposed object does not hide its successor."""
    replaced = resource("aws_instance.web", id="i-new")
    replaced["instances"].append({"deposed": "0a1b2c3d", "attributes": {"id": "i-old"}})
    found = parse_state(state(replaced, resource("aws_ami.ubuntu", mode="data", id="ami-1")))
    assert (list(found.instances), found.data_source_count, found.deposed_count) == (["aws_instance.web"], 1, 1)
    assert found.instances["aws_instance.web"].id == "i-new"


def test_the_legacy_flat_attributes_are_read() -> None:
    """States that no provider has upgraded since 0.11 carry attributes_flat."""
    old = resource("aws_eip.one")
    old["instances"] = [{"attributes_flat": {"id": "eipalloc-1", "tags.%": "1"}}]
    assert parse_state(state(old)).instances["aws_eip.one"].id == "eipalloc-1"


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (b"", errors.Truncated),
        (b"  \n", errors.Truncated),
        (b"[]", errors.Malformed),
        (b"null", errors.Malformed),
        (b'{"version": 4, "serial": NaN}', errors.Malformed),
        (b"[" * 5000 + b"]" * 5000, errors.Malformed),
        (b'{"version": 4, "serial": "7", "lineage": "x"}', errors.Malformed),
        (b'{"version": 4, "serial": -7}', errors.Malformed),
        (b'{"version": true}', errors.Malformed),
        (b'{"hello": "world"}', errors.Malformed),
        (state(resource("aws_vpc.a"), resource("aws_vpc.a")), errors.Malformed),
        (state({"mode": "managed", "instances": [{}]}), errors.Malformed),
        (state(resource("aws_vpc.a", mode="imagined")), errors.Malformed),
        (state(resources={}), errors.Malformed),
        (state(version=5), errors.FutureVersion),
        (state(version=3), errors.Malformed),
        (state(version=2), errors.OldVersion),
        (b'{"meta": {}, "encrypted_data": "x", "encryption_version": "v0"}', errors.Encrypted),
        (b'{"lineage": "\xff"}', errors.Malformed),
    ],
)
def test_what_is_no_state_is_a_named_condition(data: bytes, condition: type[errors.StateError]) -> None:
    """Each way of being wrong has a name of its own and a message."""
    with pytest.raises(condition) as raised:
        parse_state(data)
    assert type(raised.value) is condition
    assert str(raised.value)


def nested(depth: int) -> Any:
    """A list in a list, and so on."""
    return [] if depth == 0 else [nested(depth - 1)]


@pytest.mark.parametrize(
    "unreadable",
    [
        state(resource("aws_vpc.a", x=nested(100)), GOOD),
        state(resource("aws_vpc.a"), GOOD).replace(b'"attributes": {}', b'"attributes": []'),
        state(resource("aws_vpc.a"), GOOD).replace(b'"private"', b'"sensitive_attributes": 7, "private"', 1),
    ],
)
def test_an_instance_that_cannot_be_read_concerns_it_alone(unreadable: bytes) -> None:
    """Its address is known, with the reason, and the other one is read."""
    found = parse_state(unreadable)
    assert list(found.instances) == ["aws_eip.good"]
    assert list(found.unreadable) == ["aws_vpc.a"]
    assert "aws_vpc.a" in found
    assert found.resource_count == 2


def test_instances_that_are_known_are_not_parsed_again() -> None:
    """Only the bytes that changed are; the same resource in another state, or twice there, is another one."""
    first = parse_state(state(resource("aws_vpc.a", v=1), GOOD))
    own = OwnPlace(Provider.AWS, "", None, None, False)
    known = {one.digest: KnownInstance(one.address, one.type, one.digest, own) for one in first.instances.values()}
    second = parse_state(state(resource("aws_vpc.a", v=2), GOOD, serial=2), known)
    assert (list(second.instances), list(second.unchanged)) == (["aws_vpc.a"], ["aws_eip.good"])
    assert (second.resource_count, second.types()) == (2, {"aws_eip": 1, "aws_vpc": 1})
    moved = parse_state(state(resource("aws_vpc.b", v=1), GOOD | {"module": "module.m"}, serial=3), known)
    assert (sorted(moved.instances), moved.unchanged) == (["aws_vpc.b", "module.m.aws_eip.good"], {})
    assert second.parsed_whole is not None
    assert sorted(second.parsed_whole().instances) == ["aws_eip.good", "aws_vpc.a"]
    with pytest.raises(errors.Malformed, match=r"aws_eip\.good is in the state twice"):
        parse_state(state(GOOD, GOOD), known)


def test_a_state_cut_anywhere_is_truncated() -> None:
    """A half-written file is never taken for a whole one, nor for a malformed one."""
    whole = state(resource("aws_iam_user.é", name="Zoë", n=[1.5, True, None])).decode()
    data = json.dumps(json.loads(whole), ensure_ascii=False).encode()
    for length in range(len(data)):
        with pytest.raises(errors.Truncated):
            parse_state(data[:length])


TEXTS = st.sampled_from(["mode", "managed", "type", "name", "instances", "attributes", "index_key", "", "é"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"version": st.just(4), "serial": st.just(1)}, optional={"resources": JSON}))
def test_any_json_is_a_state_or_a_condition(document: dict[str, Any]) -> None:
    """Whatever stands where resources should be, the answer is a state or a named condition."""
    with suppress(errors.ContentError):
        assert parse_state(json.dumps(document).encode()).serial == 1


def managed_instances(document: dict[str, Any]) -> int:
    """How many instances a state of version 3 or 4 holds, other than data sources and deposed ones."""
    if document["version"] == 3:
        return sum(not name.startswith("data.") for module in document["modules"] for name in module["resources"])
    managed = [resource for resource in document["resources"] if resource["mode"] == "managed"]
    return sum("deposed" not in instance for resource in managed for instance in resource["instances"])


def test_every_state_of_the_corpus_gives_a_record_for_each_instance(corpus: Path) -> None:
    """Real states of three clouds are read, placed, redacted and recorded."""
    files = sorted((corpus / "tfstate").rglob("*.tfstate"))
    assert files
    for file in files:
        document = json.loads(file.read_bytes())
        found = parse_state(file.read_bytes())
        assert len(found.instances) == managed_instances(document), file
        snapshot = StateSnapshot("w", "file:///w", found, "", START, START)
        records = list(first_records(snapshot, START, REDACTOR))
        assert {record.address for record in records} == set(found.instances)
        for place in places(found.instances.values()).values():
            assert place.account_id is None or place.provider != "aws" or len(place.account_id) == 12
        assert all(len(record.encode()) < 1024 * 1024 for record in records)
