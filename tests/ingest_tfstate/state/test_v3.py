"""States of Terraform 0.7 to 0.11."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest

from ingest_tfstate import errors
from ingest_tfstate.record.records import check_order
from ingest_tfstate.state.v4 import parse_state
from tests.ingest_tfstate.states import LINEAGE, Bucket, resource, state
from tfdrift.records import hidden_hash

ROOT = ["root"]


def legacy(identifier: str, **attributes: str) -> dict[str, Any]:
    """A resource of a module as Terraform 0.11 wrote it; ``__`` in a name stands for a dot."""
    flat = {name.replace("__", "."): value for name, value in attributes.items()}
    return {
        "type": "aws_thing",
        "depends_on": [],
        "primary": {"id": identifier, "attributes": {"id": identifier, **flat}, "meta": {}, "tainted": False},
        "deposed": [],
        "provider": "provider.aws.west",
    }


def state_v3(*modules: tuple[list[str], dict[str, Any]], serial: int = 1, **members: Any) -> bytes:
    """A state of modules by their paths."""
    outputs = {"root": {"sensitive": True, "type": "string", "value": "hunter2"}}
    document = {
        "version": 3,
        "terraform_version": "0.11.14",
        "serial": serial,
        "lineage": LINEAGE,
        "modules": [
            {"path": path, "outputs": outputs, "resources": found, "depends_on": []} for path, found in modules
        ],
    }
    return json.dumps(document | members, indent=4).encode()


def test_addresses_are_those_of_version_4() -> None:
    """The modules' path, and the index of count in brackets."""
    found = parse_state(
        state_v3(
            (
                ROOT,
                {"aws_vpc.main": legacy("vpc-1"), "aws_subnet.private.0": legacy("s-0"), "data.aws_ami.x": legacy("a")},
            ),
            (["root", "net", "eu-west"], {"aws_eip.nat.11": legacy("e-11"), "data.aws_ami.y.1": legacy("a")}),
        )
    )
    assert {address: instance.id for address, instance in found.instances.items()} == {
        "aws_vpc.main": "vpc-1",
        "aws_subnet.private[0]": "s-0",
        "module.net.module.eu-west.aws_eip.nat[11]": "e-11",
    }
    assert (found.data_source_count, found.deposed_count, found.lineage) == (2, 0, LINEAGE)
    assert (found.serial, found.terraform_version) == (1, "0.11.14")
    assert found.instances["aws_subnet.private[0]"].type == "aws_subnet"
    assert found.instances["aws_subnet.private[0]"].name == "private"


def test_deposed_and_tainted_instances() -> None:
    """What is deposed is counted, alone or behind its successor; what is tainted is there."""
    replaced = legacy("i-new") | {"deposed": [{"id": "i-old", "attributes": {}}]}
    replaced["primary"]["tainted"] = True
    waiting = legacy("x") | {"primary": None, "deposed": [{"id": "i-1"}, {"id": "i-2"}]}
    found = parse_state(state_v3((ROOT, {"aws_instance.web": replaced, "aws_instance.gone": waiting})))
    assert (list(found.instances), found.deposed_count) == (["aws_instance.web"], 3)
    assert found.instances["aws_instance.web"].id == "i-new"


def test_an_id_that_only_the_instance_has_is_an_attribute() -> None:
    """As Terraform 0.12 takes it over."""
    bare = {"type": "aws_eip", "primary": {"id": "eip-1", "attributes": None}}
    (found,) = parse_state(state_v3((ROOT, {"aws_eip.a": bare}))).instances.values()
    assert (found.id, found.attributes) == ("eip-1", {"id": "eip-1"})


def test_region_and_account_are_found_in_flat_attributes() -> None:
    """What places an instance of a later state places one of an old state."""
    bucket = Bucket()
    arn = "arn:aws:sns:eu-central-1:123456789012:alarms"
    bucket.take(state_v3((ROOT, {"aws_sns_topic.a": legacy(arn, arn=arn)})))
    record = bucket.records["aws_sns_topic.a"]
    assert (record.account_id, record.region, record.provider) == ("123456789012", "eu-central-1", "aws")


def test_the_rewriting_by_a_later_version_changes_nothing() -> None:
    """Numbers, booleans and what a flat map leaves out are reported only where they changed."""
    bucket = Bucket()
    old = legacy(
        "i-1", ebs_optimized="false", cpu_count="2", tags__Name="web", sgs__9="sg-b", sgs__3="sg-a", ami="ami-1"
    )
    old["primary"]["attributes"] |= {"tags.%": "1", "sgs.#": "2"}
    bucket.take(state_v3((ROOT, {"aws_instance.web.0": old})))
    new = resource(
        "aws_instance.web",
        id="i-1",
        ebs_optimized=False,
        cpu_count=2,
        tags={"Name": "web"},
        sgs=["sg-b", "sg-a"],
        ami="ami-1",
        key_name=None,
        ebs_block_device=[],
    )
    new["instances"][0]["index_key"] = 0
    assert bucket.take(state(new, serial=2), 1) == []
    record = bucket.records["aws_instance.web[0]"]
    assert (record.attributes["cpu_count"], record.flat, record.changes) == (2, False, ())

    new["instances"][0]["attributes"]["cpu_count"] = 4
    (event,) = bucket.take(state(new, serial=3), 2)
    assert [(c.attribute, c.old_value, c.new_value) for c in event.changes] == [("cpu_count", 2, 4)]


