"""The values and keys of the buckets."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared.samples import MOMENT, drift
from tfdrift.events import Json
from tfdrift.records import (
    OVERSIZED_MEMBER,
    SENSITIVE_MEMBER,
    DriftRecord,
    RecordedChange,
    Removal,
    ResourceRecord,
    WorkspaceHead,
    digest,
    hidden_hash,
    resource_key,
    workspace_key,
)
from tfdrift.subjects import Provider

RESOURCE = ResourceRecord(
    workspace="eu/prod",
    address='module.web["a"].aws_instance.app[0]',
    type="aws_instance",
    name="app",
    provider=Provider.AWS,
    id="i-0abc",
    account_id=None,
    region="eu-west-1",
    lineage="l1",
    serial=9,
    recorded_at=MOMENT,
    attributes={"tags": {"Env": "prod"}, "password": {SENSITIVE_MEMBER: "00ff"}, "ports": [80, None]},
    changes=(RecordedChange(serial=8, recorded_at=MOMENT, before={"tags": None}, created=True),),
    removed=Removal(serial=9, recorded_at=MOMENT),
)
HEAD = WorkspaceHead(
    workspace="eu/prod",
    source="file:///states/eu/prod.tfstate",
    lineage="l1",
    serial=9,
    digest="d",
    terraform_version=None,
    recorded_at=MOMENT,
    resource_count=1,
    data_source_count=0,
    types={"aws_instance": 1},
    condition="unreadable",
)
DRIFT = DriftRecord(drift=drift(), version=2, published=1, received=MOMENT, occurred=None)


@pytest.mark.parametrize("record", [RESOURCE, HEAD, DRIFT], ids=lambda record: type(record).__name__)
def test_a_record_is_read_back(record: ResourceRecord | WorkspaceHead | DriftRecord) -> None:
    """A service reads what another one stored, and ignores the fields of a newer one."""
    data = json.loads(record.encode())
    assert type(record).model_validate_json(json.dumps({**data, "from_the_future": 1})) == record


@given(st.text(), st.text())
def test_keys_are_what_nats_allows(workspace: str, address: str) -> None:
    """Addresses contain quotes, brackets and any letter; keys contain none of them."""
    key = resource_key(workspace, address)
    assert re.fullmatch(r"[0-9a-f]{16}\.[0-9a-f]{32}", key)
    assert key.startswith(f"{workspace_key(workspace)}.")


def test_keys_never_change() -> None:
    """With other keys every stored record would be orphaned."""
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb924"
    assert resource_key("prod", "aws_instance.web") == resource_key("prod", "aws_instance.web")
    assert resource_key("prod", "aws_instance.web") != resource_key("prod", "aws_instance.web[0]")
    assert resource_key("a", "b.c") != resource_key("a.b", "c")


@pytest.mark.parametrize(
    ("value", "hash_"),
    [
        ({SENSITIVE_MEMBER: "00ff"}, "00ff"),
        ({OVERSIZED_MEMBER: "00ff"}, "00ff"),
        ({SENSITIVE_MEMBER: "00ff", "other": 1}, None),
        ({SENSITIVE_MEMBER: 5}, None),
        ({"password": "00ff"}, None),
        ({}, None),
        (None, None),
        ("tfdrift:sensitive", None),
        ([{SENSITIVE_MEMBER: "00ff"}], None),
    ],
)
def test_only_an_object_of_exactly_one_marker_hides_a_value(value: Json, hash_: str | None) -> None:
    """An attribute that only resembles a marker is an ordinary value."""
    assert hidden_hash(value) == hash_
