"""Bytes that are a state, and bytes that are something else."""

from __future__ import annotations

import codecs
import gzip
import json
from typing import Any

import pytest

from ingest_tfstate import errors
from ingest_tfstate.state.v4 import parse_state
from tests.ingest_tfstate.states import resource, state

SECRET = "hunter2-correct-horse"
GOOD = state(resource("aws_iam_user.é", name="Zoë"))


def printed(**members: Any) -> bytes:
    """A document as another command or service prints it."""
    return json.dumps(members).encode()


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + GOOD,
        GOOD.decode().encode("utf-16"),
        codecs.BOM_UTF16_BE + GOOD.decode().encode("utf-16-be"),
        GOOD.replace(b"\n", b"\r\n"),
        b"\n\n" + GOOD + b"\n",
    ],
)
def test_what_windows_makes_of_a_state_is_read(data: bytes) -> None:
    """PowerShell writes UTF-16, editors a mark before UTF-8, and git other ends of lines."""
    assert parse_state(data).instances.keys() == {"aws_iam_user.é"}


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        (gzip.compress(GOOD), "uncompressed"),
        (b"PK\x03\x04" + b"\x00" * 40, "plan"),
        (printed(format_version="1.0", terraform_version="1.9.5", values={"root_module": {}}), "state pull"),
        (
            printed(format_version="1.2", terraform_version="1.9.5", planned_values={}, resource_changes=[]),
            "state pull",
        ),
        (printed(format_version="1.0", provider_schemas={}), "state pull"),
        (printed(ID="5d1b", Operation="OperationTypeApply", Info="", Who="me@host", Path="prod.tfstate"), "beside"),
        (
            printed(data={"id": "sv-1", "type": "state-versions", "attributes": {"x": SECRET}}),
            "hosted-state-download-url",
        ),
        (printed(version=3, serial=1, lineage="x", backend={"config": {"secret_key": SECRET}}), ".terraform"),
    ],
)
def test_what_is_mistaken_for_a_state_is_named_with_the_remedy(data: bytes, remedy: str) -> None:
    """The condition is reported at once, with what to give in its place."""
    with pytest.raises(errors.NotAState, match=remedy):
        parse_state(data)


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (printed(serial=7, lineage="x", meta={}, encrypted_data="x", encryption_version="v0"), errors.Encrypted),
        (GOOD + b"}", errors.Malformed),
        (GOOD + GOOD, errors.Malformed),
        (b"<!DOCTYPE html><html>", errors.Malformed),
        (b"\xff\xfe\x00\xd8" + b"{}", errors.Malformed),
        (codecs.BOM_UTF16_LE + b'{\x00"', errors.Truncated),
        (codecs.BOM_UTF8, errors.Truncated),
        (b"{", errors.Truncated),
        (b"{}", errors.Malformed),
        (b'{"version": 4, "serial": 1, "resources": ' + b"[" * 5000, errors.TooDeep),
        (state(resource("aws_vpc.a", x="\ud800")), errors.Malformed),
        (GOOD.replace(b"1.9.5", b"\xff\xfe"), errors.Malformed),
        (state(resource("aws_vpc.a")).replace(b'"attributes": {}', b'"attributes": {"a": 01}'), errors.Malformed),
        (state(version=1), errors.OldVersion),
        (state(version=2), errors.OldVersion),
        (state(version=99), errors.FutureVersion),
    ],
)
def test_each_way_of_being_wrong_has_its_name(data: bytes, condition: type[errors.StateError]) -> None:
    """However the bytes are wrong."""
    with pytest.raises(condition) as raised:
        parse_state(data)
    assert type(raised.value) is condition