def test_a_change_that_comes_with_the_rewriting_is_reported() -> None:
    """The first apply of a later version may change something, too."""
    bucket = Bucket()
    bucket.take(state_v3((ROOT, {"aws_instance.web": legacy("i-1", cpu_count="2", size="8")})))
    (event,) = bucket.take(state(resource("aws_instance.web", id="i-1", cpu_count=2, size=16), serial=2), 1)
    assert [(c.attribute, c.old_value, c.new_value) for c in event.changes] == [("size", "8", 16)]
    assert bucket.records["aws_instance.web"].changes[0].before == {"size": "8"}


def test_instances_that_no_provider_has_upgraded_yet() -> None:
    """Version 4 keeps the flat map until the first refresh, which then changes nothing."""
    bucket = Bucket()
    flat = resource("aws_eip.one")
    flat["instances"] = [{"schema_version": 0, "attributes_flat": {"id": "eip-1", "vpc": "true", "tags.%": "0"}}]
    bucket.take(state(flat))
    assert bucket.records["aws_eip.one"].attributes == {"id": "eip-1", "vpc": "true", "tags": {}}
    assert bucket.take(state(resource("aws_eip.one", id="eip-1", vpc=True, tags=None), serial=2), 1) == []


def test_secrets_are_hidden_and_equal_their_later_selves() -> None:
    """By name and type, since this format marks nothing; a moved spelling is no change."""
    bucket = Bucket()
    old = legacy("db", password="hunter2", name="main")
    data = legacy("s", data__k="hunter2")
    data["primary"]["attributes"]["data.%"] = "1"
    bucket.take(state_v3((ROOT, {"aws_db_instance.a": old, "kubernetes_secret.b": data})))
    written = b"".join(record.encode() for record in bucket.records.values())
    assert b"hunter2" not in written
    assert hidden_hash(bucket.records["aws_db_instance.a"].attributes["password"])
    new = resource("aws_db_instance.a", id="db", password="hunter2", name="main")
    assert bucket.take(state(new, resource("kubernetes_secret.b", id="s", data={"k": "hunter2"}), serial=2), 1) == []


@pytest.mark.parametrize(
    "data",
    [
        state_v3(modules=None),
        state_v3(modules={}),
        state_v3(modules=["x"]),
        state_v3((["net"], {})),
        state_v3((["root", ""], {})),
        state_v3((["root", 7], {})),  # type: ignore[list-item]
        state_v3((ROOT, {"aws_vpc": legacy("a")})),
        state_v3((ROOT, {"aws_vpc.a.b": legacy("a")})),
        state_v3((ROOT, {"a.b.0.1": legacy("a")})),
        state_v3((ROOT, {"aws_vpc.a": "x"})),  # type: ignore[dict-item]
        state_v3((ROOT, {"aws_vpc.a": {"primary": {"attributes": []}}})),
        state_v3((ROOT, {"aws_vpc.a": {"primary": [], "type": "x"}})),
        state_v3((ROOT, {"aws_vpc.a": legacy("a") | {"provider": 7}})),
        state_v3((ROOT, {"aws_vpc.a": legacy("a")}), (ROOT, {"aws_vpc.a": legacy("a")})),
        state_v3(serial=-1),
    ],
)
def test_what_is_not_of_the_format_is_malformed(data: bytes) -> None:
    """Each is one sentence, and nothing is half taken."""
    with pytest.raises(errors.Malformed) as raised:
        parse_state(data)
    assert str(raised.value)


@pytest.mark.parametrize(("before", "after", "allowed"), [("", "a", True), ("a", "a", True), ("a", "b", False)])
def test_a_state_without_lineage_may_be_given_one(before: str, after: str, allowed: bool) -> None:
    """Terraform before 0.8 wrote none."""
    bucket = Bucket()
    bucket.take(state_v3(lineage=before))
    with nullcontext() if allowed else pytest.raises(errors.LineageChanged):
        check_order(parse_state(state(serial=2, lineage=after)), bucket.head)


def test_a_backends_record_is_no_empty_state() -> None:
    """Terraform still writes version 3 into .terraform, with the backend's settings and no resources."""
    backend = {"type": "s3", "config": {"bucket": "states", "secret_key": "hunter2"}, "hash": 1}
    with pytest.raises(errors.NotAState) as raised:
        parse_state(state_v3((ROOT, {}), backend=backend))
    assert "hunter2" not in str(raised.value)