@pytest.mark.parametrize(
    "data",
    [
        state(version={"password": SECRET}),
        state(version=SECRET),
        state(serial=SECRET),
        state(lineage=[SECRET]),  # type: ignore[arg-type]
        state(SECRET),  # type: ignore[arg-type]
        state({"mode": SECRET * 9, "type": "a", "name": "b", "instances": [{}]}),
        state({"mode": "managed", "type": [SECRET], "name": "b", "instances": [{}]}),
        state({"mode": "managed", "type": "a", "name": "b", "instances": [{"index_key": {"k": SECRET}}]}),
        state({"mode": "managed", "type": "a", "name": "b", "instances": [{"attributes": SECRET}]}),
        state({"mode": "managed", "type": "a", "name": "b", "instances": [{"sensitive_attributes": SECRET}]}),
        state(resource("aws_vpc.a", password=SECRET)) + b"x",
        state(resource("aws_vpc.a", password=SECRET))[:-9],
        printed(password=SECRET),
    ],
)
def test_no_message_shows_what_a_file_holds(data: bytes) -> None:
    """A condition's reason goes to the log and to the operator."""
    try:
        reasons = list(parse_state(data).unreadable.values())
    except errors.ContentError as error:
        reasons = [str(error)]
    assert reasons
    assert SECRET not in "".join(reasons)


def test_the_last_of_a_repeated_member_counts() -> None:
    """As in Terraform's own reader."""
    assert parse_state(GOOD.replace(b'"serial": 1', b'"serial": 1, "serial": 2')).serial == 2
    twice = GOOD.replace(b'"name": "Zo\\u00eb"', b'"name": "a", "name": "b"')
    assert parse_state(twice).instances["aws_iam_user.é"].attributes == {"name": "b"}


def test_numbers_keep_their_digits() -> None:
    """All 64 bits of an integer, and what a float can hold."""
    numbers = {"big": 12345678901234567890, "negative": -9223372036854775808, "float": 0.1, "large": 1e21}
    found = parse_state(state(resource("aws_vpc.a", **numbers))).instances["aws_vpc.a"].attributes
    assert found == numbers
    assert [type(value) for value in found.values()] == [int, int, float, float]


def test_what_later_versions_add_is_passed_over() -> None:
    """Identities, check results, ephemeral marks, functions' results: none is of a managed attribute."""
    made = resource("aws_vpc.a", id="vpc-1")
    made["instances"][0] |= {
        "identity_schema_version": 0,
        "identity": {"account_id": "123456789012", "id": "vpc-1"},
        "create_before_destroy": True,
        "dependencies": ["aws_vpc.b"],
        "status": "tainted",
    }
    made |= {"each": "list", "provider": 'provider["registry.opentofu.org/hashicorp/aws"].eu'}
    found = parse_state(state(made, check_results=[{"object_kind": "var", "status": "pass", "objects": None}]))
    assert found.instances["aws_vpc.a"].attributes == {"id": "vpc-1"}


@pytest.mark.parametrize(
    ("key", "index"),
    [
        (0, "[0]"),
        (2.0, "[2]"),
        ("0", '["0"]'),
        ("", '[""]'),
        ("a.b", '["a.b"]'),
        ("münchen", '["münchen"]'),
        (-1, "[-1]"),
    ],
)
def test_keys_of_instances(key: object, index: str) -> None:
    """A number of count is no text of for_each, and any text may be one."""
    made = resource("aws_vpc.a", id="vpc-1") | {"module": 'module.a["x.y"].module.b[0]'}
    made["instances"][0]["index_key"] = key
    assert list(parse_state(state(made)).instances) == [f'module.a["x.y"].module.b[0].aws_vpc.a{index}']


@pytest.mark.parametrize("members", [{"resources": None}, {"resources": []}, {"outputs": None, "check_results": None}])
def test_a_state_without_resources_is_an_empty_one(members: dict[str, Any]) -> None:
    """What `terraform destroy` leaves."""
    assert parse_state(state(**members)).instances == {}


def test_resources_without_instances_or_attributes() -> None:
    """A resource may have no instance left, and an instance that failed to be made no attributes."""
    none = resource("aws_vpc.a") | {"instances": []}
    null = resource("aws_vpc.b") | {"instances": [{"attributes": None}]}
    bare = resource("aws_vpc.c") | {"instances": None}
    assert [i.attributes for i in parse_state(state(none, null, bare)).instances.values()] == [{}]
